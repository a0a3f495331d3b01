//! The list of complaints.

use super::{
    ComplaintApi,
    convert::{self, name_of},
    page, problems,
};
use crate::{
    intake::{List, Problem},
    proto::v1,
    store::ListedComplaint,
};

impl ComplaintApi {
    pub(super) async fn read_complaints(
        &self,
        request: v1::ListComplaintsRequest,
    ) -> Result<v1::ListComplaintsResponse, Problem> {
        let policies = self.policies();
        let List {
            filter,
            mask,
            size,
            after,
            digest,
        } = List::of(self.check(), request, &policies)?;
        let (extent, personal) = (page::extent(size), mask.wants_personal_data());
        let found = self
            .reader
            .complaints(filter, after, extent, personal)
            .await;
        let found = found.map_err(|error| problems::of_store(&error))?;
        let rows = found.items.into_iter().map(|(place, listed)| {
            let id = place.id;
            let listed = self.unreadable.told(listed, || name_of(id));
            let row = listed.map(|ListedComplaint { stored, due }| {
                let due = due.into_iter().map(|due| convert::due_clock(id, due));
                let complaint = mask.apply(convert::stored(&stored, &policies))?;
                Ok::<_, Problem>((complaint, due.collect::<Vec<_>>()))
            });
            Ok((place, transposed(row)?))
        });
        let rows = rows.collect::<Result<Vec<_>, Problem>>()?;
        let weight = |row: &Result<(v1::Complaint, Vec<v1::DueClock>), String>| match row {
            Ok((complaint, due)) => {
                let due = due.iter().map(page::weight);
                page::weight(complaint) + due.sum::<usize>()
            }
            Err(name) => name.len(),
        };
        let (rows, next_page_token) = page::fill(rows, found.more, digest, weight);
        let (rows, unreachable) = page::divide(rows);
        let (complaints, due): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        Ok(v1::ListComplaintsResponse {
            complaints,
            next_page_token,
            due_clocks: due.into_iter().flatten().collect(),
            unreachable,
        })
    }
}

/// A failure of ours ends the page; what cannot be read does not.
fn transposed<T>(row: Result<Result<T, Problem>, String>) -> Result<Result<T, String>, Problem> {
    match row {
        Ok(Ok(row)) => Ok(Ok(row)),
        Ok(Err(status)) => Err(status),
        Err(name) => Ok(Err(name)),
    }
}
