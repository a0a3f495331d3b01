alter table complaint drop column undelivered;
