-- The sending of a notice by a means: one row for each, written with the event that says so. Where it stands follows from the
-- log; whose turn it is, and when, does not, and is a matter of whoever sends it. No address is kept here: it is read when the
-- notice is sent.
create table dispatch (
    complaint_id    uuid not null,
    sequence        bigint not null,
    means           text not null check (means in ('email', 'letter', 'phone', 'text_message', 'chat', 'portal')),
    brand           text not null,
    state           text not null check (state in ('waiting', 'sent', 'posted', 'told', 'delivered', 'failed')),
    -- Since when it stands there, as it was recorded.
    since           timestamptz not null,
    next_attempt_at timestamptz,
    -- How often it was claimed. Whoever claimed it speaks for it until it is claimed again.
    attempt         integer not null check (attempt >= 0),
    leased_until    timestamptz,
    claimed_by      text,
    -- What the last attempt came to: a code, free of personal data.
    last_code       text,
    primary key (complaint_id, sequence, means),
    check ((state = 'waiting') = (next_attempt_at is not null)),
    check (state = 'waiting' or leased_until is null),
    check ((leased_until is null) = (claimed_by is null))
) with (fillfactor = 80);

-- What waits, in the order of its turns. A claim counts as a turn at the end of its lease.
create index dispatch_waiting on dispatch (means, brand, next_attempt_at, complaint_id, sequence) where state = 'waiting';
