drop index dispatch_oldest;
alter table dispatch drop column failures;
