-- The release of the tz database that gave the due time: a later one may give another. The default is for what was there
-- before, and for what a process of the version before still writes during a rollout.
alter table clock add column tzdb_version text not null default 'unknown';
