-- Whether a notice did not reach the customer. A column with a constant default: no row is written anew.
alter table complaint add column undelivered boolean not null default false;
