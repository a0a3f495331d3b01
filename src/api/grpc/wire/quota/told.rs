//! What is logged now and then.

use std::time::Duration;

use parking_lot::Mutex;

/// How much time lies between two lines about the same caller.
const PAUSE: Duration = Duration::from_secs(60);

/// When something was logged last.
#[derive(Debug, Default)]
pub(super) struct Told(Mutex<Option<Duration>>);

impl Told {
    /// Whether it is to be logged again now, which then counts as done.
    pub(super) fn is_due(&self, now: Duration) -> bool {
        let mut last = self.0.lock();
        let due = last.is_none_or(|last| now.saturating_sub(last) >= PAUSE);
        if due {
            *last = Some(now);
        }
        due
    }
}
