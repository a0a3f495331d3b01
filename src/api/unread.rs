//! Streams that are driven by whoever reads them. One that nobody reads is given up, and lets go of what it holds, though its
//! caller may keep the call open for as long as it likes.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{Stream, stream};
use tokio_util::sync::CancellationToken;

use super::problems;
use crate::intake::Problem;

/// How long a message waits to be read before its stream is given up.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Between two messages: what the stream goes on with.
struct StreamState<S> {
    /// None while the next message is being made, and at the end.
    state: Option<S>,
    /// How often the stream was looked at.
    turns: u64,
    given_up: Option<Problem>,
}

type Shared<S> = Arc<Mutex<StreamState<S>>>;

fn lock<S>(place: &Shared<S>) -> MutexGuard<'_, StreamState<S>> {
    // Whole whatever panicked: it is only taken from, and put back.
    place.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A stream of what `step` makes, for as long as it returns what to go on with. When a message has not been read for
/// `patience`, what the stream would go on with is dropped, and all that is left of it is a status.
pub(super) fn while_read<S, T, Next>(
    state: S,
    patience: Duration,
    unread: impl Fn(&S) -> Problem + Send + 'static,
    step: impl Fn(S) -> Next + Send + Sync + 'static,
) -> Pin<Box<dyn Stream<Item = Result<T, Problem>> + Send>>
where
    S: Send + 'static,
    T: Send + 'static,
    Next: Future<Output = (Result<T, Problem>, Option<S>)> + Send + 'static,
{
    let place = Arc::new(Mutex::new(StreamState {
        state: Some(state),
        turns: 0,
        given_up: None,
    }));
    let over = CancellationToken::new();
    let ends_with_it = over.clone().drop_guard();
    let watched = Arc::clone(&place);
    tokio::spawn(async move {
        loop {
            let turns = lock(&watched).turns;
            let waited = over.run_until_cancelled(tokio::time::sleep(patience));
            if waited.await.is_none() {
                return;
            }
            let mut place = lock(&watched);
            if place.turns == turns
                && let Some(state) = place.state.take()
            {
                place.given_up = Some(unread(&state));
                return;
            }
        }
    });
    let step = Arc::new(step);
    Box::pin(stream::unfold(Some((place, ends_with_it)), move |stream| {
        let step = Arc::clone(&step);
        async move {
            let (place, ends_with_it) = stream?;
            let state = {
                let mut place = lock(&place);
                place.turns += 1;
                place.state.take().ok_or_else(|| place.given_up.take())
            };
            let state = match state {
                Ok(state) => state,
                Err(given_up) => {
                    let given_up = given_up.unwrap_or_else(problems::shutting_down);
                    return Some((Err(given_up), None));
                }
            };
            let (message, state) = step(state).await;
            let goes_on = state.is_some();
            {
                let mut place = lock(&place);
                place.turns += 1;
                place.state = state;
            }
            Some((message, goes_on.then_some((place, ends_with_it))))
        }
    }))
}

#[cfg(test)]
#[path = "unread_tests.rs"]
mod tests;
