//! How long the database may take.

use std::time::Duration;

/// How long the database may take for what it is asked, before it counts as away.
///
/// Three parties keep watch, because each sees what the others do not: Postgres ends a statement that takes too long; the
/// kernel notices that nobody acknowledges its packets; and this process closes the socket of a connection that stays
/// acknowledged but gets no answer, such as one to a Postgres that is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For each address of the database: until a connection stands. Whole seconds, 1 at least; the URL may say otherwise.
    pub connect: Duration,
    /// How long a caller waits for one of the pool's connections.
    pub checkout: Duration,
    /// After which Postgres ends a statement.
    pub statement: Duration,
    /// After which Postgres ends the wait for a lock.
    pub lock: Duration,
    /// How much longer than Postgres this process waits for the end of a statement, before it closes the connection.
    pub grace: Duration,
    /// How long a look at the database may take that decides about readiness.
    pub look: Duration,
    /// How long no look may have succeeded before calls are not wanted: long enough that one slow look changes nothing.
    pub silence: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connect: Duration::from_secs(3),
            checkout: Duration::from_secs(2),
            statement: Duration::from_secs(10),
            lock: Duration::from_secs(2),
            grace: Duration::from_secs(2),
            look: Duration::from_secs(3),
            silence: Duration::from_secs(6),
        }
    }
}

impl Limits {
    /// How long this process waits for the end of a statement.
    pub(super) fn answer(&self) -> Duration {
        self.statement + self.grace
    }

    /// What libpq is told, unless the URL says otherwise. Within ten seconds the kernel gives up a connection whose other end
    /// is gone: idle (keepalives) or with something on its way (the user timeout, in milliseconds). Both apply to TCP alone.
    pub(super) fn for_libpq(&self, user_timeout: u32) -> Vec<(&'static str, String)> {
        vec![
            ("connect_timeout", self.connect.as_secs().max(1).to_string()),
            ("keepalives", "1".to_owned()),
            ("keepalives_idle", "4".to_owned()),
            ("keepalives_interval", "2".to_owned()),
            ("keepalives_count", "2".to_owned()),
            ("tcp_user_timeout", user_timeout.to_string()),
            ("fallback_application_name", "redress".to_owned()),
        ]
    }
}
