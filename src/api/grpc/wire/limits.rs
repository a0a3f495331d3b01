//! How much the service lends to its callers.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Files that the process needs besides the connections of callers: its log, its export of telemetry, and spare ones for
/// connections that are on their way out.
const OTHER_FILES: u64 = 64;

/// Where callers on this machine come from.
const LOOPBACK: (Ipv4Net, Ipv6Net) = (
    Ipv4Net::new_assert(Ipv4Addr::LOCALHOST, 8),
    Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128),
);

/// How much the service lends to its callers.
#[derive(Debug, Clone)]
pub struct CallerLimits {
    /// Calls at once on one connection. The client holds back any further ones, once it knows the limit: until then it may
    /// send a hundred, so fewer make it see some of its first calls refused (RFC 9113, section 6.5.2).
    pub calls_per_connection: u32,
    /// Connections at once. When all are taken, a new one takes the place of the one that has been without a call for
    /// longest; if all have calls, it is refused.
    pub connections: usize,
    /// Connections at once from one address (of IPv6, from one /64 network), by the same rule. 0: no limit.
    pub connections_per_address: usize,
    /// Networks whose addresses are not counted: loopback, where nothing else is said, and those of proxies and load balancers
    /// that connect on behalf of many callers.
    pub uncounted: Vec<IpNet>,
    /// What each person may have, by its subject, over all connections: whoever is known and no integration.
    pub people: Allowance,
    /// What each system of the provider may have: whoever has the role `integration`. Whoever has others as well may have the
    /// more of the two, for each limit.
    pub integrations: Allowance,
    /// How many tokens from one address may prove nothing in a minute. Beyond that, none is looked at that was not valid before,
    /// until one may fail again. 0: no limit. Addresses count as for `connections_per_address`.
    pub failed_tokens: u32,
    /// Bytes of requests held at once, over all connections. Calls that do not fit are refused and told to come back.
    pub bytes: usize,
    /// The same, for one connection.
    pub bytes_per_connection: usize,
    /// Bytes of answers that may wait to be taken at once, over all connections. A page of a list is only read when there is
    /// room for the largest one.
    pub answers: usize,
    /// The same, for one connection.
    pub answers_per_connection: usize,
    /// How long a new connection has to begin to speak HTTP/2.
    pub preface_time: Duration,
    /// How long a request has to arrive completely.
    pub request_time: Duration,
    /// How long an answer may wait to be taken before its connection is closed. It is closed between one and one and a
    /// half times this after.
    pub answer_time: Duration,
    /// How long a connection lives; each lives up to a sixth more or less, so that they do not all end together.
    pub connection_age: Duration,
    /// How long the calls on it have to end after that. Streams are ended then, to be resumed.
    pub connection_grace: Duration,
}

/// What one caller may have. 0 stands for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Calls in a second, whether they succeed or not.
    pub calls_per_second: u32,
    /// Of these, how many at once after a pause. At least one.
    pub burst: u32,
    /// Calls in flight: from their headers until their answer is taken. Streams are not among them.
    pub in_flight: u32,
    /// Streams that are open.
    pub streams: u32,
}

impl Allowance {
    /// As much as there is.
    pub const UNLIMITED: Self = Allowance {
        calls_per_second: 0,
        burst: 0,
        in_flight: 0,
        streams: 0,
    };

    /// The more of two, for each limit.
    pub(super) fn most(self, other: Self) -> Self {
        let more = |one: u32, other: u32| match (one, other) {
            (0, _) | (_, 0) => 0,
            _ => one.max(other),
        };
        Allowance {
            calls_per_second: more(self.calls_per_second, other.calls_per_second),
            burst: self.burst.max(other.burst),
            in_flight: more(self.in_flight, other.in_flight),
            streams: more(self.streams, other.streams),
        }
    }
}

impl Default for CallerLimits {
    fn default() -> Self {
        CallerLimits {
            calls_per_connection: 100,
            connections: 10_000,
            connections_per_address: 256,
            uncounted: vec![LOOPBACK.0.into(), LOOPBACK.1.into()],
            people: Allowance {
                calls_per_second: 10,
                burst: 20,
                in_flight: 8,
                streams: 4,
            },
            integrations: Allowance {
                calls_per_second: 50,
                burst: 100,
                in_flight: 32,
                streams: 20,
            },
            failed_tokens: 20,
            bytes: 64 << 20,
            bytes_per_connection: 8 << 20,
            answers: 64 << 20,
            answers_per_connection: 16 << 20,
            preface_time: Duration::from_secs(10),
            request_time: Duration::from_secs(10),
            answer_time: Duration::from_secs(60),
            connection_age: Duration::from_secs(30 * 60),
            connection_grace: Duration::from_secs(60),
        }
    }
}

impl CallerLimits {
    /// No more connections than a process may have that may open `files` files and needs `database` of them for the database.
    #[must_use]
    pub fn within_files(mut self, files: u64, database: u32) -> Self {
        let left = files.saturating_sub(OTHER_FILES + u64::from(database));
        let left = usize::try_from(left).unwrap_or(usize::MAX).max(1);
        if left < self.connections {
            tracing::warn!(
                files,
                connections = left,
                wanted = self.connections,
                "the limit of open files leaves fewer connections than configured; raise it (ulimit -n)"
            );
            self.connections = left;
        }
        self
    }
}
