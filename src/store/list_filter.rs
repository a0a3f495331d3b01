//! Which complaints are listed.

use jiff::Timestamp;
use serde::Serialize;

use crate::{domain::State, policy::Channel};

/// In which order complaints are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub enum Order {
    /// As they were filed.
    #[default]
    Filed,
    /// Those filed last come first.
    FiledLast,
    /// By the clock that the filter's `due_before` found first. Of what is due all is looked at for each page.
    Due,
    /// As they were received. Has an index for each policy.
    Received,
}

/// Which complaints to list. All that is set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Filter {
    /// Of this brand; `None`: of any.
    pub brand: Option<String>,
    /// One of these; empty: any.
    pub states: Vec<State>,
    /// Exactly this level.
    pub level: Option<i32>,
    /// One of these; empty: any.
    pub channels: Vec<Channel>,
    /// Exactly this handler; `Some("-")`: nobody, and it is open.
    pub assignee: Option<String>,
    /// Exactly this policy.
    pub policy: Option<String>,
    /// With a running clock that was due before this instant.
    pub due_before: Option<Timestamp>,
    /// Which clock `due_before` looks at; `None`: any.
    pub clock: Option<String>,
    /// Flagged as eligible for escalation.
    pub escalation_eligible: bool,
    /// With all of these labels, each as `key=value`.
    pub labels: Vec<String>,
    /// In which order.
    pub order: Order,
}

impl Filter {
    /// Whether nothing passes that is over.
    pub(super) fn is_open(&self) -> bool {
        let open = |states: &[State]| !states.iter().any(|state| state.is_terminal());
        self.assignee.as_deref() == Some("-") || (!self.states.is_empty() && open(&self.states))
    }
}
