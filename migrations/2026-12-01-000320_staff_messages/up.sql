-- What staff are to be told: whom, of which complaint, and by when; and what became of it. Nothing here is a customer's. The words
-- are made when it is sent, from what is true then. Rows are deleted some time after they have ended.
create table staff_message (
    id           uuid primary key,
    kind         text not null check (kind in ('reminder', 'breached', 'escalation_eligible', 'notice_failed', 'digest')),
    -- Somebody in the directory, by the one form of the name in which names are compared.
    addressee    text not null,
    -- The event that it tells of, and the promise that this is about.
    complaint_id uuid,
    sequence     bigint,
    clock        text,
    cycle        integer,
    -- The day of a digest, by the addressee's own clock, and whose it is where that is somebody else's; else empty.
    day          date,
    of_whom      text not null default '',
    -- Whether it came here because whom it was for could not be told. It goes no further.
    last_resort  boolean not null default false,
    means        text not null check (means in ('mail', 'webhook')),
    -- The number of the last attempt, which alone may say how it ended; and how many were made by this means.
    attempt      integer not null default 0,
    tries        integer not null default 0,
    -- Whether the addressee's next digest tells it. Where none has by `send_at`, somebody else is told.
    for_digest   boolean not null default false,
    -- When it is tried next: after an attempt began, when that counts as lost. Null: it has ended.
    send_at      timestamptz,
    state        text not null check (state in ('waiting', 'sent', 'lapsed', 'handed_on', 'given_up')),
    created_at   timestamptz not null,
    ended_at     timestamptz,
    check ((kind = 'digest') = (day is not null)),
    check ((kind = 'digest') = (complaint_id is null)),
    check ((complaint_id is null) = (sequence is null)),
    check ((clock is null) = (cycle is null)),
    check ((send_at is not null) = (state = 'waiting')),
    check ((ended_at is null) = (state = 'waiting'))
);

-- Nobody is told twice of one event, and nobody has two digests of one day.
create unique index staff_message_event on staff_message (complaint_id, sequence, addressee) where complaint_id is not null;
create unique index staff_message_digest on staff_message (addressee, day, of_whom) where day is not null;
-- What is to be sent now; what waits for a digest; what may be deleted.
create index staff_message_send on staff_message (send_at, id) where send_at is not null;
create index staff_message_for_digest on staff_message (addressee, created_at, id) where for_digest and send_at is not null;
create index staff_message_ended on staff_message (ended_at, id) where ended_at is not null;

-- Up to where the log was read for it. One row.
create table staff_position (
    one    boolean primary key default true check (one),
    branch uuid not null,
    xid    bigint not null,
    number bigint not null
);
