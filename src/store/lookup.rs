//! Looking up what belongs to a complaint that callers name. Those that wait while others are looked up are looked up
//! together: reading one more by its key costs little beside the way to the database and back. Nobody waits for others to
//! come: a caller that is alone gets a statement of its own.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use diesel::PgConnection;
use tokio::sync::{Semaphore, oneshot};
use tracing::Span;
use uuid::Uuid;

use super::{Store, StoreError, placement::Placed};
use crate::domain::ComplaintRef;

/// What can be looked up.
pub(super) trait LookUp: Clone + Send + 'static {
    /// What there is by these names, whoever asks for it: one statement, so that what belongs together is of one moment. An
    /// error of one holds up no other.
    fn find(
        names: &Names<'_>,
        connection: &mut PgConnection,
    ) -> Result<FoundByName<Self>, StoreError>;
}

/// What may be too much to be looked up together with what others ask for.
#[derive(Debug, Clone)]
pub(super) enum Shared<T> {
    /// All of it.
    All(T),
    /// It has to be read by itself.
    TooMuch,
}

pub(super) type FoundByName<T> = BTreeMap<ComplaintRef, Placed<T>>;

/// Names of one kind.
#[derive(Debug)]
pub(super) enum Names<'n> {
    Ids(Vec<Uuid>),
    TrackingNumbers(Vec<&'n str>),
}

impl<'n> From<&'n ComplaintRef> for Names<'n> {
    fn from(name: &'n ComplaintRef) -> Self {
        match name {
            ComplaintRef::Id(id) => Names::Ids(vec![*id]),
            ComplaintRef::Tracking(number) => Names::TrackingNumbers(vec![number.as_str()]),
        }
    }
}

pub(super) type FoundOne<T> = Result<Option<T>, StoreError>;
type Caller<T> = oneshot::Sender<FoundOne<Placed<T>>>;

/// A caller that is waiting.
#[derive(Debug)]
pub(super) struct Waiting<T> {
    pub(super) which: ComplaintRef,
    pub(super) caller: Caller<T>,
    pub(super) span: Span,
}

/// How many look-ups of a kind run at once: one has the database's answers to read while the other waits for them. More would
/// take fewer complaints each.
const AT_ONCE: usize = 2;

/// Those who wait for look-ups of one kind.
#[derive(Debug, Clone)]
pub(super) struct Lookups<T> {
    waiting: Arc<Mutex<Vec<Waiting<T>>>>,
    pub(super) turns: Arc<Semaphore>,
}

impl<T> Default for Lookups<T> {
    fn default() -> Self {
        Lookups {
            waiting: Arc::default(),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

impl<T> Lookups<T> {
    pub(super) fn waiting(&self) -> MutexGuard<'_, Vec<Waiting<T>>> {
        // Whole whatever panicked: it is only pushed to, and taken.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was looked up, and who waits for it.
#[derive(Debug)]
pub(super) struct LookedUp<T> {
    callers: BTreeMap<ComplaintRef, Vec<Caller<T>>>,
    found: Result<FoundByName<T>, StoreError>,
}

impl<T: LookUp> LookedUp<T> {
    /// Looks up what all of these wait for.
    pub(super) fn of(waiting: Vec<Waiting<T>>, store: &Store) -> Self {
        let mut callers: BTreeMap<ComplaintRef, Vec<Caller<T>>> = BTreeMap::new();
        for one in waiting {
            callers.entry(one.which).or_default().push(one.caller);
        }
        let found = store.ask(|connection| find::<T>(callers.keys(), connection));
        LookedUp { callers, found }
    }

    /// Tells them.
    pub(super) fn tell(self) {
        match self.found {
            Ok(mut found) => {
                for (which, callers) in self.callers {
                    tell(callers, Ok(found.remove(&which)));
                }
            }
            Err(error) => {
                for callers in self.callers.into_values() {
                    tell(callers, Err(error.clone()));
                }
            }
        }
    }
}

/// Tells all who asked for the same. They may have gone.
fn tell<T: Clone>(mut callers: Vec<Caller<T>>, answer: FoundOne<Placed<T>>) {
    let last = callers.pop();
    for caller in callers {
        let _ = caller.send(answer.clone());
    }
    if let Some(last) = last {
        let _ = last.send(answer);
    }
}

fn find<'n, T: LookUp>(
    names: impl Iterator<Item = &'n ComplaintRef>,
    connection: &mut PgConnection,
) -> Result<FoundByName<T>, StoreError> {
    let (mut ids, mut numbers) = (Vec::new(), Vec::new());
    for name in names {
        match name {
            ComplaintRef::Id(id) => ids.push(*id),
            ComplaintRef::Tracking(number) => numbers.push(number.as_str()),
        }
    }
    let mut found = FoundByName::new();
    if !ids.is_empty() {
        found.append(&mut T::find(&Names::Ids(ids), connection)?);
    }
    if !numbers.is_empty() {
        found.append(&mut T::find(&Names::TrackingNumbers(numbers), connection)?);
    }
    Ok(found)
}
