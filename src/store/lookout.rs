//! Looking at the database from outside the traffic: whether it answers, and takes writes.

use diesel::{PgConnection, RunQueryDsl as _, dsl::sql, sql_types::Bool};

use super::{StoreError, session::Sessions, time};

/// Looks at the database on a connection of its own, which no caller's work holds up. Blocks; not for an async task.
pub struct Lookout {
    sessions: Sessions,
    connection: Option<PgConnection>,
}

impl std::fmt::Debug for Lookout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lookout").finish_non_exhaustive()
    }
}

impl Lookout {
    pub(super) fn new(sessions: Sessions) -> Self {
        Lookout {
            sessions,
            connection: None,
        }
    }

    /// Asks whether the database answers and takes writes, and what time it is there. One that does not has all connections dropped that the pool has to
    /// it: of several servers another one may take them by now.
    ///
    /// # Errors
    /// When it does not.
    pub fn look(&mut self) -> Result<(), StoreError> {
        let writable = sql::<Bool>("current_setting('transaction_read_only') = 'off'");
        let query = diesel::select(writable);
        let known = self.sessions.time().clone();
        let look = |connection: &mut PgConnection| {
            time::read(&known, connection)?;
            query.get_result(connection)
        };
        match self.ask(look)? {
            true => Ok(()),
            false => {
                self.connection = None;
                self.sessions.renew();
                let why = "it is read-only".to_owned();
                Err(StoreError::Unavailable(why))
            }
        }
    }

    /// A connection that failed is not used again.
    fn ask<T>(
        &mut self,
        question: impl FnOnce(&mut PgConnection) -> diesel::QueryResult<T>,
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
