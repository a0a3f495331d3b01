//! Takes waiting commands, carries them out in one transaction, and answers them.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
};

use tokio::sync::mpsc;
use uuid::Uuid;

use super::{
    EngineError,
    admission::Admission,
    batch::{Effects, Workspace},
    contended::{Contended, Feeder},
    limits::BATCH,
    queued::Queued,
    shared::Shared,
};
use crate::{
    domain::{Complaint, ComplaintRef},
    store::{Batch, Locked, StoreError, StoredRequest, Transaction},
    time_source::Stopwatch,
};

/// How often a batch is retried when the database asks for it, before it is split.
const RETRIES: usize = 3;

pub(super) type Receiver = Arc<Mutex<mpsc::UnboundedReceiver<Queued>>>;
type Answers = Vec<Result<Complaint, EngineError>>;

#[derive(Debug, Clone)]
pub(super) struct Committer {
    pub(super) shared: Arc<Shared>,
    pub(super) queue: Receiver,
    pub(super) admission: Arc<Admission>,
    pub(super) contended: Arc<Contended>,
}

impl Committer {
    /// Works until the engine is closed and the queue is empty.
    pub(super) fn run(self, _feeder: Feeder) {
        let _running = self.shared.pulse.running();
        let mut waiting = Vec::with_capacity(BATCH);
        loop {
            {
                // Held only while taking, so that other committers can commit meanwhile. Nothing here can panic and poison it;
                // even then, the queue would be consistent.
                let mut queue = self
                    .queue
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                if queue.blocking_recv_many(&mut waiting, BATCH) == 0 {
                    return;
                }
            }
            let size = waiting.len();
            self.admission.leave(size);
            let stopwatch = Stopwatch::start();
            let batch = self.contended.divert(std::mem::take(&mut waiting));
            if !batch.is_empty() {
                self.contended.add(self.commit(batch));
                self.admission.carried_out(size, stopwatch.elapsed());
            }
            waiting.reserve(BATCH);
        }
    }

    /// Processes contended commands until there can be no more.
    pub(super) fn run_contended(self) {
        let _running = self.shared.pulse.running();
        while let Some(batch) = self.contended.take() {
            let tried = batch.len();
            let contended = self.commit(batch);
            let progress = contended.len() < tried;
            self.contended.put_back(contended, progress);
        }
    }

    /// Carries out commands and answers them. Returns those with a contended complaint, together with that complaint.
    fn commit(&self, batch: Vec<Queued>) -> Vec<(Queued, ComplaintRef)> {
        let _working = self.shared.pulse.working();
        // Decisions catch their own panics. After any other panic, the callers learn that the outcome is unknown, and the
        // committer continues.
        catch_unwind(AssertUnwindSafe(|| self.commit_unguarded(batch))).unwrap_or_else(|_| {
            tracing::error!("a batch of commands panicked");
            Vec::new()
        })
    }

    fn commit_unguarded(&self, batch: Vec<Queued>) -> Vec<(Queued, ComplaintRef)> {
        let span = tracing::info_span!("engine.batch", size = batch.len());
        for queued in &batch {
            span.follows_from(queued.span.id());
        }
        let entered = span.entered();
        let commands: Vec<&Queued> = batch.iter().collect();
        let answers = self.carry_out(&commands);
        drop(entered);
        let mut contended = Vec::new();
        for (queued, answer) in batch.into_iter().zip(answers) {
            match answer {
                Err(EngineError::Contended(complaint)) => contended.push((queued, complaint)),
                answer => queued.answer(answer),
            }
        }
        contended
    }

    /// Carries out commands in one transaction. If the database rejects it, the batch is split in two until the culprit is alone,
    /// so that no command fails because of another.
    ///
    /// Each try may wait for a lock as long as the database allows. Once every caller has timed out, retrying would only delay
    /// the commands behind and the shutdown.
    fn carry_out(&self, batch: &[&Queued]) -> Answers {
        let given_up = || batch.iter().all(|queued| queued.answer.is_closed());
        let store = &self.shared.store;
        let mut tries = 0;
        let error = loop {
            let tried = store.retrying(|| {
                tries += 1;
                self.transact(batch, tries > 1)
            });
            if !matches!(tried, Err((StoreError::Unavailable(_), _))) {
                self.shared.pulse.committed();
            }
            match tried {
                Ok(answers) => return answers,
                // Another batch committed the same request first, or a random tracking number collided. The next try finds the
                // request, and draws another number.
                Err((error @ (StoreError::Retry(_) | StoreError::Duplicate { .. }), _))
                    if tries <= RETRIES && !given_up() =>
                {
                    tracing::debug!(%error, tries, "retrying a batch of commands");
                }
                Err((error, took)) => break store.judge(error, took),
            }
        };
        match (&error, batch.split_at(batch.len() / 2)) {
            // An unavailable database is unavailable for all commands.
            (StoreError::Unavailable(_), _) | (_, ([], _)) => not_committed(batch, error),
            _ if given_up() => not_committed(batch, error),
            (_, (first, second)) => {
                tracing::warn!(%error, commands = batch.len(), "the database rejected a batch of commands; will split it to find the one at fault");
                let mut answers = self.carry_out(first);
                answers.extend(self.carry_out(second));
                answers
            }
        }
    }

    /// Most filings are new. So earlier answers are looked up only if something was changed or rejected, or when trying `again`:
    /// the unique request key prevents a second filing.
    fn transact(&self, batch: &[&Queued], again: bool) -> Result<Answers, StoreError> {
        let shared = &self.shared;
        let stopwatch = Stopwatch::start();
        let named = named(batch);
        let (answers, effects) = if named.is_empty() {
            // Filings only add rows, so one statement writes them all without locks.
            shared.store.at_once(|once| {
                if !again {
                    let (answers, rows, effects) =
                        self.decide(batch, &[], Locked::default(), once)?;
                    if answers.iter().all(Result::is_ok) {
                        once.write(&rows)?;
                        return Ok((answers, effects));
                    }
                }
                self.decide_and_write(batch, Locked::default(), once)
            })
        } else {
            shared.store.transaction(|transaction| {
                let locked = transaction.lock(&named)?;
                self.decide_and_write(batch, locked, transaction)
            })
        }?;
        shared.metrics.batch(batch.len(), stopwatch.elapsed());
        shared.announce(effects);
        Ok(answers)
    }

    /// Earlier answers and the time are read only once the locks are held: a command that waited for another batch sees its
    /// answers, and is decided at the time of its turn.
    fn decide_and_write(
        &self,
        batch: &[&Queued],
        locked: Locked,
        transaction: &mut Transaction<'_>,
    ) -> Result<(Answers, Effects), StoreError> {
        let requests = batch.iter().filter_map(|queued| queued.envelope.request);
        let ids: Vec<_> = requests.map(|key| key.id).collect();
        let known = transaction.requests(&ids)?;
        let (answers, rows, effects) = self.decide(batch, &known, locked, transaction)?;
        transaction.write(&rows)?;
        Ok((answers, effects))
    }

    /// Decides in memory, given earlier answers.
    fn decide(
        &self,
        batch: &[&Queued],
        known: &[StoredRequest],
        locked: Locked,
        transaction: &mut Transaction<'_>,
    ) -> Result<(Answers, Batch, Effects), StoreError> {
        let shared = &self.shared;
        let now = shared.time.now();
        if let Err(wrong) = shared.time.check() {
            // The recorded times would be wrong.
            let answers = batch.iter().map(|_| Err(wrong.into())).collect();
            return Ok((answers, Batch::default(), Effects::default()));
        }
        let Locked { cases, contended } = locked;
        let policies = shared.rules.policies_for(&cases, transaction)?;
        let mut workspace = Workspace::new(&shared.rules, &policies, now, cases);
        let works = batch.iter().map(|queued| &queued.envelope.work);
        let restated: Vec<_> = works.filter_map(|work| workspace.restated(work)).collect();
        workspace.recall(transaction.remedies(&restated)?);
        let works = batch.iter().map(|queued| &queued.envelope.work);
        let corrected: BTreeSet<Uuid> =
            works.filter_map(|work| workspace.corrected(work)).collect();
        workspace.know(transaction.customers_or_none(corrected)?);
        let works = batch.iter().map(|queued| &queued.envelope.work);
        let referenced: BTreeSet<Uuid> = works
            .filter_map(|work| workspace.referenced(work))
            .collect();
        workspace.know(transaction.readable_customers(referenced)?);
        let works = batch.iter().map(|queued| &queued.envelope.work);
        let reported: Vec<_> = works.filter_map(|work| workspace.reported(work)).collect();
        workspace.hold(transaction.dispatch_attempts(&reported)?);
        let works = batch.iter().map(|queued| &queued.envelope.work);
        let returned: Vec<_> = works.filter_map(|work| workspace.returned(work)).collect();
        workspace.know_last(transaction.last_attempts(&returned)?);
        let mut answers = Vec::with_capacity(batch.len());
        for Queued { envelope, .. } in batch {
            let unseen = workspace.unseen(envelope, &contended).map(Err);
            let answered = unseen.or_else(|| workspace.answered(envelope, known));
            let mut named = envelope.work.named();
            let answer = answered.unwrap_or_else(|| {
                match named.find(|complaint| contended.contains_key(*complaint)) {
                    Some(complaint) => Err(EngineError::Contended(complaint.clone())),
                    None => workspace.carry_out(envelope),
                }
            });
            answers.push(answer);
        }
        let (rows, effects) = workspace.into_rows()?;
        Ok((answers, rows, effects))
    }
}

/// The same answer for all.
fn not_committed(batch: &[&Queued], error: StoreError) -> Answers {
    tracing::warn!(%error, commands = batch.len(), "failed to commit a batch of commands");
    let error = Arc::new(error);
    let answer = |_: &&Queued| Err(EngineError::Store(Arc::clone(&error)));
    batch.iter().map(answer).collect()
}

/// The distinct complaints that a batch names.
fn named(batch: &[&Queued]) -> BTreeSet<ComplaintRef> {
    let names = batch.iter().flat_map(|queued| queued.envelope.work.named());
    names.cloned().collect()
}
