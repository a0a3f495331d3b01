//! What belongs to one complaint and grows over time: its events, its clocks, what the customer was told.

use serde::de::DeserializeOwned;

use super::{ComplaintApi, convert, event, page, problems, read::found};
use crate::{
    access::Caller,
    domain::ComplaintRef,
    intake::{
        ClockName, EVENTS, NOTICES, Problem,
        page_token::{FilterDigest, Token},
    },
    proto::v1,
    store::{ClockPlace, ListedClock, StoredClocks},
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
        caller: &Caller,
        parent: &str,
        page_size: i32,
        page_token: &str,
    ) -> Result<Wanted<A>, Problem> {
        let mut check = self.check_of(caller);
        let size = check.page_size(page_size, DEFAULT);
        // A complaint has two names: the token is bound to the id, which is only known now.
        let token = check.token_form(page_token);
        let which = check.complaint_in("parent", parent);
        let which = check.finish(which)?;
        Ok(Wanted { which, size, token })
    }

    /// The place after which the page begins, once it is known what the token must be for.
    fn after<A>(
        &self,
        token: Option<Token<A>>,
        digest: FilterDigest,
    ) -> Result<Option<A>, Problem> {
        let mut check = self.check();
        let after = token.and_then(|token| check.token_for(token, digest));
        check.finish(Some(after))
    }

    pub(super) async fn read_event(
        &self,
        caller: &Caller,
        request: v1::GetEventRequest,
    ) -> Result<v1::Event, Problem> {
        let mut check = self.check_of(caller);
        let named = check.numbered(EVENTS, &request.name);
        let (which, sequence) = check.finish(named)?;
        let which = found(self.reader.id(which, caller.scope()).await)?;
        let texts = request.include_text;
        let event = self.reader.event(which, sequence, texts).await;
        let event = event.map_err(|error| problems::of_store(&error))?;
        let event = event.ok_or_else(problems::event_not_found)?;
        let content = event.content.map_err(|error| problems::of_store(&error))?;
        Ok(event::event(which, sequence, content))
    }

    pub(super) async fn read_events(
        &self,
        caller: &Caller,
        request: v1::ListEventsRequest,
    ) -> Result<v1::ListEventsResponse, Problem> {
        let wanted = self.wanted(
            caller,
            &request.parent,
            request.page_size,
            &request.page_token,
        )?;
        let which = found(self.reader.id(wanted.which, caller.scope()).await)?;
        let digest = FilterDigest::of("ListEvents", which.as_bytes());
        let after = self.after(wanted.token, digest)?.unwrap_or(0);
        let extent = page::extent(wanted.size);
        let texts = request.include_text;
        let found = self.reader.events(which, after, extent, texts).await;
        let found = found.map_err(|error| problems::of_store(&error))?;
        let rows = found.items.into_iter().map(|event| {
            let sequence = event.sequence;
            let name = || convert::event_name(which, sequence);
            let content = self.unreadable.told(event.content, name);
            let event = content.map(|content| event::event(which, sequence, content));
            (sequence, event)
        });
        let weight = page::weight_or_name;
        let (rows, next_page_token) = page::fill(rows, found.more, digest, weight);
        let (events, unreachable) = page::divide(rows);
        Ok(v1::ListEventsResponse {
            events,
            next_page_token,
            unreachable,
        })
    }

    pub(super) async fn read_clock(
        &self,
        caller: &Caller,
        request: v1::GetClockRequest,
    ) -> Result<v1::Clock, Problem> {
        let mut check = self.check_of(caller);
        let name = check.clock_name(&request.name);
        let ClockName {
            complaint,
            clock,
            cycle,
        } = check.finish(name)?;
        let stored = found(
            self.reader
                .clock(complaint, clock, cycle, caller.scope())
                .await,
        )?;
        let listed = stored.clocks.into_iter().next();
        let listed = listed.ok_or_else(problems::no_such_clock)?;
        let clock = listed.clock.map_err(|error| problems::of_store(&error))?;
        let policies = self.policies();
        let policy = policies.bound(&stored.binding.policy, &stored.binding.additional_policies);
        Ok(convert::clock(stored.id, clock, policy.as_deref()))
    }

    pub(super) async fn read_clocks(
        &self,
        caller: &Caller,
        request: v1::ListClocksRequest,
    ) -> Result<v1::ListClocksResponse, Problem> {
        let wanted = self.wanted(
            caller,
            &request.parent,
            request.page_size,
            &request.page_token,
        )?;
        let stored = self.stored_clocks(caller, wanted).await?;
        let digest = FilterDigest::of("ListClocks", stored.id.as_bytes());
        let policies = self.policies();
        let policy = policies.bound(&stored.binding.policy, &stored.binding.additional_policies);
        let rows = stored.clocks.into_iter().map(|listed| {
            let ListedClock {
                name,
                cycle,
                place,
                clock,
            } = listed;
            let name = || convert::clock_name(stored.id, &name, cycle);
            let clock = self.unreadable.told(clock, name);
            (
                place,
                clock.map(|clock| convert::clock(stored.id, clock, policy.as_deref())),
            )
        });
        let weight = page::weight_or_name;
        let (rows, next_page_token) =
            page::fill_within(page::LARGEST_OF_CLOCKS, rows, stored.more, digest, weight);
        let (clocks, unreachable) = page::divide(rows);
        Ok(v1::ListClocksResponse {
            clocks,
            next_page_token,
            unreachable,
        })
    }

    /// The clocks of a page. The first ones are looked up by the name of their complaint.
    async fn stored_clocks(
        &self,
        caller: &Caller,
        wanted: Wanted<ClockPlace>,
    ) -> Result<StoredClocks, Problem> {
        let (which, after) = match wanted.token {
            None => {
                let mut first = found(self.reader.clocks(wanted.which, caller.scope()).await)?;
                if wanted.size <= first.clocks.len() || !first.more {
                    first.more |= wanted.size < first.clocks.len();
                    first.clocks.truncate(wanted.size);
                    return Ok(first);
                }
                (first.id, None)
            }
            token => {
                let which = found(self.reader.id(wanted.which, caller.scope()).await)?;
                (
                    which,
                    self.after(token, FilterDigest::of("ListClocks", which.as_bytes()))?,
                )
            }
        };
        found(self.reader.clocks_after(which, after, wanted.size).await)
    }

    pub(super) async fn read_notice(
        &self,
        caller: &Caller,
        request: v1::GetNoticeRequest,
    ) -> Result<v1::Notice, Problem> {
        let mut check = self.check_of(caller);
        let named = check.numbered(NOTICES, &request.name);
        let (which, sequence) = check.finish(named)?;
        let which = found(self.reader.id(which, caller.scope()).await)?;
        let notice = self.reader.notice(which, sequence).await;
        let notice = notice.map_err(|error| problems::of_store(&error))?;
        let notice = notice.ok_or_else(problems::notice_not_found)?;
        Ok(convert::notice(which, notice))
    }

    pub(super) async fn read_notices(
        &self,
        caller: &Caller,
        request: v1::ListNoticesRequest,
    ) -> Result<v1::ListNoticesResponse, Problem> {
        let wanted = self.wanted(
            caller,
            &request.parent,
            request.page_size,
            &request.page_token,
        )?;
        let which = found(self.reader.id(wanted.which, caller.scope()).await)?;
        let digest = FilterDigest::of("ListNotices", which.as_bytes());
        let after = self.after(wanted.token, digest)?.unwrap_or(0);
        let extent = page::extent(wanted.size);
        let found = self.reader.notices(which, after, extent).await;
        let found = found.map_err(|error| problems::of_store(&error))?;
        let rows = found.items.into_iter().map(|(sequence, notice)| {
            let name = || convert::notice_name(which, sequence);
            let notice = self.unreadable.told(notice, name);
            (
                sequence,
                notice.map(|notice| convert::notice(which, notice)),
            )
        });
        let weight = page::weight_or_name;
        let (rows, next_page_token) = page::fill(rows, found.more, digest, weight);
        let (notices, unreachable) = page::divide(rows);
        Ok(v1::ListNoticesResponse {
            notices,
            next_page_token,
            unreachable,
        })
    }
}
