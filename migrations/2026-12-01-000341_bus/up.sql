-- How far the log is published to a bus: a row for each topic. One replica at a time publishes, whoever has the lease.
create table bus (
    topic         text primary key,
    -- Grows with each lease, so that whoever had an earlier one can move nothing.
    lease         bigint not null check (lease > 0),
    leased_until  timestamptz not null,
    -- The last event that the bus has acknowledged, and its place in the log; null before the first one.
    complaint_id  uuid,
    sequence      bigint,
    branch        uuid,
    xid           bigint,
    number        bigint,
    check (num_nulls(complaint_id, sequence, branch, xid, number) in (0, 5))
);
