//! Where a complaint stands after a change, as its events say: what a reader of the log needs to act on one.

use serde::{Deserialize, Serialize};

use super::{
    complaint::{Complaint, State},
    event::Event,
};

/// Where a complaint stands after a change. Holds what changes; what never does is read off the complaint, and case references
/// are only ever added, so that their number tells which there were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The number of the change. Every event of the change has the same.
    pub version: i64,
    /// Where the complaint stands.
    pub state: State,
    /// The level of escalation.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub level: usize,
    /// Who handles it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// The version of the code of practice that it keeps.
    pub policy_version: String,
    /// How many references to cases elsewhere it has.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub case_references: usize,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes every field by reference"
)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl Standing {
    /// Where this complaint stands.
    #[must_use]
    pub fn of(complaint: &Complaint) -> Standing {
        Standing {
            version: complaint.version,
            state: complaint.state,
            level: complaint.level,
            assignee: complaint.assignee.clone(),
            policy_version: complaint.policy.version.clone(),
            case_references: complaint.case_references.len(),
        }
    }
}

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
