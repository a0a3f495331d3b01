-- How far each migration of open complaints has come, and how it ended, so that it can be looked up by whoever lost its stream.
-- A row for each, written again with each of its transactions. The number says which began later, whatever the clocks of
-- replicas say: a policy's migrations begin one after another, under its lock.
create table migration (
    number bigint generated always as identity primary key,
    id     uuid not null unique,
    policy text not null,
    body   json not null
);

create index migration_policy on migration (policy, number);
