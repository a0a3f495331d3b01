-- How far each migration of open complaints has come, and how it ended, so that it can be looked up by whoever lost its stream.
-- A row for each, written again with each of its transactions. The id is ordered by the time at which it began.
create table migration (
    id     uuid primary key,
    policy text not null,
    body   json not null
);

create index migration_policy on migration (policy, id);
