//! Events in plain words.

use super::words::{spoken, word, words};
use crate::{
    domain::SYSTEM_ACTOR,
    proto::v1::{self, event::Fact},
    terminal::{Tone, one_line},
};

/// An event as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// What it means for the eye.
    pub tone: Tone,
    /// What happened.
    pub words: String,
}

impl Description {
    fn new(tone: Tone, words: impl AsRef<str>) -> Self {
        // Some of the words are what somebody once typed.
        Description {
            tone,
            words: one_line(words.as_ref()),
        }
    }
}

/// Says what an event is; `at` writes an instant.
#[must_use]
pub fn describe(
    event: &v1::Event,
    at: impl Fn(Option<prost_types::Timestamp>) -> String,
) -> Description {
    match &event.fact {
        Some(fact) => tell(fact, event.actor == SYSTEM_ACTOR, &at),
        // The number of a kind that this program does not know, if the service knows it.
        None => Description::new(
            Tone::Plain,
            match event.kind {
                0 => "something that this release of the service does not know".to_owned(),
                kind => format!("an event of kind {kind}, which this program does not know"),
            },
        ),
    }
}

fn tell(
    fact: &Fact,
    by_system: bool,
    at: &dyn Fn(Option<prost_types::Timestamp>) -> String,
) -> Description {
    match fact {
        Fact::Filed(filed) => {
            let what = if filed.enquiry {
                "enquiry"
            } else {
                "complaint"
            };
            let urgent = if filed.urgent { "urgent " } else { "" };
            let channel = words::<v1::Channel>(filed.channel);
            Description::new(Tone::Strong, format!("{urgent}{what} filed, by {channel}"))
        }
        Fact::EnquiryConverted(_) => Description::new(
            Tone::Strong,
            "the enquiry becomes a complaint; its promises count from then",
        ),
        Fact::Acknowledged(acknowledged) => Description::new(
            Tone::Told,
            format!(
                "acknowledged; an outcome is promised by {}",
                at(acknowledged.promised_time)
            ),
        ),
        Fact::EscalationAcknowledged(acknowledged) => Description::new(
            Tone::Told,
            format!(
                "escalation to level {} acknowledged; an answer is promised by {}",
                acknowledged.level,
                at(acknowledged.promised_time)
            ),
        ),
        Fact::IdentityVerified(_) => Description::new(Tone::Quiet, "identity verified"),
        Fact::ContactRecorded(contact) => {
            let direction = match (contact.direction(), contact.not_reached) {
                (v1::Direction::FromCustomer, _) => "the customer gets in touch",
                (_, false) => "we contact the customer",
                (_, true) => "we try in vain to contact the customer",
            };
            let mood = if contact.dissatisfied {
                ", dissatisfied"
            } else {
                ""
            };
            let channel = words::<v1::Channel>(contact.channel);
            Description::new(Tone::Plain, format!("{direction} by {channel}{mood}"))
        }
        Fact::UpdateSent(_) => {
            Description::new(Tone::Told, "update sent; the next one is timed from here")
        }
        Fact::PromiseChanged(changed) => Description::new(
            Tone::Told,
            format!(
                "promise changed, with a reason: from {} to {}",
                at(changed.previous_promised_time),
                at(changed.promised_time)
            ),
        ),
        Fact::PromiseBoundOverridden(overridden) => Description::new(
            Tone::Warning,
            format!(
                "{} is promised though the {} ends {}: {}",
                at(overridden.promised_time),
                spoken(&overridden.clock),
                at(overridden.latest_time),
                overridden.reason
            ),
        ),
        Fact::Paused(paused) => Description::new(
            Tone::Quiet,
            format!(
                "paused, {}; until {} at the latest",
                words::<v1::PauseReason>(paused.reason),
                at(paused.end_time)
            ),
        ),
        Fact::Resumed(_) => Description::new(Tone::Quiet, "resumed"),
        Fact::Assigned(assigned) => Description::new(
            Tone::Quiet,
            format!("goes to {}, level {}", assigned.assignee, assigned.level),
        ),
        Fact::Unassigned(_) => Description::new(Tone::Quiet, "given back; nobody has it"),
        Fact::IssueAdded(added) => {
            let service = added.issue.as_ref().map_or(0, |issue| issue.service);
            let service = words::<v1::ServiceKind>(service);
            Description::new(Tone::Plain, format!("another issue: {service}"))
        }
        Fact::CaseReferenceAdded(added) => Description::new(
            Tone::Quiet,
            format!("reference {} added", added.case_reference),
        ),
        Fact::AttachmentAdded(added) => {
            let attachment = added.attachment.clone().unwrap_or_default();
            let (kind, size) = (attachment.media_type, attachment.size_bytes);
            Description::new(Tone::Quiet, format!("{kind} attached, {size} bytes"))
        }
        Fact::LegalHoldPlaced(hold) => Description::new(
            Tone::Warning,
            format!(
                "on legal hold, {}",
                words::<v1::LegalHoldReason>(hold.reason)
            ),
        ),
        Fact::LegalHoldReleased(hold) => Description::new(
            Tone::Plain,
            format!(
                "legal hold released, {}",
                words::<v1::LegalHoldReason>(hold.reason)
            ),
        ),
        Fact::PersonalDataErased(erased) => Description::new(
            Tone::Warning,
            format!(
                "the personal data are erased, {}",
                words::<v1::ErasureReason>(erased.reason)
            ),
        ),
        Fact::NoteAdded(_) => Description::new(Tone::Quiet, "a note is added"),
        Fact::Linked(linked) => Description::new(
            Tone::Plain,
            format!("linked: {}", link(linked.link.as_ref())),
        ),
        Fact::Unlinked(unlinked) => Description::new(
            Tone::Plain,
            format!("no longer linked: {}", link(unlinked.link.as_ref())),
        ),
        Fact::Corrected(_) => Description::new(Tone::Plain, "what was entered is corrected"),
        Fact::CustomerCorrected(corrected) => Description::new(
            Tone::Plain,
            format!(
                "the customer's data are corrected: {}",
                corrected.fields.join(", ").replace('_', " ")
            ),
        ),
        Fact::ReviewConcluded(_) => Description::new(
            Tone::Plain,
            "review concluded; the customer is still to be told the outcome",
        ),
        Fact::OutcomeProposed(proposed) => {
            let remedy = if proposed.has_remedy {
                ", with a remedy"
            } else {
                ""
            };
            Description::new(Tone::Told, format!("outcome proposed{remedy}"))
        }
        Fact::CustomerAnswered(answered) => match answered.answer() {
            v1::CustomerAnswer::Accepted => {
                Description::new(Tone::Good, "the customer accepts: resolved")
            }
            _ => Description::new(Tone::Warning, "the customer refuses the outcome"),
        },
        Fact::RemedyCarriedOut(_) => Description::new(Tone::Good, "remedy carried out"),
        Fact::ResolvedAtFirstContact(_) => {
            Description::new(Tone::Good, "resolved at first contact")
        }
        Fact::Escalated(escalated) => Description::new(
            Tone::Raised,
            format!(
                "escalated to level {}, on the customer's word",
                escalated.level
            ),
        ),
        Fact::EscalationEligible(eligible) => {
            let reasons = eligible.reasons.iter();
            let reasons = reasons.map(|reason| words::<v1::EscalationReason>(*reason));
            let reasons = reasons.collect::<Vec<_>>().join(", ");
            Description::new(Tone::Flag, format!("may be escalated: {reasons}"))
        }
        Fact::EscalationEligibilityWithdrawn(withdrawn) => {
            let reasons = withdrawn.reasons.iter();
            let reasons = reasons.map(|reason| words::<v1::EscalationReason>(*reason));
            let reasons = reasons.collect::<Vec<_>>().join(", ");
            Description::new(
                Tone::Good,
                format!("no longer a reason to escalate: {reasons}"),
            )
        }
        Fact::BreachWithdrawn(withdrawn) => {
            let clock = spoken(&withdrawn.clock);
            Description::new(
                Tone::Good,
                format!("no breach after all: {clock} was kept in time"),
            )
        }
        Fact::Referred(_) => Description::new(Tone::Raised, "taken to the independent body"),
        Fact::ReferralStageReached(reached) => {
            let stage = words::<v1::ReferralStage>(reached.stage);
            Description::new(Tone::Raised, format!("at the independent body: {stage}"))
        }
        Fact::ReferralReported(reported) => {
            let answer = match reported.answer {
                0 => String::new(),
                answer => format!(": {}", words::<v1::ReferralAnswer>(answer)),
            };
            Description::new(
                Tone::Raised,
                format!("report sent to the independent body{answer}"),
            )
        }
        Fact::DocumentsRequested(requested) => Description::new(
            Tone::Raised,
            format!(
                "the independent body asks for documents{}",
                by_date(requested.due_time.map(|due| at(Some(due))))
            ),
        ),
        Fact::DocumentsSubmitted(_) => {
            Description::new(Tone::Raised, "documents sent to the independent body")
        }
        Fact::FindingsRecorded(findings) if !findings.provider_must_act => Description::new(
            Tone::Raised,
            "findings of the independent body: nothing is to be carried out",
        ),
        Fact::FindingsRecorded(findings) => Description::new(
            Tone::Raised,
            format!(
                "findings of the independent body to carry out{}",
                by_date(findings.due_time.map(|due| at(Some(due))))
            ),
        ),
        Fact::FindingsCarriedOut(_) => {
            Description::new(Tone::Good, "findings of the independent body carried out")
        }
        Fact::Withdrawn(withdrawn) => {
            let how = match withdrawn.channel {
                0 => String::new(),
                channel => format!(", by {}", words::<v1::Channel>(channel)),
            };
            Description::new(Tone::Plain, format!("withdrawn by the customer{how}"))
        }
        Fact::Closed(closed) => {
            let reason = words::<v1::ClosureReason>(closed.reason);
            Description::new(Tone::Good, format!("closed: {reason}"))
        }
        Fact::Reopened(_) => Description::new(Tone::Strong, "reopened"),
        Fact::Migrated(migrated) => {
            let policy = migrated.policy.clone().unwrap_or_default();
            Description::new(
                Tone::Strong,
                format!(
                    "moved to {} version {}{}",
                    policy.policy,
                    policy.version,
                    other_dates(&migrated.moved_promises)
                ),
            )
        }
        Fact::EnteredLate(late) => Description::new(
            Tone::Warning,
            format!(
                "entered late: missed already {}; {} reminders passed over",
                listed(&late.missed_clocks),
                late.passed_reminders
            ),
        ),
        Fact::ReminderSkipped(skipped) => Description::new(
            Tone::Quiet,
            format!(
                "a reminder of {} came too late and is skipped",
                spoken(&skipped.clock)
            ),
        ),
        Fact::Reminder(reminder) => {
            let (tone, standing) = if reminder.overdue {
                (Tone::Bad, "is overdue")
            } else {
                (Tone::Warning, "is coming due")
            };
            let (role, clock) = (words::<v1::Role>(reminder.role), spoken(&reminder.clock));
            Description::new(tone, format!("reminder to the {role}: {clock} {standing}"))
        }
        Fact::Breached(breached) => Description::new(
            Tone::Bad,
            format!(
                "promise not kept: {} was due {}",
                spoken(&breached.clock),
                at(breached.due_time)
            ),
        ),
        Fact::NoticeIssued(issued) => {
            let language = word::<v1::Language>(issued.language);
            if issued.kind() == v1::NoticeKind::Recourse {
                let by_itself = if by_system { ", by itself" } else { "" };
                return Description::new(
                    Tone::Raised,
                    format!("told the customer of the independent body, in {language}{by_itself}"),
                );
            }
            let kind = words::<v1::NoticeKind>(issued.kind);
            Description::new(
                Tone::Quiet,
                format!("notice to the customer, in {language}: {kind}"),
            )
        }
        Fact::NoticeSent(sent) => fate("sent", &sent.notice, sent.means),
        Fact::NoticePosted(posted) => fate("posted", &posted.notice, posted.means),
        Fact::NoticeTold(told) => fate("told", &told.notice, told.means),
        Fact::NoticeDelivered(it) => fate("delivered", &it.notice, it.means),
        Fact::NoticeFailed(failed) => {
            let reason = words::<v1::NoticeFailure>(failed.reason);
            let means = by_means(failed.means);
            let number = numbered(&failed.notice);
            let told = format!("notice {number} did not reach the customer{means}: {reason}");
            Description::new(Tone::Bad, told)
        }
        Fact::NoticeRequeued(again) => {
            let (number, means) = (numbered(&again.notice), by_means(again.means));
            Description::new(Tone::Quiet, format!("notice {number} is sent again{means}"))
        }
    }
}

/// What became of a notice: `notice 3 sent by email`.
fn fate(what: &str, notice: &str, means: i32) -> Description {
    let (number, means) = (numbered(notice), by_means(means));
    Description::new(Tone::Quiet, format!("notice {number} {what}{means}"))
}

fn numbered(notice: &str) -> &str {
    notice.rsplit('/').next().unwrap_or_default()
}

fn by_means(means: i32) -> String {
    match v1::ContactMeans::try_from(means) {
        Err(_) | Ok(v1::ContactMeans::Unspecified) => String::new(),
        Ok(_) => format!(" by {}", words::<v1::ContactMeans>(means)),
    }
}

/// A link as the complaint has it: `duplicate of RD-DCNNM-Y6G1W`.
fn link(link: Option<&v1::ComplaintLink>) -> String {
    let link = link.cloned().unwrap_or_default();
    let kind = match link.kind() {
        v1::LinkKind::SameCause => "same cause as".to_owned(),
        _ => words::<v1::LinkKind>(link.kind),
    };
    format!("{kind} {}", link.tracking_number)
}

/// The date that somebody set, if any.
fn by_date(due: Option<String>) -> String {
    due.map(|due| format!(", by {due}")).unwrap_or_default()
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

fn other_dates(moved: &[v1::event::MovedPromise]) -> String {
    match moved {
        [] => String::new(),
        [one] => format!("; {} has another due time", spoken(&one.clock)),
        several => format!("; {} promises have another due time", several.len()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use v1::event;

    use super::*;
    use crate::client::{Zone, api_time};

    fn toronto(at: Option<prost_types::Timestamp>) -> String {
        let zone: Zone = "America/Toronto".parse().unwrap();
        zone.short_or_dash(at)
    }

    fn told(fact: Fact, actor: &str) -> Description {
        let event = v1::Event {
            actor: actor.to_owned(),
            fact: Some(fact),
            ..v1::Event::default()
        };
        describe(&event, toronto)
    }

    #[test]
    fn a_breach_says_which_promise_and_when_it_was_due() {
        let breached = Fact::Breached(event::Breached {
            clock: "customer_update".to_owned(),
            role: v1::Role::Supervisor.into(),
            due_time: Some(api_time("2026-05-20T21:00:00Z".parse().unwrap())),
            skipped_reminders: 0,
        });
        let expected = Description::new(
            Tone::Bad,
            "promise not kept: customer update was due Wed 20 May 17:00",
        );
        assert_eq!(told(breached, SYSTEM_ACTOR), expected);
    }

    #[test]
    fn a_reminder_before_the_due_time_warns_and_one_after_it_alarms() {
        let reminder = |overdue| {
            Fact::Reminder(event::Reminder {
                clock: "acknowledgement".to_owned(),
                role: v1::Role::Handler.into(),
                overdue,
                collapsed: 0,
            })
        };
        assert_eq!(told(reminder(false), SYSTEM_ACTOR).tone, Tone::Warning);
        let expected = Description::new(
            Tone::Bad,
            "reminder to the handler: acknowledgement is overdue",
        );
        assert_eq!(told(reminder(true), SYSTEM_ACTOR), expected);
    }

    #[test]
    fn the_notice_of_the_independent_body_stands_out_from_other_notices() {
        let issued = |kind: v1::NoticeKind| {
            Fact::NoticeIssued(event::NoticeIssued {
                kind: kind.into(),
                language: v1::Language::French.into(),
                ..event::NoticeIssued::default()
            })
        };
        let expected = Description::new(
            Tone::Raised,
            "told the customer of the independent body, in fr, by itself",
        );
        let recourse = issued(v1::NoticeKind::Recourse);
        assert_eq!(told(recourse, SYSTEM_ACTOR), expected);
        assert_eq!(
            told(issued(v1::NoticeKind::Update), "ana"),
            Description::new(Tone::Quiet, "notice to the customer, in fr: update")
        );
    }

    #[test]
    fn what_somebody_typed_cannot_steer_the_terminal() {
        let assigned = Fact::Assigned(event::Assigned {
            assignee: "a\u{1b}[2Jna".to_owned(),
            level: 0,
        });
        assert_eq!(told(assigned, "ana").words, "goes to a[2Jna, level 0");
    }

    #[test]
    fn an_event_of_an_unknown_kind_is_told_as_such() {
        let unknown = v1::Event {
            kind: 999,
            ..v1::Event::default()
        };
        let told = describe(&unknown, toronto);
        assert_eq!(
            told.words,
            "an event of kind 999, which this program does not know"
        );
    }
}
