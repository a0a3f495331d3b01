//! The aggregate: who complains, about what, and where it stands. It holds no personal data; those stand apart.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    erasure::Erasure,
    fate::{Fates, Reach},
    grievance::Grievance,
    issue::Issue,
    legal_hold::{LegalHoldReason, REFERRAL},
    link::Link,
    notice::Language,
    referred::{Findings, Referral, ReferralStage},
    tracking::TrackingNumber,
};
use crate::{
    policy::{
        Channel, Circumstances, CustomerType, EligibleRule, EscalationReason, PolicyRef, words,
    },
    writing,
};

words! {
    /// Where a complaint stands.
    State {
        /// Not a complaint yet: only the promises about enquiries run.
        Enquiry = "enquiry",
        /// Filed, not acknowledged.
        Received = "received",
        /// Acknowledged, under review.
        InReview = "in_review",
        /// The customer was told an outcome and has not answered.
        Proposed = "proposed",
        /// The outcome was accepted; its remedy is still to be carried out.
        Resolved = "resolved",
        /// Accepted, and nothing remains to be done.
        Implemented = "implemented",
        Closed = "closed",
        Withdrawn = "withdrawn",
    }
}

impl State {
    /// Whether the complaint is over, until it is reopened.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, State::Closed | State::Withdrawn)
    }
}

words! {
    /// The customer's answer to an outcome.
    Answer { Accepted = "accepted", Refused = "refused" }
}

words! {
    /// Why the counting stands still.
    PauseReason {
        WaitingForCustomer = "waiting_for_customer",
        Appointment = "appointment",
        ThirdParty = "third_party",
    }
}

words! {
    /// Why a complaint was closed.
    ClosureReason {
        Accepted = "accepted",
        FirstContact = "first_contact",
        NoAnswer = "no_answer",
        ProviderDecision = "provider_decision",
        EnquiryAnswered = "enquiry_answered",
        Withdrawn = "withdrawn",
    }
}

/// How a complaint is named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ComplaintRef {
    /// By its id.
    Id(Uuid),
    /// By what the customer quotes.
    Tracking(TrackingNumber),
}

/// One complaint, without personal data. As JSON it names only what it has: most have neither outcome nor referral, and each
/// change writes all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    /// Orders complaints by their filing: the first 48 bits are the time.
    pub id: Uuid,
    /// What the customer quotes.
    pub tracking_number: TrackingNumber,
    /// The name of the brand that the customer deals with. Its latest version applies.
    #[serde(default = "super::event::first_brand")]
    pub brand: String,
    /// Where it stands.
    pub state: State,
    /// How it came in.
    pub channel: Channel,
    /// The level of escalation; 0 is the first line.
    #[serde(default, skip_serializing_if = "is_default")]
    pub level: usize,
    /// Who complains.
    pub customer_type: CustomerType,
    /// How the customer is answered.
    pub language: Language,
    /// Hardship, a disconnection, or safety. Why stands with the personal data.
    #[serde(default, skip_serializing_if = "is_default")]
    pub urgent: bool,
    /// Where the customer is served: a subdivision of a country as of ISO 3166-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// What the provider sorts complaints by.
    #[serde(default, skip_serializing_if = "is_default")]
    pub labels: Labels,
    /// When it reached the provider.
    pub received_at: Timestamp,
    /// When it was entered.
    pub filed_at: Timestamp,
    /// When the customer first got in touch about the matter; not after the receipt.
    pub first_contact_at: Timestamp,
    /// Who handles it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// Everybody who has handled it, as assignee or by what they did, with the first level at which they did. By
    /// [`writing::identity`], so that each is there once.
    #[serde(default, skip_serializing_if = "is_default")]
    pub handlers: BTreeMap<String, usize>,
    /// When it was acknowledged; stays when it is reopened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged_at: Option<Timestamp>,
    /// The first promised date; never overwritten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_promised_at: Option<Timestamp>,
    /// The promised date in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promised_at: Option<Timestamp>,
    /// When the customer was told that date, if it was not with the acknowledgement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promise_told_at: Option<Timestamp>,
    /// The identity check, once it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityCheck>,
    /// Its issues, in order.
    pub issues: Vec<Issue>,
    /// References to cases elsewhere.
    #[serde(default, skip_serializing_if = "is_default")]
    pub case_references: Vec<String>,
    /// Documents that are kept elsewhere, in order.
    #[serde(default, skip_serializing_if = "is_default")]
    pub attachments: Vec<Attachment>,
    /// Other complaints that it is linked to, in the order in which they were linked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub links: Vec<Link>,
    /// The conclusion of the review, until the customer is told the outcome or another review begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conclusion: Option<Conclusion>,
    /// The outcome that was proposed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The pause in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
    /// When it was last escalated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalated_at: Option<Timestamp>,
    /// Whether the last escalation still waits for its acknowledgement.
    #[serde(default, skip_serializing_if = "is_default")]
    pub escalation_unacknowledged: bool,
    /// By when the customer was promised an answer to the last escalation.
    #[serde(default, skip_serializing_if = "is_default")]
    pub escalation_answer_by: Option<Timestamp>,
    /// What has made it eligible since it was last escalated, settled or over.
    #[serde(default, skip_serializing_if = "is_default")]
    pub grievances: BTreeSet<Grievance>,
    /// For what it is flagged as eligible for escalation, as its events say; empty: not flagged.
    #[serde(default, skip_serializing_if = "is_default")]
    pub escalation_reasons: BTreeSet<EscalationReason>,
    /// Since when it has been flagged without a gap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalation_eligible_at: Option<Timestamp>,
    /// What the independent body has of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referral: Option<Referral>,
    /// When it was closed or withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closure_reason: Option<ClosureReason>,
    /// Whether it was withdrawn while it was still an enquiry. One that was answered has the closure reason that says so.
    #[serde(default, skip_serializing_if = "is_default")]
    pub withdrawn_as_enquiry: bool,
    /// When it was last reopened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopened_at: Option<Timestamp>,
    /// How often it was reopened.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reopen_count: u32,
    /// Where the customer can be written to; `None` where that is not followed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reach: Option<Reach>,
    /// The notices whose fate is followed: the last of them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub notices: Fates,
    /// Why its personal data must not be erased, and since when. A case at the independent body holds them too.
    #[serde(default, skip_serializing_if = "is_default")]
    pub legal_holds: BTreeMap<LegalHoldReason, Timestamp>,
    /// The last erasure of its personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erasure: Option<Erasure>,
    /// The code of practice that it keeps.
    pub policy: PolicyRef,
    /// The other codes that bind it, such as the regulator's; it keeps their versions too.
    #[serde(default, skip_serializing_if = "is_default")]
    pub additional_policies: Vec<PolicyRef>,
    /// How many cycles each clock has had.
    pub cycles: BTreeMap<String, i32>,
    /// From when the usual target counts of a clock whose cycle was begun because the complaint became urgent.
    #[serde(default, skip_serializing_if = "is_default")]
    pub usual_starts: BTreeMap<String, Timestamp>,
    /// The number of its last event.
    pub last_sequence: i64,
    /// When its last event was recorded. Nothing is decided as of an earlier time.
    pub last_event_at: Timestamp,
    /// The hash of its last event.
    #[serde(with = "super::digest")]
    pub last_hash: Vec<u8>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Complaint {
    /// Grows with every change: the number of the last event, since every change is on record.
    #[must_use]
    pub const fn version(&self) -> i64 {
        self.last_sequence
    }

    /// What about it decides how long a promise may take.
    #[must_use]
    pub fn circumstances(&self) -> Circumstances {
        Circumstances {
            channel: self.channel,
            urgent: self.urgent,
            known_since: self.first_contact_at,
        }
    }

    /// Whether what a rule makes a reason for escalation is held against the provider.
    #[must_use]
    pub fn is_aggrieved(&self, rule: &EligibleRule) -> bool {
        self.grievances
            .iter()
            .any(|grievance| match (grievance, &rule.clock) {
                (Grievance::Missed { clock, .. }, Some(named)) => clock == named,
                (Grievance::Stated(reason), None) => *reason == rule.reason,
                _ => false,
            })
    }

    /// Its link to this complaint, if there is one.
    #[must_use]
    pub fn link_to(&self, other: Uuid) -> Option<&Link> {
        self.links.iter().find(|link| link.complaint == other)
    }

    /// Notes that this person handles it at a level.
    pub(super) fn handled_by(&mut self, person: &str, level: usize) {
        self.handlers
            .entry(writing::identity(person))
            .or_insert(level);
    }

    /// Whether this person handled it at a level below the present one.
    #[must_use]
    pub fn handled_below(&self, person: &str) -> bool {
        // Nobody gets around it by another spelling of the same name.
        let mut handlers = self.handlers.iter();
        handlers
            .any(|(name, handled_at)| *handled_at < self.level && writing::look_alike(name, person))
    }

    /// Whether somebody has it who did not handle it at a level below.
    #[must_use]
    pub fn has_new_handler(&self) -> bool {
        let mut assignee = self.assignee.iter();
        assignee.any(|assignee| !self.handled_below(assignee))
    }

    /// Whether it is an enquiry that never became a complaint, including one that is over.
    #[must_use]
    pub fn is_enquiry(&self) -> bool {
        let over = self.state.is_terminal();
        let answered = self.closure_reason == Some(ClosureReason::EnquiryAnswered);
        self.state == State::Enquiry || (over && (answered || self.withdrawn_as_enquiry))
    }

    /// Whether what the independent body found is still to be carried out.
    #[must_use]
    pub fn owes_findings(&self) -> bool {
        let findings = self.referral.as_ref().and_then(|r| r.findings.as_ref());
        findings.is_some_and(Findings::is_owed)
    }

    /// Whether the independent body has it at present.
    #[must_use]
    pub fn is_with_the_body(&self) -> bool {
        let referral = self.referral.as_ref();
        referral.is_some_and(|referral| referral.stage != ReferralStage::Concluded)
    }

    /// Whether the independent body has it, or waits for what it found to be carried out.
    #[must_use]
    pub fn concerns_the_body(&self) -> bool {
        self.is_with_the_body() || self.owes_findings()
    }

    /// What holds its personal data back from being erased, in words; empty: nothing does.
    #[must_use]
    pub fn holds(&self) -> Vec<&'static str> {
        let referred = self.concerns_the_body();
        let placed = self.legal_holds.keys().map(|reason| reason.as_str());
        placed.chain(referred.then_some(REFERRAL)).collect()
    }

    /// Whether its personal data were erased and nothing has been recorded since that could have brought others.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        let erasure = self.erasure.as_ref();
        erasure.is_some_and(|erasure| erasure.event == self.last_sequence)
    }

    /// Whether the customer refused an outcome that was told at the present level. What a level below proposed is no
    /// answer to the escalation.
    #[must_use]
    pub fn refused_at_this_level(&self) -> bool {
        self.outcome.as_ref().is_some_and(|outcome| {
            let refused = matches!(outcome.answer, Some((Answer::Refused, _)));
            refused && outcome.level == self.level
        })
    }
}

/// Labels of the provider's own: values by keys, free of personal data.
pub type Labels = BTreeMap<String, String>;

/// A document that is kept elsewhere. Where, is personal: the text of the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// From 1.
    pub number: u32,
    /// The digest of its content.
    #[serde(with = "super::digest")]
    pub sha256: Vec<u8>,
    /// In bytes.
    pub size: u64,
    /// For example `application/pdf`.
    pub media_type: String,
}

/// That the identity was checked. How stands with the personal data, as the text of the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityCheck {
    /// When.
    pub at: Timestamp,
}

/// The conclusion of a review that the customer has not been told yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conclusion {
    /// When the review came to it.
    pub decided_at: Timestamp,
    /// The cause as the staff found it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_cause: Option<String>,
}

/// An outcome and the answer to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// When the review came to its conclusion.
    pub decided_at: Timestamp,
    /// When the customer was told.
    pub told_at: Timestamp,
    /// At which level of escalation.
    pub level: usize,
    /// Whether something remains to be done once it is accepted.
    pub has_remedy: bool,
    /// The number of the event that recorded it. What is to be done stands with the personal data of that event.
    pub event: i64,
    /// The cause as the staff found it.
    pub root_cause: Option<String>,
    /// The answer and when it was given.
    pub answer: Option<(Answer, Timestamp)>,
    /// When what was agreed was carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub implemented_at: Option<Timestamp>,
}

/// A pause in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Why.
    pub reason: PauseReason,
    /// Since when.
    pub start: Timestamp,
    /// When it ends by itself.
    pub end: Timestamp,
}
