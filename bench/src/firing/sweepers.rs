//! The service, one process or several, that stands by for a wave and fires it by itself.

use std::{fs, time::Duration};

use jiff::{SignedDuration, Timestamp};
use redress::time_source::{SystemTime, TimeSource as _};
use tokio::task::spawn_blocking;

use super::record::{self, Fired, Mark};
use crate::{
    book::{Scale, Shelf, Wave, connect},
    error::BenchError,
    service::Service,
    shifted::ahead_of_machine,
};

/// How long before its wave falls due the service, which is up by then, has its time go on: long enough for its sweeper to have
/// gone to sleep until the wave, whose due time is then what wakes it.
const LEAD: Duration = Duration::from_millis(1_500);
/// How often we look whether a wave is over.
const LOOKS: Duration = Duration::from_millis(100);

/// Replicas of the service on one book, in one time.
#[derive(Debug)]
pub(crate) struct Sweepers {
    pub(crate) replicas: Vec<Service>,
    ahead: SignedDuration,
    url: String,
    patience: Duration,
}

impl Sweepers {
    /// Starts them at this instant: their time stands until all of them are up.
    pub(crate) async fn stand_by(
        shelf: &Shelf,
        database: &str,
        at: Timestamp,
        replicas: usize,
        patience: Duration,
    ) -> Result<Sweepers, BenchError> {
        let url = shelf.url(database);
        let mut starting = Vec::new();
        for number in 1..=replicas {
            let folder = shelf.folder().join(format!("replica-{number}"));
            fs::create_dir_all(&folder)
                .map_err(|source| BenchError::io("make a folder", &folder, source))?;
            let url = url.clone();
            starting.push(spawn_blocking(move || {
                Service::start_standing(&url, &folder, at)
            }));
        }
        let mut replicas = Vec::new();
        for one in starting {
            replicas.push(one.await??);
        }
        let ahead = at.duration_since(SystemTime.now());
        for replica in &mut replicas {
            replica.let_go(ahead)?;
        }
        Ok(Sweepers {
            replicas,
            ahead,
            url,
            patience,
        })
    }

    /// What time it is for them.
    pub(crate) fn now(&self) -> Timestamp {
        ahead_of_machine(self.ahead)
    }

    /// Waits until a wave has fired.
    pub(super) async fn fired(&self, mark: Mark, wave: Wave) -> Result<Fired, BenchError> {
        let patience = self.patience;
        let url = self.url.clone();
        let ahead = self.ahead;
        // Until it falls due there is nothing to see.
        SystemTime
            .past(wave.last.saturating_sub(ahead).unwrap_or(wave.last))
            .await;
        let mut connection = spawn_blocking(move || connect(&url)).await??;
        let watch = redress::time_source::Stopwatch::start();
        loop {
            let (looked, due) = spawn_blocking(move || {
                let due = wave.is_due(&mut connection);
                (connection, due)
            })
            .await?;
            connection = looked;
            if !due? {
                break;
            }
            if watch.elapsed() > patience {
                return Err(BenchError::NotFired {
                    wave: wave.first,
                    steps: wave.steps,
                    left: spawn_blocking(move || wave.left(&mut connection)).await??,
                    waited: patience.as_secs(),
                });
            }
            tokio::time::sleep(LOOKS).await;
        }
        spawn_blocking(move || record::read(&mut connection, &mark, &wave, Some(ahead))).await?
    }

    /// Ends them all.
    pub(crate) async fn dismiss(self) -> Result<(), BenchError> {
        spawn_blocking(move || self.replicas.into_iter().try_for_each(Service::stop)).await?
    }
}

/// Sweepers that have a wave before them.
#[derive(Debug)]
pub(crate) struct StandBy {
    pub(crate) sweepers: Sweepers,
    mark: Mark,
    wave: Wave,
}

impl StandBy {
    /// Clears up, and starts so many replicas a little before the wave falls due.
    pub(crate) async fn before(
        shelf: &Shelf,
        database: &str,
        wave: Wave,
        replicas: usize,
        scale: &Scale,
    ) -> Result<StandBy, BenchError> {
        shelf.settle(database).await?;
        let url = shelf.url(database);
        let mark = spawn_blocking(move || {
            let mut connection = connect(&url)?;
            wave.ensure_next(&mut connection)?;
            wave.warm(&mut connection)?;
            Mark::now(&mut connection)
        })
        .await??;
        let start = wave.first.saturating_sub(LEAD).unwrap_or(wave.first);
        let sweepers = Sweepers::stand_by(shelf, database, start, replicas, scale.patience).await?;
        if sweepers.now() >= wave.first {
            return Err(BenchError::CameUpLate(wave.first));
        }
        Ok(StandBy {
            sweepers,
            mark,
            wave,
        })
    }

    /// When the wave falls due, in the machine's time.
    pub(crate) fn due(&self) -> Timestamp {
        let (first, ahead) = (self.wave.first, self.sweepers.ahead);
        first.saturating_sub(ahead).unwrap_or(first)
    }

    /// Waits until the wave has fired, all of it.
    pub(crate) async fn fired(&self) -> Result<Fired, BenchError> {
        self.sweepers.fired(self.mark.clone(), self.wave).await
    }
}

/// Has so many replicas fire a wave.
pub(crate) async fn fire(
    shelf: &Shelf,
    database: &str,
    wave: Wave,
    replicas: usize,
    scale: &Scale,
) -> Result<Fired, BenchError> {
    let standing = StandBy::before(shelf, database, wave, replicas, scale).await?;
    let fired = standing.fired().await?;
    standing.sweepers.dismiss().await?;
    Ok(fired)
}
