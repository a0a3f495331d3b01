//! How much the service lends to its callers.

use std::time::Duration;

use ipnet::IpNet;

/// Files that the process needs besides the connections of callers: its log, its export of telemetry, and spare ones for
/// connections that are on their way out.
const OTHER_FILES: u64 = 64;

/// How much the service lends to its callers.
#[derive(Debug, Clone)]
pub struct CallerLimits {
    /// Calls at once on one connection. The client holds back any further ones, once it knows the limit: until then it may
    /// send a hundred, so fewer make it see some of its first calls refused (RFC 9113, section 6.5.2).
    pub calls_per_connection: u32,
    /// Connections at once. When all are taken, a new one takes the place of the one that has been without a call for
    /// longest; if all have calls, it is refused.
    pub connections: usize,
    /// Connections at once from one address (of IPv6, from one /64 network), by the same rule. 0: no limit. Loopback
    /// addresses and `proxies` are not counted.
    pub connections_per_address: usize,
    /// Networks of proxies and load balancers that connect on behalf of many callers.
    pub proxies: Vec<IpNet>,
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

impl Default for CallerLimits {
    fn default() -> Self {
        CallerLimits {
            calls_per_connection: 100,
            connections: 10_000,
            connections_per_address: 256,
            proxies: Vec::new(),
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
