//! What is read: complaints, events, clocks, notices. Reads take a connection of the pool for one statement or two, off
//! the write path, and never lock.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, PgConnection,
    QueryDsl as _, RunQueryDsl as _, SelectableHelper as _,
    dsl::{exists, sql},
    sql_types::{Bool, Nullable, Text},
};
use jiff::Timestamp;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinHandle,
};
use uuid::Uuid;

use super::{
    Store, StoreError, log,
    lookup::Lookups,
    named::{StoredClocks, StoredComplaint, personal_of},
    rows, schema,
};
use crate::{
    domain::{Complaint, Firing, Notice, State},
    policy::Channel,
};

/// How long a caller waits for a read, its wait for a connection included, before it is told that the database is away.
const PATIENCE: Duration = Duration::from_secs(5);

/// An event as it stands in the log.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    /// The complaint.
    pub complaint: Uuid,
    /// Where a reader of the whole log goes on after this event: everything up to here has been read. 0 in the events of
    /// one complaint.
    pub position: i64,
    /// From 1 within the complaint.
    pub sequence: i64,
    /// The stable word.
    pub kind: String,
    /// When it was recorded.
    pub at: Timestamp,
    /// Who did it.
    pub actor: String,
    /// The fact as JSON.
    pub payload: String,
    /// The step that caused it.
    pub firing: Option<Firing>,
    /// The chained hash.
    pub hash: Vec<u8>,
    /// What was said or written, where it was and is not erased.
    pub text: Option<String>,
}

/// Which complaints to list. All that is set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Filter {
    /// One of these; empty: any.
    pub states: Vec<State>,
    /// Exactly this level.
    pub level: Option<i32>,
    /// One of these; empty: any.
    pub channels: Vec<Channel>,
    /// Exactly this handler; `Some("-")`: nobody.
    pub assignee: Option<String>,
    /// Exactly this policy.
    pub policy: Option<String>,
    /// With a running clock that was due before this instant.
    pub due_before: Option<Timestamp>,
    /// Which clock `due_before` looks at; `None`: any.
    pub clock: Option<String>,
    /// Flagged as eligible for escalation.
    pub escalation_eligible: bool,
}

/// Reads on behalf of callers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reader {
    store: Store,
    /// As many reads at once as there are connections for them: threads that wait for one would be of no use.
    permits: Arc<Semaphore>,
    pub(super) complaints: Lookups<Complaint>,
    pub(super) with_personal: Lookups<StoredComplaint>,
    pub(super) clocks: Lookups<StoredClocks>,
}

impl Reader {
    /// Reads from this store, and leaves `reserved` connections of its pool to those who write: a flood of reads never
    /// keeps a command from its connection.
    #[must_use]
    pub fn new(store: Store, reserved: usize) -> Self {
        let connections = usize::try_from(store.size()).unwrap_or(1);
        let permits = connections.saturating_sub(reserved).max(1);
        Reader {
            store,
            permits: Arc::new(Semaphore::new(permits)),
            complaints: Lookups::default(),
            with_personal: Lookups::default(),
            clocks: Lookups::default(),
        }
    }

    /// Has `work` done on a connection.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut PgConnection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let read = async {
            let permit = self.permit().await?;
            let done = self.spawn(permit, tracing::Span::current(), |store| {
                work(&mut *store.connection()?)
            });
            done.await.map_err(|_| StoreError::abandoned())?
        };
        self.patiently(read).await
    }

    /// Answers within [`PATIENCE`], even when the database has gone silent. The thread that waits for it cannot be
    /// stopped: it keeps its permit and its connection until the connection answers or breaks.
    pub(super) async fn patiently<T>(
        &self,
        read: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let silent = |_| StoreError::Unavailable(format!("no answer within {PATIENCE:?}"));
        tokio::time::timeout(PATIENCE, read).await.map_err(silent)?
    }

    pub(super) async fn permit(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        permit.map_err(|_| StoreError::Unavailable("shutting down".to_owned()))
    }

    /// Has blocking work done, in a span; the permit is given back at its end.
    pub(super) fn spawn<T: Send + 'static>(
        &self,
        permit: OwnedSemaphorePermit,
        span: tracing::Span,
        work: impl FnOnce(&Store) -> T + Send + 'static,
    ) -> JoinHandle<T> {
        let store = self.store.clone();
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let _entered = span.entered();
            work(&store)
        })
    }

    /// Complaints in the order of their ids, which is that of their filing, after `after`.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn complaints(
        &self,
        filter: Filter,
        after: Option<Uuid>,
        limit: i64,
        with_personal: bool,
    ) -> Result<Vec<StoredComplaint>, StoreError> {
        self.read(move |connection| {
            let complaints = list(&filter, after, limit, connection)?;
            let ids: Vec<Uuid> = complaints.iter().map(|complaint| complaint.id).collect();
            let personal = if with_personal {
                personal_of(&ids, connection)?
            } else {
                BTreeMap::new()
            };
            let stored = complaints.into_iter().map(|complaint| {
                let personal = personal.get(&complaint.id).into_iter().flatten();
                let personal = personal.map(|body| rows::read_json("personal data", body));
                Ok(StoredComplaint {
                    personal: personal.collect::<Result<_, _>>()?,
                    complaint,
                })
            });
            stored.collect()
        })
        .await
    }

    /// The events of one complaint in order, after a sequence number.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn events(
        &self,
        complaint: Uuid,
        after: i64,
        limit: i64,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.read(move |connection| {
            use schema::{event, personal};
            let found: Vec<(rows::EventRow, Option<String>)> = event::table
                .left_join(
                    personal::table.on(personal::complaint_id
                        .eq(event::complaint_id)
                        .and(personal::sequence.eq(event::sequence))),
                )
                .filter(event::complaint_id.eq(complaint))
                .filter(event::sequence.gt(after))
                .order(event::sequence)
                .limit(limit)
                .select((
                    log::event_columns(),
                    sql::<Nullable<Text>>("personal.body ->> 'text'"),
                ))
                .load(connection)?;
            found
                .into_iter()
                .map(|(row, text)| row.into_event(text))
                .collect()
        })
        .await
    }

    /// What the customer was told, in order. Texts that were erased are empty.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn notices(&self, complaint: Uuid) -> Result<Vec<Notice>, StoreError> {
        self.read(move |connection| {
            use schema::notice::dsl;
            let found: Vec<rows::NoticeRow> = dsl::notice
                .filter(dsl::complaint_id.eq(complaint))
                .order(dsl::sequence)
                .select(rows::NoticeRow::as_select())
                .load(connection)?;
            found.into_iter().map(Notice::try_from).collect()
        })
        .await
    }

    /// Events of all complaints in commit order, after a position; about `limit` of them, whole transactions always.
    /// Never skips one that commits late.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn log(&self, after: i64, limit: i64) -> Result<Vec<StoredEvent>, StoreError> {
        self.read(move |connection| log::read(after, limit, connection))
            .await
    }

    /// The last position of the log.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn log_end(&self) -> Result<i64, StoreError> {
        self.read(log::end).await
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read(|connection| {
            diesel::select(sql::<diesel::sql_types::Integer>("1")).get_result::<i32>(connection)?;
            Ok(())
        })
        .await
    }
}

fn list(
    filter: &Filter,
    after: Option<Uuid>,
    limit: i64,
    connection: &mut PgConnection,
) -> Result<Vec<Complaint>, StoreError> {
    use schema::{clock, complaint::dsl};
    let mut query = dsl::complaint
        .select(dsl::body)
        .order(dsl::id)
        .limit(limit)
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(dsl::id.gt(after));
    }
    if !filter.states.is_empty() {
        if !filter.states.iter().any(|state| state.is_terminal()) {
            // What is open has an index of its own.
            query = query.filter(dsl::closed_at.is_null());
        }
        query = query.filter(dsl::state.eq_any(filter.states.iter().map(|state| state.as_str())));
    }
    if !filter.channels.is_empty() {
        query = query
            .filter(dsl::channel.eq_any(filter.channels.iter().map(|channel| channel.as_str())));
    }
    if let Some(level) = filter.level {
        query = query.filter(dsl::level.eq(level));
    }
    match filter.assignee.as_deref() {
        None => {}
        Some("-") => {
            query = query
                .filter(dsl::assignee.is_null())
                .filter(dsl::closed_at.is_null());
        }
        Some(assignee) => query = query.filter(dsl::assignee.eq(assignee)),
    }
    if let Some(policy) = &filter.policy {
        query = query.filter(dsl::policy.eq(policy));
    }
    if filter.escalation_eligible {
        query = query.filter(dsl::escalation_eligible);
    }
    if let Some(due_before) = filter.due_before {
        let late = clock::table
            .filter(clock::complaint_id.eq(dsl::id))
            // Written out: a bound state keeps the planner from the partial index.
            .filter(sql::<Bool>("clock.state = 'running'"))
            .filter(clock::due_at.lt(rows::bind(due_before)));
        query = match &filter.clock {
            Some(name) => query.filter(exists(late.filter(clock::name.eq(name)))),
            None => query.filter(exists(late)),
        };
    }
    let bodies: Vec<String> = query.load(connection)?;
    bodies
        .iter()
        .map(|body| rows::read_json("complaint", body))
        .collect()
}
