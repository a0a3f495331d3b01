//! Which complaints are listed.

use jiff::Timestamp;

use crate::{access::Scope, domain::State, policy::Channel};

/// The filter's word for what nobody handles.
pub const NOBODY: &str = "-";

/// In which order complaints are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// With a notice that did not reach the customer.
    pub undelivered: bool,
    /// With all of these labels, each as `key=value`.
    pub labels: Vec<String>,
    /// In which order.
    pub order: Order,
    /// Only what lies within it.
    pub scope: Scope,
}

/// Whom complaints are assigned to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holders<'f> {
    /// Any of these.
    pub(super) names: Vec<&'f str>,
    /// Or nobody.
    pub(super) nobody: bool,
}

impl Filter {
    /// Whether nothing passes that is over.
    pub(super) fn is_open(&self) -> bool {
        let open = |states: &[State]| !states.iter().any(|state| state.is_terminal());
        self.assignee.as_deref() == Some(NOBODY) || (!self.states.is_empty() && open(&self.states))
    }

    /// The brands of which complaints pass; `None`: of any.
    pub(super) fn brands(&self) -> Option<Vec<&str>> {
        match self.brand.as_deref() {
            Some(brand) => {
                let named = Some(brand).filter(|brand| self.scope.includes_brand(brand));
                Some(named.into_iter().collect())
            }
            None => {
                let brands = self.scope.brands.as_ref();
                brands.map(|brands| brands.iter().map(String::as_str).collect())
            }
        }
    }

    /// Whose complaints pass; `None`: whoever has them.
    pub(super) fn holders(&self) -> Option<Holders<'_>> {
        let queues = self.scope.queues.as_ref();
        let is_seen = |assignee| queues.is_none_or(|queues| queues.include(assignee));
        match self.assignee.as_deref() {
            Some(NOBODY) => Some(Holders {
                names: Vec::new(),
                nobody: is_seen(None),
            }),
            Some(name) => {
                let named = Some(name).filter(|name| is_seen(Some(name)));
                Some(Holders {
                    names: named.into_iter().collect(),
                    nobody: false,
                })
            }
            None => queues.map(|queues| Holders {
                names: queues.assignees().collect(),
                nobody: queues.unassigned,
            }),
        }
    }
}
