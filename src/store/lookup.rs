//! Looking up the complaints that callers name. Those that wait while others are looked up are looked up together: reading
//! one more by its key costs little beside the way to the database and back. Nobody waits for others to come: a caller who
//! is alone is looked up for alone.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use diesel::{
    ExpressionMethods as _, PgConnection, QueryDsl as _, RunQueryDsl as _, SelectableHelper as _,
};
use tokio::sync::{Semaphore, oneshot};
use tracing::Span;
use uuid::Uuid;

use super::{Reader, StoreError, among::among, read::StoredComplaint, rows, schema};
use crate::domain::{Clock, ComplaintRef};

/// What is read of a complaint beside itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum With {
    /// Nothing.
    Nothing,
    /// Its personal data, as far as they are not erased.
    Personal,
    /// Every cycle of every clock.
    Clocks,
}

type Answer = Result<Option<StoredComplaint>, StoreError>;

/// A caller who waits.
#[derive(Debug)]
struct Wanted {
    which: ComplaintRef,
    with: With,
    answer: oneshot::Sender<Answer>,
    span: Span,
}

/// How many look-ups run at once: one has the database's answers to read while the other waits for them. More would take
/// fewer complaints each.
const AT_ONCE: usize = 2;

/// Those who wait.
#[derive(Debug, Clone)]
pub(super) struct Lookups {
    waiting: Arc<Mutex<Vec<Wanted>>>,
    turns: Arc<Semaphore>,
}

impl Default for Lookups {
    fn default() -> Self {
        Lookups {
            waiting: Arc::default(),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

impl Lookups {
    fn waiting(&self) -> MutexGuard<'_, Vec<Wanted>> {
        // Whole whatever panicked: it is only pushed to, and taken.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader {
    /// One complaint, with what is asked for.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn complaint(&self, which: ComplaintRef, with: With) -> Answer {
        self.patiently(self.look_up(which, with)).await
    }

    /// Whoever gets a connection looks up for all who wait.
    async fn look_up(&self, which: ComplaintRef, with: With) -> Answer {
        let (answer, mut answered) = oneshot::channel();
        self.lookups.waiting().push(Wanted {
            which,
            with,
            answer,
            span: Span::current(),
        });
        loop {
            let turn = async {
                let turn = Arc::clone(&self.lookups.turns).acquire_owned().await;
                let turn = turn.map_err(|_| StoreError::abandoned())?;
                Ok::<_, StoreError>((turn, self.permit().await?))
            };
            let (turn, permit) = tokio::select! {
                biased;
                answer = &mut answered => {
                    return answer.unwrap_or_else(|_| Err(StoreError::abandoned()));
                }
                turn = turn => turn?,
            };
            let wanted = std::mem::take(&mut *self.lookups.waiting());
            // Somebody else may be at it for us.
            if wanted.is_empty() {
                drop((turn, permit));
                return answered
                    .await
                    .unwrap_or_else(|_| Err(StoreError::abandoned()));
            }
            let span = tracing::info_span!("store.look_up", size = wanted.len());
            for one in &wanted {
                span.follows_from(one.span.id());
            }
            self.spawn(permit, span, |store| {
                let found = match store.connection() {
                    Ok(mut connection) => find(&wanted, &mut connection),
                    Err(error) => Err(error),
                };
                answer_all(wanted, found);
                drop(turn);
            });
        }
    }
}

fn answer_all(wanted: Vec<Wanted>, found: Result<Vec<Answer>, StoreError>) {
    let answers = found.unwrap_or_else(|error| vec![Err(error); wanted.len()]);
    for (wanted, answer) in wanted.into_iter().zip(answers) {
        // The caller may have gone.
        let _ = wanted.answer.send(answer);
    }
}

/// What each of them wants, in their order: one statement for those named by id, one for those named by tracking number,
/// one each for personal data and clocks.
fn find(wanted: &[Wanted], connection: &mut PgConnection) -> Result<Vec<Answer>, StoreError> {
    let (mut ids, mut numbers) = (Vec::new(), Vec::new());
    for wanted in wanted {
        match &wanted.which {
            ComplaintRef::Id(id) => ids.push(*id),
            ComplaintRef::Tracking(number) => numbers.push(number.as_str()),
        }
    }
    let bodies = bodies(&ids, &numbers, connection)?;
    let beside = |with| {
        let wanted = wanted.iter().filter(|wanted| wanted.with == with);
        let found = wanted.filter_map(|wanted| bodies.get(&wanted.which));
        found.map(|(id, _)| *id).collect::<Vec<Uuid>>()
    };
    let personal = personal_of(&beside(With::Personal), connection)?;
    let clocks = clocks_of(&beside(With::Clocks), connection)?;
    let answer = |wanted: &Wanted| {
        let Some((id, body)) = bodies.get(&wanted.which) else {
            return Ok(None);
        };
        let mut found = StoredComplaint {
            complaint: rows::read_json("complaint", body)?,
            personal: Vec::new(),
            clocks: Vec::new(),
        };
        match wanted.with {
            With::Nothing => {}
            With::Personal => {
                let bodies = personal.get(id).into_iter().flatten();
                let read = bodies.map(|body| rows::read_json("personal data", body));
                found.personal = read.collect::<Result<_, _>>()?;
            }
            With::Clocks => {
                let rows = clocks.get(id).into_iter().flatten().cloned();
                found.clocks = rows.map(Clock::try_from).collect::<Result<_, _>>()?;
            }
        }
        Ok(Some(found))
    };
    Ok(wanted.iter().map(answer).collect())
}

/// By the name under which they were asked for.
fn bodies(
    ids: &[Uuid],
    numbers: &[&str],
    connection: &mut PgConnection,
) -> Result<BTreeMap<ComplaintRef, (Uuid, String)>, StoreError> {
    use schema::complaint::dsl;
    let mut bodies = BTreeMap::new();
    if !ids.is_empty() {
        let query = dsl::complaint.filter(dsl::id.eq(among(ids.iter().copied())));
        let found: Vec<(Uuid, String)> = query.select((dsl::id, dsl::body)).load(connection)?;
        bodies.extend(
            found
                .into_iter()
                .map(|(id, body)| (ComplaintRef::Id(id), (id, body))),
        );
    }
    if !numbers.is_empty() {
        let query = dsl::complaint.filter(dsl::tracking_number.eq(among(numbers.iter().copied())));
        let found: Vec<(Uuid, String, String)> = query
            .select((dsl::id, dsl::tracking_number, dsl::body))
            .load(connection)?;
        for (id, number, body) in found {
            bodies.insert(ComplaintRef::Tracking(rows::word(&number)?), (id, body));
        }
    }
    Ok(bodies)
}

/// The personal data that came with events, as JSON, in the order in which they came.
pub(super) fn personal_of(
    ids: &[Uuid],
    connection: &mut PgConnection,
) -> Result<BTreeMap<Uuid, Vec<String>>, StoreError> {
    use schema::personal::dsl;
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found: Vec<(Uuid, String)> = dsl::personal
        .filter(dsl::complaint_id.eq(among(ids.iter().copied())))
        .order((dsl::complaint_id, dsl::sequence))
        .select((dsl::complaint_id, dsl::body))
        .load(connection)?;
    let mut personal: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
    for (complaint, body) in found {
        personal.entry(complaint).or_default().push(body);
    }
    Ok(personal)
}

/// Every clock: those that live first, then by start.
fn clocks_of(
    ids: &[Uuid],
    connection: &mut PgConnection,
) -> Result<BTreeMap<Uuid, Vec<rows::ClockRow>>, StoreError> {
    use schema::clock::dsl;
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found: Vec<rows::ClockRow> = dsl::clock
        .filter(dsl::complaint_id.eq(among(ids.iter().copied())))
        .order((
            dsl::complaint_id,
            dsl::stopped_at.is_not_null(),
            dsl::started_at,
            dsl::name,
            dsl::cycle,
        ))
        .select(rows::ClockRow::as_select())
        .load(connection)?;
    Ok(rows::by_complaint(found, |row| row.complaint_id))
}
