//! When calls end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Until when calls begin. Clones end together.
#[derive(Debug, Clone)]
pub(crate) enum Until {
    /// So much time has passed.
    Passed(Duration),
    /// Somebody says so.
    Told(Arc<AtomicBool>),
}

impl Until {
    /// Not before somebody says so.
    pub(crate) fn when_told() -> Until {
        Until::Told(Arc::default())
    }

    /// Says so. Those who stop by the time go on.
    pub(crate) fn tell(&self) {
        if let Until::Told(told) = self {
            told.store(true, Ordering::Relaxed);
        }
    }

    /// Whether no call may begin so long after the start.
    pub(super) fn is_over(&self, elapsed: Duration) -> bool {
        match self {
            Until::Passed(duration) => elapsed >= *duration,
            Until::Told(told) => told.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_with_the_time_or_for_all_at_once_when_somebody_says_so() {
        let second = Duration::from_secs(1);
        let passed = Until::Passed(second);
        passed.tell();
        assert!(!passed.is_over(Duration::ZERO));
        assert!(passed.is_over(second));
        let told = Until::when_told();
        let other = told.clone();
        assert!(!other.is_over(second));
        told.tell();
        assert!(other.is_over(Duration::ZERO));
    }
}
