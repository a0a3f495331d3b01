-- Whether everything personal is erased and nothing was recorded since. A column with a constant default: no row is written anew.
alter table complaint add column erased boolean not null default false;
