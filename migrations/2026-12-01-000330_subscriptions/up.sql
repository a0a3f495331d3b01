-- Where events go: a row for each subscription, and one for each event on its way to one. Neither names a customer.
create table subscription (
    id            uuid primary key,
    -- One more with each change that a caller makes.
    version       bigint not null check (version > 0),
    -- deleted: nobody sees it any more, and its deliveries are removed a page at a time.
    state         text not null check (state in ('active', 'paused', 'disabled', 'deleted')),
    created_at    timestamptz not null,
    -- What it wants, where it goes, and within whose scope: JSON.
    body          json not null,
    -- What deliveries are signed with, encrypted under the deployment's key; and what they were signed with before, until then.
    secret        bytea not null,
    former_secret bytea,
    former_until  timestamptz,
    -- Everything up to this position of the log was looked at, and what was wanted of it has its deliveries.
    branch        uuid not null,
    xid           bigint not null check (xid >= 0),
    number        bigint not null check (number >= 0),
    -- Since when nothing has arrived, although it was tried. Null: what was tried last arrived.
    failing_since timestamptz,
    -- While this is set nothing is sent but a probe, and the next one not before this.
    open_until    timestamptz,
    probes        integer not null,
    -- When it answered 410 first, if it has answered nothing better since.
    gone_at       timestamptz,
    check ((former_secret is null) = (former_until is null))
);

-- What happened to a subscription. A row is written once.
create table subscription_change (
    subscription_id uuid not null references subscription (id) on delete cascade,
    number          bigint not null check (number > 0),
    kind            text not null,
    at              timestamptz not null,
    actor           text not null,
    -- For people; empty: there is nothing more to say.
    detail          text not null,
    primary key (subscription_id, number)
);

-- A line is what is on its way to one subscription of one complaint. While anything of it is unfinished, at most the first of
-- that is ready, and nothing else of the line is sent; so events of a complaint arrive in order.
create table delivery (
    subscription_id uuid not null,
    complaint_id    uuid not null,
    sequence        bigint not null,
    -- held: given up, and what is behind it in its line waits. dead: given up, and passed over.
    state           text not null check (state in ('waiting', 'delivered', 'dead', 'held')),
    ready           boolean not null check (not ready or state = 'waiting'),
    -- Counts every attempt, so that a result counts only if no later attempt has begun.
    attempt         integer not null,
    -- The failures since it was added or replayed last, by which the schedule goes.
    failures        integer not null,
    due_at          timestamptz not null,
    -- While an attempt is under way: until when nobody else begins another.
    leased_until    timestamptz,
    added_at        timestamptz not null,
    finished_at     timestamptz,
    -- The last attempts: JSON. What the receiver answered to the last one stands beside them, for administrators.
    attempts        json not null,
    answer          text,
    primary key (subscription_id, complaint_id, sequence),
    check ((state in ('delivered', 'dead')) = (finished_at is not null))
);

-- What may be sent now, the first due first.
create index delivery_ready on delivery (subscription_id, due_at) where ready;
-- The lines.
create index delivery_unfinished on delivery (subscription_id, complaint_id, sequence) where finished_at is null;
-- What was given up.
create index delivery_given_up on delivery (subscription_id, complaint_id, sequence) where state in ('dead', 'held');
-- What is to be removed, the oldest first.
create index delivery_finished on delivery (finished_at) where finished_at is not null;
