//! What waits to be sent to customers, and who has it.

use super::{
    ComplaintApi, convert, page,
    personal::{Hand, Personal, named},
    problems,
};
use crate::{
    access::{Caller, PersonalKind},
    domain::ContactMeans,
    intake::{Choice as _, Claim, DispatchList, Problem},
    proto::v1,
    store::{ClaimedDispatch, DispatchKey, Letter, Senders, WaitingDispatch},
};

impl Personal for v1::ClaimDispatchesResponse {
    fn each(&mut self, hand: &mut dyn Hand) {
        for claimed in &mut self.dispatches {
            let complaint = named(&claimed.complaint);
            hand.place(complaint, PersonalKind::NoticeText, &mut claimed.text);
            hand.place(
                complaint,
                PersonalKind::NoticeAddressee,
                &mut claimed.addressee,
            );
            hand.place(complaint, PersonalKind::Customer, &mut claimed.address);
        }
    }
}

impl ComplaintApi {
    pub(super) async fn read_dispatches(
        &self,
        caller: &Caller,
        request: v1::ListDispatchesRequest,
    ) -> Result<v1::ListDispatchesResponse, Problem> {
        let wanted = DispatchList::of(self.check_of(caller), request)?;
        let senders = self.senders(caller, wanted.brand.as_deref());
        let means = wanted
            .means
            .map_or(ContactMeans::ALL.to_vec(), |it| vec![it]);
        let size = wanted.size;
        let found = self
            .reader
            .dispatches(senders, means, wanted.after, size + 1);
        let found = found.await.map_err(|error| problems::of_store(&error))?;
        let more = found.len() > size;
        let items = found.into_iter().take(size);
        let items = items.map(|waiting| (waiting.place(), waiting_message(waiting)));
        let (dispatches, next_page_token) =
            page::fill(items, more, wanted.digest, page::weight::<v1::Dispatch>);
        Ok(v1::ListDispatchesResponse {
            dispatches,
            next_page_token,
        })
    }

    pub(super) async fn claim_dispatches(
        &self,
        caller: &Caller,
        request: v1::ClaimDispatchesRequest,
    ) -> Result<v1::ClaimDispatchesResponse, Problem> {
        let acting = self.acting(caller, "ClaimDispatches", &request.actor)?;
        let claim = Claim::of(self.check_of(caller), &acting.name, &request)?;
        let senders = self.senders(caller, claim.brand.as_deref());
        let times = (claim.now, claim.lease_end);
        let claimed = self
            .reader
            .claim_dispatches(senders, claim.means, times, claim.count, claim.actor)
            .await;
        let claimed = claimed.map_err(|error| problems::of_store(&error))?;
        let (mut dispatches, mut unreachable) = (Vec::new(), Vec::new());
        for (claimed, letter) in claimed {
            let DispatchKey {
                complaint, notice, ..
            } = claimed.key;
            let name = || convert::notice_name(complaint, notice);
            match self.unreadable.told(letter, name) {
                Ok(letter) => dispatches.push(claimed_message(claimed, letter)),
                Err(name) => unreachable.push(name),
            }
        }
        Ok(v1::ClaimDispatchesResponse {
            dispatches,
            unreachable,
        })
    }

    /// Those of a brand, or of every brand, as far as the caller sees them.
    fn senders(&self, caller: &Caller, brand: Option<&str>) -> Senders {
        let brands = self.engine.rules().brands();
        let wanted = brands
            .names()
            .filter(|name| brand.is_none_or(|brand| brand == *name));
        Senders::within(wanted, caller.scope())
    }
}

fn waiting_message(waiting: WaitingDispatch) -> v1::Dispatch {
    let DispatchKey {
        complaint,
        notice,
        means,
    } = waiting.key;
    v1::Dispatch {
        notice: convert::notice_name(complaint, notice),
        kind: waiting.kind.number(),
        language: waiting.language.number(),
        brand: waiting.brand,
        means: means.number(),
        issued_time: convert::time(waiting.issued_at),
        attempts: waiting.attempts,
        next_attempt_time: convert::time(waiting.next_attempt_at),
        claimed_by: waiting.claimed_by.unwrap_or_default(),
        last_code: waiting.last_code.unwrap_or_default(),
        tracking_number: waiting.tracking_number,
    }
}

fn claimed_message(claimed: ClaimedDispatch, letter: Letter) -> v1::ClaimedDispatch {
    let DispatchKey {
        complaint,
        notice,
        means,
    } = claimed.key;
    v1::ClaimedDispatch {
        notice: convert::notice_name(complaint, notice),
        complaint: convert::name_of(complaint),
        sequence: notice,
        means: means.number(),
        attempt: claimed.attempt,
        lease_end_time: convert::time(claimed.leased_until),
        kind: claimed.kind.number(),
        language: claimed.language.number(),
        brand: claimed.brand,
        tracking_number: letter.tracking_number.clone(),
        text: letter.notice.letter(),
        addressee: letter.notice.addressee.clone().unwrap_or_default(),
        address: letter.address.unwrap_or_default(),
    }
}
