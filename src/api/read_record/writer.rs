//! Writes collected reads within a second.

use std::{sync::Arc, time::Duration};

use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{buffer::ReadRecord, settings::Keeping};
use crate::{
    store::{NewRead, ReadLog},
    telemetry::Metrics,
    time_source::SharedTime,
};

/// How long reads are collected for a batch. Reads that arrive during a write wait for it too, so this is half of the second.
const GATHER: Duration = Duration::from_millis(500);
/// The pause between attempts to write.
const RETRY: Duration = Duration::from_secs(1);

/// Writes collected reads. Dropping it starts shutdown: it writes what was collected by then.
#[derive(Debug)]
pub struct ReadRecorder {
    record: ReadRecord,
    shutdown: DropGuard,
    writer: JoinHandle<()>,
}

impl ReadRecorder {
    /// Starts writing to this log.
    #[must_use]
    pub fn start(log: ReadLog, keeping: Keeping, time: SharedTime, metrics: Metrics) -> Self {
        let record = ReadRecord::new(keeping, time, metrics);
        let shutdown = CancellationToken::new();
        let writer = tokio::spawn(write(record.clone(), Arc::new(log), shutdown.clone()));
        ReadRecorder {
            record,
            shutdown: shutdown.drop_guard(),
            writer,
        }
    }

    /// Where reads are collected.
    #[must_use]
    pub fn record(&self) -> ReadRecord {
        self.record.clone()
    }

    /// Writes what was collected, and ends. Later reads are not recorded.
    pub async fn stop(self) {
        drop(self.shutdown);
        // A panic is logged already.
        let _ = self.writer.await;
    }
}

async fn write(record: ReadRecord, log: Arc<ReadLog>, shutdown: CancellationToken) {
    let mut written = Ok(());
    while written.is_ok() {
        if shutdown
            .run_until_cancelled(record.something())
            .await
            .is_some()
            && !record.has_more_than_a_batch()
        {
            let _ = shutdown
                .run_until_cancelled(tokio::time::sleep(GATHER))
                .await;
        }
        let batch: Arc<[NewRead]> = record.take().into();
        if batch.is_empty() {
            break;
        }
        written = write_batch(&record, &log, &batch, &shutdown).await;
    }
    record.end();
}

/// The batch was not written before the end.
struct NotWritten;

/// Retries until it succeeds; after shutdown has begun, only once more.
async fn write_batch(
    record: &ReadRecord,
    log: &Arc<ReadLog>,
    batch: &Arc<[NewRead]>,
    shutdown: &CancellationToken,
) -> Result<(), NotWritten> {
    loop {
        let last = shutdown.is_cancelled();
        let (theirs, reads) = (Arc::clone(log), Arc::clone(batch));
        let done = tokio::task::spawn_blocking(move || theirs.write(&reads)).await;
        match done {
            Ok(Ok(())) => {
                record.written();
                return Ok(());
            }
            Ok(Err(error)) => record.failed(&error),
            // The panic message stays out of the log.
            Err(_) => record.failed(&"the work panicked"),
        }
        if last {
            return Err(NotWritten);
        }
        let _ = shutdown
            .run_until_cancelled(tokio::time::sleep(RETRY))
            .await;
    }
}
