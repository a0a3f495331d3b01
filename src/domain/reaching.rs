//! What of a complaint has reached its customer, and what has not.

use super::{
    complaint::Complaint,
    fate::{NoticeFate, NoticeState},
    notice::NoticeKind,
};
use crate::policy::Trigger;

impl Complaint {
    /// The notices that did not reach the customer, with the numbers of their events.
    pub fn undelivered(&self) -> impl Iterator<Item = (i64, &NoticeFate)> {
        let failed = |(_, fate): &(&i64, &NoticeFate)| fate.state == NoticeState::Failed;
        self.notices
            .iter()
            .filter(failed)
            .map(|(id, fate)| (*id, fate))
    }

    /// Whether the outcome that was proposed last is still to reach the customer.
    pub(super) fn awaits_outcome(&self) -> bool {
        let proposed = self.outcome.as_ref().map(|outcome| outcome.event);
        let mut fates = self.notices.iter();
        fates.any(|(notice, fate)| {
            let of_it = proposed.is_some_and(|event| event < *notice);
            of_it && !fate.reached && fate.kind == NoticeKind::OutcomeProposed
        })
    }

    /// Whether such a notice is to be sent.
    pub(super) fn is_on_its_way(&self, kind: NoticeKind) -> bool {
        let mut fates = self.notices.values();
        fates.any(|fate| fate.kind == kind && fate.state == NoticeState::Waiting && !fate.reached)
    }

    /// Whether a text that was issued is still to reach the customer before this has happened for the clocks.
    #[must_use]
    pub fn awaits(&self, trigger: Trigger) -> bool {
        let mut fates = self.notices.values();
        fates.any(|fate| !fate.reached && fate.kind.tells() == Some(trigger))
    }
}
