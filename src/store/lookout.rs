//! Looking at the database from outside the traffic: whether it answers, takes writes, and has room for more.

use std::sync::Arc;

use diesel::{PgConnection, RunQueryDsl as _, dsl::sql, sql_types::Bool};

use super::{Space, StoreError, Volume, session::Sessions, time};

/// What is known of the disk that the database lies on, and how little is too little.
#[derive(Debug, Clone)]
pub struct Storage {
    /// The disk.
    pub volume: Volume,
    /// The share of it, from 0 to 1, that is kept free of new complaints.
    pub least_free: f64,
}

impl Default for Storage {
    fn default() -> Self {
        Storage {
            volume: Volume::unknown(),
            least_free: 0.05,
        }
    }
}

/// Looks at the database on a connection of its own, which no caller's work holds up. Blocks; not for an async task.
pub struct Lookout {
    sessions: Sessions,
    connection: Option<PgConnection>,
    storage: Storage,
    space: Arc<Space>,
}

impl std::fmt::Debug for Lookout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lookout").finish_non_exhaustive()
    }
}

impl Lookout {
    pub(super) fn new(sessions: Sessions, storage: Storage, space: Arc<Space>) -> Self {
        Lookout {
            sessions,
            connection: None,
            storage,
            space,
        }
    }

    /// Asks whether the database answers and takes writes, and what time it is there. One that takes none has all connections
    /// dropped that the pool has to it: of several servers another one may take them by now.
    ///
    /// # Errors
    /// When it does not.
    pub fn look(&mut self) -> Result<(), StoreError> {
        let writable = sql::<Bool>("current_setting('transaction_read_only') = 'off'");
        let writable = diesel::select(writable);
        let known = self.sessions.time().clone();
        let is_writable: bool = self.ask(|connection| {
            time::read(&known, connection)?;
            Ok(writable.get_result(connection)?)
        })?;
        if is_writable {
            return Ok(());
        }
        self.connection = None;
        self.sessions.renew();
        let why = "it is read-only".to_owned();
        Err(StoreError::Unavailable(why))
    }

    /// Measures how much room there is on its disk, for [`Store::space`](super::Store::space).
    ///
    /// # Errors
    /// When that cannot be found out. What was known stands.
    pub fn measure(&mut self) -> Result<(), StoreError> {
        let volume = self.storage.volume.clone();
        let room = self.ask(|connection| volume.measure(connection))?;
        self.space.measured(room, self.storage.least_free);
        Ok(())
    }

    /// A connection that failed is not used again.
    fn ask<T>(
        &mut self,
        question: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.sessions.open(self.sessions.limits().look)?,
        };
        let answer = question(&mut connection)?;
        self.connection = Some(connection);
        Ok(answer)
    }
}
