//! Events in the API's words: a message for each kind of fact. The match over the facts is exhaustive, so that none can be added
//! without its message.

use jiff::Timestamp;
use uuid::Uuid;

use super::convert::{
    attachment, event_name, issue, labels, link, name_of, notice_name, policy_version, small, time,
};
use crate::{
    domain::{Changed, Corrected, Fact, Filed, Firing, Migrated, Moved, Standing},
    intake::{Choice, Direction, etag_of},
    policy::PolicyRef,
    proto::v1::{self, event},
    store::{About, EventContent},
};

/// An event that can be read.
pub(super) fn event(complaint: Uuid, sequence: i64, content: EventContent) -> v1::Event {
    let (fact, after) = (content.fact.as_ref(), content.after.as_ref());
    v1::Event {
        name: event_name(complaint, sequence),
        complaint: name_of(complaint),
        sequence,
        kind: fact.map_or(0, |fact| fact.kind().number()),
        event_time: time(content.at),
        actor: content.actor,
        entered_by: content.entered_by.unwrap_or_default(),
        clock_step: content.firing.map(clock_step),
        complaint_after: after.map(|(standing, about)| complaint_after(standing, about)),
        text: content.text.unwrap_or_default(),
        fact: fact.map(|fact| self::fact(complaint, (sequence, content.at), fact)),
        record: Some(v1::EventRecord {
            payload: content.payload.into_bytes(),
            hash: content.hash,
        }),
    }
}

fn corrected(corrected: &Corrected) -> event::Corrected {
    /// Both values as the API numbers them; 0: it stays.
    fn numbers<C: Choice>(changed: Option<&Changed<C>>) -> (i32, i32) {
        changed.map_or((0, 0), |changed| {
            (changed.to.number(), changed.from.number())
        })
    }
    let (customer_type, previous_customer_type) = numbers(corrected.customer_type.as_ref());
    let (language, previous_language) = numbers(corrected.language.as_ref());
    let region = corrected.region.as_ref();
    let labelled = corrected.labels.as_ref();
    event::Corrected {
        customer_type,
        previous_customer_type,
        language,
        previous_language,
        urgent: corrected.urgent.as_ref().map(|changed| changed.to),
        region: region.map(|changed| event::RegionChange {
            region: changed.to.clone().unwrap_or_default(),
            previous_region: changed.from.clone().unwrap_or_default(),
        }),
        labels: labelled.map(|changed| event::LabelsChange {
            labels: labels(&changed.to),
            previous_labels: labels(&changed.from),
        }),
    }
}

fn clock_step(firing: Firing) -> v1::ClockStep {
    v1::ClockStep {
        clock: firing.clock,
        cycle: firing.cycle,
        step: small(firing.step),
        repetition: small(firing.repetition),
        due_time: time(firing.due),
    }
}

fn complaint_after(standing: &Standing, about: &About) -> v1::ComplaintAfter {
    let references = about.case_references.iter();
    v1::ComplaintAfter {
        tracking_number: about.tracking_number.clone(),
        brand: about.brand.clone(),
        etag: etag_of(standing.version),
        state: standing.state.number(),
        level: small(standing.level),
        assignee: standing.assignee.clone().unwrap_or_default(),
        policy: Some(policy_version(&PolicyRef {
            name: about.policy.clone(),
            version: standing.policy_version.clone(),
        })),
        case_references: references.take(standing.case_references).cloned().collect(),
        undelivered_count: small(standing.undelivered),
    }
}

/// What the event says that has this number and was recorded at `recorded`.
pub(crate) fn fact(
    complaint: Uuid,
    (sequence, recorded): (i64, Timestamp),
    fact: &Fact,
) -> event::Fact {
    // When it was done, if not when it was recorded.
    let done = |at: &Option<Timestamp>| time(at.unwrap_or(recorded));
    match fact {
        Fact::Filed(filed) => event::Fact::Filed(self::filed(filed)),
        Fact::EnquiryConverted { counts_from } => {
            event::Fact::EnquiryConverted(event::EnquiryConverted {
                counting_start_time: time(*counts_from),
            })
        }
        Fact::Acknowledged {
            promised_at,
            acknowledged_at,
            ..
        } => event::Fact::Acknowledged(event::Acknowledged {
            promised_time: time(*promised_at),
            acknowledged_time: done(acknowledged_at),
        }),
        Fact::EscalationAcknowledged {
            level,
            answer_by,
            acknowledged_at,
            ..
        } => event::Fact::EscalationAcknowledged(event::EscalationAcknowledged {
            level: small(*level),
            promised_time: time(*answer_by),
            acknowledged_time: done(acknowledged_at),
        }),
        Fact::IdentityVerified { verified_at } => {
            event::Fact::IdentityVerified(event::IdentityVerified {
                verified_time: done(verified_at),
            })
        }
        Fact::ContactRecorded {
            channel,
            from_customer,
            contact_at,
            dissatisfied,
            not_reached,
        } => {
            let direction = if *from_customer {
                Direction::FromCustomer
            } else {
                Direction::ToCustomer
            };
            event::Fact::ContactRecorded(event::ContactRecorded {
                channel: channel.number(),
                direction: direction.number(),
                contact_time: time(*contact_at),
                dissatisfied: *dissatisfied,
                not_reached: *not_reached,
            })
        }
        Fact::UpdateSent { sent_at, .. } => event::Fact::UpdateSent(event::UpdateSent {
            sent_time: done(sent_at),
        }),
        Fact::PromiseChanged {
            first_promised_at,
            from,
            to,
            told_at,
        } => event::Fact::PromiseChanged(event::PromiseChanged {
            first_promised_time: time(*first_promised_at),
            previous_promised_time: time(*from),
            promised_time: time(*to),
            communicated_time: done(told_at),
        }),
        Fact::PromiseBoundOverridden {
            clock,
            latest,
            promised_at,
            of_escalation,
            reason,
        } => event::Fact::PromiseBoundOverridden(event::PromiseBoundOverridden {
            clock: clock.clone(),
            latest_time: time(*latest),
            promised_time: time(*promised_at),
            of_escalation: *of_escalation,
            reason: reason.clone(),
        }),
        Fact::Paused { reason, until } => event::Fact::Paused(event::Paused {
            reason: reason.number(),
            end_time: time(*until),
        }),
        Fact::Resumed { at } => event::Fact::Resumed(event::Resumed {
            resumed_time: time(*at),
        }),
        Fact::Assigned { assignee, level } => event::Fact::Assigned(event::Assigned {
            assignee: assignee.clone(),
            level: small(*level),
        }),
        Fact::Unassigned => event::Fact::Unassigned(event::Unassigned {}),
        Fact::IssueAdded { issue } => event::Fact::IssueAdded(event::IssueAdded {
            issue: Some(self::issue(issue)),
        }),
        Fact::CaseReferenceAdded { case_reference } => {
            event::Fact::CaseReferenceAdded(event::CaseReferenceAdded {
                case_reference: case_reference.clone(),
            })
        }
        Fact::AttachmentAdded { attachment } => {
            event::Fact::AttachmentAdded(event::AttachmentAdded {
                attachment: Some(self::attachment(attachment)),
            })
        }
        Fact::NoteAdded => event::Fact::NoteAdded(event::NoteAdded {}),
        Fact::Linked { link } => event::Fact::Linked(event::Linked {
            link: Some(self::link(link)),
        }),
        Fact::Unlinked { link } => event::Fact::Unlinked(event::Unlinked {
            link: Some(self::link(link)),
        }),
        Fact::Corrected(corrected) => event::Fact::Corrected(self::corrected(corrected)),
        Fact::CustomerCorrected { fields, .. } => {
            event::Fact::CustomerCorrected(event::CustomerCorrected {
                fields: fields.clone(),
            })
        }
        Fact::ReviewConcluded {
            decided_at,
            root_cause,
        } => event::Fact::ReviewConcluded(event::ReviewConcluded {
            decided_time: time(*decided_at),
            root_cause: root_cause.clone().unwrap_or_default(),
        }),
        Fact::OutcomeProposed {
            decided_at,
            told_at,
            has_remedy,
            root_cause,
        } => event::Fact::OutcomeProposed(event::OutcomeProposed {
            decided_time: time(*decided_at),
            has_remedy: *has_remedy,
            root_cause: root_cause.clone().unwrap_or_default(),
            communicated_time: done(told_at),
        }),
        Fact::CustomerAnswered {
            answer,
            answered_at,
        } => event::Fact::CustomerAnswered(event::CustomerAnswered {
            answer: answer.number(),
            answered_time: time(*answered_at),
        }),
        Fact::RemedyCarriedOut { implemented_at } => {
            event::Fact::RemedyCarriedOut(event::RemedyCarriedOut {
                implemented_time: time(*implemented_at),
            })
        }
        Fact::ResolvedAtFirstContact { resolved_at } => {
            event::Fact::ResolvedAtFirstContact(event::ResolvedAtFirstContact {
                resolved_time: done(resolved_at),
            })
        }
        Fact::Escalated {
            level,
            channel,
            requested_at,
        } => event::Fact::Escalated(event::Escalated {
            level: small(*level),
            channel: channel.number(),
            requested_time: done(requested_at),
        }),
        Fact::EscalationEligible { reasons } => {
            event::Fact::EscalationEligible(event::EscalationEligible {
                reasons: reasons.iter().map(|reason| reason.number()).collect(),
            })
        }
        Fact::EscalationEligibilityWithdrawn {
            withdrawn,
            remaining,
        } => event::Fact::EscalationEligibilityWithdrawn(event::EscalationEligibilityWithdrawn {
            reasons: withdrawn.iter().map(|reason| reason.number()).collect(),
            remaining_reasons: remaining.iter().map(|reason| reason.number()).collect(),
        }),
        Fact::BreachWithdrawn { clock, cycle, due } => {
            event::Fact::BreachWithdrawn(event::BreachWithdrawn {
                clock: clock.clone(),
                cycle: *cycle,
                due_time: time(*due),
            })
        }
        Fact::Referred {
            referred_at,
            body_reference,
        } => event::Fact::Referred(event::Referred {
            referred_time: time(*referred_at),
            body_reference: body_reference.clone().unwrap_or_default(),
        }),
        Fact::ReferralStageReached { stage, at } => {
            event::Fact::ReferralStageReached(event::ReferralStageReached {
                stage: stage.number(),
                stage_time: time(*at),
            })
        }
        Fact::ReferralReported {
            answer,
            submitted_at,
        } => event::Fact::ReferralReported(event::ReferralReported {
            answer: answer.map_or(0, Choice::number),
            submitted_time: done(submitted_at),
        }),
        Fact::DocumentsRequested { requested_at, due } => {
            event::Fact::DocumentsRequested(event::DocumentsRequested {
                requested_time: time(*requested_at),
                due_time: due.and_then(time),
            })
        }
        Fact::DocumentsSubmitted { submitted_at } => {
            event::Fact::DocumentsSubmitted(event::DocumentsSubmitted {
                submitted_time: time(*submitted_at),
            })
        }
        Fact::FindingsRecorded {
            made_at,
            must_act,
            due,
        } => event::Fact::FindingsRecorded(event::FindingsRecorded {
            findings_time: time(*made_at),
            provider_must_act: *must_act,
            due_time: due.and_then(time),
        }),
        Fact::FindingsCarriedOut { carried_out_at } => {
            event::Fact::FindingsCarriedOut(event::FindingsCarriedOut {
                carried_out_time: time(*carried_out_at),
            })
        }
        Fact::Withdrawn {
            channel,
            withdrawn_at,
        } => event::Fact::Withdrawn(event::Withdrawn {
            channel: channel.map_or(0, Choice::number),
            withdrawn_time: done(withdrawn_at),
        }),
        Fact::Closed {
            reason, closed_at, ..
        } => event::Fact::Closed(event::Closed {
            reason: reason.number(),
            closed_time: done(closed_at),
        }),
        Fact::Reopened { state, reopened_at } => event::Fact::Reopened(event::Reopened {
            state: state.number(),
            reopened_time: done(reopened_at),
        }),
        Fact::EnteredLate { missed, reminders } => event::Fact::EnteredLate(event::EnteredLate {
            missed_clocks: missed.clone(),
            passed_reminders: small(*reminders),
        }),
        Fact::Reminder {
            clock,
            to,
            overdue,
            collapsed,
        } => event::Fact::Reminder(event::Reminder {
            clock: clock.clone(),
            role: to.number(),
            overdue: *overdue,
            collapsed: small(*collapsed),
        }),
        Fact::ReminderSkipped { clock, to } => {
            event::Fact::ReminderSkipped(event::ReminderSkipped {
                clock: clock.clone(),
                role: to.number(),
            })
        }
        Fact::Breached {
            clock,
            to,
            due,
            skipped,
        } => event::Fact::Breached(event::Breached {
            clock: clock.clone(),
            role: to.number(),
            due_time: time(*due),
            skipped_reminders: small(*skipped),
        }),
        Fact::Migrated(migrated) => event::Fact::Migrated(self::migrated(migrated)),
        Fact::NoticeIssued {
            notice,
            text_version,
            language,
            channel,
            text_sha256,
            awaited,
            means,
        } => event::Fact::NoticeIssued(event::NoticeIssued {
            notice: notice_name(complaint, sequence),
            kind: notice.number(),
            text_version: text_version.clone(),
            language: language.number(),
            channel: channel.number(),
            text_sha256: text_sha256.clone(),
            awaited: *awaited,
            means: means.map_or(0, Choice::number),
        }),
        Fact::NoticeSent(delivery) => event::Fact::NoticeSent(event::NoticeSent {
            notice: notice_name(complaint, delivery.notice),
            means: delivery.means.number(),
            sent_time: done(&delivery.took_place_at),
            reference: delivery.reference.clone().unwrap_or_default(),
        }),
        Fact::NoticePosted(delivery) => event::Fact::NoticePosted(event::NoticePosted {
            notice: notice_name(complaint, delivery.notice),
            means: delivery.means.number(),
            posted_time: done(&delivery.took_place_at),
            reference: delivery.reference.clone().unwrap_or_default(),
        }),
        Fact::NoticeTold(delivery) => event::Fact::NoticeTold(event::NoticeTold {
            notice: notice_name(complaint, delivery.notice),
            means: delivery.means.number(),
            told_time: done(&delivery.took_place_at),
            reference: delivery.reference.clone().unwrap_or_default(),
        }),
        Fact::NoticeDelivered(delivery) => event::Fact::NoticeDelivered(event::NoticeDelivered {
            notice: notice_name(complaint, delivery.notice),
            means: delivery.means.number(),
            delivered_time: done(&delivery.took_place_at),
            reference: delivery.reference.clone().unwrap_or_default(),
        }),
        Fact::NoticeFailed(failed) => event::Fact::NoticeFailed(event::NoticeFailed {
            notice: notice_name(complaint, failed.notice),
            means: failed.means.map_or(0, Choice::number),
            reason: failed.reason.number(),
            code: failed.code.clone().unwrap_or_default(),
            failed_time: done(&failed.took_place_at),
            reference: failed.reference.clone().unwrap_or_default(),
        }),
        Fact::NoticeRequeued { notice, means } => {
            event::Fact::NoticeRequeued(event::NoticeRequeued {
                notice: notice_name(complaint, *notice),
                means: means.number(),
            })
        }
        Fact::LegalHoldPlaced { reason } => event::Fact::LegalHoldPlaced(event::LegalHoldPlaced {
            reason: reason.number(),
        }),
        Fact::LegalHoldReleased { reason } => {
            event::Fact::LegalHoldReleased(event::LegalHoldReleased {
                reason: reason.number(),
            })
        }
        Fact::PersonalDataErased { reason } => {
            event::Fact::PersonalDataErased(event::PersonalDataErased {
                reason: reason.number(),
            })
        }
    }
}

fn filed(filed: &Filed) -> event::Filed {
    event::Filed {
        brand: filed.brand.clone(),
        channel: filed.channel.number(),
        received_time: time(filed.received_at),
        first_contact_time: time(filed.first_contact_at),
        counting_start_time: time(filed.counts_from),
        enquiry: filed.enquiry,
        customer_type: filed.customer_type.number(),
        language: filed.language.number(),
        urgent: filed.urgent,
        issues: filed.issues.iter().map(issue).collect(),
        case_references: filed.case_references.clone(),
        policy: Some(policy_version(&filed.policy)),
        additional_policies: filed
            .additional_policies
            .iter()
            .map(policy_version)
            .collect(),
        region: filed.region.clone().unwrap_or_default(),
        labels: labels(&filed.labels),
    }
}

fn migrated(migrated: &Migrated) -> event::Migrated {
    let moved = |moved: &Moved| event::MovedPromise {
        clock: moved.clock.clone(),
        previous_due_time: moved.from.and_then(time),
        due_time: moved.to.and_then(time),
    };
    event::Migrated {
        policy: Some(policy_version(&migrated.policy)),
        additional_policies: migrated
            .additional_policies
            .iter()
            .map(policy_version)
            .collect(),
        moved_promises: migrated.moved.iter().map(moved).collect(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::sync::Arc;

    use super::*;
    use crate::domain::State;

    fn content() -> EventContent {
        crate::watchdog::watch();
        EventContent {
            at: Timestamp::UNIX_EPOCH,
            actor: "redress".to_owned(),
            entered_by: None,
            fact: Some(Fact::UpdateSent {
                sent_at: None,
                awaited: false,
            }),
            payload: r#"{"kind":"update_sent"}"#.to_owned(),
            firing: None,
            hash: vec![0x0a, 0xff],
            after: None,
            text: None,
        }
    }

    fn told(content: EventContent) -> v1::Event {
        event(Uuid::from_u128(1), 4, content)
    }

    #[test]
    fn an_event_tells_which_step_caused_it_and_when_that_was_due() {
        let due = "2026-09-30T13:00:00Z".parse().unwrap();
        let message = told(EventContent {
            firing: Some(Firing {
                clock: "resolution".to_owned(),
                cycle: 2,
                step: 3,
                repetition: 1,
                due,
            }),
            ..content()
        });
        let complaint = "complaints/00000000-0000-0000-0000-000000000001";
        assert_eq!(message.name, format!("{complaint}/events/4"));
        assert_eq!(message.complaint, complaint);
        let step = message.clock_step.unwrap();
        assert_eq!((step.clock.as_str(), step.cycle), ("resolution", 2));
        assert_eq!((step.step, step.repetition), (3, 1));
        assert_eq!(step.due_time, time(due));
        assert_eq!(told(content()).clock_step, None);
    }

    #[test]
    fn an_event_says_where_its_complaint_stands_with_the_references_that_it_had_then() {
        let standing = Standing {
            version: 7,
            state: State::InReview,
            level: 1,
            assignee: Some("eve".to_owned()),
            policy_version: "3".to_owned(),
            case_references: 2,
            undelivered: 3,
        };
        let about = About {
            brand: "jive".to_owned(),
            tracking_number: "RD-DCNNM-Y6G1W".to_owned(),
            policy: "ca-jive".to_owned(),
            case_references: ["CRM-1", "CRM-2", "CRM-3"].map(str::to_owned).to_vec(),
        };
        let message = told(EventContent {
            after: Some((standing, Arc::new(about))),
            ..content()
        });
        let expected = v1::ComplaintAfter {
            tracking_number: "RD-DCNNM-Y6G1W".to_owned(),
            brand: "jive".to_owned(),
            etag: "\"7\"".to_owned(),
            state: v1::State::InReview.into(),
            level: 1,
            assignee: "eve".to_owned(),
            policy: Some(v1::PolicyVersion {
                policy: "ca-jive".to_owned(),
                version: "3".to_owned(),
            }),
            case_references: ["CRM-1", "CRM-2"].map(str::to_owned).to_vec(),
            undelivered_count: 3,
        };
        assert_eq!(message.complaint_after, Some(expected));
    }

    #[test]
    fn what_a_newer_release_recorded_is_told_without_a_fact_and_with_what_was_hashed() {
        let payload = r#"{"kind":"celebrated"}"#;
        let message = told(EventContent {
            fact: None,
            payload: payload.to_owned(),
            ..content()
        });
        assert_eq!(message.kind(), v1::EventKind::Unspecified);
        assert_eq!(message.fact, None);
        let record = message.record.unwrap();
        assert_eq!(record.payload, payload.as_bytes());
        assert_eq!(record.hash, [0x0a, 0xff]);
    }
}
