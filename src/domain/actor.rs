//! Who acts.

/// Who acts, and on whose word it is entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Who acts.
    pub name: String,
    /// Who entered it, where that is somebody else: a system that acts for people.
    pub entered_by: Option<String>,
}

/// An [`Actor`] for the time of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acting<'a> {
    pub(super) name: &'a str,
    pub(super) entered_by: Option<&'a str>,
}

impl From<String> for Actor {
    fn from(name: String) -> Self {
        Actor {
            name,
            entered_by: None,
        }
    }
}

impl<'a> From<&'a str> for Acting<'a> {
    fn from(name: &'a str) -> Self {
        Acting {
            name,
            entered_by: None,
        }
    }
}

impl<'a> From<&'a Actor> for Acting<'a> {
    fn from(actor: &'a Actor) -> Self {
        Acting {
            name: &actor.name,
            entered_by: actor.entered_by.as_deref(),
        }
    }
}
