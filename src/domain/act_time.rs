//! When something was done that is entered now, and what it cannot come before.

use jiff::{SignedDuration, Timestamp};

use super::{complaint::Complaint, decision::Refusal, field::Field};

/// How far ahead of ours the clock of a caller may be: what took place within this time from now counts as now.
pub(super) const LEEWAY: SignedDuration = SignedDuration::from_secs(5);

/// Something that an act cannot come before: when it was, and what.
pub(super) type Before = (Timestamp, &'static str);

/// The time of something that took place: not in the future. None given is now.
pub(super) fn past(
    field: Field,
    given: Option<Timestamp>,
    now: Timestamp,
) -> Result<Timestamp, Refusal> {
    match given {
        Some(at) if at.duration_since(now) > LEEWAY => Err(Refusal::BadTime {
            field,
            why: "must not be in the future".to_owned(),
        }),
        Some(at) => Ok(at.min(now)),
        None => Ok(now),
    }
}

/// As [`past`], of something that follows `earliest`.
pub(super) fn took_place(
    field: Field,
    given: Option<Timestamp>,
    (earliest, what): Before,
    now: Timestamp,
) -> Result<Timestamp, Refusal> {
    let at = past(field, given, now)?;
    if at < earliest && given.is_some() {
        let why = format!("must not be before {what} ({earliest})");
        return Err(Refusal::BadTime { field, why });
    }
    Ok(at)
}

/// The later of two; of two at once, the second.
fn later(one: Before, other: Option<Before>) -> Before {
    other.filter(|other| other.0 >= one.0).unwrap_or(one)
}

impl Complaint {
    /// When it was received, as it was taken up last.
    pub(super) fn taken_up(&self) -> Before {
        let reopened = self.reopened_at.map(|at| (at, "its reopening"));
        later((self.received_at, "its receipt"), reopened)
    }

    /// When the review that is under way began: with the receipt, the last escalation or the last reopening.
    pub(super) fn review_began(&self) -> Before {
        let escalated = self.escalated_at.map(|at| (at, "its escalation"));
        later(self.taken_up(), escalated)
    }

    /// The last of what brought it to where it stands.
    pub(super) fn last_step(&self) -> Before {
        let outcome = self.outcome.as_ref();
        let told = outcome.map(|outcome| (outcome.told_at, "the outcome was told"));
        let answered = outcome
            .and_then(|outcome| outcome.answer)
            .map(|(_, at)| (at, "the customer's answer"));
        let implemented = outcome
            .and_then(|outcome| outcome.implemented_at)
            .map(|at| (at, "the remedy was carried out"));
        let closed = self.closed_at.map(|at| (at, "its end"));
        [told, answered, implemented, closed]
            .into_iter()
            .fold(self.review_began(), later)
    }
}
