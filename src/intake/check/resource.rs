//! The names of what belongs to a complaint or a policy.

use uuid::Uuid;

use super::{Check, name::hyphenated};
use crate::{domain::ComplaintRef, policy::PolicyRef};

/// What the name of every policy begins with.
pub(crate) const POLICIES: &str = "policies/";
/// Stands for every policy where a list takes more than one.
const ANY: &str = "-";
/// Stands for the last cycle of a clock, whichever that is.
const LATEST: &str = "latest";

/// A version of a policy, as a request names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PolicyName {
    /// The one that is in force.
    InForce(String),
    /// This one.
    Version(PolicyRef),
}

/// A cycle of a clock, as a request names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClockName {
    pub(crate) complaint: ComplaintRef,
    pub(crate) clock: String,
    /// `None`: the latest.
    pub(crate) cycle: Option<i32>,
}

impl Check {
    /// `policies/{policy}` or `policies/{policy}/versions/{version}`.
    pub(crate) fn policy_name(&mut self, name: &str) -> Option<PolicyName> {
        let Some((name, version)) = versioned("policies", name) else {
            let wanted = "must be policies/{policy} or policies/{policy}/versions/{version}";
            self.violation("name", wanted);
            return None;
        };
        Some(match version {
            None => PolicyName::InForce(name),
            Some(version) => PolicyName::Version(PolicyRef { name, version }),
        })
    }

    /// `brands/{brand}` or `brands/{brand}/versions/{version}`: the brand's name, and the version if one is named.
    pub(crate) fn brand_name(&mut self, name: &str) -> Option<(String, Option<String>)> {
        let named = versioned("brands", name);
        if named.is_none() {
            let wanted = "must be brands/{brand} or brands/{brand}/versions/{version}";
            self.violation("name", wanted);
        }
        named
    }

    /// `policies/{policy}/migrations/{migration}`: the policy's name, and the id.
    pub(crate) fn migration_name(&mut self, name: &str) -> Option<(String, Uuid)> {
        let parts: Vec<&str> = name.split('/').collect();
        let named = match parts.as_slice() {
            ["policies", policy, "migrations", id] if is_id(policy) => {
                hyphenated(id).map(|id| ((*policy).to_owned(), id))
            }
            _ => None,
        };
        if named.is_none() {
            let wanted = "must be policies/{policy}/migrations/{migration}";
            self.violation("name", wanted);
        }
        named
    }

    /// `policies/{policy}`, or `policies/-` for all: `Some(None)`.
    pub(crate) fn parent_policy<'n>(
        &mut self,
        parent: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) -> Option<Option<String>> {
        match parent.strip_prefix(POLICIES) {
            Some(ANY) => Some(None),
            Some(policy) if is_id(policy) => self.known("parent", policy, known).map(Some),
            _ => {
                self.violation("parent", "must be policies/{policy}, or policies/-");
                None
            }
        }
    }

    /// `complaints/{id}/clocks/{clock}/cycles/{cycle}`, where the tracking number may stand in the place of the id, and
    /// `latest` in that of the cycle.
    pub(crate) fn clock_name(&mut self, name: &str) -> Option<ClockName> {
        let wanted = "must be complaints/{id}/clocks/{clock}/cycles/{cycle}; the cycle is a number from 1, or latest";
        let parts: Vec<&str> = name.split('/').collect();
        if let ["complaints", id, "clocks", clock, "cycles", cycle] = parts.as_slice()
            && is_id(clock)
            && let Some(cycle) = cycle_of(cycle)
        {
            return Some(ClockName {
                complaint: self.complaint(&format!("complaints/{id}"))?,
                clock: (*clock).to_owned(),
                cycle,
            });
        }
        self.violation("name", wanted);
        None
    }
}

/// What has versions, with the version if one is named.
fn versioned(collection: &str, name: &str) -> Option<(String, Option<String>)> {
    let parts: Vec<&str> = name.split('/').collect();
    let (named, version) = match parts.as_slice() {
        [of, named] if *of == collection => (named, None),
        [of, named, "versions", version] if *of == collection => (named, Some(version)),
        _ => return None,
    };
    let all_ids = is_id(named) && version.is_none_or(|version| is_id(version));
    all_ids.then(|| {
        let version = version.map(|version| (*version).to_owned());
        ((*named).to_owned(), version)
    })
}

/// The cycle that a name ends with: `Some(None)` for the latest.
fn cycle_of(text: &str) -> Option<Option<i32>> {
    if text == LATEST {
        return Some(None);
    }
    let cycle = text.parse::<i32>().ok().filter(|cycle| *cycle > 0)?;
    // One form alone: no sign, no leading zero.
    (cycle.to_string() == text).then_some(Some(cycle))
}

/// Whether it can be an id in a name: the word of a policy, a version or a clock.
fn is_id(text: &str) -> bool {
    let is_of_it = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    !text.is_empty() && text.len() <= 100 && text != ANY && text.chars().all(is_of_it)
}

#[cfg(test)]
mod tests {
    use super::{super::tests::check, *};

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn a_policy_or_a_brand_is_named_by_itself_or_with_a_version() {
        let mut check = check();
        let named = check.policy_name("policies/ca-jive");
        assert_eq!(named, Some(PolicyName::InForce("ca-jive".to_owned())));
        let named = check.policy_name("policies/ca-jive/versions/0a1b2c3d4e5f");
        assert_eq!(
            named,
            Some(PolicyName::Version(PolicyRef {
                name: "ca-jive".to_owned(),
                version: "0a1b2c3d4e5f".to_owned()
            }))
        );
        let named = check.brand_name("brands/jive");
        assert_eq!(named, Some(("jive".to_owned(), None)));
        let named = check.brand_name("brands/jive/versions/0a1b2c3d4e5f");
        let version = Some("0a1b2c3d4e5f".to_owned());
        assert_eq!(named, Some(("jive".to_owned(), version)));
        let id = Uuid::try_parse(ID)
            .ok()
            .map(|id| ("ca-jive".to_owned(), id));
        let named = check.migration_name(&format!("policies/ca-jive/migrations/{ID}"));
        assert_eq!(named, id);
        assert!(check.fields().is_empty());
    }

    #[test]
    fn a_list_goes_through_one_policy_or_all() {
        let mut check = check();
        assert_eq!(check.parent_policy("policies/-", ["a"]), Some(None));
        let one = check.parent_policy("policies/a", ["a"]);
        assert_eq!(one, Some(Some("a".to_owned())));
        assert!(check.fields().is_empty());
        for wrong in ["", "a", "policies/", "policies/b", "policies/a/versions/1"] {
            assert_eq!(check.parent_policy(wrong, ["a"]), None, "{wrong}");
        }
        assert_eq!(check.fields(), ["parent"; 5]);
    }

    #[test]
    fn a_clock_is_named_with_its_cycle() {
        let mut check = check();
        for (written, cycle) in [("2", Some(2)), ("latest", None)] {
            let name = format!("complaints/{ID}/clocks/resolution/cycles/{written}");
            let named = check.clock_name(&name);
            let complaint = Uuid::try_parse(ID).map(ComplaintRef::Id).ok();
            assert_eq!(
                named,
                complaint.map(|complaint| ClockName {
                    complaint,
                    clock: "resolution".to_owned(),
                    cycle
                })
            );
        }
        assert!(check.fields().is_empty());
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for name in [
            "",
            "policies",
            "policies/",
            "policies/-",
            "policies/a b",
            "policies/a/versions/",
            "policies/a/versions/1/x",
            &format!("complaints/{ID}/clocks/resolution/cycles/0"),
            &format!("complaints/{ID}/clocks/resolution/cycles/x"),
            &format!("complaints/{ID}/clocks/resolution/cycles/01"),
            &format!("complaints/{ID}/clocks/resolution/cycles/+1"),
            &format!("complaints/{ID}/clocks//cycles/1"),
            "complaints/1/clocks/resolution/cycles/1",
            "policies/a/migrations/1",
        ] {
            let mut check = check();
            assert_eq!(check.policy_name(name), None, "{name}");
            assert_eq!(check.brand_name(name), None, "{name}");
            assert_eq!(check.migration_name(name), None, "{name}");
            assert_eq!(check.clock_name(name), None, "{name}");
            assert_eq!(check.fields(), ["name"; 4]);
        }
    }
}
