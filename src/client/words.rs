//! The API's enums as words: as people type them, and in what they read.

use crate::{policy::known::spelled_alike, proto::v1};

/// An enum of the API whose values have words.
pub trait Worded: Copy + TryFrom<i32> + 'static {
    /// Every value but `UNSPECIFIED`, which has no word: a person never asks for it.
    const VALUES: &'static [Self];

    /// Its word.
    fn word(self) -> Option<&'static str>;
}

/// Gives an enum of the API its words.
macro_rules! words {
    ($($name:ident { $($variant:ident = $word:literal),+ $(,)? })+) => {$(
        impl Worded for v1::$name {
            const VALUES: &'static [Self] = &[$(Self::$variant),+];

            fn word(self) -> Option<&'static str> {
                match self {
                    $(Self::$variant => Some($word),)+
                    _ => None,
                }
            }
        }
    )+};
}

words! {
    State {
        Enquiry = "enquiry",
        Received = "received",
        InReview = "in-review",
        Proposed = "proposed",
        Resolved = "resolved",
        Implemented = "implemented",
        Closed = "closed",
        Withdrawn = "withdrawn",
    }
    Direction { FromCustomer = "from-customer", ToCustomer = "to-customer" }
    Channel { Form = "form", Chat = "chat", Phone = "phone", Mail = "mail", SupportCase = "support-case" }
    CustomerType { Consumer = "consumer", SmallBusiness = "small-business", Business = "business" }
    Language { English = "en", French = "fr", Spanish = "es", German = "de" }
    ServiceKind {
        Wireless = "wireless",
        Internet = "internet",
        Tv = "tv",
        LocalPhone = "local-phone",
        LongDistance = "long-distance",
        WhitePages = "white-pages",
        DirectoryAssistance = "directory-assistance",
        OperatorServices = "operator-services",
        Other = "other",
    }
    IssueCategory {
        Billing = "billing",
        ContractDispute = "contract-dispute",
        ServiceDelivery = "service-delivery",
        CreditManagement = "credit-management",
        Other = "other",
    }
    BusinessDayConvention {
        NextWorkingDay = "next-working-day",
        PreviousWorkingDay = "previous-working-day",
        None = "none",
    }
    FigureDimension {
        Clock = "clock",
        Policy = "policy",
        Brand = "brand",
        Assignee = "assignee",
        Level = "level",
        Channel = "channel",
        Language = "language",
        Region = "region",
        Service = "service",
        Category = "category",
        Month = "month",
        Day = "day",
    }
    FigureMeasure {
        PromisesKept = "promises-kept",
        PromisesMissed = "promises-missed",
        PromisesOpen = "promises-open",
        PromisesKeptPercent = "promises-kept-percent",
        AcknowledgedInTime = "acknowledged-in-time",
        AcknowledgedLate = "acknowledged-late",
        UpdatesOverdue = "updates-overdue",
        Received = "received",
        Closed = "closed",
        Resolved = "resolved",
        ResolvedAtFirstContact = "resolved-at-first-contact",
        MeanDaysToResolve = "mean-days-to-resolve",
        MedianDaysToResolve = "median-days-to-resolve",
        DaysToResolve80Percent = "days-to-resolve-80-percent",
        DaysToResolve95Percent = "days-to-resolve-95-percent",
        Escalated = "escalated",
        Referred = "referred",
        Reopened = "reopened",
        NoticesFailed = "notices-failed",
    }
    SubscriptionState { Active = "active", Paused = "paused", Disabled = "disabled" }
    DeliveryState { Waiting = "waiting", Delivered = "delivered", Dead = "dead", Held = "held" }
    ClockState { Running = "running", Paused = "paused", Met = "met", Missed = "missed", Cancelled = "cancelled" }
    Role { Handler = "handler", Supervisor = "supervisor", RegulatoryAffairs = "regulatory-affairs" }
    NoticeState {
        Waiting = "waiting",
        Sent = "sent",
        Posted = "posted",
        Told = "told",
        Delivered = "delivered",
        Failed = "failed",
    }
    NoticeFailure {
        Bounced = "bounced",
        Returned = "returned",
        NoAddress = "no-address",
        Refused = "refused",
        GivenUp = "given-up",
        Erased = "erased",
    }
    CustomerAnswer { Accepted = "accepted", Refused = "refused" }
    PauseReason { WaitingForCustomer = "waiting-for-customer", Appointment = "appointment", ThirdParty = "third-party" }
    EscalationReason {
        AcknowledgementOverdue = "acknowledgement-overdue",
        UpdateOverdue = "update-overdue",
        ResolutionOverdue = "resolution-overdue",
        EscalationAnswerOverdue = "escalation-answer-overdue",
        ImplementationOverdue = "implementation-overdue",
        OutcomeRefused = "outcome-refused",
        Reopened = "reopened",
        CustomerDissatisfied = "customer-dissatisfied",
    }
    ReferralStage {
        Assessment = "assessment",
        InitialReferral = "initial-referral",
        Conciliation = "conciliation",
        Investigation = "investigation",
        CaseReview = "case-review",
        Concluded = "concluded",
    }
    SearchField {
        Phone = "phone",
        Email = "email",
        AccountNumber = "account-number",
        CaseReference = "case-reference",
        BodyReference = "body-reference",
        TrackingNumber = "tracking-number",
        Name = "name",
        PostalCode = "postal-code",
    }
    ReferralAnswer {
        Resolved = "resolved",
        Unresolved = "unresolved",
        MandateObjection = "mandate-objection",
    }
    ClosureReason {
        Accepted = "accepted",
        FirstContact = "first-contact",
        NoAnswer = "no-answer",
        ProviderDecision = "provider-decision",
        EnquiryAnswered = "enquiry-answered",
        Withdrawn = "withdrawn",
    }
    ContactMeans {
        Email = "email",
        Letter = "letter",
        Phone = "phone",
        TextMessage = "text-message",
        Chat = "chat",
        Portal = "portal",
    }
    AccessibilityNeed {
        LargePrint = "large-print",
        Braille = "braille",
        Audio = "audio",
        AccessibleFile = "accessible-file",
        PlainLanguage = "plain-language",
        TextTelephone = "text-telephone",
        VideoRelay = "video-relay",
        IpRelay = "ip-relay",
    }
    UrgencyReason {
        Hardship = "hardship",
        Disconnection = "disconnection",
        Safety = "safety",
        Violence = "violence",
        Accessibility = "accessibility",
    }
    PersonalDataKind {
        Customer = "customer",
        IssueText = "words of an issue",
        EventText = "text of an event",
        NoticeText = "text of a notice",
        NoticeAddressee = "addressee of a notice",
        PersonSearch = "found by a search",
    }
    LegalHoldReason {
        Litigation = "litigation",
        Regulator = "regulator",
        AccessRequest = "access-request",
        Investigation = "investigation",
    }
    ErasureReason { Request = "request", Order = "order", RetentionEnded = "retention-ended" }
    LinkKind {
        DuplicateOf = "duplicate-of",
        DuplicatedBy = "duplicated-by",
        FollowUpOf = "follow-up-of",
        FollowedUpBy = "followed-up-by",
        SameCause = "same-cause",
    }
    EventKind {
        Filed = "filed",
        EnquiryConverted = "enquiry-converted",
        Acknowledged = "acknowledged",
        EscalationAcknowledged = "escalation-acknowledged",
        IdentityVerified = "identity-verified",
        ContactRecorded = "contact-recorded",
        UpdateSent = "update-sent",
        PromiseChanged = "promise-changed",
        PromiseBoundOverridden = "promise-bound-overridden",
        Paused = "paused",
        Resumed = "resumed",
        Assigned = "assigned",
        Unassigned = "unassigned",
        IssueAdded = "issue-added",
        CaseReferenceAdded = "case-reference-added",
        AttachmentAdded = "attachment-added",
        NoteAdded = "note-added",
        Linked = "linked",
        Unlinked = "unlinked",
        Corrected = "corrected",
        CustomerCorrected = "customer-corrected",
        ReviewConcluded = "review-concluded",
        OutcomeProposed = "outcome-proposed",
        CustomerAnswered = "customer-answered",
        RemedyCarriedOut = "remedy-carried-out",
        ResolvedAtFirstContact = "resolved-at-first-contact",
        Escalated = "escalated",
        EscalationEligible = "escalation-eligible",
        Referred = "referred",
        ReferralStageReached = "referral-stage-reached",
        ReferralReported = "referral-reported",
        DocumentsRequested = "documents-requested",
        DocumentsSubmitted = "documents-submitted",
        FindingsRecorded = "findings-recorded",
        FindingsCarriedOut = "findings-carried-out",
        Withdrawn = "withdrawn",
        Closed = "closed",
        Reopened = "reopened",
        EnteredLate = "entered-late",
        Reminder = "reminder",
        ReminderSkipped = "reminder-skipped",
        Breached = "breached",
        BreachWithdrawn = "breach-withdrawn",
        EscalationEligibilityWithdrawn = "escalation-eligibility-withdrawn",
        Migrated = "migrated",
        NoticeIssued = "notice-issued",
        LegalHoldPlaced = "legal-hold-placed",
        LegalHoldReleased = "legal-hold-released",
        PersonalDataErased = "personal-data-erased",
        NoticeSent = "notice-sent",
        NoticePosted = "notice-posted",
        NoticeTold = "notice-told",
        NoticeDelivered = "notice-delivered",
        NoticeFailed = "notice-failed",
        NoticeRequeued = "notice-requeued",
    }
    NoticeKind {
        Acknowledgement = "acknowledgement",
        Update = "update",
        PromiseChanged = "promise-changed",
        OutcomeProposed = "outcome-proposed",
        OutcomeAccepted = "outcome-accepted",
        RemedyCarriedOut = "remedy-carried-out",
        ResolvedAtFirstContact = "resolved-at-first-contact",
        EscalationReceived = "escalation-received",
        EscalationAcknowledged = "escalation-acknowledged",
        Recourse = "recourse",
        ReferralRecorded = "referral-recorded",
        Paused = "paused",
        Resumed = "resumed",
        ClosedWithRecourse = "closed-with-recourse",
        ClosedAccepted = "closed-accepted",
        Withdrawn = "withdrawn",
        Reopened = "reopened",
        EnquiryAnswered = "enquiry-answered",
        EnquiryConverted = "enquiry-converted",
        ReviewContinues = "review-continues",
    }
}

/// The word of an enum's number as it came over the wire. A number that this client does not know stays a number.
#[must_use]
pub fn word<E: Worded>(number: i32) -> String {
    let known = E::try_from(number).ok();
    match known.and_then(E::word) {
        Some(word) => word.to_owned(),
        None if number == 0 => "-".to_owned(),
        None => number.to_string(),
    }
}

/// The word for people to read.
#[must_use]
pub fn words<E: Worded>(number: i32) -> String {
    spoken(&word::<E>(number))
}

/// A stable word as it is spoken: `customer_update` is "customer update".
#[must_use]
pub fn spoken(word: &str) -> String {
    word.replace(['_', '-'], " ").trim().to_owned()
}

/// The known name that is meant by one written with other separators or in another case, such as `customer update`; if
/// there is none, the name as it was written.
#[must_use]
pub fn as_known<'n>(typed: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    let mut known = known.into_iter();
    let meant = known.find(|name| spelled_alike(typed, name));
    meant.unwrap_or(typed).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Walks the numbers of the API, so that a value added there is missed here.
    fn all_have_words<E: Worded>() {
        let known = (1..100)
            .take_while(|number| E::try_from(*number).is_ok())
            .count();
        assert_eq!(known, E::VALUES.len(), "{}", std::any::type_name::<E>());
        assert!(E::VALUES.iter().all(|value| value.word().is_some()));
    }

    #[test]
    fn every_value_of_the_api_has_a_word() {
        all_have_words::<v1::State>();
        all_have_words::<v1::Channel>();
        all_have_words::<v1::Direction>();
        all_have_words::<v1::CustomerAnswer>();
        all_have_words::<v1::CustomerType>();
        all_have_words::<v1::Language>();
        all_have_words::<v1::ServiceKind>();
        all_have_words::<v1::IssueCategory>();
        all_have_words::<v1::BusinessDayConvention>();
        all_have_words::<v1::ClockState>();
        all_have_words::<v1::Role>();
        all_have_words::<v1::EventKind>();
        all_have_words::<v1::NoticeKind>();
        all_have_words::<v1::NoticeState>();
        all_have_words::<v1::NoticeFailure>();
        all_have_words::<v1::PauseReason>();
        all_have_words::<v1::EscalationReason>();
        all_have_words::<v1::ReferralStage>();
        all_have_words::<v1::SearchField>();
        all_have_words::<v1::ReferralAnswer>();
        all_have_words::<v1::ClosureReason>();
        all_have_words::<v1::ContactMeans>();
        all_have_words::<v1::AccessibilityNeed>();
        all_have_words::<v1::UrgencyReason>();
        all_have_words::<v1::LinkKind>();
        all_have_words::<v1::FigureDimension>();
        all_have_words::<v1::FigureMeasure>();
    }

    #[test]
    fn a_number_that_a_newer_service_sends_is_shown_as_it_is() {
        assert_eq!(word::<v1::State>(99), "99");
        assert_eq!(word::<v1::State>(0), "-");
        assert_eq!(words::<v1::State>(3), "in review");
    }

    #[test]
    fn a_name_is_found_however_it_is_written() {
        let known = ["customer_update", "no-contact", "resolution"];
        for (typed, name) in [
            ("customer update", "customer_update"),
            ("Customer-Update", "customer_update"),
            ("NO CONTACT", "no-contact"),
            ("resolutoin", "resolutoin"),
        ] {
            assert_eq!(as_known(typed, known), name);
        }
    }
}
