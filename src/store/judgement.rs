//! Whether a fault passes or lasts, where the error itself does not say.
//!
//! diesel passes on no SQLSTATE, and Postgres words its messages in the language of the server. So other evidence decides:
//! what keeps failing while the database writes, commits and has room on its disk is refused for good; what fails
//! while such a probe fails too is the database's fault, and passes with it. So does what somebody cancels.

use std::{sync::PoisonError, time::Duration};

use diesel::connection::SimpleConnection as _;

use super::{error::StoreError, evidence::Probe, pool::Store};
use crate::time_source::Stopwatch;

/// Writes four megabytes to a temporary file, and throws them away: less room on the disk is none.
const ROOM: &str = "/* evidence.room */ set local temp_tablespaces = ''; set local work_mem = '64kB'; \
    select count(*) from unnest(array_fill(repeat('x', 8000), array[512])) as room";

/// Writes a row and removes it; the commit flushes both to the server's log. Nobody else ever sees the row.
const WRITE: &str = "/* evidence.write */ insert into request (id, fingerprint, complaint_id, at, answer) \
    values (gen_random_uuid(), decode(repeat('00', 32), 'hex'), '00000000-0000-0000-0000-000000000000', 'epoch', 'null'); \
    delete from request where at = 'epoch'";

/// After how long a wait Postgres looks for a deadlock, unless it is configured otherwise.
const DEADLOCK: Duration = Duration::from_secs(1);
/// How often work is done at most that may lose one deadlock after another.
const ATTEMPTS: usize = 5;

/// Cancels itself; the sleep is what is interrupted.
const CANCEL: &str =
    "/* evidence.cancel */ select pg_cancel_backend(pg_backend_pid()), pg_sleep(5)";

impl Store {
    /// Does work once more if it fails for no clear reason, and a few times more if each attempt took so long that it may have lost
    /// a deadlock. An error comes with how long the last attempt took.
    ///
    /// Blocks; not for an async task.
    ///
    /// # Errors
    /// What `work` returns the last time.
    pub fn retrying<T>(
        &self,
        mut work: impl FnMut() -> Result<T, StoreError>,
    ) -> Result<T, (StoreError, Duration)> {
        let mut attempt = || {
            let stopwatch = Stopwatch::start();
            work().map_err(|error| (error, stopwatch.elapsed()))
        };
        let mut done = attempt();
        for tried in 1..ATTEMPTS {
            match done {
                Err((StoreError::Unclear(_), took))
                    if !self.was_cut_off(took) && (tried == 1 || took >= DEADLOCK) =>
                {
                    done = attempt();
                }
                _ => break,
            }
        }
        done
    }

    /// Has work done that may be done twice: what fails for no clear reason is tried again as by [`Store::retrying`], and then judged.
    ///
    /// Blocks; not for an async task.
    ///
    /// # Errors
    /// What `work` returns, judged.
    pub fn insist<T>(&self, work: impl FnMut() -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.retrying(work)
            .map_err(|(error, took)| self.judge(error, took))
    }

    /// Finds out what an unclear error is worth, that came after so long; any other stays what it is. An error that passes
    /// is the database's fault; [`StoreError::Refused`] is that of what was tried.
    ///
    /// Blocks; not for an async task.
    #[must_use]
    pub fn judge(&self, error: StoreError, took: Duration) -> StoreError {
        let StoreError::Unclear(why) = error else {
            return error;
        };
        match self.probe() {
            Err(probe) => StoreError::Unavailable(format!("{why}; and to a probe: {probe}")),
            Ok(()) if self.was_cut_off(took) => StoreError::Locked(why),
            Ok(()) if self.was_cancelled(&why) => StoreError::Retry(why),
            Ok(()) => StoreError::Refused(why),
        }
    }

    /// What failed after so long had waited for a lock until its timeout, or was ended by a longer one.
    fn was_cut_off(&self, took: Duration) -> bool {
        took >= self.limits().lock
    }

    /// Whether somebody cancelled it, such as an administrator who looks for what takes long, however often it is tried. What the
    /// server says then, in its language, it says of a statement that cancels itself.
    fn was_cancelled(&self, why: &str) -> bool {
        let said = self.connection().and_then(|mut connection| {
            let cancelled = connection.batch_execute(CANCEL);
            cancelled.map_err(StoreError::from)
        });
        matches!(said, Err(StoreError::Unclear(said)) if said == why)
    }

    /// Whether the database writes and commits now, and has room. Those who ask at the same time share an answer, as long
    /// as it was sought after they asked.
    fn probe(&self) -> Result<(), StoreError> {
        let asked = Stopwatch::start();
        let mut last = self
            .evidence
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(probe) = &*last
            && probe.began.elapsed() < asked.elapsed()
        {
            return probe.result.clone();
        }
        let began = Stopwatch::start();
        let mut no_room = false;
        let result = self.transaction(|transaction| {
            let room = transaction.connection.batch_execute(ROOM);
            let room = room.map_err(StoreError::from);
            no_room = matches!(room, Err(StoreError::Unclear(_)));
            room?;
            if !self.only_reads() {
                transaction.connection.batch_execute(WRITE)?;
            }
            Ok(())
        });
        if let Err(error) = &result {
            tracing::warn!(%error, "the database failed a test write");
        }
        if no_room {
            self.space().cannot_write();
        }
        *last = Some(Probe {
            began,
            result: result.clone(),
        });
        result
    }
}
