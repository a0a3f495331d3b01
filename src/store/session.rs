//! A connection as the pool keeps it: watched while it waits, and given up once it is of no use.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use diesel::{
    Connection as _, PgConnection,
    connection::{Instrumentation, InstrumentationEvent, SimpleConnection as _},
    r2d2::R2D2Connection as _,
    result::{DatabaseErrorKind, Error},
};

use super::{
    StoreError,
    conninfo::with_defaults,
    limits::Limits,
    time,
    watchdog::{Watchdog, Watched},
};
use crate::{
    telemetry::{Metrics, sql::SqlInstrumentation},
    time_source::DatabaseTime,
};

/// Makes connections of one kind to one database. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Sessions {
    conninfo: Arc<str>,
    purpose: Purpose,
    limits: Limits,
    metrics: Metrics,
    watchdog: Arc<Watchdog>,
    time: DatabaseTime,
    /// Incremented when every open connection has become useless.
    generation: Arc<AtomicU64>,
}

/// What the connections are wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Nothing is written: any server will do.
    Reading,
    /// Of several hosts the one that takes writes; one that takes none counts as away.
    Writing,
}

impl Sessions {
    pub(super) fn new(
        conninfo: &str,
        purpose: Purpose,
        limits: Limits,
        metrics: Metrics,
    ) -> Result<Self, StoreError> {
        let conninfo = match purpose {
            Purpose::Reading => conninfo.to_owned(),
            Purpose::Writing => {
                let writable = [("target_session_attrs", "read-write".to_owned())];
                with_defaults(conninfo, &writable)
            }
        };
        let watchdog = Watchdog::start().map_err(|error| {
            StoreError::Unavailable(format!("no thread to watch connections: {error}"))
        })?;
        Ok(Sessions {
            conninfo: conninfo.into(),
            purpose,
            limits,
            metrics,
            watchdog: Arc::new(watchdog),
            time: DatabaseTime::default(),
            generation: Arc::default(),
        })
    }

    /// What is known of the database's time.
    pub(super) fn time(&self) -> &DatabaseTime {
        &self.time
    }

    pub(super) fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// How long the database may take.
    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// A new connection, of which each statement ends within `longest`.
    pub(super) fn open(&self, longest: Duration) -> Result<PgConnection, StoreError> {
        let generation = self.generation.load(Ordering::Relaxed);
        let (mut connection, watched) = self.watchdog.connect(&self.conninfo, &self.limits)?;
        connection.set_instrumentation(Session {
            sql: SqlInstrumentation::new(self.metrics.clone()),
            watched,
            longest,
            generation,
            current: Arc::clone(&self.generation),
            lost: false,
        });
        Ok(connection)
    }

    /// Causes every open connection to be dropped, each when it is next lent or returned.
    pub(super) fn renew(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
    }
}

impl r2d2::ManageConnection for Sessions {
    type Connection = PgConnection;
    type Error = StoreError;

    fn connect(&self) -> Result<PgConnection, StoreError> {
        let Limits {
            statement, lock, ..
        } = self.limits;
        let mut connection = self.open(self.limits.answer())?;
        // A lost client must not hold a snapshot: the due index would fill with dead entries behind it. Nor the lock of a
        // migration: so Postgres asks within seconds, too, whether the other end still stands.
        connection.batch_execute(&format!(
            "/* connection.setup */ set statement_timeout = {}; set lock_timeout = {}; \
             set idle_in_transaction_session_timeout = '10s'; set tcp_keepalives_idle = 4; \
             set tcp_keepalives_interval = 2; set tcp_keepalives_count = 2; set timezone = 'UTC'",
            statement.as_millis(),
            lock.as_millis()
        ))?;
        // Another server may have taken over, with another clock: its time is known before anything is done by it.
        time::read(&self.time, &mut connection)?;
        Ok(connection)
    }

    /// Asked whenever one is lent, so it must cost no round trip.
    fn is_valid(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let usable = Session::of(connection).is_none_or(|session| session.is_usable());
        if usable {
            Ok(())
        } else {
            let why = "a connection was given up, or closed while nobody used it".to_owned();
            Err(StoreError::Unavailable(why))
        }
    }

    fn has_broken(&self, connection: &mut PgConnection) -> bool {
        std::thread::panicking()
            || connection.is_broken()
            || Session::of(connection).is_some_and(|session| session.is_over())
    }
}

/// Belongs to one connection, and observes each of its statements.
struct Session {
    sql: SqlInstrumentation,
    watched: Arc<Watched>,
    longest: Duration,
    generation: u64,
    current: Arc<AtomicU64>,
    /// A statement found it closed. diesel does not take note of that where it only prepares.
    lost: bool,
}

impl Session {
    fn of(connection: &mut PgConnection) -> Option<&Session> {
        connection.instrumentation().downcast_ref()
    }

    fn is_over(&self) -> bool {
        self.lost || self.current.load(Ordering::Relaxed) != self.generation
    }

    fn is_usable(&self) -> bool {
        !self.is_over() && self.watched.stands()
    }

    /// What one connection has met, the others of its age meet as well: a server that takes no writes any more, or a silence.
    fn give_up_all(&self) {
        let next = self.generation + 1;
        // Once for the connections of a generation.
        let _ = self.current.compare_exchange(
            self.generation,
            next,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
    }
}

impl Instrumentation for Session {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match &event {
            InstrumentationEvent::StartQuery { .. } => self.watched.begin(self.longest),
            InstrumentationEvent::FinishQuery { error, .. } => {
                self.watched.end();
                let read_only = matches!(
                    error,
                    Some(Error::DatabaseError(
                        DatabaseErrorKind::ReadOnlyTransaction,
                        _
                    ))
                );
                self.lost |= matches!(
                    error,
                    Some(Error::DatabaseError(
                        DatabaseErrorKind::ClosedConnection
                            | DatabaseErrorKind::UnableToSendCommand,
                        _
                    ))
                );
                if read_only || self.watched.was_ended() {
                    self.give_up_all();
                }
            }
            _ => {}
        }
        self.sql.on_connection_event(event);
    }
}
