-- The table of events that the branch was written in, by its oid: one that was restored into the same database has another. Null
-- where a replica of the former release began the branch.
alter table log_branch add column relation oid;
update log_branch set relation = 'event'::regclass;
