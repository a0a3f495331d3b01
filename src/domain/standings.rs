//! What the events of a log say of where the complaint stood, held against what the log gives.

use super::{complaint::Complaint, event::Event, standing::Standing};

/// What the events of a log say of where the complaint stood, compared with what the log gives.
#[derive(Debug, Default)]
pub(super) struct Standings {
    /// Whether any event has said it: those from before it was recorded do not.
    is_recorded: bool,
    /// The events of the change that is being read.
    pending: Vec<(i64, Standing)>,
    misstated: Vec<Misstated>,
}

/// An event that says otherwise than the log where the complaint stood after it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misstated {
    pub(super) sequence: i64,
    /// `None`: it says nothing, though an event before it does.
    pub(super) stored: Option<Standing>,
    pub(super) by_log: Standing,
}

impl Standings {
    /// After an event was applied to the complaint; `next` is the one that follows.
    pub(super) fn read(&mut self, event: &Event, next: Option<&Event>, complaint: &Complaint) {
        let sequence = event.sequence;
        let Some(standing) = &event.standing else {
            if self.is_recorded {
                self.misstated.push(Misstated {
                    sequence,
                    stored: None,
                    by_log: Standing::of(complaint),
                });
            }
            return;
        };
        self.is_recorded = true;
        self.pending.push((sequence, standing.clone()));
        let same_change = |next: &Event| {
            let version = next.standing.as_ref().map(|standing| standing.version);
            version == Some(standing.version) && next.at == event.at
        };
        if next.is_some_and(same_change) {
            return;
        }
        let by_log = Standing::of(complaint);
        for (sequence, stored) in self.pending.drain(..) {
            if stored != by_log {
                self.misstated.push(Misstated {
                    sequence,
                    stored: Some(stored),
                    by_log: by_log.clone(),
                });
            }
        }
    }

    pub(super) fn misstated(&self) -> &[Misstated] {
        &self.misstated
    }
}
