//! Reads on behalf of callers: each takes a connection of the pool for a few statements, off the write path, and locks
//! nothing.

use std::{sync::Arc, time::Duration};

use diesel::PgConnection;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinHandle,
};
use uuid::Uuid;

use super::{
    Store, StoreError, branches,
    clocks::StoredClocks,
    complaint_lookup::StoredComplaint,
    log::{self, LogPage},
    lookup::{Lookups, Shared},
    position::{Position, PositionError},
};
use crate::domain::Complaint;

/// How long a caller waits for a read, its wait for a connection included, before it is told that the database is away.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reads on behalf of callers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reader {
    store: Store,
    /// As many reads at once as there are connections for them: threads that wait for one would be of no use.
    permits: Arc<Semaphore>,
    pub(super) complaints: Lookups<Complaint>,
    pub(super) with_personal: Lookups<Shared<StoredComplaint>>,
    pub(super) clocks: Lookups<Shared<StoredClocks>>,
    pub(super) ids: Lookups<Uuid>,
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
            ids: Lookups::default(),
        }
    }

    /// Has `work` done on a connection, or twice, where it fails for no clear reason.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl Fn(&mut PgConnection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let read = async {
            let permit = self.permit().await?;
            let done = self.spawn(permit, tracing::Span::current(), |store| store.ask(work));
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

    /// Events of all complaints in commit order, after a position; `limit` of them, or fewer where the log ends. Never skips
    /// one that commits late. `texts`: with what was said or written.
    ///
    /// # Errors
    /// When the log does not go on from there, or the database is away.
    pub async fn log(
        &self,
        after: Position,
        limit: i64,
        texts: bool,
    ) -> Result<LogPage, PositionError> {
        self.read(move |connection| Ok(log::read(after, limit, texts, connection)))
            .await?
    }

    /// A position on the branch that is being written.
    ///
    /// # Errors
    /// When the log does not go on from there, or the database is away.
    pub async fn log_position(&self, position: Position) -> Result<Position, PositionError> {
        self.read(move |connection| Ok(log::locate(position, connection)))
            .await?
    }

    /// The last position of the log.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn log_end(&self) -> Result<Position, StoreError> {
        self.read(branches::end).await
    }
}
