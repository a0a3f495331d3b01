//! How an event is recorded: the payload that is stored, and the hash that chains it to the event before it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::event::{Fact, Firing};

/// A payload that also says who entered the fact.
#[derive(Serialize, Deserialize)]
struct Entered<F> {
    #[serde(flatten)]
    fact: F,
    entered_by: String,
}

/// A fact as it is stored and hashed, with who entered it, if that was not the actor.
pub(super) fn payload(fact: &Fact, entered_by: Option<&str>) -> String {
    let payload = match entered_by {
        None => serde_json::to_string(fact),
        Some(entered_by) => serde_json::to_string(&Entered {
            fact,
            entered_by: entered_by.to_owned(),
        }),
    };
    // Serialising a plain enum of words, numbers and times into memory cannot fail.
    #[expect(
        clippy::expect_used,
        reason = "no map with other keys than text, no failing Serialize, in Fact"
    )]
    payload.expect("a fact is plain data")
}

/// Who entered the fact of this payload, if that was not the actor.
#[must_use]
pub fn entered_by(payload: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Nothing {}
    // Few events have it, and the others are not read twice.
    let entered = payload.contains("\"entered_by\"");
    let entered = entered.then(|| serde_json::from_str::<Entered<Nothing>>(payload).ok());
    entered.flatten().map(|entered| entered.entered_by)
}

/// The hash of an event, over the preceding event's hash and everything that the event says. Each part is preceded by its
/// length, so that no two different events have the same bytes.
#[must_use]
pub fn chain(
    previous: &[u8],
    complaint: &[u8; 16],
    sequence: i64,
    at: Timestamp,
    actor: &str,
    payload: &str,
    firing: Option<&Firing>,
) -> Vec<u8> {
    let mut hasher = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    part(previous);
    part(complaint);
    part(&sequence.to_be_bytes());
    part(&at.as_microsecond().to_be_bytes());
    part(actor.as_bytes());
    part(payload.as_bytes());
    if let Some(firing) = firing {
        part(firing.clock.as_bytes());
        part(&firing.cycle.to_be_bytes());
        part(&(firing.step as u64).to_be_bytes());
        part(&firing.repetition.to_be_bytes());
        part(&firing.due.as_microsecond().to_be_bytes());
    }
    hasher.finalize().to_vec()
}
