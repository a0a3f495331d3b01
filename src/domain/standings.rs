//! What the events of a log say of where the complaint stood, held against what the log gives.

use super::{complaint::Complaint, event::Event, standing::Standing};

/// What the events of a log say of where the complaint stood, compared with what the log gives. By these, the log also tells
/// the changes apart.
#[derive(Debug, Default)]
pub(super) struct Standings {
    /// The number of the last change, once an event has told one.
    change: Option<i64>,
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
    pub(super) fn read(&mut self, event: &Event, next: Option<&Event>, complaint: &mut Complaint) {
        let sequence = event.sequence;
        let Some(standing) = &event.standing else {
            if self.change.is_some() {
                self.misstated.push(Misstated {
                    sequence,
                    stored: None,
                    by_log: Standing::of(complaint),
                });
            }
            return;
        };
        if self.pending.is_empty() {
            complaint.version = match self.change {
                Some(last) => last.saturating_add(1),
                None if sequence == 1 => 1,
                // Those before are not known.
                None => standing.version,
            };
        }
        self.pending.push((sequence, standing.clone()));
        let next = next.and_then(|next| next.standing.as_ref());
        if next.is_some_and(|next| next.version == standing.version) {
            return;
        }
        self.change = Some(complaint.version);
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

    /// Whether the changes of the complaint can be counted.
    pub(super) fn count_changes(&self) -> bool {
        self.change.is_some()
    }

    pub(super) fn misstated(&self) -> &[Misstated] {
        &self.misstated
    }
}
