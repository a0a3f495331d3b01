//! Which complaints are listed.

use jiff::Timestamp;

use crate::{
    access::Scope,
    domain::{IssueCategory, State, notice::Language},
    policy::{Channel, ServiceKind},
};

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
    /// By the running clock that falls due first; what is open and has none comes last, and what is over and owes nothing is not
    /// listed. If the filter names a clock, by that one, and all that is due is looked at for each page.
    Due,
    /// As they were received.
    Received,
    /// Those received last come first.
    ReceivedLast,
    /// What is open, the highest level first, and then as they were filed.
    Level,
    /// What is open, by the last contact, the longest ago first.
    LastContact,
    /// What is over, as it was closed.
    Closed,
    /// Those closed last come first.
    ClosedLast,
}

impl Order {
    /// Whether it goes backwards.
    pub(super) const fn is_backwards(self) -> bool {
        matches!(
            self,
            Order::FiledLast | Order::ReceivedLast | Order::ClosedLast
        )
    }

    /// Whether it is that of the receipt, in either direction.
    pub(super) const fn is_by_receipt(self) -> bool {
        matches!(self, Order::Received | Order::ReceivedLast)
    }

    /// Whether it is that of the closure, in either direction.
    pub(super) const fn is_by_closure(self) -> bool {
        matches!(self, Order::Closed | Order::ClosedLast)
    }

    /// Whether it is by the ids alone.
    pub(super) const fn is_by_id(self) -> bool {
        matches!(self, Order::Filed | Order::FiledLast)
    }
}

/// From an instant on, and before another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Period {
    /// At it or after it; `None`: from the beginning.
    pub from: Option<Timestamp>,
    /// Before it; `None`: to the end.
    pub before: Option<Timestamp>,
}

impl Period {
    /// Whether nothing is left out.
    #[must_use]
    pub const fn is_always(&self) -> bool {
        self.from.is_none() && self.before.is_none()
    }
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
    /// One of these handlers; empty: any.
    pub assignees: Vec<String>,
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
    /// With the independent body, or with findings of it that are still to be carried out.
    pub referred: bool,
    /// Served in exactly this region.
    pub region: Option<String>,
    /// One of these; empty: any.
    pub languages: Vec<Language>,
    /// With an issue about one of these services, which is also of one of the categories; empty: any.
    pub services: Vec<ServiceKind>,
    /// With an issue of one of these categories; empty: any.
    pub categories: Vec<IssueCategory>,
    /// Received within it.
    pub received: Period,
    /// Closed within it.
    pub closed: Period,
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
            None if !self.assignees.is_empty() => {
                let named = self.assignees.iter().map(String::as_str);
                Some(Holders {
                    names: named.filter(|name| is_seen(Some(name))).collect(),
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
