-- Before there were brands, there was one.
alter table complaint add column brand text not null default 'jive';
alter table complaint alter column brand drop default;
alter table complaint drop constraint complaint_tracking_number_check;
alter table complaint add constraint complaint_tracking_number_check
    check (tracking_number ~ '^[A-Z]{2,4}-[1-9A-Z]{5}-[1-9A-Z]{5}$');

-- Callers see the complaints of their brands: each index of a list begins with the brand, and a list of several brands takes
-- the first of each.
create index complaint_brand on complaint (brand, id);
drop index complaint_eligible;
create index complaint_eligible on complaint (brand, id) where escalation_eligible;
drop index complaint_assignee;
create index complaint_assignee on complaint (brand, assignee, id) where assignee is not null;
drop index complaint_open;
create index complaint_open on complaint (brand, state, id) where closed_at is null;
