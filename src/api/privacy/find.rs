//! Streams the complaints of a person.

use std::{collections::VecDeque, pin::Pin, sync::Arc};

use futures_util::Stream;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    access::{Caller, Scope},
    api::{
        ComplaintApi, convert, problems,
        unread::{PATIENCE, while_read},
    },
    intake::{Problem, identity},
    proto::v1,
    store::{PersonKey, Reader},
};

/// The response stream of `FindPerson`.
pub(in crate::api) type PersonStream =
    Pin<Box<dyn Stream<Item = Result<v1::FindPersonResponse, Problem>> + Send + 'static>>;

impl ComplaintApi {
    pub(in crate::api) async fn begin_search(
        &self,
        caller: &Caller,
        request: v1::FindPersonRequest,
    ) -> Result<PersonStream, Problem> {
        let mut check = self.check();
        let wanted = identity(&mut check, request);
        let key = check.finish(wanted)?;
        let turn = Arc::clone(&self.searches).try_acquire_owned();
        let search = Search {
            reader: self.reader.clone(),
            key,
            scope: caller.scope().clone(),
            after: None,
            searched: 0,
            found: VecDeque::new(),
            over: false,
            shutdown: self.tail.shutdown().clone(),
            _turn: turn.map_err(|_| problems::busy())?,
        };
        let unread = |_: &Search| problems::not_read_on();
        Ok(while_read(search, PATIENCE, unread, Search::next))
    }
}

struct Search {
    reader: Reader,
    key: PersonKey,
    scope: Scope,
    /// The last complaint examined.
    after: Option<Uuid>,
    searched: i64,
    /// Found but not sent yet.
    found: VecDeque<Uuid>,
    /// All complaints have been examined.
    over: bool,
    shutdown: CancellationToken,
    _turn: OwnedSemaphorePermit,
}

impl Search {
    /// The next message, and the remaining work. The last message names no complaint.
    async fn next(mut self) -> (Result<v1::FindPersonResponse, Problem>, Option<Self>) {
        if self.found.is_empty() && !self.over {
            let shutdown = self.shutdown.clone();
            let page = self
                .reader
                .search_person(self.key.clone(), self.after, &self.scope);
            match shutdown.run_until_cancelled(page).await {
                None => return (Err(problems::shutting_down()), None),
                Some(Err(error)) => return (Err(problems::of_store(&error)), None),
                Some(Ok(page)) => {
                    self.searched += i64::try_from(page.searched).unwrap_or(0);
                    self.found.extend(page.found);
                    self.over = page.last.is_none();
                    self.after = page.last.or(self.after);
                }
            }
        }
        let next = self.found.pop_front();
        let goes_on = next.is_some() || !self.over;
        let message = v1::FindPersonResponse {
            complaint: next.map(convert::name_of).unwrap_or_default(),
            searched_complaints: self.searched,
        };
        (Ok(message), goes_on.then_some(self))
    }
}
