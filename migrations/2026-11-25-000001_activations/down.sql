drop index complaint_policy;
drop table activation;
alter table policy drop column calendars;
