//! How a notice gets to the customer: by which means it is to be sent, and what is recorded at once where it cannot be.

use super::{
    customer::{ContactMeans, Customer},
    decision::Refusal,
    decision_builder::Draft,
    event::Fact,
    fate::{self, FailedDelivery, MOST_FOLLOWED, NoticeFailure, NoticeState, Reach},
};
use crate::policy::Told;

impl Draft<'_> {
    /// Whether what the customer is told now counts only once it is sent, posted or told.
    pub(super) fn awaits_telling(&self) -> bool {
        self.context.policy.told == Told::Sent
    }

    /// Where this customer can be written to, where that is followed.
    pub(super) fn reach_of(&self, customer: &Customer) -> Option<Reach> {
        let followed = self.awaits_telling() || self.case.complaint.reach.is_some();
        followed.then(|| Reach::of(customer))
    }

    /// By which means the customer is written to. Where nobody knows the addresses without reading them, by the first that the
    /// brand has: whoever sends it finds out.
    pub(super) fn means(&self) -> Option<ContactMeans> {
        let offered = self.context.means;
        match &self.case.complaint.reach {
            None => offered.first().copied(),
            Some(reach) => reach.choose(offered),
        }
    }

    /// The means by which a customer is told who files by phone or chat, and is still there.
    pub(super) fn on_the_line(&self) -> Option<ContactMeans> {
        fate::on_the_line(self.case.complaint.channel)
    }

    /// No address for any means by which the brand writes: the handler has to find another way.
    pub(super) fn record_unreachable(&mut self, notice: i64) -> Result<(), Refusal> {
        self.record_failure(notice, None, NoticeFailure::NoAddress)
    }

    /// Only so many notices are followed. Where none of them is over, the oldest is given up.
    pub(super) fn make_room_for_notice(&mut self) -> Result<(), Refusal> {
        let fates = &self.case.complaint.notices;
        if fates.len() < MOST_FOLLOWED || fate::first_to_forget(fates).is_some() {
            return Ok(());
        }
        let oldest = fates.first_key_value();
        match oldest.map(|(notice, fate)| (*notice, fate.means)) {
            Some((notice, means)) => self.record_failure(notice, means, NoticeFailure::GivenUp),
            None => Ok(()),
        }
    }

    /// Nobody who is erased is written to: what waits to be sent fails.
    pub(super) fn give_up_waiting(&mut self) -> Result<(), Refusal> {
        let fates = self.case.complaint.notices.iter();
        let waiting = fates.filter(|(_, fate)| fate.state == NoticeState::Waiting);
        let waiting: Vec<_> = waiting.map(|(id, fate)| (*id, fate.means)).collect();
        for (notice, means) in waiting {
            self.record_failure(notice, means, NoticeFailure::Erased)?;
        }
        Ok(())
    }

    fn record_failure(
        &mut self,
        notice: i64,
        means: Option<ContactMeans>,
        reason: NoticeFailure,
    ) -> Result<(), Refusal> {
        let failed = FailedDelivery {
            notice,
            means,
            reason,
            code: None,
            took_place_at: None,
            reference: None,
        };
        self.record_by_system(Fact::NoticeFailed(failed), None)
    }
}
