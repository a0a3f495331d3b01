alter table log_branch drop column relation;
