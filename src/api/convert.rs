//! From the domain to the API's messages.

use jiff::Timestamp;
use prost::Message as _;
use uuid::Uuid;

use super::page;
use crate::{
    domain::{self, Clock, Complaint, IssueText, Notice, Target, notice::Language},
    intake::{COLLECTION, Choice, EVENTS, NOTICES, etag_of},
    policy::{Policy, PolicyBook, PolicyRef},
    proto::v1,
    store::{DueClock, StoredComplaint},
};

/// A complaint without its personal data.
pub(super) fn complaint(complaint: &Complaint, policies: &PolicyBook) -> v1::Complaint {
    let policy = policies.get(&complaint.policy);
    let title = |policy: &Policy| {
        let english = Language::English.code();
        policy.level_title(complaint.level, english).to_owned()
    };
    v1::Complaint {
        name: format!("{COLLECTION}{}", complaint.id),
        tracking_number: complaint.tracking_number.to_string(),
        brand: complaint.brand.clone(),
        etag: etag_of(complaint.version()),
        state: complaint.state.number(),
        channel: complaint.channel.number(),
        level: small(complaint.level),
        level_title: policy.map(|policy| title(policy)).unwrap_or_default(),
        customer_type: complaint.customer_type.number(),
        language: complaint.language.number(),
        urgent: complaint.urgent,
        region: complaint.region.clone().unwrap_or_default(),
        labels: labels(&complaint.labels),
        attachments: complaint.attachments.iter().map(attachment).collect(),
        links: complaint.links.iter().map(link).collect(),
        received_time: time(complaint.received_at),
        create_time: time(complaint.filed_at),
        first_contact_time: time(complaint.first_contact_at),
        assignee: complaint.assignee.clone().unwrap_or_default(),
        first_promised_time: complaint.first_promised_at.and_then(time),
        promised_time: complaint.promised_at.and_then(time),
        identity: complaint.identity.as_ref().map(identity),
        issues: complaint.issues.iter().map(issue).collect(),
        case_references: complaint.case_references.clone(),
        outcome: complaint.outcome.as_ref().map(outcome),
        review_concluded_time: complaint
            .conclusion
            .as_ref()
            .and_then(|conclusion| time(conclusion.decided_at)),
        pause: complaint.pause.as_ref().map(pause),
        escalation_reasons: complaint
            .escalation_reasons
            .iter()
            .map(|reason| reason.number())
            .collect(),
        escalation_eligible_time: complaint.escalation_eligible_at.and_then(time),
        referral: complaint.referral.as_ref().map(referral),
        closed_time: complaint.closed_at.and_then(time),
        closure_reason: complaint.closure_reason.map_or(0, Choice::number),
        reopen_count: small(complaint.reopen_count),
        policy: complaint.policy.name.clone(),
        policy_version: complaint.policy.version.clone(),
        additional_policies: complaint
            .additional_policies
            .iter()
            .map(policy_version)
            .collect(),
        customer: None,
        legal_holds: complaint.legal_holds.iter().map(legal_hold).collect(),
        erasure: complaint.erasure.as_ref().map(erasure),
        undelivered: complaint
            .undelivered()
            .map(|(notice, fate)| undelivered(complaint, notice, fate))
            .collect(),
    }
}

fn undelivered(
    complaint: &Complaint,
    notice: i64,
    fate: &domain::NoticeFate,
) -> v1::UndeliveredNotice {
    v1::UndeliveredNotice {
        notice: notice_name(complaint.id, notice),
        means: fate.means.map_or(0, Choice::number),
        reason: fate.failure.map_or(0, Choice::number),
        failed_time: fate.since.and_then(time),
    }
}

fn legal_hold((reason, placed_at): (&domain::LegalHoldReason, &Timestamp)) -> v1::LegalHold {
    v1::LegalHold {
        reason: reason.number(),
        placed_time: time(*placed_at),
    }
}

fn erasure(erasure: &domain::Erasure) -> v1::Erasure {
    v1::Erasure {
        erased_time: time(erasure.at),
        reason: erasure.reason.number(),
    }
}

/// A complaint with whatever personal data were read with it, as far as clients accept a message of that size.
pub(super) fn stored(stored: &StoredComplaint, policies: &PolicyBook) -> v1::Complaint {
    let mut message = complaint(&stored.complaint, policies);
    let mut customers = stored.personal.iter().filter_map(|p| p.customer.as_ref());
    if let Some(who) = customers.next_back() {
        message.customer = Some(customer(who, stored.complaint.disclosed_account(who)));
    }
    let mut room = page::LARGEST.saturating_sub(message.encoded_len());
    for words in stored.personal.iter().flat_map(|p| &p.issues) {
        add_words(&mut message.issues, words, &mut room);
    }
    message
}

fn add_words(issues: &mut [v1::Issue], words: &IssueText, room: &mut usize) {
    let number = small(words.number);
    let Some(issue) = issues.iter_mut().find(|issue| issue.number == number) else {
        return;
    };
    let wanted = words.desired_outcome.as_deref().unwrap_or_default();
    // Each text has a tag and a length before it.
    let weight = words.description.len() + wanted.len() + 16;
    match room.checked_sub(weight) {
        Some(left) => {
            issue.description.clone_from(&words.description);
            issue.desired_outcome = wanted.to_owned();
            *room = left;
        }
        None => issue.texts_omitted = true,
    }
}

/// A customer, with the account number that may be disclosed.
pub(super) fn customer(customer: &domain::Customer, account_number: Option<&str>) -> v1::Customer {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    v1::Customer {
        full_name: customer.full_name.clone(),
        email: text(&customer.email),
        phone: text(&customer.phone),
        postal_address: text(&customer.postal_address),
        account_number: account_number.unwrap_or_default().to_owned(),
        representative: customer
            .representative
            .as_ref()
            .map(|representative| v1::Representative {
                full_name: representative.full_name.clone(),
                authority: representative.authority.clone(),
            }),
        preferred_means: customer.preferred_means.map_or(0, Choice::number),
        accessibility_needs: numbers(&customer.accessibility_needs),
        urgency_reasons: numbers(&customer.urgency_reasons),
    }
}

fn numbers<C: Choice>(choices: &[C]) -> Vec<i32> {
    choices.iter().map(|choice| choice.number()).collect()
}

pub(super) fn labels(labels: &domain::Labels) -> Vec<v1::Label> {
    let labels = labels.iter();
    let label = labels.map(|(key, value)| v1::Label {
        key: key.clone(),
        value: value.clone(),
    });
    label.collect()
}

pub(super) fn attachment(attachment: &domain::Attachment) -> v1::Attachment {
    v1::Attachment {
        number: small(attachment.number),
        location: String::new(),
        sha256: attachment.sha256.clone(),
        size_bytes: i64::try_from(attachment.size).unwrap_or(i64::MAX),
        media_type: attachment.media_type.clone(),
    }
}

pub(super) fn link(link: &domain::Link) -> v1::ComplaintLink {
    v1::ComplaintLink {
        kind: link.kind.number(),
        complaint: name_of(link.complaint),
        tracking_number: link.tracking_number.to_string(),
    }
}

/// An issue without the customer's words.
pub(super) fn issue(issue: &domain::Issue) -> v1::Issue {
    v1::Issue {
        number: small(issue.number),
        service: issue.service.number(),
        category: issue.category.number(),
        ..v1::Issue::default()
    }
}

fn identity(check: &domain::IdentityCheck) -> v1::IdentityCheck {
    v1::IdentityCheck {
        verified_time: time(check.at),
    }
}

fn outcome(outcome: &domain::Outcome) -> v1::Outcome {
    v1::Outcome {
        decided_time: time(outcome.decided_at),
        communicated_time: time(outcome.told_at),
        has_remedy: outcome.has_remedy,
        answer: outcome.answer.map_or(0, |(answer, _)| answer.number()),
        answered_time: outcome.answer.and_then(|(_, at)| time(at)),
        root_cause: outcome.root_cause.clone().unwrap_or_default(),
    }
}

fn pause(pause: &domain::Pause) -> v1::Pause {
    v1::Pause {
        reason: pause.reason.number(),
        start_time: time(pause.start),
        end_time: time(pause.end),
    }
}

fn referral(referral: &domain::Referral) -> v1::Referral {
    v1::Referral {
        stage: referral.stage.number(),
        referred_time: time(referral.referred_at),
        body_reference: referral.body_reference.clone().unwrap_or_default(),
        report_time: referral.reported_at.and_then(time),
        answer: referral.answer.map_or(0, Choice::number),
        document_request: referral
            .request
            .as_ref()
            .map(|request| v1::DocumentRequest {
                requested_time: time(request.requested_at),
                due_time: request.due.and_then(time),
            }),
        documents_time: referral.documents_submitted_at.and_then(time),
        findings: referral.findings.as_ref().map(|findings| v1::Findings {
            findings_time: time(findings.made_at),
            provider_must_act: findings.must_act,
            due_time: findings.due.and_then(time),
            carried_out_time: findings.carried_out_at.and_then(time),
        }),
    }
}

/// One version of a code of practice.
pub(super) fn policy_version(policy: &PolicyRef) -> v1::PolicyVersion {
    v1::PolicyVersion {
        policy: policy.name.clone(),
        version: policy.version.clone(),
    }
}

/// A clock. Who must act and whether it pauses are the policy's: unknown where its version is not at hand.
pub(super) fn clock(complaint: Uuid, clock: Clock, policy: Option<&Policy>) -> v1::Clock {
    let rule = policy.and_then(|policy| policy.clock(&clock.name));
    v1::Clock {
        name: clock_name(complaint, &clock.name, clock.cycle),
        cycle: clock.cycle,
        state: clock.state.number(),
        start_time: time(clock.start),
        due_time: clock.due.and_then(time),
        stop_time: clock.stop.and_then(time),
        breach_time: clock.breached_at.and_then(time),
        next_fire_time: clock.next.and_then(|next| time(next.at)),
        target: match &clock.target {
            Target::Term(term) => term.to_string(),
            Target::Promised(_) => "promised".to_owned(),
            Target::SetByBody(_) => "set by the independent body".to_owned(),
        },
        owner: rule.map_or(0, |rule| rule.owner.number()),
        pausable: rule.is_some_and(|rule| rule.pausable),
        policy: rule
            .map(|rule| rule.code.policy.name.clone())
            .unwrap_or_default(),
        policy_version: rule
            .map(|rule| rule.code.policy.version.clone())
            .unwrap_or_default(),
        clock: clock.name,
        calendar: clock.calendar,
        calendar_version: clock.calendar_version,
        tzdb_version: clock.tzdb_version,
    }
}

/// A running clock for which a complaint is listed.
pub(super) fn due_clock(complaint: Uuid, due: DueClock) -> v1::DueClock {
    v1::DueClock {
        complaint: format!("{COLLECTION}{complaint}"),
        clock: due.clock,
        cycle: due.cycle,
        due_time: time(due.due),
    }
}

/// The name of a complaint.
pub(super) fn name_of(complaint: Uuid) -> String {
    format!("{COLLECTION}{complaint}")
}

/// The name of an event.
pub(super) fn event_name(complaint: Uuid, sequence: i64) -> String {
    format!("{COLLECTION}{complaint}/{EVENTS}/{sequence}")
}

/// The name of a notice.
pub(super) fn notice_name(complaint: Uuid, sequence: i64) -> String {
    format!("{COLLECTION}{complaint}/{NOTICES}/{sequence}")
}

/// The name of a cycle of a clock.
pub(super) fn clock_name(complaint: Uuid, clock: &str, cycle: i32) -> String {
    format!("{COLLECTION}{complaint}/clocks/{clock}/cycles/{cycle}")
}

/// A notice.
pub(super) fn notice(complaint: Uuid, notice: Notice) -> v1::Notice {
    let text = notice.letter();
    // What was erased begins with no name.
    let addressee = notice.addressee.filter(|_| !text.is_empty());
    let fate = notice.fate.as_ref();
    v1::Notice {
        name: notice_name(complaint, notice.sequence),
        event: event_name(complaint, notice.sequence),
        kind: notice.kind.number(),
        text_version: notice.text_version,
        language: notice.language.number(),
        channel: notice.channel.number(),
        notice_time: time(notice.at),
        text,
        addressee: addressee.unwrap_or_default(),
        state: fate.map_or(0, |fate| fate.state.number()),
        state_time: fate.and_then(|fate| fate.since).and_then(time),
        means: fate.and_then(|fate| fate.means).map_or(0, Choice::number),
        failure: fate.and_then(|fate| fate.failure).map_or(0, Choice::number),
        attempts: small(notice.attempts),
    }
}

/// As the fields of messages take it.
pub(super) fn time(at: Timestamp) -> Option<prost_types::Timestamp> {
    const SECOND: i64 = 1_000_000;
    let microseconds = at.as_microsecond();
    Some(prost_types::Timestamp {
        seconds: microseconds.div_euclid(SECOND),
        // Below a milliard, so that it always fits.
        nanos: i32::try_from(microseconds.rem_euclid(SECOND) * 1_000).unwrap_or(0),
    })
}

/// A count that the API gives in 32 bits; none comes near their end.
pub(super) fn small(count: impl TryInto<i32>) -> i32 {
    count.try_into().unwrap_or(i32::MAX)
}

#[cfg(test)]
#[path = "convert_tests.rs"]
mod tests;
