//! Events in plain words.

use jiff::Timestamp;

use super::{Zone, words::spoken};
use crate::{
    domain::{Answer, Fact, Moved, SYSTEM_ACTOR, notice::NoticeKind},
    policy::Role,
    proto::v1,
    terminal::{Tone, one_line},
};

/// An event as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What it means for the eye.
    pub tone: Tone,
    /// What happened.
    pub words: String,
}

impl Told {
    fn new(tone: Tone, words: impl AsRef<str>) -> Self {
        // Some of the words are what somebody once typed.
        Told {
            tone,
            words: one_line(words.as_ref()),
        }
    }
}

/// Says what an event is. One of a kind that this program does not know yet is told by its kind.
#[must_use]
pub fn describe(event: &v1::Event, zone: &Zone) -> Told {
    match serde_json::from_str::<Fact>(&event.payload_json) {
        Ok(fact) => tell(&fact, event.actor == SYSTEM_ACTOR, zone),
        Err(_) => Told::new(Tone::Plain, spoken(&event.kind)),
    }
}

fn tell(fact: &Fact, by_system: bool, zone: &Zone) -> Told {
    match fact {
        Fact::Filed(filed) => {
            let what = if filed.enquiry {
                "enquiry"
            } else {
                "complaint"
            };
            let urgent = if filed.urgent { "urgent " } else { "" };
            let channel = spoken(filed.channel.as_str());
            Told::new(Tone::Strong, format!("{urgent}{what} filed, by {channel}"))
        }
        Fact::EnquiryConverted { .. } => Told::new(
            Tone::Strong,
            "the enquiry becomes a complaint; its promises count from then",
        ),
        Fact::Acknowledged { promised_at, .. } => Told::new(
            Tone::Told,
            format!(
                "acknowledged; an outcome is promised by {}",
                zone.short(*promised_at)
            ),
        ),
        Fact::EscalationAcknowledged {
            level, answer_by, ..
        } => Told::new(
            Tone::Told,
            format!(
                "escalation to level {level} acknowledged; an answer is promised by {}",
                zone.short(*answer_by)
            ),
        ),
        Fact::IdentityVerified { .. } => Told::new(Tone::Quiet, "identity verified"),
        Fact::ContactRecorded {
            channel,
            from_customer,
            dissatisfied,
            not_reached,
            ..
        } => {
            let direction = match (from_customer, not_reached) {
                (true, _) => "the customer gets in touch",
                (false, false) => "we contact the customer",
                (false, true) => "we try in vain to contact the customer",
            };
            let mood = if *dissatisfied { ", dissatisfied" } else { "" };
            Told::new(
                Tone::Plain,
                format!("{direction} by {}{mood}", spoken(channel.as_str())),
            )
        }
        Fact::UpdateSent { .. } => {
            Told::new(Tone::Told, "update sent; the next one is timed from here")
        }
        Fact::PromiseChanged { from, to, .. } => Told::new(
            Tone::Told,
            format!(
                "promise changed, with a reason: from {} to {}",
                zone.short(*from),
                zone.short(*to)
            ),
        ),
        Fact::PromiseBoundOverridden {
            clock,
            latest,
            promised_at,
            reason,
            ..
        } => Told::new(
            Tone::Warning,
            format!(
                "{} is promised though the {} ends {}: {reason}",
                zone.short(*promised_at),
                spoken(clock),
                zone.short(*latest)
            ),
        ),
        Fact::Paused { reason, until } => Told::new(
            Tone::Quiet,
            format!(
                "paused, {}; until {} at the latest",
                spoken(reason.as_str()),
                zone.short(*until)
            ),
        ),
        Fact::Resumed { .. } => Told::new(Tone::Quiet, "resumed"),
        Fact::Assigned { assignee, level } => {
            Told::new(Tone::Quiet, format!("goes to {assignee}, level {level}"))
        }
        Fact::Unassigned => Told::new(Tone::Quiet, "given back; nobody has it"),
        Fact::IssueAdded { issue } => Told::new(
            Tone::Plain,
            format!("another issue: {}", spoken(issue.service.as_str())),
        ),
        Fact::CaseReferenceAdded { case_reference } => {
            Told::new(Tone::Quiet, format!("reference {case_reference} added"))
        }
        Fact::ReviewConcluded { .. } => Told::new(
            Tone::Plain,
            "review concluded; the customer is still to be told the outcome",
        ),
        Fact::OutcomeProposed { has_remedy, .. } => {
            let remedy = if *has_remedy { ", with a remedy" } else { "" };
            Told::new(Tone::Told, format!("outcome proposed{remedy}"))
        }
        Fact::CustomerAnswered {
            answer: Answer::Accepted,
            ..
        } => Told::new(Tone::Good, "the customer accepts: resolved"),
        Fact::CustomerAnswered {
            answer: Answer::Refused,
            ..
        } => Told::new(Tone::Warning, "the customer refuses the outcome"),
        Fact::RemedyCarriedOut { .. } => Told::new(Tone::Good, "remedy carried out"),
        Fact::ResolvedAtFirstContact { .. } => Told::new(Tone::Good, "resolved at first contact"),
        Fact::Escalated { level, .. } => Told::new(
            Tone::Raised,
            format!("escalated to level {level}, on the customer's word"),
        ),
        Fact::EscalationEligible { reasons } => {
            let reasons: Vec<_> = reasons
                .iter()
                .map(|reason| spoken(reason.as_str()))
                .collect();
            Told::new(
                Tone::Flag,
                format!("may be escalated: {}", reasons.join(", ")),
            )
        }
        Fact::Referred { .. } => Told::new(Tone::Raised, "taken to the CCTS"),
        Fact::ReferralStageReached { stage, .. } => Told::new(
            Tone::Raised,
            format!("at the CCTS: {}", spoken(stage.as_str())),
        ),
        Fact::ReferralReported { answer, .. } => {
            let answer = answer.map(|answer| format!(": {}", spoken(answer.as_str())));
            let answer = answer.unwrap_or_default();
            Told::new(Tone::Raised, format!("report sent to the CCTS{answer}"))
        }
        Fact::DocumentsRequested { due, .. } => Told::new(
            Tone::Raised,
            format!("the CCTS asks for documents{}", by_date(*due, zone)),
        ),
        Fact::DocumentsSubmitted { .. } => Told::new(Tone::Raised, "documents sent to the CCTS"),
        Fact::FindingsRecorded {
            must_act: false, ..
        } => Told::new(
            Tone::Raised,
            "findings of the CCTS: nothing is to be carried out",
        ),
        Fact::FindingsRecorded { due, .. } => Told::new(
            Tone::Raised,
            format!("findings of the CCTS to carry out{}", by_date(*due, zone)),
        ),
        Fact::FindingsCarriedOut { .. } => {
            Told::new(Tone::Good, "findings of the CCTS carried out")
        }
        Fact::Withdrawn { channel, .. } => {
            let how = channel.map(|channel| format!(", by {}", spoken(channel.as_str())));
            let how = how.unwrap_or_default();
            Told::new(Tone::Plain, format!("withdrawn by the customer{how}"))
        }
        Fact::Closed { reason, .. } => {
            Told::new(Tone::Good, format!("closed: {}", spoken(reason.as_str())))
        }
        Fact::Reopened { .. } => Told::new(Tone::Strong, "reopened"),
        Fact::Migrated(migrated) => Told::new(
            Tone::Strong,
            format!(
                "moved to {}{}",
                migrated.policy,
                other_dates(&migrated.moved)
            ),
        ),
        Fact::EnteredLate { missed, reminders } => Told::new(
            Tone::Warning,
            format!(
                "entered late: missed already {}; {reminders} reminders passed over",
                listed(missed)
            ),
        ),
        Fact::ReminderSkipped { clock, .. } => Told::new(
            Tone::Quiet,
            format!(
                "a reminder of {} came too late and is skipped",
                spoken(clock)
            ),
        ),
        Fact::Reminder {
            clock,
            to,
            overdue: false,
            ..
        } => Told::new(
            Tone::Warning,
            format!(
                "reminder to the {}: {} is coming due",
                role(*to),
                spoken(clock)
            ),
        ),
        Fact::Reminder {
            clock,
            to,
            overdue: true,
            ..
        } => Told::new(
            Tone::Bad,
            format!(
                "reminder to the {}: {} is overdue",
                role(*to),
                spoken(clock)
            ),
        ),
        Fact::Breached { clock, due, .. } => Told::new(
            Tone::Bad,
            format!(
                "promise not kept: {} was due {}",
                spoken(clock),
                zone.short(*due)
            ),
        ),
        Fact::NoticeGiven {
            notice: NoticeKind::Recourse,
            language,
            ..
        } => Told::new(
            Tone::Raised,
            format!(
                "told the customer of the CCTS, in {language}{}",
                if by_system { ", by itself" } else { "" }
            ),
        ),
        Fact::NoticeGiven {
            notice, language, ..
        } => Told::new(
            Tone::Quiet,
            format!(
                "notice to the customer, in {language}: {}",
                spoken(notice.as_str())
            ),
        ),
    }
}

/// The date that somebody set, if any.
fn by_date(due: Option<Timestamp>, zone: &Zone) -> String {
    due.map(|due| format!(", by {}", zone.short(due)))
        .unwrap_or_default()
}

fn role(role: Role) -> String {
    spoken(role.as_str())
}

fn listed(clocks: &[String]) -> String {
    match clocks {
        [] => "nothing".to_owned(),
        clocks => clocks
            .iter()
            .map(|clock| spoken(clock))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

fn other_dates(moved: &[Moved]) -> String {
    match moved {
        [] => String::new(),
        [one] => format!("; {} has another due time", spoken(&one.clock)),
        several => format!("; {} promises have another due time", several.len()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn told(payload: &str, actor: &str) -> Told {
        let event = v1::Event {
            kind: "something_new".to_owned(),
            actor: actor.to_owned(),
            payload_json: payload.to_owned(),
            ..v1::Event::default()
        };
        describe(&event, &"America/Toronto".parse().unwrap())
    }

    #[test]
    fn a_breach_says_which_promise_and_when_it_was_due() {
        let payload = r#"{"kind":"breached","clock":"customer_update","to":"supervisor","due":"2026-05-20T21:00:00Z","skipped":0}"#;
        let expected = Told::new(
            Tone::Bad,
            "promise not kept: customer update was due Wed 20 May 17:00",
        );
        assert_eq!(told(payload, SYSTEM_ACTOR), expected);
    }

    #[test]
    fn a_reminder_before_the_due_time_warns_and_one_after_it_alarms() {
        let payload = |overdue| {
            format!(
                r#"{{"kind":"reminder","clock":"acknowledgement","to":"handler","overdue":{overdue},"collapsed":0}}"#
            )
        };
        assert_eq!(told(&payload(false), SYSTEM_ACTOR).tone, Tone::Warning);
        let late = told(&payload(true), SYSTEM_ACTOR);
        assert_eq!(
            late,
            Told::new(
                Tone::Bad,
                "reminder to the handler: acknowledgement is overdue"
            )
        );
    }

    #[test]
    fn the_notice_of_the_independent_body_stands_out_from_other_notices() {
        let payload = |notice: &str| {
            format!(
                r#"{{"kind":"notice_given","notice":"{notice}","text_version":"1","language":"fr","channel":"form","text_sha256":""}}"#
            )
        };
        let recourse = told(&payload("recourse"), SYSTEM_ACTOR);
        assert_eq!(
            recourse,
            Told::new(
                Tone::Raised,
                "told the customer of the CCTS, in fr, by itself"
            )
        );
        assert_eq!(told(&payload("update"), "ana").tone, Tone::Quiet);
    }

    #[test]
    fn what_somebody_typed_cannot_steer_the_terminal() {
        let assigned = r#"{"kind":"assigned","assignee":"a\u001b[2Jna","level":0}"#;
        assert_eq!(told(assigned, "ana").words, "goes to a[2Jna, level 0");
    }

    #[test]
    fn an_event_of_an_unknown_kind_is_told_by_its_kind() {
        assert_eq!(
            told("{\"kind\":\"something_new\"}", "ana").words,
            "something new"
        );
    }
}
