//! Opens and closes the engine, and submits commands to it.

use std::{
    sync::{Arc, PoisonError, RwLock},
    thread::JoinHandle,
};

use tokio::sync::{mpsc, oneshot, watch};

use super::{
    admission::Admission,
    committer::Committer,
    contended::{Contended, Feeder},
    envelope::{EngineError, Envelope, Work},
    limits::{BATCH, DEADLINE},
    pulse::Pulse,
    queued::Queued,
    rules::Rules,
    running_migration::Migrations,
    shared::Shared,
    sweep::{self, SweepReport},
};
use crate::{
    domain::Complaint,
    store::{Store, SweepCursor},
    telemetry::Metrics,
    time_source::SharedTime,
};

/// Submits commands. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Engine {
    /// `None` once the engine is closed. Shared, so that a handler that outlives the drain cannot keep it open.
    queue: Arc<RwLock<Option<mpsc::UnboundedSender<Queued>>>>,
    admission: Arc<Admission>,
    pub(super) shared: Arc<Shared>,
}

/// The engine's threads, which keep it open. Dropping this closes the engine without waiting: no new commands are accepted,
/// accepted ones are still carried out, and a running migration is interrupted.
#[derive(Debug)]
pub struct Committers {
    threads: Vec<JoinHandle<()>>,
    engine: Engine,
}

impl Committers {
    /// Closes the engine, and waits until all accepted commands are answered and no migration runs. Blocks.
    pub fn join(mut self) {
        self.engine.close();
        self.engine.shared.migrations.join();
        for thread in self.threads.drain(..) {
            // Committers catch panics within a batch; one that died all the same has nothing left to answer.
            if thread.join().is_err() {
                tracing::error!("a committer thread panicked");
            }
        }
    }
}

impl Drop for Committers {
    fn drop(&mut self) {
        self.engine.close();
    }
}

impl Engine {
    /// Starts `committers` threads on this store. The engine runs until the value returned with it is dropped.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start(
        store: Store,
        rules: Arc<Rules>,
        time: SharedTime,
        metrics: Metrics,
        committers: usize,
    ) -> std::io::Result<(Engine, Committers)> {
        let committers = committers.max(1);
        let (sender, receiver) = mpsc::unbounded_channel();
        let admission = Arc::new(Admission::new(committers, BATCH));
        let contended = Arc::new(Contended::default());
        let observed = (Arc::clone(&admission), Arc::clone(&contended));
        metrics.observe_queue_depth(move || {
            let waiting = observed.0.waiting() + observed.1.waiting();
            waiting.try_into().unwrap_or(i64::MAX)
        });
        let pulse = Arc::new(Pulse::new(committers + 1, store.limits().silence));
        let shared = Arc::new(Shared {
            store,
            rules,
            time,
            metrics,
            committed: watch::Sender::new(0),
            planned: watch::Sender::new(None),
            migrations: Migrations::default(),
            pulse,
        });
        let committer = Committer {
            shared: Arc::clone(&shared),
            queue: Arc::new(std::sync::Mutex::new(receiver)),
            admission: Arc::clone(&admission),
            contended,
        };
        let feeders = (0..committers).map(|_| Feeder::new(&committer.contended));
        let feeders: Vec<Feeder> = feeders.collect();
        let mut threads = Vec::with_capacity(committers + 1);
        for (number, feeder) in feeders.into_iter().enumerate() {
            let committer = committer.clone();
            let thread = std::thread::Builder::new().name(format!("committer-{number}"));
            threads.push(thread.spawn(move || committer.run(feeder))?);
        }
        let thread = std::thread::Builder::new().name("committer-contended".to_owned());
        threads.push(thread.spawn(move || committer.run_contended())?);
        let engine = Engine {
            queue: Arc::new(RwLock::new(Some(sender))),
            admission,
            shared,
        };
        let committers = Committers {
            threads,
            engine: engine.clone(),
        };
        Ok((engine, committers))
    }

    /// Submits a command and waits for the answer. The command is carried out even if this future is dropped.
    ///
    /// # Errors
    /// Why it was not carried out.
    pub async fn submit(&self, envelope: Envelope) -> Result<Complaint, EngineError> {
        if matches!(envelope.work, Work::File { .. }) && self.shared.store.space().is_low() {
            return Err(EngineError::NoRoom);
        }
        let (answer, answered) = oneshot::channel();
        let span = tracing::Span::current();
        self.enqueue(Queued {
            envelope,
            answer,
            span,
            contended: None,
        })?;
        match tokio::time::timeout(DEADLINE, answered).await {
            Ok(Ok(answer)) => answer,
            // The committer failed or timed out, so the outcome is unknown.
            Ok(Err(_)) | Err(_) => Err(EngineError::TimedOut),
        }
    }

    fn enqueue(&self, queued: Queued) -> Result<(), EngineError> {
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner);
        let queue = queue.as_ref().ok_or(EngineError::ShuttingDown)?;
        // Entered before queueing, so that no place is released before it was taken.
        if !self.admission.enter() {
            return Err(EngineError::Overloaded);
        }
        queue.send(queued).map_err(|_| {
            self.admission.leave(1);
            EngineError::ShuttingDown
        })
    }

    /// Stops accepting commands from any handle. Accepted ones are carried out; a migration is interrupted. Does not wait.
    fn close(&self) {
        self.shared.migrations.close();
        self.queue
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }

    /// Fires due steps of a bounded number of complaints; [`SweepReport::more`] says whether to continue. Blocks.
    ///
    /// # Errors
    /// When the database is unavailable. What was committed before stays.
    pub fn sweep(&self, after: Option<SweepCursor>) -> Result<SweepReport, EngineError> {
        sweep::sweep(&self.shared, after)
    }

    /// The liveness of the background threads.
    #[must_use]
    pub fn pulse(&self) -> &Arc<Pulse> {
        &self.shared.pulse
    }

    /// The rules that decisions are based on.
    #[must_use]
    pub fn rules(&self) -> &Arc<Rules> {
        &self.shared.rules
    }

    /// Changes after each commit of this process.
    #[must_use]
    pub fn committed(&self) -> watch::Receiver<u64> {
        self.shared.committed.subscribe()
    }

    /// The number of the last activation known to this process, its own or another replica's. Changes as soon as another version
    /// is active here.
    #[must_use]
    pub fn activations(&self) -> watch::Receiver<i64> {
        self.shared.rules.learning()
    }

    /// The earliest fire time that this process planned recently.
    #[must_use]
    pub fn planned(&self) -> watch::Receiver<Option<jiff::Timestamp>> {
        self.shared.planned.subscribe()
    }
}
