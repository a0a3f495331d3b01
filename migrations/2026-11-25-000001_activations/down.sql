drop index complaint_policy;
drop table activation;
