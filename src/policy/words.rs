//! The words that a policy file may use, shared with the domain.

/// Declares an enum whose values are stable snake-case words: in policy files, in the database and in the event log.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every value, in the order of the declaration.
            pub const ALL: [$name; [$($word),+].len()] = [$($name::$variant),+];

            /// The stable word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::policy::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok($name::$variant),)+
                    _ => Err($crate::policy::UnknownWord { what: stringify!($name), word: word.to_owned() }),
                }
            }
        }
    };
}
pub(crate) use words;

/// A word that is none of those known in its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is not a known {what}")]
pub struct UnknownWord {
    /// The enum that was looked in.
    pub what: &'static str,
    /// The word that was found.
    pub word: String,
}

words! {
    /// How a complaint, or a contact, reaches the provider.
    Channel {
        Form = "form",
        Chat = "chat",
        Phone = "phone",
        Mail = "mail",
        SupportCase = "support_case",
    }
}

impl Channel {
    /// Whether the customer is present while it is handled, so that a matter can be put right at once.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Channel::Chat | Channel::Phone)
    }
}

words! {
    /// Who complains; decides what the independent body takes.
    CustomerType { Consumer = "consumer", SmallBusiness = "small_business", Business = "business" }
}

words! {
    /// The service complained about, after the CCTS's taxonomy.
    ServiceKind {
        Wireless = "wireless",
        Internet = "internet",
        Tv = "tv",
        LocalPhone = "local_phone",
        LongDistance = "long_distance",
        /// Printed or online directories of the numbers of households and businesses.
        WhitePages = "white_pages",
        DirectoryAssistance = "directory_assistance",
        OperatorServices = "operator_services",
        Other = "other",
    }
}

words! {
    /// What happened to a complaint that may start, stop or restart a clock.
    Trigger {
        /// An enquiry came in, or was reopened.
        EnquiryFiled = "enquiry_filed",
        /// An enquiry was closed with its answer.
        EnquiryAnswered = "enquiry_answered",
        Filed = "filed",
        EnquiryConverted = "enquiry_converted",
        Acknowledged = "acknowledged",
        UpdateSent = "update_sent",
        /// The provider reached the customer by a call, letter or message that is not an update.
        CustomerContacted = "customer_contacted",
        /// A contact was recorded in which the customer was not satisfied with how the matter is handled. Also after the
        /// complaint was closed or withdrawn.
        CustomerDissatisfied = "customer_dissatisfied",
        /// The review came to its conclusion.
        OutcomeDecided = "outcome_decided",
        /// The customer was told the outcome.
        OutcomeTold = "outcome_told",
        OutcomeAccepted = "outcome_accepted",
        OutcomeRefused = "outcome_refused",
        /// The customer agreed to a remedy that is still to be carried out.
        RemedyAgreed = "remedy_agreed",
        RemedyCarriedOut = "remedy_carried_out",
        ResolvedAtFirstContact = "resolved_at_first_contact",
        Escalated = "escalated",
        EscalationAcknowledged = "escalation_acknowledged",
        /// An escalation reached a level from which the customer is told of the independent body.
        RecourseLevelReached = "recourse_level_reached",
        RecourseTold = "recourse_told",
        /// The independent body handed the complaint to the provider.
        Referred = "referred",
        ReportSubmitted = "report_submitted",
        /// The independent body asked for more than the report.
        DocumentsRequested = "documents_requested",
        /// The provider handed in documents, or its report again.
        DocumentsSubmitted = "documents_submitted",
        /// The independent body found that the provider has something to do.
        FindingsReceived = "findings_received",
        FindingsCarriedOut = "findings_carried_out",
        ReferralConcluded = "referral_concluded",
        Closed = "closed",
        Withdrawn = "withdrawn",
        Reopened = "reopened",
        /// A notice to the customer left, or somebody told the customer what it says.
        NoticeTold = "notice_told",
        /// A notice did not reach the customer.
        NoticeFailed = "notice_failed",
    }
}

words! {
    /// When a customer counts as told what a notice says.
    Told {
        /// Once the notice is sent or posted, or somebody told it.
        Sent = "sent",
        /// Once the notice is issued: another system delivers it, and is trusted to.
        Issued = "issued",
    }
}

words! {
    /// Why a complaint is flagged as eligible for escalation.
    EscalationReason {
        AcknowledgementOverdue = "acknowledgement_overdue",
        UpdateOverdue = "update_overdue",
        ResolutionOverdue = "resolution_overdue",
        EscalationAnswerOverdue = "escalation_answer_overdue",
        ImplementationOverdue = "implementation_overdue",
        OutcomeRefused = "outcome_refused",
        Reopened = "reopened",
        CustomerDissatisfied = "customer_dissatisfied",
    }
}

impl EscalationReason {
    /// Whether it comes from a clock that is overdue; the others come from what the customer or the provider did.
    #[must_use]
    pub const fn needs_clock(self) -> bool {
        !matches!(
            self,
            EscalationReason::OutcomeRefused
                | EscalationReason::Reopened
                | EscalationReason::CustomerDissatisfied
        )
    }
}

words! {
    /// Who must act, or who is reminded.
    Role {
        /// The handler of the complaint, or the team where nobody handles it yet.
        Handler = "handler",
        Supervisor = "supervisor",
        /// Whoever keeps the contact with the independent body.
        RegulatoryAffairs = "regulatory_affairs",
    }
}

words! {
    /// What happens when a step of a clock is reached.
    Action {
        /// Somebody is reminded.
        Remind = "remind",
        /// The customer is told of the independent body; this keeps the promise of the clock.
        TellRecourse = "tell_recourse",
        /// The customer is told in standard words that the review goes on; this keeps the promise of the clock until the next
        /// time. Where no review is under way, somebody is reminded instead.
        TellUpdate = "tell_update",
    }
}

words! {
    /// What becomes of a step whose instant passed while nothing could fire.
    Missed {
        /// It fires for itself, however late it comes, and says how late.
        Late = "late",
        /// Of several that were reached at once the last one stands for all, and counts the others; what lies before a due
        /// time that has passed is skipped.
        Collapse = "collapse",
        /// It does not fire at all once the policy's grace has passed after its instant.
        Skip = "skip",
    }
}
