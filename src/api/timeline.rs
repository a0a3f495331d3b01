//! What belongs to one complaint and grows over time: its events, its clocks, what the customer was told.

use serde::de::DeserializeOwned;
use tonic::Status;

use super::{
    ComplaintApi, convert,
    page::{self, FilterDigest, Token},
    read::{found, named},
    status,
};
use crate::{
    domain::{Clock, ComplaintRef},
    proto::v1,
};

/// How many items a page holds by default.
const DEFAULT: u16 = 100;

/// A page of something that belongs to a complaint.
struct Wanted<A> {
    which: ComplaintRef,
    size: usize,
    token: Option<Token<A>>,
}

impl ComplaintApi {
    fn wanted<A: DeserializeOwned>(
        &self,
        name: &str,
        page_size: i32,
        page_token: &str,
    ) -> Result<Wanted<A>, Status> {
        let mut check = self.check();
        let size = check.page_size(page_size, DEFAULT);
        // A complaint has two names: the token is bound to the id, which is only known now.
        let token = check.token_form(page_token);
        let which = named(check, name)?;
        Ok(Wanted { which, size, token })
    }

    /// The place after which the page begins, once it is known what the token must be for.
    fn after<A>(&self, token: Option<Token<A>>, digest: FilterDigest) -> Result<Option<A>, Status> {
        let mut check = self.check();
        let after = token.and_then(|token| check.token_for(token, digest));
        check.finish(Some(after))
    }

    pub(super) async fn read_events(
        &self,
        request: v1::ListEventsRequest,
    ) -> Result<v1::ListEventsResponse, Status> {
        let wanted = self.wanted(&request.name, request.page_size, &request.page_token)?;
        let which = found(self.reader.complaint(wanted.which).await)?.id;
        let digest = FilterDigest::of("ListEvents", which.as_bytes());
        let after = self.after(wanted.token, digest)?.unwrap_or(0);
        let extent = page::extent(wanted.size);
        let found = self.reader.events(which, after, extent).await;
        let found = found.map_err(|error| status::of_store(&error))?;
        let rows = found.items.into_iter();
        let rows = rows.map(|event| (event.sequence, convert::event(event)));
        let (events, next_page_token) = page::fill(rows, found.more, digest, page::weight);
        Ok(v1::ListEventsResponse {
            events,
            next_page_token,
        })
    }

    pub(super) async fn read_clocks(
        &self,
        request: v1::ListClocksRequest,
    ) -> Result<v1::ListClocksResponse, Status> {
        let wanted = self.wanted(&request.name, request.page_size, &request.page_token)?;
        let stored = found(self.reader.clocks(wanted.which).await)?;
        let digest = FilterDigest::of("ListClocks", stored.id.as_bytes());
        let after: Option<ClockPlace> = self.after(wanted.token, digest)?;
        let policies = self.policies();
        let policy = policies.bound(&stored.binding.policy, &stored.binding.beside);
        let mut clocks = stored.clocks;
        clocks.retain(|clock| after.as_ref().is_none_or(|after| place(clock) > *after));
        let more = clocks.len() > wanted.size;
        clocks.truncate(wanted.size);
        let rows = clocks.into_iter();
        let rows = rows.map(|clock| (place(&clock), convert::clock(clock, policy.as_deref())));
        let (clocks, next_page_token) = page::fill(rows, more, digest, page::weight);
        Ok(v1::ListClocksResponse {
            clocks,
            next_page_token,
        })
    }

    pub(super) async fn read_notices(
        &self,
        request: v1::ListNoticesRequest,
    ) -> Result<v1::ListNoticesResponse, Status> {
        let wanted = self.wanted(&request.name, request.page_size, &request.page_token)?;
        let which = found(self.reader.complaint(wanted.which).await)?.id;
        let digest = FilterDigest::of("ListNotices", which.as_bytes());
        let after = self.after(wanted.token, digest)?.unwrap_or(0);
        let extent = page::extent(wanted.size);
        let found = self.reader.notices(which, after, extent).await;
        let found = found.map_err(|error| status::of_store(&error))?;
        let rows = found.items.into_iter();
        let rows = rows.map(|notice| (notice.sequence, convert::notice(notice)));
        let (notices, next_page_token) = page::fill(rows, found.more, digest, page::weight);
        Ok(v1::ListNoticesResponse {
            notices,
            next_page_token,
        })
    }
}

/// The place of a clock in the list: those that have not ended come first. A clock that ends between two pages moves back,
/// and may be listed twice; none is left out.
type ClockPlace = (bool, i64, String, i32);

fn place(clock: &Clock) -> ClockPlace {
    (
        clock.stop.is_some(),
        clock.start.as_microsecond(),
        clock.name.clone(),
        clock.cycle,
    )
}
