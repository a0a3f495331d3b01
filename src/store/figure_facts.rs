//! What was read of a complaint for figures, and the facts that it gives.

use jiff::Timestamp;
use uuid::Uuid;

use super::{StoreError, events::EventRow, placement::Placement, rows};
use crate::{
    domain::{Event, Fact, Identity, Replay, Under},
    figures::{Facts, History, Promise, StoredComplaint, promises_of},
    policy::PolicyBook,
};

/// A complaint as it was read.
#[derive(Debug)]
pub struct CountedComplaint {
    /// Its id.
    pub id: Uuid,
    /// What the customer quotes.
    pub tracking_number: String,
    /// What decides now who may see it.
    pub placement: Placement,
    pub(super) found: Found,
}

/// What happened and when that was recorded; an error where it cannot be read.
pub(super) type Recorded = Result<(Timestamp, Fact), StoreError>;

#[derive(Debug)]
pub(super) enum Found {
    /// It stands as it stood at the position.
    Stored {
        body: String,
        promises: Vec<Result<Promise, StoreError>>,
        /// The events that few complaints have.
        rare: Vec<Recorded>,
        /// What happened in all of its rounds, if it had several.
        history: Option<Vec<Recorded>>,
    },
    /// It has changed since: its log up to the position.
    Log(Vec<EventRow>),
}

impl CountedComplaint {
    /// The facts that it gives.
    ///
    /// # Errors
    /// When what is stored of it cannot be read, or its log cannot be followed.
    pub fn facts(self, policies: &PolicyBook) -> Result<Facts, StoreError> {
        match self.found {
            Found::Stored {
                body,
                promises,
                rare,
                history,
            } => {
                let complaint: StoredComplaint = rows::read_json("complaint", &body)?;
                let recorded =
                    |facts: Vec<Recorded>| facts.into_iter().collect::<Result<Vec<_>, _>>();
                let rare = recorded(rare)?;
                let history = match history.map(recorded).transpose()? {
                    Some(rounds) => History::of(rounds.iter().map(|(at, fact)| (*at, fact))),
                    None => {
                        let rare = rare.iter().map(|(at, fact)| (*at, fact));
                        History::of_one_round(&complaint, rare)
                    }
                };
                Ok(Facts {
                    id: self.id,
                    promises: promises.into_iter().collect::<Result<_, _>>()?,
                    history,
                    complaint,
                })
            }
            Found::Log(log) => replayed(self.id, &self.tracking_number, log, policies),
        }
    }
}

fn replayed(
    id: Uuid,
    tracking_number: &str,
    log: Vec<EventRow>,
    policies: &PolicyBook,
) -> Result<Facts, StoreError> {
    let log = log.into_iter().map(Event::try_from);
    let log = log.collect::<Result<Vec<_>, _>>()?;
    let identity = Identity {
        id,
        tracking_number: rows::word(tracking_number)?,
    };
    let replay = Replay::all(identity, &log, Under::Kept(policies));
    let replay = replay.map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let case = replay.case();
    Ok(Facts {
        id,
        complaint: StoredComplaint::from(&case.complaint),
        promises: promises_of(&case.clocks),
        history: History::of_log(&log),
    })
}
