drop table log_branch;
