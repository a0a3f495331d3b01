//! Room on the database's disk. New complaints are refused before there is none left: a Postgres without room for its log stops,
//! and then nothing that is due fires either.

use std::{
    fmt, io,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use diesel::{
    PgConnection, RunQueryDsl as _,
    dsl::sql,
    sql_types::{BigInt, Bool},
};
use nix::sys::statvfs::statvfs;

use super::StoreError;
use crate::time_source::Stopwatch;

/// How often Postgres is asked for the size of its files: it looks at each.
const SIZES: Duration = Duration::from_secs(5);
/// How long nothing is filed after the database could not write, unless it can before that.
const WITHOUT_ROOM: Duration = Duration::from_secs(5);
/// In place of a share: not known.
const UNKNOWN: u64 = u64::MAX;
/// Shares are kept in millionths.
const WHOLE: f64 = 1e6;

/// How much room a disk has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes that can still be written.
    pub free: u64,
    /// Bytes that are in use.
    pub used: u64,
}

impl Room {
    /// What is free of the whole, from 0 to 1.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share need not be exact")]
    pub fn share(&self) -> f64 {
        let whole = self.free.saturating_add(self.used).max(1);
        self.free as f64 / whole as f64
    }
}

/// Measures the room.
type Measure = dyn Fn(&mut PgConnection) -> Result<Option<Room>, StoreError> + Send + Sync;

/// Where the database keeps its files. Cheap to clone.
#[derive(Clone)]
pub struct Volume(Arc<Measure>);

impl fmt::Debug for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Volume").finish_non_exhaustive()
    }
}

impl Volume {
    /// Somewhere; how large it is, nobody knows.
    #[must_use]
    pub fn unknown() -> Self {
        Volume(Arc::new(|_| Ok(None)))
    }

    /// The disk on which this directory of this machine lies.
    #[must_use]
    pub fn of_directory(directory: &Path) -> Self {
        let directory = directory.to_owned();
        Self::measured_by(move || on_disk(&directory))
    }

    /// A disk of this many bytes, for Postgres alone.
    #[must_use]
    pub fn of_bytes(whole: u64) -> Self {
        let last: Mutex<Option<(Stopwatch, u64)>> = Mutex::default();
        Volume(Arc::new(move |connection| {
            // Whole whatever panicked: it is only read and replaced.
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            let used = match *last {
                Some((since, used)) if since.elapsed() < SIZES => used,
                _ => {
                    let used = used_by_postgres(connection)?;
                    *last = Some((Stopwatch::start(), used));
                    used
                }
            };
            let free = whole.saturating_sub(used);
            Ok(Some(Room { free, used }))
        }))
    }

    /// A disk that is measured in another way.
    #[must_use]
    pub fn measured_by(measure: impl Fn() -> io::Result<Room> + Send + Sync + 'static) -> Self {
        Volume(Arc::new(move |_| {
            let failed = |error| StoreError::Unavailable(format!("the disk: {error}"));
            measure().map(Some).map_err(failed)
        }))
    }

    pub(super) fn measure(
        &self,
        connection: &mut PgConnection,
    ) -> Result<Option<Room>, StoreError> {
        (self.0)(connection)
    }
}

#[allow(
    clippy::useless_conversion,
    reason = "counts of blocks have fewer bits on other systems"
)]
fn on_disk(directory: &Path) -> io::Result<Room> {
    let disk = statvfs(directory)?;
    let bytes = |blocks| u64::from(blocks).saturating_mul(u64::from(disk.fragment_size()));
    let used = disk.blocks().saturating_sub(disk.blocks_free());
    Ok(Room {
        // What only root could still write is no room.
        free: bytes(disk.blocks_available()),
        used: bytes(used),
    })
}

/// The bytes of all databases that this role may see, and of the log if it may see that: the role `pg_monitor` may see both.
fn used_by_postgres(connection: &mut PgConnection) -> Result<u64, StoreError> {
    let databases = sql::<BigInt>(
        "/* space.databases */ (select coalesce(sum(pg_database_size(oid)), 0)::bigint from pg_database \
         where has_database_privilege(oid, 'connect'))",
    );
    let databases: i64 = diesel::select(databases).get_result(connection)?;
    let may_see = sql::<Bool>("has_function_privilege('pg_ls_waldir()', 'execute')");
    let log: i64 = if diesel::select(may_see).get_result(connection)? {
        let log = "/* space.log */ (select coalesce(sum(size), 0)::bigint from pg_ls_waldir())";
        diesel::select(sql::<BigInt>(log)).get_result(connection)?
    } else {
        0
    };
    Ok(databases.saturating_add(log).unsigned_abs())
}

/// Whether there is room for more complaints.
#[derive(Debug)]
pub struct Space {
    free: AtomicU64,
    low: AtomicBool,
    clock: Stopwatch,
    /// Until when the database counts as one that cannot write, in milliseconds on the clock; 0: it can.
    full_until: AtomicU64,
}

impl Default for Space {
    fn default() -> Self {
        Space {
            free: AtomicU64::new(UNKNOWN),
            low: AtomicBool::new(false),
            clock: Stopwatch::start(),
            full_until: AtomicU64::new(0),
        }
    }
}

impl Space {
    /// Whether there is so little that no complaint is taken.
    #[must_use]
    pub fn is_low(&self) -> bool {
        let full_until = self.full_until.load(Ordering::Relaxed);
        self.low.load(Ordering::Relaxed) || full_until != 0 && self.now() < full_until
    }

    /// The database answers, and has no room even for a probe.
    pub(super) fn cannot_write(&self) {
        let until = self.now().saturating_add(milliseconds(WITHOUT_ROOM));
        if self.full_until.swap(until, Ordering::Relaxed) == 0 {
            tracing::error!(
                "the disk of the database is full; filings are refused until there is space"
            );
        }
    }

    /// Something was written.
    pub fn could_write(&self) {
        if self.full_until.load(Ordering::Relaxed) != 0 {
            self.full_until.store(0, Ordering::Relaxed);
            tracing::info!("the database can write again");
        }
    }

    fn now(&self) -> u64 {
        milliseconds(self.clock.elapsed())
    }

    /// What is free of the whole, from 0 to 1, if that is known.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share need not be exact")]
    pub fn free(&self) -> Option<f64> {
        let free = self.free.load(Ordering::Relaxed);
        (free != UNKNOWN).then(|| free as f64 / WHOLE)
    }

    /// Learns how much room there is. Less than the share `least` is too little.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to a million"
    )]
    pub(super) fn measured(&self, room: Option<Room>, least: f64) {
        let share = room.map(|room| room.share());
        let millionths = share.map_or(UNKNOWN, |share| (share * WHOLE) as u64);
        self.free.store(millionths, Ordering::Relaxed);
        let low = share.is_some_and(|share| share < least);
        match (self.low.swap(low, Ordering::Relaxed), low) {
            (false, true) => tracing::error!(
                ?room,
                "the database's disk is nearly full; filings are refused until there is space"
            ),
            (true, false) => {
                tracing::info!(?room, "the database's disk has space again");
            }
            _ => {}
        }
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn room(free: u64, used: u64) -> Option<Room> {
        Some(Room { free, used })
    }

    #[test]
    fn less_than_the_least_share_is_too_little_until_there_is_more() {
        let space = Space::default();
        assert!(!space.is_low());
        for (room, low, free) in [
            (room(50, 950), false, Some(0.05)),
            (room(49, 951), true, Some(0.049)),
            (room(0, 0), true, Some(0.0)),
            (room(50, 950), false, Some(0.05)),
            (None, false, None),
        ] {
            space.measured(room, 0.05);
            assert_eq!((space.is_low(), space.free()), (low, free), "{room:?}");
        }
    }

    #[test]
    fn a_share_of_nothing_is_never_too_little() {
        let space = Space::default();
        space.measured(room(0, 1_000), 0.0);
        assert!(!space.is_low());
    }

    #[test]
    fn a_database_that_cannot_write_has_no_room_until_it_can() {
        let space = Space::default();
        space.cannot_write();
        assert!(space.is_low());
        space.could_write();
        assert!(!space.is_low());
    }

    #[test]
    fn a_directory_lies_on_a_disk_with_some_room() {
        let room = on_disk(&std::env::temp_dir());
        assert!(room.is_ok_and(|room| room.free > 0 && room.used > 0));
    }
}
