//! The values of labels that the code names.

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
