alter table complaint drop column erased;
