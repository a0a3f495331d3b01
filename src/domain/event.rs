//! Events: the facts that were committed. Their log is the audit trail.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use super::{
    complaint::{Answer, Attachment, ClosureReason, Labels, PauseReason, State},
    correction::Corrected,
    customer::ContactMeans,
    erasure::ErasureReason,
    fate::{Delivery, FailedDelivery, Reach},
    issue::Issue,
    legal_hold::LegalHoldReason,
    link::Link,
    notice::{Language, NoticeKind},
    referred::{ReferralAnswer, ReferralStage},
    standing::Standing,
};
use crate::policy::{Channel, CustomerType, EscalationReason, PolicyRef, Role, words};

/// Who acts when a clock does.
pub const SYSTEM_ACTOR: &str = "redress";

/// One committed fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// From 1, without a gap, within the complaint.
    pub sequence: i64,
    /// When it was recorded.
    pub at: Timestamp,
    /// Who did it.
    pub actor: String,
    /// What happened.
    pub fact: Fact,
    /// The fact as it is stored and hashed: JSON.
    pub payload: String,
    /// The step that caused it, if a clock did.
    pub firing: Option<Firing>,
    /// SHA-256 over the hash of the event before, and this event.
    pub hash: Vec<u8>,
    /// Where the complaint stands after the change that the event belongs to. Not hashed: it follows from the log. `None` in
    /// logs from before it was recorded.
    pub standing: Option<Standing>,
}

/// The step of a clock that caused an event. Unique: a step fires once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firing {
    /// The clock.
    pub clock: String,
    /// Its cycle.
    pub cycle: i32,
    /// The step's place in the policy's list.
    pub step: usize,
    /// Which repetition of it.
    pub repetition: u32,
    /// When it was due; the event's time less this is how late it fired.
    pub due: Timestamp,
}

words! {
    /// What kind of event it is: the word in the payload.
    EventKind {
        Filed = "filed",
        EnquiryConverted = "enquiry_converted",
        Acknowledged = "acknowledged",
        EscalationAcknowledged = "escalation_acknowledged",
        IdentityVerified = "identity_verified",
        ContactRecorded = "contact_recorded",
        UpdateSent = "update_sent",
        PromiseChanged = "promise_changed",
        PromiseBoundOverridden = "promise_bound_overridden",
        Paused = "paused",
        Resumed = "resumed",
        Assigned = "assigned",
        Unassigned = "unassigned",
        IssueAdded = "issue_added",
        CaseReferenceAdded = "case_reference_added",
        AttachmentAdded = "attachment_added",
        NoteAdded = "note_added",
        Linked = "linked",
        Unlinked = "unlinked",
        Corrected = "corrected",
        CustomerCorrected = "customer_corrected",
        ReviewConcluded = "review_concluded",
        OutcomeProposed = "outcome_proposed",
        CustomerAnswered = "customer_answered",
        RemedyCarriedOut = "remedy_carried_out",
        ResolvedAtFirstContact = "resolved_at_first_contact",
        Escalated = "escalated",
        EscalationEligible = "escalation_eligible",
        EscalationEligibilityWithdrawn = "escalation_eligibility_withdrawn",
        Referred = "referred",
        ReferralStageReached = "referral_stage_reached",
        ReferralReported = "referral_reported",
        DocumentsRequested = "documents_requested",
        DocumentsSubmitted = "documents_submitted",
        FindingsRecorded = "findings_recorded",
        FindingsCarriedOut = "findings_carried_out",
        Withdrawn = "withdrawn",
        Closed = "closed",
        Reopened = "reopened",
        EnteredLate = "entered_late",
        Reminder = "reminder",
        ReminderSkipped = "reminder_skipped",
        Breached = "breached",
        BreachWithdrawn = "breach_withdrawn",
        Migrated = "migrated",
        NoticeIssued = "notice_issued",
        NoticeSent = "notice_sent",
        NoticePosted = "notice_posted",
        NoticeTold = "notice_told",
        NoticeDelivered = "notice_delivered",
        NoticeFailed = "notice_failed",
        NoticeRequeued = "notice_requeued",
        LegalHoldPlaced = "legal_hold_placed",
        LegalHoldReleased = "legal_hold_released",
        PersonalDataErased = "personal_data_erased",
    }
}

/// The brand of what was filed before there were several.
pub(crate) fn first_brand() -> String {
    "jive".to_owned()
}

/// A complaint or enquiry as it was filed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    #[serde(default = "first_brand")]
    pub brand: String,
    pub channel: Channel,
    pub received_at: Timestamp,
    pub first_contact_at: Timestamp,
    /// From when the promises of the provider's own code count: the receipt or, if it arrived on a day off at the place of
    /// receipt, the next working instant there.
    pub counts_from: Timestamp,
    pub enquiry: bool,
    pub customer_type: CustomerType,
    pub language: Language,
    pub urgent: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// Where the customer can be written to. `None` where that is not followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<Reach>,
    pub issues: Vec<Issue>,
    pub case_references: Vec<String>,
    pub policy: PolicyRef,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub additional_policies: Vec<PolicyRef>,
}

/// The complaint came under other versions of the codes that bind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migrated {
    /// The provider's own code from now on.
    pub policy: PolicyRef,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub additional_policies: Vec<PolicyRef>,
    /// The promises whose due time is another one now, for those who read the log: what is timed follows from the versions.
    pub moved: Vec<Moved>,
}

/// A promise whose due time is another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    pub clock: String,
    /// None: it was paused, or not timed.
    pub from: Option<Timestamp>,
    /// None: it is paused, or no longer timed.
    pub to: Option<Timestamp>,
}

/// What happened. Serialised with its kind, a stable word; holds no personal data.
///
/// Where a fact may have a time of its own, that is when it was done; none means that it was done when it was recorded. What
/// is `awaited` counts for the clocks only once the notice that tells it is sent, posted or told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    Filed(Filed),
    EnquiryConverted {
        counts_from: Timestamp,
    },
    Acknowledged {
        promised_at: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        acknowledged_at: Option<Timestamp>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        awaited: bool,
    },
    /// With the date by which the customer was promised an answer to it.
    EscalationAcknowledged {
        level: usize,
        answer_by: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        acknowledged_at: Option<Timestamp>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        awaited: bool,
    },
    IdentityVerified {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        verified_at: Option<Timestamp>,
    },
    ContactRecorded {
        channel: Channel,
        from_customer: bool,
        contact_at: Timestamp,
        dissatisfied: bool,
        /// An attempt to contact the customer that failed.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        not_reached: bool,
    },
    UpdateSent {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sent_at: Option<Timestamp>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        awaited: bool,
    },
    /// The customer was told another date. The first one stays what it was.
    PromiseChanged {
        first_promised_at: Timestamp,
        from: Timestamp,
        to: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        told_at: Option<Timestamp>,
    },
    /// A date after the due time of the clock that bounds it was promised. Precedes the promise itself.
    PromiseBoundOverridden {
        /// The clock that bounds it.
        clock: String,
        /// That clock's due time.
        latest: Timestamp,
        promised_at: Timestamp,
        /// Whether it is the date of the answer to an escalation, and not of the outcome.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        of_escalation: bool,
        /// Why, in the words of staff. Free of personal data.
        reason: String,
    },
    Paused {
        reason: PauseReason,
        until: Timestamp,
    },
    /// `at` lies before the event where the pause ended by itself.
    Resumed {
        at: Timestamp,
    },
    Assigned {
        assignee: String,
        level: usize,
    },
    /// Nobody has it any more. Who had it still handled it.
    Unassigned,
    IssueAdded {
        issue: Issue,
    },
    CaseReferenceAdded {
        case_reference: String,
    },
    AttachmentAdded {
        attachment: Attachment,
    },
    /// For the provider's own use: no notice tells it.
    NoteAdded,
    /// Recorded with both complaints, of each as it has the link.
    Linked {
        link: Link,
    },
    /// As [`Fact::Linked`]: the link that there is no longer.
    Unlinked {
        link: Link,
    },
    Corrected(Corrected),
    /// Which fields of the customer's data; their values are personal.
    CustomerCorrected {
        fields: Vec<String>,
        /// Where the customer can be written to now, where that is followed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reach: Option<Reach>,
    },
    ReviewConcluded {
        decided_at: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        root_cause: Option<String>,
    },
    /// For a review that was concluded before, these are the time and the cause of that conclusion.
    OutcomeProposed {
        decided_at: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        told_at: Option<Timestamp>,
        has_remedy: bool,
        root_cause: Option<String>,
    },
    CustomerAnswered {
        answer: Answer,
        answered_at: Timestamp,
    },
    RemedyCarriedOut {
        implemented_at: Timestamp,
    },
    ResolvedAtFirstContact {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resolved_at: Option<Timestamp>,
    },
    Escalated {
        level: usize,
        channel: Channel,
        /// When the customer asked for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        requested_at: Option<Timestamp>,
    },
    /// Every reason for which it is eligible at this moment.
    EscalationEligible {
        reasons: BTreeSet<EscalationReason>,
    },
    /// Reasons for which it was eligible, and is no longer, though it was neither escalated nor is it over: they never held, the
    /// matter was settled, or the codes that bind it now know no such reason.
    EscalationEligibilityWithdrawn {
        withdrawn: BTreeSet<EscalationReason>,
        /// For which it is eligible still.
        remaining: BTreeSet<EscalationReason>,
    },
    Referred {
        referred_at: Timestamp,
        body_reference: Option<String>,
    },
    ReferralStageReached {
        stage: ReferralStage,
        at: Timestamp,
    },
    ReferralReported {
        /// `None` in logs from before it was recorded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer: Option<ReferralAnswer>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        submitted_at: Option<Timestamp>,
    },
    DocumentsRequested {
        requested_at: Timestamp,
        /// By when the body wants them, if it said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Timestamp>,
    },
    DocumentsSubmitted {
        submitted_at: Timestamp,
    },
    FindingsRecorded {
        made_at: Timestamp,
        must_act: bool,
        /// By when the provider has to act, if the body said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Timestamp>,
    },
    FindingsCarriedOut {
        carried_out_at: Timestamp,
    },
    Withdrawn {
        /// How the customer said so; `None` in logs from before it was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<Channel>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        withdrawn_at: Option<Timestamp>,
    },
    Closed {
        reason: ClosureReason,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        closed_at: Option<Timestamp>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        awaited: bool,
    },
    Reopened {
        state: State,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reopened_at: Option<Timestamp>,
    },
    /// The complaint was entered so late that promises were missed already: all of them at a glance. Their reminders are
    /// passed over.
    EnteredLate {
        /// The clocks that were late.
        missed: Vec<String>,
        /// How many reminders of them would have come by now.
        reminders: u32,
    },
    /// A reminder of a clock, before its due time or after it.
    Reminder {
        clock: String,
        to: Role,
        overdue: bool,
        collapsed: u32,
    },
    /// A reminder that the policy does not want when it comes too late.
    ReminderSkipped {
        clock: String,
        to: Role,
    },
    /// A promise was not kept in time. `skipped` reminders before it had not fired.
    Breached {
        clock: String,
        to: Role,
        due: Timestamp,
        skipped: u32,
    },
    /// What was recorded as a breach was none: the fact before it, which was entered late, shows that the promise was kept in
    /// time or fell away in time.
    BreachWithdrawn {
        clock: String,
        cycle: i32,
        due: Timestamp,
    },
    Migrated(Migrated),
    /// A text for the customer was issued. Its digest proves which words.
    NoticeIssued {
        notice: NoticeKind,
        text_version: String,
        language: Language,
        channel: Channel,
        #[serde(with = "super::digest")]
        text_sha256: Vec<u8>,
        /// Its fate is followed. Where it is not, another system delivers it, and it tells when it is issued.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        awaited: bool,
        /// By which means it is to be sent; none: by none, since there is no address or somebody tells it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        means: Option<ContactMeans>,
    },
    NoticeSent(Delivery),
    NoticePosted(Delivery),
    NoticeTold(Delivery),
    NoticeDelivered(Delivery),
    NoticeFailed(FailedDelivery),
    /// It is to be sent again, perhaps by another means.
    NoticeRequeued {
        notice: i64,
        means: ContactMeans,
    },
    /// From now on its personal data are not erased.
    LegalHoldPlaced {
        reason: LegalHoldReason,
    },
    LegalHoldReleased {
        reason: LegalHoldReason,
    },
    /// The personal data that came with this event's forerunners are gone, and so are the words of the notices.
    PersonalDataErased {
        reason: ErasureReason,
    },
}

impl Fact {
    /// Whether no reason for an escalation outlives it, as everybody knows.
    #[must_use]
    pub const fn answers_reasons(&self) -> bool {
        matches!(
            self,
            Fact::Escalated { .. } | Fact::Withdrawn { .. } | Fact::Closed { .. }
        )
    }

    /// Whether whoever brings it about has handled the complaint by it, and so does not look afresh at what a customer
    /// escalates.
    #[must_use]
    pub const fn is_handling(&self) -> bool {
        match self {
            Fact::Acknowledged { .. }
            | Fact::EscalationAcknowledged { .. }
            | Fact::ReviewConcluded { .. }
            | Fact::OutcomeProposed { .. }
            | Fact::ResolvedAtFirstContact { .. } => true,
            Fact::Closed { reason, .. } => matches!(reason, ClosureReason::ProviderDecision),
            _ => false,
        }
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        match self {
            Fact::Filed(_) => EventKind::Filed,
            Fact::EnquiryConverted { .. } => EventKind::EnquiryConverted,
            Fact::Acknowledged { .. } => EventKind::Acknowledged,
            Fact::EscalationAcknowledged { .. } => EventKind::EscalationAcknowledged,
            Fact::IdentityVerified { .. } => EventKind::IdentityVerified,
            Fact::ContactRecorded { .. } => EventKind::ContactRecorded,
            Fact::UpdateSent { .. } => EventKind::UpdateSent,
            Fact::PromiseChanged { .. } => EventKind::PromiseChanged,
            Fact::PromiseBoundOverridden { .. } => EventKind::PromiseBoundOverridden,
            Fact::Paused { .. } => EventKind::Paused,
            Fact::Resumed { .. } => EventKind::Resumed,
            Fact::Assigned { .. } => EventKind::Assigned,
            Fact::Unassigned => EventKind::Unassigned,
            Fact::IssueAdded { .. } => EventKind::IssueAdded,
            Fact::CaseReferenceAdded { .. } => EventKind::CaseReferenceAdded,
            Fact::AttachmentAdded { .. } => EventKind::AttachmentAdded,
            Fact::NoteAdded => EventKind::NoteAdded,
            Fact::Linked { .. } => EventKind::Linked,
            Fact::Unlinked { .. } => EventKind::Unlinked,
            Fact::Corrected(_) => EventKind::Corrected,
            Fact::CustomerCorrected { .. } => EventKind::CustomerCorrected,
            Fact::ReviewConcluded { .. } => EventKind::ReviewConcluded,
            Fact::OutcomeProposed { .. } => EventKind::OutcomeProposed,
            Fact::CustomerAnswered { .. } => EventKind::CustomerAnswered,
            Fact::RemedyCarriedOut { .. } => EventKind::RemedyCarriedOut,
            Fact::ResolvedAtFirstContact { .. } => EventKind::ResolvedAtFirstContact,
            Fact::Escalated { .. } => EventKind::Escalated,
            Fact::EscalationEligible { .. } => EventKind::EscalationEligible,
            Fact::EscalationEligibilityWithdrawn { .. } => {
                EventKind::EscalationEligibilityWithdrawn
            }
            Fact::Referred { .. } => EventKind::Referred,
            Fact::ReferralStageReached { .. } => EventKind::ReferralStageReached,
            Fact::ReferralReported { .. } => EventKind::ReferralReported,
            Fact::DocumentsRequested { .. } => EventKind::DocumentsRequested,
            Fact::DocumentsSubmitted { .. } => EventKind::DocumentsSubmitted,
            Fact::FindingsRecorded { .. } => EventKind::FindingsRecorded,
            Fact::FindingsCarriedOut { .. } => EventKind::FindingsCarriedOut,
            Fact::Withdrawn { .. } => EventKind::Withdrawn,
            Fact::Closed { .. } => EventKind::Closed,
            Fact::Reopened { .. } => EventKind::Reopened,
            Fact::EnteredLate { .. } => EventKind::EnteredLate,
            Fact::Reminder { .. } => EventKind::Reminder,
            Fact::ReminderSkipped { .. } => EventKind::ReminderSkipped,
            Fact::Breached { .. } => EventKind::Breached,
            Fact::BreachWithdrawn { .. } => EventKind::BreachWithdrawn,
            Fact::Migrated(_) => EventKind::Migrated,
            Fact::NoticeIssued { .. } => EventKind::NoticeIssued,
            Fact::NoticeSent(_) => EventKind::NoticeSent,
            Fact::NoticePosted(_) => EventKind::NoticePosted,
            Fact::NoticeTold(_) => EventKind::NoticeTold,
            Fact::NoticeDelivered(_) => EventKind::NoticeDelivered,
            Fact::NoticeFailed(_) => EventKind::NoticeFailed,
            Fact::NoticeRequeued { .. } => EventKind::NoticeRequeued,
            Fact::LegalHoldPlaced { .. } => EventKind::LegalHoldPlaced,
            Fact::LegalHoldReleased { .. } => EventKind::LegalHoldReleased,
            Fact::PersonalDataErased { .. } => EventKind::PersonalDataErased,
        }
    }
}
