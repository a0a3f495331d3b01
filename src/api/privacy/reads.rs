//! Lists who was shown personal data.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;

use crate::{
    access::{Caller, PersonalKind},
    api::{ComplaintApi, convert, problems},
    domain::ComplaintRef,
    intake::{Choice as _, Problem, ReadsList, page_token::token},
    proto::v1,
    store::{PersonalRead, ReadFilter},
};

impl ComplaintApi {
    pub(in crate::api) async fn read_reads(
        &self,
        caller: &Caller,
        request: v1::ListPersonalDataReadsRequest,
    ) -> Result<v1::ListPersonalDataReadsResponse, Problem> {
        let wanted = ReadsList::of(self.check_of(caller), request)?;
        let complaints = wanted.complaints.into_iter().enumerate();
        let ids = complaints.map(|(place, which)| self.id_of(caller, place, which));
        let ids: BTreeSet<_> = try_join_all(ids).await?.into_iter().collect();
        let filter = ReadFilter {
            complaints: (!ids.is_empty()).then_some(ids),
            reader: wanted.reader,
            since: wanted.since,
            until: wanted.until,
            scope: caller.scope().clone(),
        };
        let page = self
            .reader
            .personal_reads(filter, wanted.after, wanted.size);
        let page = page.await.map_err(|error| problems::of_store(&error))?;
        let next = page.next.map(|place| token(place, wanted.digest));
        Ok(v1::ListPersonalDataReadsResponse {
            reads: page.reads.into_iter().map(message).collect(),
            next_page_token: next.unwrap_or_default(),
        })
    }

    async fn id_of(
        &self,
        caller: &Caller,
        place: usize,
        which: ComplaintRef,
    ) -> Result<uuid::Uuid, Problem> {
        let id = self.reader.id(which, caller.scope()).await;
        let id = id.map_err(|error| problems::of_store(&error))?;
        id.ok_or_else(|| problems::not_found_in(&format!("complaints[{place}]")))
    }
}

fn message(read: PersonalRead) -> v1::PersonalDataRead {
    let kinds = read.shown.into_iter();
    v1::PersonalDataRead {
        complaint: convert::name_of(read.complaint),
        reader: read.reader,
        read_time: convert::time(read.at),
        method: read.method,
        kinds: kinds
            .map(|kind| kind.map_or(0, PersonalKind::number))
            .collect(),
        purpose: read.purpose,
    }
}
