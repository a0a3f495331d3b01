delete from staff_message where kind = 'subscription_disabled';
drop index staff_message_subscription;
alter table staff_message
    drop constraint staff_message_kind_check,
    drop constraint staff_message_complaint_check,
    drop constraint staff_message_subscription_check,
    drop column subscription_id,
    add constraint staff_message_kind_check check
        (kind in ('reminder', 'breached', 'escalation_eligible', 'notice_failed', 'digest')),
    add constraint staff_message_check1 check ((kind = 'digest') = (complaint_id is null));
drop table subscription_alert;
