-- What stands where, and why:
-- * Every table of a complaint carries its id first, so that the schema can be distributed by complaint.
-- * Columns are what is searched, joined or constrained; `body` holds the whole aggregate.
-- * Personal data stand in `personal.body` and `notice.text` alone: erasing them leaves the audit trail whole.
-- * No foreign keys between the tables of a complaint: they are written together by one path, in one transaction.
-- * No column defaults to the database's time: every instant is given.

-- The texts that decisions rest on: every version of a policy, a calendar or a brand that was ever in use. A version is a digest
-- of the text, and never changes. With a policy stands with which versions of which calendars it was loaded, such as
-- {"ca-federal": "0a1b2c3d4e5f"}, because its version stands for them too.
create table rule_text (
    kind      text not null check (kind in ('policy', 'calendar', 'brand')),
    name      text not null,
    version   text not null,
    loaded_at timestamptz not null,
    body      text not null,
    calendars json check ((calendars is not null) = (kind = 'policy')),
    primary key (kind, name, version)
);

create table complaint (
    id                  uuid primary key,
    tracking_number     text not null unique check (tracking_number ~ '^RD-[1-9A-Z]{5}-[1-9A-Z]{5}$'),
    version             bigint not null check (version > 0),
    state               text not null check (state in
                            ('enquiry', 'received', 'in_review', 'proposed', 'resolved', 'implemented', 'closed', 'withdrawn')),
    channel             text not null check (channel in ('form', 'chat', 'phone', 'mail', 'support_case')),
    level               integer not null check (level >= 0),
    assignee            text,
    policy              text not null,
    policy_version      text not null,
    received_at         timestamptz not null,
    filed_at            timestamptz not null,
    closed_at           timestamptz,
    escalation_eligible boolean not null,
    body                json not null,
    check ((closed_at is not null) = (state in ('closed', 'withdrawn')))
) with (fillfactor = 80);

-- What supervisors list: what is flagged, what somebody handles, what is open and where it stands.
create index complaint_eligible on complaint (id) where escalation_eligible;
create index complaint_assignee on complaint (assignee, id) where assignee is not null;
create index complaint_open on complaint (state, id) where closed_at is null;

create table clock (
    complaint_id     uuid not null,
    name             text not null,
    cycle            integer not null check (cycle > 0),
    state            text not null check (state in ('running', 'paused', 'met', 'missed', 'cancelled')),
    started_at       timestamptz not null,
    due_at           timestamptz,
    target           text not null,
    stopped_at       timestamptz,
    breached_at      timestamptz,
    segment_start    timestamptz not null,
    counted_before   bigint not null check (counted_before >= 0),
    remaining        bigint check (remaining >= 0),
    next_fire_at     timestamptz,
    next_step        integer,
    next_repetition  integer,
    calendar         text not null,
    calendar_version text not null,
    -- Not fired before: set on what could not be fired, so that it holds up nothing else.
    put_aside_until  timestamptz,
    primary key (complaint_id, name, cycle),
    check ((state in ('running', 'paused')) = (stopped_at is null)),
    check (state <> 'running' or due_at is not null),
    -- Both counts are microseconds. A paused clock wakes when the pause ends.
    check (state <> 'paused' or remaining is not null),
    check ((next_step is null) = (next_repetition is null)),
    check ((next_step is null) = (next_fire_at is null)),
    check (next_fire_at is null or state in ('running', 'paused'))
) with (fillfactor = 80);

-- A promise is timed once at a time.
create unique index clock_live on clock (complaint_id, name) where stopped_at is null;
-- What the sweep looks at; its cost goes with what is due, not with what is open.
create index clock_next_fire on clock (next_fire_at) where next_fire_at is not null;
-- What supervisors ask for: what is late, what will be late.
create index clock_due on clock (due_at, complaint_id) where state = 'running';

-- Append-only. The audit trail, and what the outside is told from.
create table event (
    complaint_id uuid not null,
    sequence     bigint not null check (sequence > 0),
    kind         text not null,
    at           timestamptz not null,
    actor        text not null,
    payload      json not null,
    hash         bytea not null check (octet_length(hash) = 32),
    -- The step that caused it, if a clock did.
    clock        text,
    cycle        integer,
    step         integer,
    repetition   integer,
    step_due_at  timestamptz,
    -- The transaction that committed it: readers go by it, up to the oldest one still running, and so never skip a row
    -- that commits late.
    xid          xid8 not null default pg_current_xact_id(),
    primary key (complaint_id, sequence),
    check ((clock is null) = (cycle is null)
        and (clock is null) = (step is null)
        and (clock is null) = (repetition is null)
        and (clock is null) = (step_due_at is null))
);

-- A step fires once.
create unique index event_step on event (complaint_id, clock, cycle, step, repetition) where clock is not null;
create index event_xid on event (xid);

create table personal (
    complaint_id uuid not null,
    sequence     bigint not null,
    body         json not null,
    primary key (complaint_id, sequence)
);

create table notice (
    complaint_id uuid not null,
    sequence     bigint not null,
    kind         text not null,
    text_version text not null,
    language     text not null check (language in ('en', 'fr', 'es', 'de')),
    channel      text not null check (channel in ('form', 'chat', 'phone', 'mail', 'support_case')),
    at           timestamptz not null,
    text         text,
    primary key (complaint_id, sequence)
);

-- The first answer to a request, for as long as it may be repeated.
create table request (
    id           uuid primary key,
    fingerprint  bytea not null check (octet_length(fingerprint) = 32),
    complaint_id uuid not null,
    at           timestamptz not null,
    answer       json not null
);

create index request_at on request (at);
