//! Commands on complaints that another transaction has locked. They queue here by complaint, so that no other command waits with
//! them; one thread retries them until the lock is released or they time out. A command that changes two complaints queues for
//! one that is locked.

use std::{
    collections::{BTreeMap, VecDeque, btree_map::Entry},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{EngineError, limits::BATCH, queued::Queued};
use crate::{domain::ComplaintRef, time_source::Stopwatch};

/// How long a command waits for its complaint. Less than its caller waits, so that the caller learns that nothing changed.
const PATIENCE: Duration = Duration::from_secs(8);
/// The most commands that wait for one complaint: as many as one transaction carries out once it is free.
const LINE: usize = BATCH;
/// The pause after a try that locked no complaint. Doubles each time, from the first value to the second.
const REST: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(100));

/// The queues, one per complaint.
#[derive(Debug)]
pub(super) struct Contended {
    patience: Duration,
    lines: Mutex<Lines>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Lines {
    /// A queue is kept while its commands are being tried, even if empty: new commands line up behind them.
    by_complaint: BTreeMap<ComplaintRef, VecDeque<Queued>>,
    /// The turns of the queues that are not being tried.
    turns: VecDeque<ComplaintRef>,
    tried: Vec<ComplaintRef>,
    rest: Duration,
    feeders: usize,
}

/// A handle for adding commands. While one exists, [`Contended::take`] waits for more.
#[derive(Debug)]
pub(super) struct Feeder(Arc<Contended>);

impl Feeder {
    pub(super) fn new(contended: &Arc<Contended>) -> Self {
        contended.lines().feeders += 1;
        Feeder(Arc::clone(contended))
    }
}

impl Drop for Feeder {
    fn drop(&mut self) {
        self.0.lines().feeders -= 1;
        self.0.changed.notify_all();
    }
}

impl Default for Contended {
    fn default() -> Self {
        Self::with_patience(PATIENCE)
    }
}

impl Contended {
    fn with_patience(patience: Duration) -> Self {
        Contended {
            patience,
            lines: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        // No foreign code runs under this lock; even after a panic, the queues are consistent.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many commands are waiting.
    pub(super) fn waiting(&self) -> usize {
        let lines = self.lines();
        lines.by_complaint.values().map(VecDeque::len).sum()
    }

    /// Adds commands, each with the complaint that another transaction was found to hold.
    pub(super) fn add(&self, batch: Vec<(Queued, ComplaintRef)>) {
        if batch.is_empty() {
            return;
        }
        let mut lines = self.lines();
        for (queued, complaint) in batch {
            lines.line_up(queued, complaint);
        }
        drop(lines);
        self.changed.notify_all();
    }

    /// Adds the commands of a batch whose complaint already has a queue, and returns the rest.
    pub(super) fn divert(&self, batch: Vec<Queued>) -> Vec<Queued> {
        let mut lines = self.lines();
        if lines.by_complaint.is_empty() {
            return batch;
        }
        let mut rest = Vec::with_capacity(batch.len());
        for queued in batch {
            let waited_for =
                |complaint: &&ComplaintRef| lines.by_complaint.contains_key(*complaint);
            let complaint = queued.envelope.work.named().find(waited_for).cloned();
            match complaint {
                Some(complaint) => lines.line_up(queued, complaint),
                None => rest.push(queued),
            }
        }
        rest
    }

    /// Takes the commands to try next: whole queues, up to a batch. Waits until there are any; `None` once there can be no more.
    /// [`Contended::put_back`] must be called before the next take.
    pub(super) fn take(&self) -> Option<Vec<Queued>> {
        let mut lines = self.lines();
        while lines.turns.is_empty() {
            if lines.feeders == 0 {
                return None;
            }
            let woken = self.changed.wait(lines);
            lines = woken.unwrap_or_else(PoisonError::into_inner);
        }
        if !lines.rest.is_zero() {
            let rest = lines.rest;
            // A newly added complaint ends the pause early: it may be free already.
            let rested = self.changed.wait_timeout(lines, rest);
            lines = rested.unwrap_or_else(PoisonError::into_inner).0;
        }
        Some(lines.take())
    }

    /// Puts back the commands whose complaint is still locked; those that timed out are answered. `progress` says whether any
    /// other command was carried out.
    pub(super) fn put_back(&self, contended: Vec<(Queued, ComplaintRef)>, progress: bool) {
        let mut lines = self.lines();
        let since = |queued: &Queued| queued.contended.map(|since| since.elapsed());
        let mut elsewhere = Vec::new();
        for (queued, complaint) in contended.into_iter().rev() {
            if since(&queued) >= Some(self.patience) {
                queued.answer(Err(EngineError::Contended(complaint)));
            } else if lines.tried.contains(&complaint) {
                let line = lines.by_complaint.entry(complaint).or_default();
                line.push_front(queued);
            } else {
                elsewhere.push((queued, complaint));
            }
        }
        // They waited for one of their complaints, and now wait for the other.
        for (queued, complaint) in elsewhere.into_iter().rev() {
            lines.line_up(queued, complaint);
        }
        lines.end_turn();
        lines.rest = if progress {
            Duration::ZERO
        } else {
            (lines.rest * 2).clamp(REST.0, REST.1)
        };
    }
}

impl Lines {
    fn line_up(&mut self, mut queued: Queued, complaint: ComplaintRef) {
        queued.contended.get_or_insert_with(Stopwatch::start);
        let line = match self.by_complaint.entry(complaint) {
            Entry::Occupied(line) => line.into_mut(),
            Entry::Vacant(place) => {
                self.turns.push_back(place.key().clone());
                place.insert(VecDeque::new())
            }
        };
        if line.len() < LINE {
            line.push_back(queued);
        } else {
            queued.answer(Err(EngineError::Overloaded));
        }
    }

    fn take(&mut self) -> Vec<Queued> {
        let mut batch = Vec::new();
        while let Some(complaint) = self.turns.front() {
            let Some(line) = self.by_complaint.get_mut(complaint) else {
                self.turns.pop_front();
                continue;
            };
            // No queue is longer than a batch, so each gets its turn.
            if !batch.is_empty() && batch.len() + line.len() > BATCH {
                break;
            }
            batch.extend(line.drain(..));
            self.tried.extend(self.turns.pop_front());
        }
        batch
    }

    fn end_turn(&mut self) {
        for complaint in std::mem::take(&mut self.tried) {
            match self.by_complaint.entry(complaint) {
                Entry::Occupied(line) if line.get().is_empty() => {
                    line.remove();
                }
                Entry::Occupied(line) => self.turns.push_back(line.key().clone()),
                Entry::Vacant(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use tokio::sync::oneshot::{self, error::TryRecvError};
    use uuid::Uuid;

    use super::*;
    use crate::{
        access::Scope,
        domain::{Command, Complaint, LinkKind},
        engine::{Envelope, Work},
    };

    type Answered = oneshot::Receiver<Result<Complaint, EngineError>>;

    fn complaint(number: u128) -> ComplaintRef {
        ComplaintRef::Id(Uuid::from_u128(number))
    }

    /// A command of this caller on this complaint.
    fn command(number: u128, caller: &str) -> (Queued, Answered) {
        queued(number, Command::Fire, caller)
    }

    /// Links the first complaint to the second.
    fn link(first: u128, second: u128, caller: &str) -> (Queued, Answered) {
        let other = complaint(second);
        let kind = LinkKind::SameCause;
        queued(first, Command::Link { other, kind }, caller)
    }

    fn queued(number: u128, command: Command, caller: &str) -> (Queued, Answered) {
        let (answer, answered) = oneshot::channel();
        let envelope = Envelope {
            request: None,
            actor: caller.to_owned().into(),
            scope: Scope::default(),
            work: Work::Change {
                complaint: complaint(number),
                version: None,
                command: Box::new(command),
            },
        };
        let queued = Queued {
            envelope,
            answer,
            span: tracing::Span::none(),
            contended: None,
        };
        (queued, answered)
    }

    fn commands(wanted: &[(u128, &str)]) -> (Vec<Queued>, Vec<Answered>) {
        let commands = wanted.iter();
        commands.map(|(id, caller)| command(*id, caller)).unzip()
    }

    /// Each with its first complaint as the locked one.
    fn held(batch: Vec<Queued>) -> Vec<(Queued, ComplaintRef)> {
        let batch = batch.into_iter().map(|queued| {
            let first = queued.envelope.work.named().next().cloned();
            (queued, first.unwrap())
        });
        batch.collect()
    }

    fn callers(batch: &[Queued]) -> Vec<&str> {
        let actors = batch
            .iter()
            .map(|queued| queued.envelope.actor.name.as_str());
        actors.collect()
    }

    #[test]
    fn what_comes_after_a_command_that_waits_waits_behind_it() {
        let contended = Contended::default();
        let (found, _first) = commands(&[(1, "a")]);
        contended.add(held(found));
        let (batch, _rest) = commands(&[(1, "b"), (2, "c")]);
        assert_eq!(callers(&contended.divert(batch)), ["c"]);
        let tried = contended.take().unwrap();
        assert_eq!(callers(&tried), ["a", "b"]);
        // Also while they are being tried.
        let (batch, _later) = commands(&[(1, "d")]);
        assert!(contended.divert(batch).is_empty());
        contended.put_back(held(tried), false);
        assert_eq!(callers(&contended.take().unwrap()), ["a", "b", "d"]);
        contended.put_back(Vec::new(), true);
        let (batch, _free) = commands(&[(1, "e")]);
        assert_eq!(callers(&contended.divert(batch)), ["e"]);
    }

    #[test]
    fn a_command_on_two_complaints_waits_for_the_one_that_is_held_and_holds_up_nothing_on_the_other()
     {
        let contended = Contended::default();
        let (found, _answer) = link(1, 2, "a");
        contended.add(vec![(found, complaint(2))]);
        let (batch, _answers) = commands(&[(1, "b"), (2, "c")]);
        assert_eq!(callers(&contended.divert(batch)), ["b"]);
        // It queues for whichever of its complaints has a queue.
        let (later, _later) = link(3, 2, "d");
        assert!(contended.divert(vec![later]).is_empty());
        let tried = contended.take().unwrap();
        assert_eq!(callers(&tried), ["a", "c", "d"]);
        // Now the other complaint is locked.
        let mut tried = tried.into_iter();
        let (first, rest) = (tried.next().unwrap(), tried.collect::<Vec<_>>());
        let mut still = vec![(first, complaint(1))];
        still.extend(rest.into_iter().map(|queued| (queued, complaint(2))));
        contended.put_back(still, false);
        let (batch, _batch) = commands(&[(1, "e"), (2, "f")]);
        assert!(contended.divert(batch).is_empty());
        let tried = contended.take().unwrap();
        assert_eq!(callers(&tried), ["a", "e", "c", "d", "f"]);
    }

    #[test]
    fn a_full_line_takes_no_more_and_leaves_the_others_their_turn() {
        let contended = Contended::default();
        let (long, mut answers) = commands(&[(1, "a"); LINE + 1]);
        contended.add(held(long));
        let refused = answers.pop().unwrap().try_recv().unwrap();
        assert!(matches!(refused, Err(EngineError::Overloaded)));
        let (short, _answer) = commands(&[(2, "b")]);
        contended.add(held(short));
        let tried = contended.take().unwrap();
        assert_eq!(tried.len(), LINE);
        contended.put_back(held(tried), false);
        assert_eq!(callers(&contended.take().unwrap()), ["b"]);
    }

    #[test]
    fn lines_that_fill_one_batch_are_tried_together() {
        let contended = Contended::default();
        let (long, _answers) = commands(&[(1, "a"); LINE - 1]);
        let (short, _answer) = commands(&[(2, "b")]);
        contended.add(held(long));
        contended.add(held(short));
        assert_eq!(contended.take().unwrap().len(), BATCH);
    }

    #[test]
    fn whoever_has_waited_for_too_long_is_told_so() {
        let contended = Contended::with_patience(Duration::ZERO);
        let (found, mut answers) = commands(&[(1, "a")]);
        contended.add(held(found));
        assert_eq!(contended.waiting(), 1);
        assert!(matches!(answers[0].try_recv(), Err(TryRecvError::Empty)));
        let tried = contended.take().unwrap();
        contended.put_back(held(tried), false);
        let told = answers[0].try_recv().unwrap();
        assert!(matches!(told, Err(EngineError::Contended(_))));
        assert_eq!(contended.waiting(), 0);
    }

    #[test]
    fn each_try_in_vain_doubles_the_rest_and_progress_ends_it() {
        let contended = Contended::default();
        let rest = |progress| {
            contended.put_back(Vec::new(), progress);
            contended.lines().rest.as_millis()
        };
        let rests: Vec<u128> = (0..8).map(|_| rest(false)).collect();
        assert_eq!(rests, [2, 4, 8, 16, 32, 64, 100, 100]);
        assert_eq!(rest(true), 0);
        assert_eq!(rest(false), 2);
    }

    #[test]
    fn it_ends_when_nobody_can_add_commands_any_more_and_none_is_left() {
        let contended = Arc::new(Contended::default());
        let feeder = Feeder::new(&contended);
        let (found, _answers) = commands(&[(1, "a")]);
        contended.add(held(found));
        drop(feeder);
        let tried = contended.take().unwrap();
        contended.put_back(held(tried), false);
        let tried = contended.take().unwrap();
        contended.put_back(Vec::new(), tried.len() == 1);
        assert!(contended.take().is_none());
    }
}
