//! Enums, to and from the API's numbers.

use super::Check;
use crate::{
    access::PersonalKind,
    calendar::Roll,
    domain::{
        AccessibilityNeed, Answer, ClockState, ClosureReason, ContactMeans, EligibilityRule,
        ErasureReason, EventKind, IssueCategory, LegalHoldReason, LinkKind, NoticeFailure,
        NoticeState, PauseReason, ReferralAnswer, ReferralStage, SearchKind, State, UrgencyReason,
        notice::{Language, NoticeKind},
    },
    figures::{Dimension, Measure},
    policy::{Channel, CustomerType, EscalationReason, Role, ServiceKind},
    proto::v1,
    store::{AfterGivingUp, DeliveriesOnly, DeliveryState, SubscriptionChangeKind},
};

/// A value of the domain that the API has an enum for.
pub(crate) trait Choice: Copy + PartialEq + 'static {
    /// The API's number.
    fn number(self) -> i32;

    /// The value of a number; `None` for UNSPECIFIED and for what is unknown.
    fn of_number(number: i32) -> Option<Self>;

    /// Every value with the API's name of it.
    fn names() -> Vec<(Self, &'static str)>;
}

/// Pairs the enums of the API with those of the domain; both matches are exhaustive, so that neither can grow alone.
macro_rules! choices {
    ($($wire:ident = $domain:ident { $($variant:ident),+ })+) => {$(
        impl Choice for $domain {
            fn number(self) -> i32 {
                match self { $($domain::$variant => v1::$wire::$variant),+ }.into()
            }

            fn of_number(number: i32) -> Option<Self> {
                match v1::$wire::try_from(number) {
                    Err(_) | Ok(v1::$wire::Unspecified) => None,
                    $(Ok(v1::$wire::$variant) => Some($domain::$variant),)+
                }
            }

            fn names() -> Vec<(Self, &'static str)> {
                vec![$(($domain::$variant, v1::$wire::$variant.as_str_name())),+]
            }
        }
    )+};
}

/// Whether a contact came from the customer, as the API says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    FromCustomer,
    ToCustomer,
}

choices! {
    State = State { Enquiry, Received, InReview, Proposed, Resolved, Implemented, Closed, Withdrawn }
    Channel = Channel { Form, Chat, Phone, Mail, SupportCase }
    CustomerType = CustomerType { Consumer, SmallBusiness, Business }
    Language = Language { English, French, Spanish, German }
    ServiceKind = ServiceKind { Wireless, Internet, Tv, LocalPhone, LongDistance, WhitePages, DirectoryAssistance, OperatorServices, Other }
    IssueCategory = IssueCategory { Billing, ContractDispute, ServiceDelivery, CreditManagement, Other }
    CustomerAnswer = Answer { Accepted, Refused }
    PauseReason = PauseReason { WaitingForCustomer, Appointment, ThirdParty }
    EscalationReason = EscalationReason {
        AcknowledgementOverdue, UpdateOverdue, ResolutionOverdue, EscalationAnswerOverdue, ImplementationOverdue,
        OutcomeRefused, Reopened, CustomerDissatisfied
    }
    ReferralStage = ReferralStage {
        Assessment, InitialReferral, Conciliation, Investigation, CaseReview, Concluded
    }
    ReferralAnswer = ReferralAnswer { Resolved, Unresolved, MandateObjection }
    ClosureReason = ClosureReason { Accepted, FirstContact, NoAnswer, ProviderDecision, EnquiryAnswered, Withdrawn }
    ContactMeans = ContactMeans { Email, Letter, Phone, TextMessage, Chat, Portal }
    AccessibilityNeed = AccessibilityNeed {
        LargePrint, Braille, Audio, AccessibleFile, PlainLanguage, TextTelephone, VideoRelay, IpRelay
    }
    LinkKind = LinkKind { DuplicateOf, DuplicatedBy, FollowUpOf, FollowedUpBy, SameCause }
    UrgencyReason = UrgencyReason { Hardship, Disconnection, Safety, Violence, Accessibility }
    LegalHoldReason = LegalHoldReason { Litigation, Regulator, AccessRequest, Investigation }
    PersonalDataKind = PersonalKind {
        Customer, IssueText, EventText, NoticeText, NoticeAddressee, PersonSearch
    }
    DeadLetters = AfterGivingUp { Skip, Hold }
    DeliveryFilter = DeliveriesOnly { Unfinished, GivenUp }
    DeliveryState = DeliveryState { Waiting, Delivered, Dead, Held }
    SubscriptionChangeKind = SubscriptionChangeKind {
        Created, Updated, Paused, Resumed, SecretRotated, Replayed, Disabled, Repositioned, Deleted
    }
    ErasureReason = ErasureReason { Request, Order, RetentionEnded }
    ClockState = ClockState { Running, Paused, Met, Missed, Cancelled }
    Role = Role { Handler, Supervisor, RegulatoryAffairs }
    EligibilityRule = EligibilityRule { CustomerType, SmallBusinessInvoice, ServiceInScope, PriorOpportunity }
    BusinessDayConvention = Roll { NextWorkingDay, PreviousWorkingDay, None }
    Direction = Direction { FromCustomer, ToCustomer }
    EventKind = EventKind {
        Filed, EnquiryConverted, Acknowledged, EscalationAcknowledged, IdentityVerified, ContactRecorded, UpdateSent,
        PromiseChanged, PromiseBoundOverridden, Paused, Resumed, Assigned, Unassigned, IssueAdded, CaseReferenceAdded,
        AttachmentAdded, NoteAdded, Linked, Unlinked, Corrected, CustomerCorrected, ReviewConcluded,
        OutcomeProposed, CustomerAnswered, RemedyCarriedOut, ResolvedAtFirstContact, Escalated, EscalationEligible,
        EscalationEligibilityWithdrawn, BreachWithdrawn, Referred,
        ReferralStageReached, ReferralReported, DocumentsRequested, DocumentsSubmitted, FindingsRecorded, FindingsCarriedOut,
        Withdrawn, Closed, Reopened, EnteredLate, Reminder, ReminderSkipped, Breached, Migrated, NoticeIssued,
        LegalHoldPlaced, LegalHoldReleased, PersonalDataErased, NoticeSent, NoticePosted, NoticeTold, NoticeDelivered, NoticeFailed,
        NoticeRequeued
    }
    SearchField = SearchKind {
        Phone, Email, AccountNumber, CaseReference, BodyReference, TrackingNumber, Name, PostalCode
    }
    FigureDimension = Dimension {
        Clock, Policy, Brand, Assignee, Level, Channel, Language, Region, Service, Category, Month, Day
    }
    FigureMeasure = Measure {
        PromisesKept, PromisesMissed, PromisesOpen, PromisesKeptPercent, AcknowledgedInTime, AcknowledgedLate, UpdatesOverdue,
        Received, Closed, Resolved, ResolvedAtFirstContact, MeanDaysToResolve, MedianDaysToResolve, DaysToResolve80Percent,
        DaysToResolve95Percent, Escalated, Referred, Reopened, NoticesFailed
    }
    NoticeState = NoticeState { Waiting, Sent, Posted, Told, Delivered, Failed }
    NoticeFailure = NoticeFailure { Bounced, Returned, NoAddress, Refused, GivenUp, Erased }
    NoticeKind = NoticeKind {
        Acknowledgement, Update, PromiseChanged, OutcomeProposed, OutcomeAccepted, RemedyCarriedOut, ResolvedAtFirstContact,
        EscalationReceived, EscalationAcknowledged, Recourse, ReferralRecorded, Paused, Resumed, ClosedWithRecourse,
        ClosedAccepted, Withdrawn, Reopened, EnquiryAnswered, EnquiryConverted, ReviewContinues
    }
}

impl Check {
    /// A choice that must be made.
    pub(crate) fn choice<C: Choice>(&mut self, field: &str, number: i32) -> Option<C> {
        self.choice_of(field, number, |_| true)
    }

    /// A choice that must be made among some of the values.
    pub(crate) fn choice_of<C: Choice>(
        &mut self,
        field: &str,
        number: i32,
        allowed: fn(C) -> bool,
    ) -> Option<C> {
        let choice = C::of_number(number).filter(|choice| allowed(*choice));
        if choice.is_none() {
            let names: Vec<_> = C::names()
                .into_iter()
                .filter(|(value, _)| allowed(*value))
                .map(|(_, name)| name)
                .collect();
            self.violation(field, format!("must be one of {}", names.join(", ")));
        }
        choice
    }

    /// Any number of choices.
    pub(crate) fn choices<C: Choice>(&mut self, field: &str, numbers: &[i32]) -> Vec<C> {
        let numbers = numbers.iter().enumerate();
        numbers
            .filter_map(|(place, number)| self.choice(&format!("{field}[{place}]"), *number))
            .collect()
    }

    /// A choice that need not be made.
    pub(crate) fn choice_if_any<C: Choice>(&mut self, field: &str, number: i32) -> Option<C> {
        (number != 0).then(|| self.choice(field, number)).flatten()
    }

    /// Any number of choices, each kept once, in the order of their numbers.
    pub(crate) fn distinct<C: Choice>(&mut self, field: &str, numbers: &[i32]) -> Vec<C> {
        let mut sorted = numbers.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        if sorted.iter().any(|number| C::of_number(*number).is_none()) {
            // What is wrong is named by its place in the request.
            return self.choices(field, numbers);
        }
        sorted.into_iter().filter_map(C::of_number).collect()
    }

    /// A choice with a default: what is not specified.
    pub(crate) fn choice_or<C: Choice>(
        &mut self,
        field: &str,
        number: i32,
        default: C,
    ) -> Option<C> {
        match number {
            0 => Some(default),
            _ => self.choice(field, number),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test fails by panicking")]

    use std::fmt;

    use super::{super::tests::check, *};
    use crate::proto::DESCRIPTORS;

    /// Both ways for every value, and no number of the API's enum is left out.
    fn is_complete<C: Choice + fmt::Debug>(wire: &str, all: &[C]) {
        let pool = prost_reflect::DescriptorPool::decode(DESCRIPTORS).expect("the descriptors");
        let wire = pool
            .get_enum_by_name(&format!("redress.v1.{wire}"))
            .expect("the enum");
        assert_eq!(all.len() + 1, wire.values().len());
        assert_eq!(C::of_number(0), None);
        assert_eq!(C::of_number(-1), None);
        assert_eq!(C::of_number(1_000), None);
        assert_eq!(C::names().len(), all.len());
        for value in all {
            let number = value.number();
            assert_eq!(C::of_number(number), Some(*value));
            let name = wire.get_value(number).expect("the value").name().to_owned();
            assert!(C::names().contains(&(*value, name.as_str())), "{name}");
        }
    }

    #[test]
    fn every_value_is_known_both_ways() {
        is_complete("State", &State::ALL);
        is_complete("Channel", &Channel::ALL);
        is_complete("CustomerType", &CustomerType::ALL);
        is_complete("Language", &Language::ALL);
        is_complete("ServiceKind", &ServiceKind::ALL);
        is_complete("IssueCategory", &IssueCategory::ALL);
        is_complete("CustomerAnswer", &Answer::ALL);
        is_complete("PauseReason", &PauseReason::ALL);
        is_complete("EscalationReason", &EscalationReason::ALL);
        is_complete("ReferralStage", &ReferralStage::ALL);
        is_complete("ReferralAnswer", &ReferralAnswer::ALL);
        is_complete("ClosureReason", &ClosureReason::ALL);
        is_complete("ContactMeans", &ContactMeans::ALL);
        is_complete("AccessibilityNeed", &AccessibilityNeed::ALL);
        is_complete("UrgencyReason", &UrgencyReason::ALL);
        is_complete("LinkKind", &LinkKind::ALL);
        is_complete("LegalHoldReason", &LegalHoldReason::ALL);
        is_complete("PersonalDataKind", &PersonalKind::ALL);
        is_complete("ErasureReason", &ErasureReason::ALL);
        is_complete("ClockState", &ClockState::ALL);
        is_complete("Role", &Role::ALL);
        is_complete("EventKind", &EventKind::ALL);
        is_complete("SearchField", &SearchKind::ALL);
        is_complete("NoticeKind", &NoticeKind::ALL);
        is_complete("EligibilityRule", &EligibilityRule::ALL);
        is_complete("FigureDimension", &Dimension::ALL);
        is_complete("FigureMeasure", &Measure::ALL);
        is_complete(
            "BusinessDayConvention",
            &[Roll::NextWorkingDay, Roll::PreviousWorkingDay, Roll::None],
        );
        is_complete(
            "Direction",
            &[Direction::FromCustomer, Direction::ToCustomer],
        );
    }

    #[test]
    fn what_is_unspecified_or_unknown_is_refused_with_the_names() {
        for number in [0, 99, -3] {
            let mut check = check();
            assert_eq!(check.choice::<Answer>("answer", number), None);
            assert_eq!(
                check.only(),
                "must be one of CUSTOMER_ANSWER_ACCEPTED, CUSTOMER_ANSWER_REFUSED"
            );
        }
    }

    #[test]
    fn a_default_stands_for_what_is_unspecified_only() {
        let mut check = check();
        let english = check.choice_or("language", 0, Language::English);
        assert_eq!(english, Some(Language::English));
        assert!(check.fields().is_empty());
        assert_eq!(check.choice_or("language", 9, Language::English), None);
        assert_eq!(check.fields(), ["language"]);
    }

    #[test]
    fn what_is_known_but_not_allowed_here_is_refused() {
        let mut check = check();
        let withdrawn = ClosureReason::Withdrawn.number();
        let only_silence = |reason: ClosureReason| reason == ClosureReason::NoAnswer;
        let choice = check.choice_of("reason", withdrawn, only_silence);
        assert_eq!(choice, None);
        assert_eq!(check.only(), "must be one of CLOSURE_REASON_NO_ANSWER");
    }
}
