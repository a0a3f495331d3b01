//! What one connection may have of what all may have together.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// One connection's share of something that is limited for each connection and in all.
#[derive(Debug)]
pub(super) struct Share {
    own: Arc<Semaphore>,
    all: Arc<Semaphore>,
}

/// An amount that is taken, until it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    own: OwnedSemaphorePermit,
    all: OwnedSemaphorePermit,
}

impl Share {
    pub(super) fn new(own: usize, all: &Arc<Semaphore>) -> Self {
        Share {
            own: Arc::new(Semaphore::new(own.min(Semaphore::MAX_PERMITS))),
            all: Arc::clone(all),
        }
    }

    /// Takes an amount, if there is that much left. It does not wait: what waited for room would be held somewhere meanwhile.
    pub(super) fn take(&self, amount: usize) -> Option<Held> {
        let amount = u32::try_from(amount).ok()?;
        let own = Arc::clone(&self.own).try_acquire_many_owned(amount).ok()?;
        let all = Arc::clone(&self.all).try_acquire_many_owned(amount).ok()?;
        Some(Held { own, all })
    }

    /// Takes an amount before there is anything to hold, in turn with others; none if its turn does not come for this long.
    pub(super) async fn reserve(&self, amount: usize, wait: Duration) -> Option<Held> {
        let amount = u32::try_from(amount).ok()?;
        let reserved = async {
            let own = Arc::clone(&self.own).acquire_many_owned(amount).await;
            let all = Arc::clone(&self.all).acquire_many_owned(amount).await;
            // They are never closed.
            Some(Held {
                own: own.ok()?,
                all: all.ok()?,
            })
        };
        timeout(wait, reserved).await.ok().flatten()
    }
}

impl Held {
    /// Holds this too. It comes from the same share.
    pub(super) fn add(&mut self, more: Held) {
        self.own.merge(more.own);
        self.all.merge(more.all);
    }

    /// Gives back all but an amount; keeps what it has if that is less.
    pub(super) fn keep(&mut self, amount: usize) {
        let back = self.own.num_permits().saturating_sub(amount);
        drop((self.own.split(back), self.all.split(back)));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn what_is_taken_counts_for_the_connection_and_for_all_until_it_is_given_back() {
        let all = Arc::new(Semaphore::new(10));
        let (one, other) = (Share::new(6, &all), Share::new(6, &all));
        let mut held = one.take(4).unwrap();
        assert!(one.take(3).is_none(), "its own share");
        held.add(one.take(2).unwrap());
        assert!(other.take(5).is_none(), "what all have");
        let others = other.take(4).unwrap();
        assert_eq!(all.available_permits(), 0);
        held.keep(1);
        assert_eq!(all.available_permits(), 5);
        drop((held, others));
        assert_eq!(all.available_permits(), 10);
        assert!(one.take(6).is_some());
        assert!(one.take(usize::MAX).is_none());
    }
}
