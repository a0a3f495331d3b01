//! What a code of practice promises: each promise is timed by a clock.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{Timestamp, civil::Date};

use super::{
    code::Code,
    step::Step,
    words::{Channel, Role, Trigger},
};
use crate::calendar::{OutOfRange, Roll, Term};

/// One promise: what starts it, what keeps it, and how long it may take.
#[derive(Debug, Clone, PartialEq)]
pub struct ClockRule {
    /// Unique among all codes that bind a complaint, for example `acknowledgement`.
    pub name: String,
    /// The code that makes this promise.
    pub code: Arc<Code>,
    /// Where the promise stands.
    pub source: String,
    /// Who must act to keep it.
    pub owner: Role,
    /// What starts it, where it does not run yet.
    pub starts_on: Vec<Trigger>,
    /// What keeps the promise.
    pub stops_on: Vec<Trigger>,
    /// What keeps the promise and makes it again, in a new cycle.
    pub restarts_on: Vec<Trigger>,
    /// Whether a pause of the complaint stops the counting. Statutory clocks never pause.
    pub pausable: bool,
    /// Whether the date that the customer was promised replaces the target.
    pub follows_promise: bool,
    /// Whether no date may be promised to the customer that lies after its due time, unless staff give a reason.
    pub bounds_promise: bool,
    /// Whether it runs on when the complaint is closed or withdrawn, as an obligation to somebody else.
    pub outlives_closure: bool,
    /// Whether it runs for urgent complaints alone.
    pub urgent_only: bool,
    /// The time allowed, where no more special target fits.
    pub target: Term,
    /// The time allowed if the clock starts on this day or a later one, in the zone of the code's calendar; replaces
    /// [`Self::target`] and no other. The latest such day applies.
    pub target_by_start: BTreeMap<Date, Term>,
    /// The time allowed for what comes by a channel.
    pub target_by_channel: BTreeMap<Channel, Term>,
    /// The time allowed for a matter that was known for long; goes before the channel's.
    pub target_known_for: Option<KnownFor>,
    /// The time allowed for an urgent complaint; goes before all others.
    pub target_urgent: Option<Term>,
    /// What becomes of a last day without working time, where the target is in calendar days, weeks, months or years.
    pub roll: Roll,
    /// In the order in which they are reached. Exactly one stands at the due point.
    pub steps: Vec<Step>,
}

impl ClockRule {
    /// Whether the promise is made for such a complaint at all.
    #[must_use]
    pub fn applies_to(&self, circumstances: &Circumstances) -> bool {
        circumstances.urgent || !self.urgent_only
    }

    /// The time allowed for such a complaint, where the promise begins to count at `start`.
    ///
    /// # Errors
    /// When the calendar cannot count back how long the matter must have been known.
    pub fn target_for(
        &self,
        circumstances: &Circumstances,
        start: Timestamp,
    ) -> Result<(TargetKind, &Term), OutOfRange> {
        if let (Some(term), true) = (&self.target_urgent, circumstances.urgent) {
            return Ok((TargetKind::Urgent, term));
        }
        if let Some(KnownFor { over, target }) = &self.target_known_for
            && circumstances.known_since < self.code.calendar.before(start, over)?
        {
            return Ok((TargetKind::KnownFor, target));
        }
        let channel = circumstances.channel;
        if let Some(term) = self.target_by_channel.get(&channel) {
            return Ok((TargetKind::Channel(channel), term));
        }
        let started = self.code.calendar.date_of(start);
        let mut by_start = self.target_by_start.range(..=started);
        Ok(match by_start.next_back() {
            Some((day, term)) => (TargetKind::StartedSince(*day), term),
            None => (TargetKind::General, &self.target),
        })
    }
}

/// Which of a rule's targets it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    /// Where no more special one fits.
    General,
    /// For clocks that start on this day or later.
    StartedSince(Date),
    /// For what comes by this channel.
    Channel(Channel),
    /// For a matter that was known for long.
    KnownFor,
    /// For what is urgent.
    Urgent,
}

/// What about a complaint decides how long a promise to it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circumstances {
    /// By which it came.
    pub channel: Channel,
    /// Hardship, a disconnection, or safety.
    pub urgent: bool,
    /// When the customer first spoke of the matter: it was known at the latest then.
    pub known_since: Timestamp,
}

/// A target for a matter that the customer has known for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFor {
    /// For longer than this when the clock starts.
    pub over: Term,
    /// The time that is allowed then.
    pub target: Term,
}
