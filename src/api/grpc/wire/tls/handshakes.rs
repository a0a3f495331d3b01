//! How many handshakes are under way at once.

use std::{
    collections::BTreeMap,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::sleep,
};
use tokio_util::sync::CancellationToken;

/// How many handshakes are under way at once; further ones wait for their turn.
const AT_ONCE: usize = 64;
/// How long a handshake keeps its place while others wait. A caller at the other side of the world needs less.
const PATIENCE: Duration = Duration::from_secs(1);

/// The places for handshakes. One that takes long gives its place to another that waits, so that callers who do not go on with
/// theirs keep nobody out.
#[derive(Debug)]
pub(super) struct Handshakes {
    patience: Duration,
    places: Arc<Semaphore>,
    next: AtomicU64,
    slow: Arc<Slow>,
}

/// The handshakes that have lost their claim to their places, in the order in which they began.
#[derive(Debug, Default)]
struct Slow {
    places: Mutex<BTreeMap<u64, CancellationToken>>,
    added: Notify,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    _place: OwnedSemaphorePermit,
    number: u64,
    patience: Duration,
    slow: Arc<Slow>,
}

impl Handshakes {
    pub(super) fn new() -> Self {
        Self::with_patience(PATIENCE)
    }

    fn with_patience(patience: Duration) -> Self {
        Handshakes {
            patience,
            places: Arc::new(Semaphore::new(AT_ONCE)),
            next: AtomicU64::new(0),
            slow: Arc::default(),
        }
    }

    /// A place, as soon as it is this one's turn. None if there are no places any more, which does not happen.
    pub(super) async fn enter(&self) -> Option<Place> {
        let place = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => self.wait().await?,
        };
        Some(Place {
            _place: place,
            number: self.next.fetch_add(1, Ordering::Relaxed),
            patience: self.patience,
            slow: Arc::clone(&self.slow),
        })
    }

    /// Whoever waits displaces one at most.
    async fn wait(&self) -> Option<OwnedSemaphorePermit> {
        let mut turn = pin!(Arc::clone(&self.places).acquire_owned());
        loop {
            if self.slow.displace_one() {
                return turn.await.ok();
            }
            tokio::select! {
                biased;
                place = &mut turn => return place.ok(),
                () = self.slow.added.notified() => {}
            }
        }
    }
}

impl Slow {
    /// Whether there was one.
    fn displace_one(&self) -> bool {
        let first = self.places.lock().pop_first();
        first.map(|(_, displaced)| displaced.cancel()).is_some()
    }
}

impl Place {
    /// Comes back once this has taken long and another one waits for the place.
    pub(super) async fn is_wanted(&self) {
        sleep(self.patience).await;
        let wanted = CancellationToken::new();
        self.slow.places.lock().insert(self.number, wanted.clone());
        self.slow.added.notify_one();
        wanted.cancelled().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.slow.places.lock().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use futures_util::future::{FutureExt as _, join_all};
    use tokio::{task::JoinSet, time::timeout};

    use super::*;

    /// Longer than it takes to see that nothing comes.
    const LONG: Duration = Duration::from_millis(50);

    fn handshakes() -> Handshakes {
        Handshakes::with_patience(Duration::from_millis(1))
    }

    async fn full(handshakes: &Handshakes) -> Vec<Place> {
        let places = join_all((0..AT_ONCE).map(|_| handshakes.enter())).await;
        places.into_iter().map(Option::unwrap).collect()
    }

    #[tokio::test]
    async fn those_who_wait_displace_as_many_that_take_long_and_the_oldest_first() {
        let handshakes = handshakes();
        let mut places = full(&handshakes).await;
        places.sort_by_key(|place| place.number);
        let mut waiting = Box::pin(join_all([handshakes.enter(), handshakes.enter()]));
        assert!((&mut waiting).now_or_never().is_none(), "all are taken");
        let mut handshaking = JoinSet::new();
        for place in places {
            handshaking.spawn(async move {
                place.is_wanted().await;
                place.number
            });
        }
        let entered = waiting.await;
        assert!(entered.iter().all(Option::is_some));
        let mut displaced = [(); 2].map(|()| 0);
        for number in &mut displaced {
            *number = handshaking.join_next().await.unwrap().unwrap();
        }
        displaced.sort_unstable();
        assert_eq!(displaced, [0, 1]);
        let more = timeout(LONG, handshaking.join_next()).await;
        assert!(more.is_err(), "nobody waits");
    }

    #[tokio::test]
    async fn whoever_has_given_up_waiting_displaces_nobody() {
        let handshakes = handshakes();
        let places = full(&handshakes).await;
        let given_up = timeout(Duration::from_millis(1), handshakes.enter()).await;
        assert!(given_up.is_err());
        assert!(timeout(LONG, places[0].is_wanted()).await.is_err());
    }

    #[tokio::test]
    async fn a_handshake_that_has_ended_is_not_displaced_in_place_of_another() {
        let handshakes = handshakes();
        let mut places = full(&handshakes).await;
        // It has taken long, and ended.
        assert!(timeout(LONG, places[0].is_wanted()).await.is_err());
        drop(places.remove(0));
        let _taken = handshakes.enter().await.unwrap();
        let mut waiting = Box::pin(handshakes.enter());
        let displaced = async {
            places[0].is_wanted().await;
            places.remove(0)
        };
        tokio::select! {
            _ = &mut waiting => unreachable!("no place is free"),
            place = displaced => drop(place),
        }
        assert!(waiting.await.is_some());
    }
}
