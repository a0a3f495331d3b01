//! Commands: what somebody, or a due timer, wants done to a complaint.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::{
    complaint::{Answer, ClosureReason, ComplaintRef, Labels, PauseReason},
    correction::Correction,
    customer::{ContactMeans, Customer},
    erasure::ErasureReason,
    event::Event,
    fate::{NoticeFailure, NoticeState},
    issue::IssueCategory,
    legal_hold::LegalHoldReason,
    link::LinkKind,
    notice::Language,
    referred::{ReferralAnswer, ReferralStage},
    tracking::TrackingNumber,
};
use crate::policy::{Channel, CustomerType, Policy, ServiceKind, words};

/// A complaint or enquiry to be filed. The texts are checked for form at the edge; what depends on the time or the
/// policy is decided here.
#[derive(Debug, Clone, Serialize)]
pub struct Filing {
    /// The name of the brand that the customer deals with.
    pub brand: String,
    /// How it came in.
    pub channel: Channel,
    /// Who complains.
    pub customer: Customer,
    /// What kind of customer that is.
    pub customer_type: CustomerType,
    /// How the customer is answered.
    pub language: Language,
    /// One or more.
    pub issues: Vec<NewIssue>,
    /// References elsewhere.
    pub case_references: Vec<String>,
    /// When it reached the provider; `None`: now.
    pub received_at: Option<Timestamp>,
    /// When the customer first contacted the provider about the matter; `None`: when it was received.
    pub first_contact_at: Option<Timestamp>,
    /// Whether it is only an enquiry.
    pub enquiry: bool,
    /// Hardship, a disconnection, or safety.
    pub urgent: bool,
    /// Where the customer is served, as of ISO 3166-2.
    pub region: Option<String>,
    /// What the provider sorts complaints by.
    pub labels: Labels,
    /// Who takes it.
    pub assignee: Option<String>,
    /// Acknowledge in the same act.
    pub acknowledgement: Option<Acknowledgement>,
}

/// What a new complaint is known by; made by whoever hands the filing in, so that deciding stays free of chance.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Unique, ordered by time.
    pub id: Uuid,
    /// Unique, random.
    pub tracking_number: TrackingNumber,
}

/// An issue in the customer's words.
#[derive(Debug, Clone, Serialize)]
pub struct NewIssue {
    /// The service.
    pub service: ServiceKind,
    /// The category.
    pub category: IssueCategory,
    /// What happened.
    pub description: String,
    /// What the customer wants.
    pub desired_outcome: Option<String>,
}

/// A document that is kept elsewhere.
#[derive(Debug, Clone, Serialize)]
pub struct NewAttachment {
    /// Where it is kept: a URI, or what it is called there.
    pub location: String,
    /// The digest of its content.
    pub sha256: Vec<u8>,
    /// In bytes.
    pub size: u64,
    /// For example `application/pdf`.
    pub media_type: String,
}

/// What an acknowledgement says beside the tracking number.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Acknowledgement {
    /// How it will be reviewed, beyond the approved text.
    pub review: Option<String>,
    /// By when; `None`: what the policy's target gives.
    pub promised_at: Option<Timestamp>,
    /// Why that may lie after the latest date that the policy allows to be promised.
    pub override_reason: Option<String>,
    /// When the customer was told; `None`: now.
    pub acknowledged_at: Option<Timestamp>,
    /// By which means somebody told the customer then; `None`: a notice tells it, or whoever filed it is still on the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told_by: Option<ContactMeans>,
}

/// What is wanted of a complaint that exists. Each but [`Command::Fire`] is the method of the API that its
/// [`CommandKind`] names, and means what is said there; a time that is not given is now.
#[derive(Debug, Clone, Serialize)]
pub enum Command {
    ConvertEnquiry {
        converted_at: Option<Timestamp>,
    },
    Acknowledge(Acknowledgement),
    VerifyIdentity {
        method: String,
        verified_at: Option<Timestamp>,
    },
    RecordContact {
        channel: Channel,
        from_customer: bool,
        summary: String,
        contact_at: Option<Timestamp>,
        dissatisfied: bool,
        /// An attempt to contact the customer that failed.
        not_reached: bool,
    },
    SendUpdate {
        message: String,
        sent_at: Option<Timestamp>,
        new_promise: Option<NewPromise>,
        /// As in [`Acknowledgement`].
        #[serde(skip_serializing_if = "Option::is_none")]
        told_by: Option<ContactMeans>,
    },
    Pause {
        reason: PauseReason,
        until: Option<Timestamp>,
        /// What the customer is asked, where the pause waits for the customer.
        question: Option<String>,
    },
    Resume {
        resumed_at: Option<Timestamp>,
    },
    Assign {
        assignee: String,
    },
    Unassign,
    AddIssue(NewIssue),
    AddCaseReference {
        case_reference: String,
    },
    AddAttachment(NewAttachment),
    AddNote {
        note: String,
    },
    Link {
        /// It has two names, by which it is not serialised.
        #[serde(skip)]
        other: ComplaintRef,
        /// What the complaint is to the other one.
        kind: LinkKind,
    },
    Unlink {
        /// As in [`Command::Link`].
        #[serde(skip)]
        other: ComplaintRef,
    },
    Update(Box<Correction>),
    ConcludeReview {
        conclusion: String,
        decided_at: Option<Timestamp>,
        root_cause: Option<String>,
    },
    ProposeOutcome {
        message: String,
        remedy: Option<String>,
        decided_at: Option<Timestamp>,
        /// When the customer was told.
        told_at: Option<Timestamp>,
        root_cause: Option<String>,
        /// As in [`Acknowledgement`].
        #[serde(skip_serializing_if = "Option::is_none")]
        told_by: Option<ContactMeans>,
    },
    RecordAnswer {
        answer: Answer,
        comment: Option<String>,
        answered_at: Option<Timestamp>,
    },
    ConfirmImplementation {
        implemented_at: Option<Timestamp>,
    },
    ResolveAtFirstContact {
        message: String,
        resolved_at: Option<Timestamp>,
    },
    Escalate {
        channel: Channel,
        statement: Option<String>,
        assignee: Option<String>,
        /// `None`: the next one.
        level: Option<usize>,
        /// When the customer asked for it.
        requested_at: Option<Timestamp>,
    },
    Refer {
        body_reference: Option<String>,
        referred_at: Option<Timestamp>,
    },
    RecordReferralStage {
        stage: ReferralStage,
        stage_at: Option<Timestamp>,
    },
    SubmitReferralReport {
        report: String,
        answer: ReferralAnswer,
        submitted_at: Option<Timestamp>,
    },
    RecordDocumentRequest {
        request: String,
        requested_at: Option<Timestamp>,
        due: Option<Timestamp>,
    },
    SubmitDocuments {
        documents: String,
        submitted_at: Option<Timestamp>,
    },
    RecordFindings {
        findings: String,
        made_at: Option<Timestamp>,
        must_act: bool,
        due: Option<Timestamp>,
    },
    ConfirmFindingsCarriedOut {
        carried_out_at: Option<Timestamp>,
    },
    Withdraw {
        channel: Channel,
        statement: String,
        withdrawn_at: Option<Timestamp>,
    },
    Close {
        reason: ClosureReason,
        closed_at: Option<Timestamp>,
        /// The answer to an enquiry, worded for the customer.
        message: Option<String>,
        /// As in [`Acknowledgement`].
        #[serde(skip_serializing_if = "Option::is_none")]
        told_by: Option<ContactMeans>,
    },
    Reopen {
        reason: String,
        reopened_at: Option<Timestamp>,
    },
    PlaceLegalHold {
        reason: LegalHoldReason,
    },
    ReleaseLegalHold {
        reason: LegalHoldReason,
    },
    ErasePerson {
        reason: ErasureReason,
    },
    /// What became of a notice.
    RecordDispatch(DeliveryReport),
    /// Sends a notice again, by this means; `None`: by the customer's wish, or what there is an address for.
    ResendNotice {
        notice: i64,
        means: Option<ContactMeans>,
    },
    /// Moves it to other versions of the codes that bind it. `log` is everything that was recorded about it so far.
    #[serde(skip)]
    Migrate {
        policy: Arc<Policy>,
        log: Vec<Event>,
    },
    /// A timer is due: whatever has fallen due happens. Never refused for the complaint's state.
    Fire,
}

/// What whoever delivers a notice reports of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliveryReport {
    /// The number of the event that issued the notice.
    pub notice: i64,
    /// By which means.
    pub means: ContactMeans,
    /// What became of it; never that it waits.
    pub state: NoticeState,
    /// Why it failed; given where it did, and only there.
    pub failure: Option<NoticeFailure>,
    /// What the means gives as the cause of a failure: a code, free of personal data.
    pub code: Option<String>,
    /// When it took place; `None`: now.
    pub took_place_at: Option<Timestamp>,
    /// What whoever delivers it calls it: opaque, free of personal data.
    pub reference: Option<String>,
    /// The attempt that was claimed, which must still hold the dispatch; `None`: no claim, as when somebody tells it, or a provider
    /// confirms it later.
    pub attempt: Option<i32>,
    /// Of what came back: the attempt by which it was sent. Where it was sent again since, that it came back is no news of where
    /// it stands now. `None`: that is not known, and it is the last one that came back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_attempt: Option<i32>,
}

/// A new date for the outcome, with the reason that the customer is told.
#[derive(Debug, Clone, Serialize)]
pub struct NewPromise {
    /// The date.
    pub at: Timestamp,
    /// The reason.
    pub reason: String,
    /// Why the date may lie after the latest date that the policy allows to be promised.
    pub override_reason: Option<String>,
}

words! {
    /// The commands by name; each but `fire` is a method of the API.
    CommandKind {
        ConvertEnquiry = "ConvertEnquiry",
        Acknowledge = "AcknowledgeComplaint",
        VerifyIdentity = "VerifyIdentity",
        RecordContact = "RecordContact",
        SendUpdate = "SendUpdate",
        Pause = "PauseComplaint",
        Resume = "ResumeComplaint",
        Assign = "AssignComplaint",
        Unassign = "UnassignComplaint",
        AddIssue = "AddIssue",
        AddCaseReference = "AddCaseReference",
        AddAttachment = "AddAttachment",
        AddNote = "AddNote",
        Link = "LinkComplaint",
        Unlink = "UnlinkComplaint",
        Update = "UpdateComplaint",
        ConcludeReview = "ConcludeReview",
        ProposeOutcome = "ProposeOutcome",
        RecordAnswer = "RecordCustomerAnswer",
        ConfirmImplementation = "ConfirmImplementation",
        ResolveAtFirstContact = "ResolveAtFirstContact",
        Escalate = "EscalateComplaint",
        Refer = "ReferComplaint",
        RecordReferralStage = "RecordReferralStage",
        SubmitReferralReport = "SubmitReferralReport",
        RecordDocumentRequest = "RecordDocumentRequest",
        SubmitDocuments = "SubmitDocuments",
        RecordFindings = "RecordFindings",
        ConfirmFindingsCarriedOut = "ConfirmFindingsCarriedOut",
        Withdraw = "WithdrawComplaint",
        Close = "CloseComplaint",
        Reopen = "ReopenComplaint",
        PlaceLegalHold = "PlaceLegalHold",
        ReleaseLegalHold = "ReleaseLegalHold",
        ErasePerson = "ErasePerson",
        RecordDispatch = "RecordDispatch",
        ResendNotice = "ResendNotice",
        Migrate = "MigrateComplaints",
        Fire = "fire",
    }
}

impl Command {
    /// Whether the customer is told again what is done by the outcome that was proposed.
    #[must_use]
    pub const fn restates_remedy(&self) -> bool {
        matches!(
            self,
            Command::RecordAnswer {
                answer: Answer::Accepted,
                ..
            } | Command::ConfirmImplementation { .. }
                | Command::Close { .. }
        )
    }

    /// Which command it is.
    #[must_use]
    pub const fn kind(&self) -> CommandKind {
        match self {
            Command::ConvertEnquiry { .. } => CommandKind::ConvertEnquiry,
            Command::Acknowledge(_) => CommandKind::Acknowledge,
            Command::VerifyIdentity { .. } => CommandKind::VerifyIdentity,
            Command::RecordContact { .. } => CommandKind::RecordContact,
            Command::SendUpdate { .. } => CommandKind::SendUpdate,
            Command::Pause { .. } => CommandKind::Pause,
            Command::Resume { .. } => CommandKind::Resume,
            Command::Assign { .. } => CommandKind::Assign,
            Command::Unassign => CommandKind::Unassign,
            Command::AddIssue(_) => CommandKind::AddIssue,
            Command::AddCaseReference { .. } => CommandKind::AddCaseReference,
            Command::AddAttachment(_) => CommandKind::AddAttachment,
            Command::AddNote { .. } => CommandKind::AddNote,
            Command::Link { .. } => CommandKind::Link,
            Command::Unlink { .. } => CommandKind::Unlink,
            Command::Update(_) => CommandKind::Update,
            Command::ConcludeReview { .. } => CommandKind::ConcludeReview,
            Command::ProposeOutcome { .. } => CommandKind::ProposeOutcome,
            Command::RecordAnswer { .. } => CommandKind::RecordAnswer,
            Command::ConfirmImplementation { .. } => CommandKind::ConfirmImplementation,
            Command::ResolveAtFirstContact { .. } => CommandKind::ResolveAtFirstContact,
            Command::Escalate { .. } => CommandKind::Escalate,
            Command::Refer { .. } => CommandKind::Refer,
            Command::RecordReferralStage { .. } => CommandKind::RecordReferralStage,
            Command::SubmitReferralReport { .. } => CommandKind::SubmitReferralReport,
            Command::RecordDocumentRequest { .. } => CommandKind::RecordDocumentRequest,
            Command::SubmitDocuments { .. } => CommandKind::SubmitDocuments,
            Command::RecordFindings { .. } => CommandKind::RecordFindings,
            Command::ConfirmFindingsCarriedOut { .. } => CommandKind::ConfirmFindingsCarriedOut,
            Command::Withdraw { .. } => CommandKind::Withdraw,
            Command::Close { .. } => CommandKind::Close,
            Command::Reopen { .. } => CommandKind::Reopen,
            Command::PlaceLegalHold { .. } => CommandKind::PlaceLegalHold,
            Command::ReleaseLegalHold { .. } => CommandKind::ReleaseLegalHold,
            Command::ErasePerson { .. } => CommandKind::ErasePerson,
            Command::RecordDispatch(_) => CommandKind::RecordDispatch,
            Command::ResendNotice { .. } => CommandKind::ResendNotice,
            Command::Migrate { .. } => CommandKind::Migrate,
            Command::Fire => CommandKind::Fire,
        }
    }
}
