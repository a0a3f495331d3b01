//! Which complaints a caller may see.

use std::collections::BTreeSet;

use crate::writing;

/// The complaints that a caller may see and change. To the caller, all others do not exist.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// Restricts complaints to these brands. `None`: all brands.
    pub brands: Option<BTreeSet<String>>,
    /// Restricts complaints to these queues. `None`: all queues.
    pub queues: Option<Queues>,
}

/// The queues that a caller works on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Queues {
    /// The people and teams whose complaints are included, each in the form of [`writing::identity`].
    assignees: BTreeSet<String>,
    /// Whether unassigned complaints are included.
    pub unassigned: bool,
}

impl Scope {
    /// Whether a complaint with this brand and assignee is visible.
    #[must_use]
    pub fn includes(&self, brand: &str, assignee: Option<&str>) -> bool {
        let queues = self.queues.as_ref();
        self.includes_brand(brand) && queues.is_none_or(|queues| queues.include(assignee))
    }

    /// Whether any complaint of this brand is visible.
    #[must_use]
    pub fn includes_brand(&self, brand: &str) -> bool {
        let brands = self.brands.as_ref();
        brands.is_none_or(|brands| brands.contains(brand))
    }

    /// Whether every complaint is visible.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.brands.is_none() && self.queues.is_none()
    }
}

impl Queues {
    /// The queues of these people and teams, in any spelling.
    #[must_use]
    pub fn of<'n>(assignees: impl IntoIterator<Item = &'n str>) -> Self {
        Queues {
            assignees: assignees.into_iter().map(writing::identity).collect(),
            unassigned: false,
        }
    }

    /// The people and teams, each in the form of [`writing::identity`], in order.
    pub fn assignees(&self) -> impl Iterator<Item = &str> {
        self.assignees.iter().map(String::as_str)
    }

    /// Whether complaints with this assignee, or without one, are included.
    #[must_use]
    pub fn include(&self, assignee: Option<&str>) -> bool {
        match assignee {
            Some(assignee) => self.assignees.contains(&writing::identity(assignee)),
            None => self.unassigned,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(brands: Option<&[&str]>, queues: Option<Queues>) -> Scope {
        let brands = brands.map(|brands| brands.iter().map(|&brand| brand.to_owned()).collect());
        Scope { brands, queues }
    }

    #[test]
    fn a_complaint_outside_its_brands_or_its_queues_is_outside_a_scope() {
        let everything = Scope::default();
        assert!(everything.is_everything());
        assert!(everything.includes("jive", None));
        let of_brand = scope(Some(&["jive"]), None);
        assert!(of_brand.includes("jive", Some("anybody")));
        assert!(!of_brand.includes("harbour", None));
        let of_team = scope(Some(&["jive"]), Some(Queues::of(["Équipe Facturation"])));
        assert!(of_team.includes("jive", Some("équipe  facturation")));
        assert!(!of_team.includes("jive", Some("Billing")));
        assert!(!of_team.includes("jive", None));
        assert!(!of_team.includes("harbour", Some("Équipe Facturation")));
        let unassigned = Queues {
            unassigned: true,
            ..Queues::default()
        };
        assert!(scope(None, Some(unassigned)).includes("jive", None));
        let nothing = scope(Some(&[]), None);
        assert!(!nothing.includes("jive", None));
    }
}
