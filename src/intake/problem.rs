//! Why a request is not carried out, as the caller is told, independent of the protocol that it came by.

use std::{collections::BTreeMap, time::Duration};

use super::reason;

/// What kind of problem it is, in the words of google.rpc.Code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The request is wrong, whatever the state of things.
    InvalidArgument,
    /// There is no such thing.
    NotFound,
    /// It is there already.
    AlreadyExists,
    /// The state of things does not allow it.
    FailedPrecondition,
    /// A value lies beyond what there is.
    OutOfRange,
    /// Somebody else was in the way.
    Aborted,
    /// It is not known who asks.
    Unauthenticated,
    /// Whoever asks may not.
    PermissionDenied,
    /// There is not enough of something.
    ResourceExhausted,
    /// The caller has gone.
    Cancelled,
    /// There is no such method.
    Unimplemented,
    /// The service cannot be used here for now.
    Unavailable,
    /// It took too long.
    DeadlineExceeded,
    /// What is stored is damaged.
    DataLoss,
    /// A fault of the service.
    Internal,
}

/// Something that is wrong with a field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The field, by its path in the request.
    pub field: String,
    /// What is wanted of it. Never repeats what the caller sent, which may be personal.
    pub description: String,
}

/// A problem. Its message says what to do next and holds no personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind of problem it is.
    pub code: Code,
    /// A stable word, one of [`reason`].
    pub reason: &'static str,
    /// For people.
    pub message: String,
    /// What programs need to know of it beside its reason.
    pub metadata: BTreeMap<&'static str, String>,
    /// After how long the same may be tried again. `None`: trying again does not help, or is up to the caller.
    pub retry: Option<Duration>,
    /// What is wrong with the request.
    pub violations: Box<[Violation]>,
    /// What the condition is about that does not hold.
    pub precondition: Option<&'static str>,
}

impl Problem {
    pub(crate) fn new(code: Code, reason: &'static str, message: impl Into<String>) -> Self {
        Problem {
            code,
            reason,
            message: message.into(),
            metadata: BTreeMap::new(),
            retry: None,
            violations: Box::default(),
            precondition: None,
        }
    }

    /// INVALID_ARGUMENT with every violation.
    pub(crate) fn invalid(violations: Vec<Violation>) -> Self {
        let message = match violations.as_slice() {
            [] => "the request is not valid".to_owned(),
            [only] => format!("{}: {}", only.field, only.description),
            [first, rest @ ..] => {
                let more = rest.len();
                format!("{}: {}; and {more} more", first.field, first.description)
            }
        };
        Problem {
            violations: violations.into(),
            ..Problem::new(Code::InvalidArgument, reason::INVALID_REQUEST, message)
        }
    }

    /// INVALID_ARGUMENT for one field.
    pub(crate) fn of_field(field: impl Into<String>, description: impl Into<String>) -> Self {
        Problem::invalid(vec![Violation {
            field: field.into(),
            description: description.into(),
        }])
    }

    /// A fault of the service. What it is stands in the log; the caller learns only that it is one.
    pub(crate) fn internal(fault: &dyn std::fmt::Display) -> Self {
        tracing::error!(%fault, "a call failed");
        let message = "the service failed; its log has the details";
        Problem::new(Code::Internal, reason::INTERNAL, message)
    }

    pub(crate) fn with(mut self, key: &'static str, value: impl ToString) -> Self {
        self.metadata.insert(key, value.to_string());
        self
    }

    pub(crate) fn retry(mut self, after: Duration) -> Self {
        self.retry = Some(after);
        self
    }

    pub(crate) fn precondition(mut self, subject: &'static str) -> Self {
        self.precondition = Some(subject);
        self
    }
}
