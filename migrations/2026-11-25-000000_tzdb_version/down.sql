alter table clock drop column tzdb_version;
