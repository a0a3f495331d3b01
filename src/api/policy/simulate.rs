//! The stream of a simulation.

use std::{pin::Pin, sync::Arc};

use futures_util::Stream;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use super::convert;
use crate::{
    api::{
        ComplaintApi, problems,
        unread::{PATIENCE, while_read},
    },
    intake::{Check, Problem},
    policy::{Policy, Proposal},
    proto::v1::{self, simulate_policy_response::Message},
    simulation::{Plan, Simulation},
};

/// What a call of `SimulatePolicy` returns.
pub(in crate::api) type SimulationStream =
    Pin<Box<dyn Stream<Item = Result<v1::SimulatePolicyResponse, Problem>> + Send + 'static>>;

/// The period that is looked at where none is named.
const LAST_QUARTER: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How many changes are told of one by one, where nothing is said, and at the most.
const DETAILS: (usize, i32) = (100, 1_000);

impl ComplaintApi {
    pub(in crate::api) async fn begin_simulation(
        &self,
        request: v1::SimulatePolicyRequest,
    ) -> Result<SimulationStream, Problem> {
        let wanted = Wanted::of(self.check(), request)?;
        let turn = Arc::clone(&self.simulations).try_acquire_owned();
        let turn = turn.map_err(|_| problems::busy())?;
        let (book, now) = (self.policies(), self.time.now());
        let rules = Arc::clone(self.engine.rules());
        let read = tokio::task::spawn_blocking({
            let book = Arc::clone(&book);
            move || wanted.proposal.read(&book, rules.calendars(), now)
        });
        let policy = read
            .await
            .map_err(|error| problems::broken_off(&error))?
            .map_err(|error| problems::of_proposal(&error))?;
        let policy = Arc::new(policy);
        let plan = Plan {
            book,
            policy: Arc::clone(&policy),
            brands: self.engine.rules().brands(),
            now,
            history: wanted.history,
            details: wanted.details,
        };
        let simulation = Simulation::begin(self.reader.clone(), plan).await;
        let trial = Trial {
            simulation: simulation.map_err(|error| problems::of_store(&error))?,
            policy,
            shutdown: self.tail.shutdown().clone(),
            _turn: turn,
        };
        // Driven by whoever reads the stream: who leaves ends it, and so does who does not read.
        let unread = |_: &Trial| problems::not_read_on();
        Ok(while_read(trial, PATIENCE, unread, Trial::next))
    }
}

struct Trial {
    simulation: Simulation,
    policy: Arc<Policy>,
    shutdown: CancellationToken,
    _turn: OwnedSemaphorePermit,
}

impl Trial {
    /// The next message, and what is left to be done.
    async fn next(mut self) -> (Result<v1::SimulatePolicyResponse, Problem>, Option<Self>) {
        let shutdown = self.shutdown.clone();
        let more = shutdown.run_until_cancelled(self.simulation.go_on()).await;
        match more {
            None => (Err(problems::shutting_down()), None),
            Some(Err(error)) => (Err(problems::of_store(&error)), None),
            Some(Ok(true)) => {
                let progress = convert::progress(self.simulation.progress());
                (Ok(response(Message::Progress(progress))), Some(self))
            }
            Some(Ok(false)) => {
                let report = v1::SimulationReport {
                    policy: self.policy.name().to_owned(),
                    version: self.policy.version().to_owned(),
                    ..convert::report(self.simulation.into_report())
                };
                (Ok(response(Message::Report(report))), None)
            }
        }
    }
}

fn response(message: Message) -> v1::SimulatePolicyResponse {
    v1::SimulatePolicyResponse {
        message: Some(message),
    }
}

/// A checked request.
struct Wanted {
    proposal: Proposal,
    history: Option<(Timestamp, Timestamp)>,
    details: usize,
}

impl Wanted {
    fn of(mut check: Check, request: v1::SimulatePolicyRequest) -> Result<Self, Problem> {
        let proposal = check.proposal(&request.policy, request.policy_file, request.calendars);
        let until = check.any_time("history_until", request.history_until);
        let until = until.unwrap_or_else(|| check.now());
        let from = check.any_time("history_from", request.history_from);
        let from =
            from.unwrap_or_else(|| until.saturating_sub(LAST_QUARTER).unwrap_or(Timestamp::MIN));
        if until < from {
            check.violation("history_until", "must not be before history_from");
        }
        if request.details < 0 {
            check.violation("details", "must not be negative");
        }
        let (default, most) = DETAILS;
        let details = match usize::try_from(request.details.min(most)) {
            Ok(details) if details > 0 => details,
            _ => default,
        };
        Ok(Wanted {
            proposal: check.finish(proposal)?,
            history: (from < until).then_some((from, until)),
            details,
        })
    }
}
