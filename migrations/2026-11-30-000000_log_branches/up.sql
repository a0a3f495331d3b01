-- The branches of the log: a row for each history that the log has had, in order. A promotion of a standby begins another one,
-- and so does moving the database to another cluster. Each has an id of its own, which the positions of readers name.
create table log_branch (
    number   bigint primary key check (number > 0),
    id       uuid not null unique,
    -- The cluster and the database in it: a copy that was restored elsewhere has others.
    cluster  text not null,
    -- Of Postgres: the first eight digits of its WAL files.
    timeline text not null,
    -- Up to this position the log is the same as on the branch before.
    parted   bigint not null check (parted >= 0),
    -- All that was committed up to this position was committed before this was noted: where a promotion keeps this, it has
    -- kept all of that.
    settled  bigint not null check (settled >= parted)
);
