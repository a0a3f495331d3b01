//! Several codes that bind one complaint.

use std::sync::Arc;

use super::{Action, ClockRule, Code, Policy, Trigger};

impl Policy {
    /// This policy with the clocks of others. They keep their own code, but for the hours in which staff are reminded: the
    /// staff are the provider's. What is promised to the customer is timed by this policy alone, so a date that is given
    /// never moves a clock of theirs.
    pub(super) fn bind(&self, others: &[&Arc<Policy>]) -> Policy {
        let theirs = others.iter().flat_map(|other| {
            let code = Arc::new(Code {
                staff_hours: self.code.staff_hours.clone(),
                ..Code::clone(&other.code)
            });
            other.clocks.iter().map(move |rule| ClockRule {
                code: Arc::clone(&code),
                follows_promise: false,
                ..rule.clone()
            })
        });
        Policy {
            bound_additional: others.iter().map(|other| other.reference()).collect(),
            retention: [self]
                .into_iter()
                .chain(others.iter().map(|other| &***other))
                .flat_map(|code| code.retention.iter().cloned())
                .collect(),
            clocks: self.clocks.iter().cloned().chain(theirs).collect(),
            ..self.clone()
        }
    }

    /// Whether some clock of its own tells the customer of the independent body by itself.
    pub(super) fn tells_recourse(&self) -> bool {
        self.clocks.iter().any(ClockRule::tells_recourse)
    }
}

impl ClockRule {
    /// Whether it tells the customer of the independent body by itself: at each level that asks for it, or some time after
    /// the complaint came in, whichever way it did.
    fn tells_recourse(&self) -> bool {
        let starts = |trigger| self.starts_on.contains(&trigger);
        let always = starts(Trigger::RecourseLevelReached)
            || (starts(Trigger::Filed) && starts(Trigger::EnquiryConverted));
        let mut steps = self.steps.iter();
        always
            && !self.urgent_only
            && self.stops_on.contains(&Trigger::RecourseTold)
            && steps.any(|step| step.action == Action::TellRecourse)
    }
}
