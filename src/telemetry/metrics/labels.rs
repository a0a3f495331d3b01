//! The values of labels that the code names.

use opentelemetry::KeyValue;
use tonic::Code;

/// Why there is a connection less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionEnd {
    /// All places were taken by connections with calls, and it was not let in.
    Refused,
    /// It had been without a call for longest, and another one needed its place.
    MadeRoom,
    /// It did not come to speak HTTP/2 in time.
    Silent,
    /// Its TLS handshake failed.
    Handshake,
    /// It did not take its answers.
    Stalled,
    /// It was old, and its calls did not end within the grace.
    Old,
}

impl ConnectionEnd {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            ConnectionEnd::Refused => "refused",
            ConnectionEnd::MadeRoom => "made_room",
            ConnectionEnd::Silent => "silent",
            ConnectionEnd::Handshake => "handshake",
            ConnectionEnd::Stalled => "stalled",
            ConnectionEnd::Old => "old",
        }
    }
}

/// What is limited for each caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quota {
    /// Its calls in a second.
    CallsPerSecond,
    /// Its calls at once, without streams.
    CallsInFlight,
    /// Its streams at once.
    OpenStreams,
    /// The tokens from one address that prove nothing, in a minute.
    FailedTokens,
}

impl Quota {
    /// The name by which callers and metrics know it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Quota::CallsPerSecond => "calls_per_second",
            Quota::CallsInFlight => "calls_in_flight",
            Quota::OpenStreams => "open_streams",
            Quota::FailedTokens => "failed_tokens_per_minute",
        }
    }
}

/// Why a message to staff reached nobody it was meant for.
pub(super) const STAFF_UNREACHED: [&str; 4] = ["unknown", "gone", "failed", "lost"];

/// By what filings fail through no fault of their callers. They are reported at zero from the start: what is reported for the first
/// time with a value has not increased, and an outage would begin unseen.
pub(super) const FILINGS_FAIL_BY: [(&str, Code); 5] = [
    ("DATABASE_UNAVAILABLE", Code::Unavailable),
    ("DATABASE_TIMEOUT", Code::Unavailable),
    ("OVERLOADED", Code::ResourceExhausted),
    ("STORAGE_LOW", Code::ResourceExhausted),
    ("INTERNAL", Code::Internal),
];

/// The labels of a failed call.
pub(super) fn of_failure(method: &str, code: Code, reason: &str) -> [KeyValue; 3] {
    [
        KeyValue::new("rpc.method", method.to_owned()),
        KeyValue::new("rpc.grpc.status_code", i64::from(i32::from(code))),
        KeyValue::new("reason", reason.to_owned()),
    ]
}

/// A status code as the API spells it.
pub(super) fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
