//! A limit that a caller has reached.

use std::{net::IpAddr, time::Duration};

use crate::telemetry::Quota;

/// A limit that a caller has reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::api) struct OverQuota {
    /// Which limit.
    pub(in crate::api) quota: Quota,
    /// Whose.
    pub(in crate::api) of: Limited,
    /// How much is allowed.
    pub(in crate::api) value: u32,
    /// Of a rate: how much at once.
    pub(in crate::api) burst: Option<u32>,
    /// After how long the next call is allowed. `None`: when another one ends.
    pub(in crate::api) retry: Option<Duration>,
}

/// For whom a limit is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::api) enum Limited {
    /// A caller, by the subject of its token or certificate.
    Caller(String),
    /// An address; of IPv6, the /64 network that begins with it.
    Address(IpAddr),
}

impl OverQuota {
    /// The subject of the quota, in the form that google.rpc gives it.
    pub(in crate::api) fn subject(&self) -> String {
        match &self.of {
            Limited::Caller(subject) => format!("caller:{subject}"),
            Limited::Address(address @ IpAddr::V4(_)) => format!("clientip:{address}"),
            Limited::Address(address @ IpAddr::V6(_)) => format!("clientip:{address}/64"),
        }
    }

    /// The limit, in words.
    pub(in crate::api) fn limit(&self) -> String {
        let value = self.value;
        match (self.quota, self.burst) {
            (Quota::CallsPerSecond, Some(burst)) => {
                format!("{value} calls a second, {burst} at once")
            }
            (Quota::CallsPerSecond, None) => format!("{value} calls a second"),
            (Quota::CallsInFlight, _) => format!("{value} calls in flight"),
            (Quota::OpenStreams, _) => format!("{value} open streams"),
            (Quota::FailedTokens, _) => format!("{value} tokens a minute that prove nothing"),
        }
    }

    /// What to do about it.
    pub(in crate::api) fn advice(&self) -> &'static str {
        match self.quota {
            Quota::CallsPerSecond => {
                "the caller has made more calls than it may; go on after the time in RetryInfo, and more slowly"
            }
            Quota::CallsInFlight => {
                "the caller has as many calls in flight as it may; go on when one of them has ended"
            }
            Quota::OpenStreams => {
                "the caller has as many streams open as it may; end one before opening another"
            }
            Quota::FailedTokens => {
                "too many tokens from this address proved nothing, so none is checked that was not valid before; get a new \
                 token from the issuer, and go on after the time in RetryInfo"
            }
        }
    }
}
