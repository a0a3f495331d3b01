drop index complaint_open;
create index complaint_open on complaint (state, id) where closed_at is null;
drop index complaint_assignee;
create index complaint_assignee on complaint (assignee, id) where assignee is not null;
drop index complaint_eligible;
create index complaint_eligible on complaint (id) where escalation_eligible;
drop index complaint_brand;
alter table complaint drop column brand;
