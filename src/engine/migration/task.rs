//! The thread that runs one migration.
//!
//! It walks over the complaints twice. During the first walk, another replica may not know yet which version is in force, and may
//! file complaints under the previous version behind the walk's position. So once all replicas know, a second walk covers
//! everything filed since shortly before the migration started.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use jiff::SignedDuration;
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    batch::{BATCH, BatchOutcome, Means, Target, failure},
    error::Broken,
    policy_lock::Hold,
};
use crate::{
    engine::{activation, shared::Shared},
    policy::Policy,
    store::{Migration, MigrationState, OpenComplaint, StoreError, filed_at},
    time_source::Stopwatch,
};

/// How often a transaction is retried after a transient error.
const RETRIES: u32 = 5;
/// How long the database may be unavailable.
const AWAY: Duration = Duration::from_secs(120);
/// How long Postgres may keep the lock of a broken connection before it notices.
const STILL_HELD: Duration = Duration::from_secs(15);
/// The pause before the first retry. Grows by as much with each further one.
const REST_BEFORE_RETRY: Duration = Duration::from_millis(200);
/// The longest pause after a transaction.
const LONGEST_REST: Duration = Duration::from_millis(250);
/// When every replica knows of an activation: they check every two seconds.
const ALL_HAVE_LEARNT: Duration = Duration::from_secs(3);
/// How far before the first walk the second one starts: complaints with earlier ids may have committed behind the first walk.
const MARGIN: SignedDuration = SignedDuration::from_mins(1);
/// How often the version in force may change during one migration.
const RETARGETS: u32 = 10;

pub(super) struct Task {
    shared: Arc<Shared>,
    target: Target,
    hold: Hold,
    /// Complaints reported as failed, by tracking number: each is reported once.
    failed: BTreeSet<String>,
    progress: watch::Sender<Migration>,
}

/// One walk over the complaints, in the order of their ids.
struct Walk {
    began: Stopwatch,
    /// The id after which the second walk starts.
    newest_from: Uuid,
    /// The last complaint seen.
    after: Option<Uuid>,
    is_second: bool,
}

impl Task {
    pub(super) fn new(
        shared: Arc<Shared>,
        target: Target,
        hold: Hold,
        progress: watch::Sender<Migration>,
    ) -> Self {
        Task {
            shared,
            target,
            hold,
            failed: BTreeSet::new(),
            progress,
        }
    }

    /// Runs until every complaint was seen, the service shuts down, or the database is unavailable for too long.
    pub(super) fn run(mut self) {
        tracing::info!(policy = %self.target.policy.reference(), "moving open complaints to the version of the policy that is in force");
        let state = match self.work() {
            Ok(()) => MigrationState::Done,
            Err(broken) => MigrationState::Interrupted(broken.to_string()),
        };
        let now = self.shared.time.now();
        let mut ended = self.progress.borrow().clone();
        (ended.state, ended.updated_at, ended.ended_at) = (state, now, Some(now));
        self.note_end(&ended);
        // Released before the end is announced, so that another migration can start at once.
        self.hold.give_up();
        self.progress.send_replace(ended);
        let Migration {
            policy,
            moved,
            unchanged,
            failed,
            state,
            ..
        } = &*self.progress.borrow();
        tracing::info!(%policy, moved, unchanged, failed, ?state, "the migration of open complaints has ended");
    }

    /// Tried once: if the end cannot be recorded, the released lock still shows that the migration has ended.
    fn note_end(&mut self, ended: &Migration) {
        let noted = self.hold.get().and_then(|held| {
            let note = held.transaction(|transaction| transaction.record_migration(ended));
            note.map_err(Broken::from)
        });
        if let Err(error) = noted {
            tracing::warn!(id = %ended.id, %error, "failed to record how a migration ended; it will be shown as interrupted");
        }
    }

    fn work(&mut self) -> Result<(), Broken> {
        let mut retargets = 0;
        let mut walk = self.first_walk();
        loop {
            self.look_out()?;
            let stopwatch = Stopwatch::start();
            let span = tracing::info_span!("engine.migration", seen = tracing::field::Empty);
            let entered = span.enter();
            let page = self.page(walk.after)?;
            if let Some(policy) = self.other_in_force()? {
                retargets += 1;
                if retargets > RETARGETS {
                    return Err(Broken::Restless);
                }
                self.retarget(policy)?;
                walk = self.first_walk();
                continue;
            }
            walk.after = page.last().map(|open| open.id).or(walk.after);
            let seen = page.len();
            span.record("seen", seen);
            let moved = self.turn(page)?;
            self.tell(moved, walk.is_second)?;
            self.look_out()?;
            drop(entered);
            if seen == BATCH {
                // Pauses for about half of the time, which leaves capacity for filings.
                self.rest(stopwatch.elapsed().min(LONGEST_REST))?;
            } else if walk.is_second {
                return Ok(());
            } else {
                self.rest(ALL_HAVE_LEARNT.saturating_sub(walk.began.elapsed()))?;
                walk.is_second = true;
                walk.after = Some(walk.newest_from);
            }
        }
    }

    fn first_walk(&self) -> Walk {
        let from = self.shared.time.now();
        Walk {
            began: Stopwatch::start(),
            newest_from: filed_at(from.saturating_sub(MARGIN).unwrap_or(from)),
            after: None,
            is_second: false,
        }
    }

    /// Reads a page, then new activations, so that no complaint of the page has a version that is not known.
    fn page(&mut self, after: Option<Uuid>) -> Result<Vec<OpenComplaint>, Broken> {
        let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
        self.patiently(|means| {
            let (shared, name) = (means.shared, means.target.policy.name());
            means.held.transaction(|transaction| {
                let page = transaction.open_under(name, after, limit)?;
                activation::learn_in(shared, transaction)?;
                Ok(page)
            })
        })
    }

    /// The version in force now, if it is no longer the target.
    fn other_in_force(&self) -> Result<Option<Arc<Policy>>, Broken> {
        let book = self.shared.rules.policies();
        let name = self.target.policy.name();
        let policy = book.binding(name, self.shared.time.now());
        let policy = policy.ok_or(Broken::NoneInForce)?;
        Ok((!self.target.is(&policy)).then_some(policy))
    }

    /// Starts over with another target.
    fn retarget(&mut self, policy: Arc<Policy>) -> Result<(), Broken> {
        tracing::info!(policy = %policy.reference(), "another version of the policy came into force; the migration starts over with it");
        let name = policy.name();
        let total = self.patiently(|means| means.held.transaction(|t| t.count_open_under(name)))?;
        self.progress
            .send_modify(|migration| migration.retarget(&policy, total));
        self.failed.clear();
        self.target.policy = policy;
        Ok(())
    }

    fn turn(&mut self, page: Vec<OpenComplaint>) -> Result<BatchOutcome, Broken> {
        let (to_move, others) = self.target.part(page);
        let (moved, left) = match self.patiently(|means| means.move_together(&to_move)) {
            Err(Broken::Store(error)) if !matches!(error, StoreError::Unavailable(_)) => {
                tracing::warn!(%error, "failed to move complaints in one transaction; will move them one by one");
                (BatchOutcome::default(), to_move)
            }
            together => together?,
        };
        Ok(moved.and(others).and(self.one_by_one(&left)?))
    }

    /// Moves each complaint by itself, to isolate one that cannot be written or is locked. Each may have to be waited for, so
    /// this ends early at shutdown.
    fn one_by_one(&mut self, complaints: &[OpenComplaint]) -> Result<BatchOutcome, Broken> {
        let mut moved = BatchOutcome::default();
        for open in complaints {
            if self.shared.migrations.is_closed() {
                break;
            }
            match self.patiently(|means| means.move_one(open)) {
                Ok(more) => moved = moved.and(more),
                // An unavailable database is unavailable for all complaints.
                Err(Broken::Store(error)) if !matches!(error, StoreError::Unavailable(_)) => {
                    let failed = failure(open.id, open.tracking_number.clone(), &error);
                    moved.failed.push(failed);
                }
                Err(broken) => return Err(broken),
            }
        }
        Ok(moved)
    }

    /// Retries transient errors.
    fn patiently<T>(
        &mut self,
        work: impl Fn(&mut Means<'_>) -> Result<T, StoreError>,
    ) -> Result<T, Broken> {
        let mut tries = 0;
        let (began, mut lost) = (Stopwatch::start(), None::<Stopwatch>);
        loop {
            let stopwatch = Stopwatch::start();
            let done = self.hold.get().and_then(|held| {
                let mut means = Means {
                    shared: &self.shared,
                    target: &self.target,
                    held,
                };
                work(&mut means).map_err(Broken::from)
            });
            let error = match done {
                Err(Broken::Store(error)) => error,
                Err(Broken::Elsewhere) if lost.is_some_and(|at| at.elapsed() < STILL_HELD) => {
                    self.rest(REST_BEFORE_RETRY)?;
                    continue;
                }
                other => return other,
            };
            let again = match error {
                StoreError::Unclear(_) => tries < 1,
                StoreError::Unavailable(_) => began.elapsed() < AWAY,
                _ => error.passes() && tries < RETRIES,
            };
            if !again {
                let error = self.shared.store.judge(error, stopwatch.elapsed());
                return Err(error.into());
            }
            tries += 1;
            tracing::debug!(%error, tries, "retrying a step of a migration");
            if matches!(error, StoreError::Unavailable(_)) {
                self.hold.give_up();
                lost = Some(Stopwatch::start());
            }
            self.rest(REST_BEFORE_RETRY * tries.min(RETRIES))?;
        }
    }

    /// Pauses, but ends early at shutdown.
    fn rest(&self, how_long: Duration) -> Result<(), Broken> {
        match self.shared.migrations.closing.within(how_long) {
            true => Err(Broken::ShutDown),
            false => Ok(()),
        }
    }

    fn look_out(&self) -> Result<(), Broken> {
        self.shared.time.check()?;
        self.rest(Duration::ZERO)
    }

    /// Counts each complaint once: one that the second walk finds up to date was seen by the first, or filed that way.
    fn tell(&mut self, mut moved: BatchOutcome, is_second: bool) -> Result<(), Broken> {
        if is_second {
            moved.unchanged = 0;
        }
        let failed = &mut self.failed;
        moved
            .failed
            .retain(|complaint| failed.insert(complaint.tracking_number.clone()));
        let now = self.shared.time.now();
        self.progress.send_modify(|migration| {
            migration.count(moved);
            migration.updated_at = now;
        });
        let migration = self.progress.borrow().clone();
        self.patiently(|means| {
            let held = &mut means.held;
            held.transaction(|transaction| transaction.record_migration(&migration))
        })
    }
}
