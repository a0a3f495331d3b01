//! Files that are looked at again and again while the service runs, so that what they hold is used once it changes.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// What files hold, by its digest, or why that cannot be read.
pub type Seen = Result<[u8; 32], String>;

/// What was seen at the last look, so that something is done and said once for each state of the files, and not at each look.
#[derive(Debug)]
pub struct LastLook(Mutex<Seen>);

impl LastLook {
    /// The first look saw this.
    #[must_use]
    pub fn at(contents: [u8; 32]) -> Self {
        LastLook(Mutex::new(Ok(contents)))
    }

    /// Whether this differs from the last look, which it becomes.
    pub fn differs(&self, seen: Seen) -> bool {
        let mut last = self.0.lock();
        let differs = *last != seen;
        *last = seen;
        differs
    }
}

/// Looks again and again until shutdown.
pub async fn keep_looking(
    every: Duration,
    shutdown: CancellationToken,
    look: impl Fn() + Send + Sync + 'static,
) {
    let look = Arc::new(look);
    let mut looks = interval(every);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while shutdown.run_until_cancelled(looks.tick()).await.is_some() {
        let look = Arc::clone(&look);
        // A panic is in the log already; the next look tries again.
        let _ = tokio::task::spawn_blocking(move || look()).await;
    }
}

/// The contents of a file. Whatever it turns out to be, no more of it is read than may be in it.
///
/// # Errors
/// When it cannot be read, or is longer than that.
pub fn contents(file: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let why = format!("it has more than {} KiB", most / 1024);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}
