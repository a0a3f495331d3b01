//! The types of the script: complaints, and who does what about them when.

use jiff::civil::{DateTime, date};

use crate::proto::v1;

/// A time in the story's month. It includes Victoria Day, the 18th, which is a holiday.
pub(super) const fn may(day: i8, hour: i8, minute: i8) -> DateTime {
    date(2026, 5, day).at(hour, minute, 0, 0)
}

/// Before the office opens on the first day, and after it closes on the last, in the time zone of the policy's calendar.
pub(super) const START: DateTime = may(11, 8, 30);
pub(super) const END: DateTime = may(29, 17, 30);

/// The built-in brand, and another one in another country, activated when the story begins.
pub(super) const JIVE: &str = "jive";
pub(super) const HARBOUR: &str = "harbour";
pub(super) const HARBOUR_FILE: &str = include_str!("../../brands/harbour.toml");

/// The address of a customer who no longer has it: mail to it bounces.
pub(super) const NO_SUCH_MAILBOX: &str = "quinn@example.org";
/// Prints and posts letters.
pub(super) const PRINT_HOUSE: &str = "print-house";

/// A fictional customer's complaint.
#[derive(Debug)]
pub(super) struct Scenario {
    /// The brand that the customer deals with.
    pub(super) brand: &'static str,
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    pub(super) phone: &'static str,
    /// Empty: unknown.
    pub(super) postal_address: &'static str,
    pub(super) language: v1::Language,
    pub(super) channel: v1::Channel,
    pub(super) customer_type: v1::CustomerType,
    pub(super) service: v1::ServiceKind,
    pub(super) category: v1::IssueCategory,
    pub(super) description: &'static str,
    pub(super) wanted: &'static str,
    pub(super) beginning: Beginning,
    /// When it is entered.
    pub(super) filed: DateTime,
    /// Who enters it and handles it first.
    pub(super) handler: &'static str,
    pub(super) steps: Vec<Step>,
}

/// How a complaint begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beginning {
    /// It is filed, and acknowledged later.
    Plain,
    /// It is acknowledged while the customer is on the line.
    Acknowledged,
    /// So it is, and it is urgent.
    Urgent,
    /// It is only a question at first.
    Enquiry,
    /// A letter that arrived earlier than it is entered.
    Arrived(DateTime),
}

/// A step that somebody takes on a complaint.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) at: DateTime,
    pub(super) by: &'static str,
    pub(super) act: Act,
}

/// The acts; each is a method of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Convert,
    /// With its own date, or the policy's.
    Acknowledge(Option<DateTime>),
    VerifyIdentity(&'static str),
    Update(&'static str),
    ChangePromise {
        message: &'static str,
        reason: &'static str,
        to: DateTime,
    },
    CustomerWrites {
        summary: &'static str,
        dissatisfied: bool,
    },
    /// Pauses the review until the customer answers this question.
    Ask(&'static str),
    Propose {
        message: &'static str,
        remedy: &'static str,
    },
    Accept,
    Refuse(&'static str),
    Implement,
    ResolveAtFirstContact(&'static str),
    Escalate {
        statement: &'static str,
        assignee: &'static str,
    },
    /// A call to the customer.
    Call(&'static str),
    AnswerEnquiry(&'static str),
    Withdraw(&'static str),
    Close(v1::ClosureReason),
    Refer(&'static str),
    Stage(v1::ReferralStage),
    Report(&'static str),
    /// Sends again by this means what did not reach the customer.
    SendAgain(v1::ContactMeans),
    /// Prints and posts the letters that are waiting.
    PostLetters,
}

/// Shorthand for a step.
pub(super) const fn step(at: DateTime, by: &'static str, act: Act) -> Step {
    Step { at, by, act }
}
