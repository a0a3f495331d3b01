-- That a subscription was disabled, as long as nobody has been told of it: a row for each such subscription. It goes once somebody was
-- told, or the subscription is no longer disabled.
create table subscription_alert (
    subscription_id uuid primary key references subscription (id) on delete cascade,
    -- Made up for it, and the same at each attempt.
    id              uuid not null,
    disabled_at     timestamptz not null,
    reason          text not null,
    -- The number of the last attempt, which alone may say how it ended; and how many have failed.
    attempt         integer not null default 0,
    tries           integer not null default 0,
    -- When it is tried next: after an attempt began, when that counts as lost.
    send_at         timestamptz not null
);
create index subscription_alert_send on subscription_alert (send_at, subscription_id);

-- Where whoever answers for it cannot be told, the fallback of the staff directory is.
alter table staff_message
    add column subscription_id uuid,
    drop constraint staff_message_kind_check,
    drop constraint staff_message_check1,
    add constraint staff_message_kind_check check
        (kind in ('reminder', 'breached', 'escalation_eligible', 'notice_failed', 'digest', 'subscription_disabled')),
    add constraint staff_message_complaint_check check
        ((kind in ('digest', 'subscription_disabled')) = (complaint_id is null)),
    add constraint staff_message_subscription_check check
        ((kind = 'subscription_disabled') = (subscription_id is not null));
-- Nobody waits to be told twice of one subscription.
create unique index staff_message_subscription on staff_message (subscription_id, addressee)
    where subscription_id is not null and send_at is not null;
