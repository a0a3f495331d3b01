//! The list of complaints.

use super::{
    ComplaintApi,
    convert::{self, name_of},
    page,
    personal::{Hand, Of, Personal},
    problems,
};
use crate::{
    access::Caller,
    intake::{List, Problem},
    proto::v1,
    store::ListedComplaint,
};

/// A page of the list.
#[derive(Debug)]
pub(super) struct ComplaintPage {
    complaints: Vec<Of<v1::Complaint>>,
    /// What stands beside the complaints.
    rest: v1::ListComplaintsResponse,
}

impl Personal for ComplaintPage {
    fn each(&mut self, hand: &mut dyn Hand) {
        self.complaints.each(hand);
    }
}

impl From<ComplaintPage> for v1::ListComplaintsResponse {
    fn from(ComplaintPage { complaints, rest }: ComplaintPage) -> Self {
        v1::ListComplaintsResponse {
            complaints: complaints.into_iter().map(Into::into).collect(),
            ..rest
        }
    }
}

impl ComplaintApi {
    pub(super) async fn read_complaints(
        &self,
        caller: &Caller,
        request: v1::ListComplaintsRequest,
    ) -> Result<ComplaintPage, Problem> {
        let policies = self.policies();
        let List {
            filter,
            mask,
            size,
            after,
            digest,
        } = List::of(self.check_of(caller), request, &policies)?;
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
                let complaint = Of {
                    complaint: id,
                    message: mask.apply(convert::stored(&stored, &policies))?,
                };
                Ok::<_, Problem>((complaint, due.collect::<Vec<_>>()))
            });
            Ok((place, transposed(row)?))
        });
        let rows = rows.collect::<Result<Vec<_>, Problem>>()?;
        let weight = |row: &Result<(Of<v1::Complaint>, Vec<v1::DueClock>), String>| match row {
            Ok((complaint, due)) => {
                let due = due.iter().map(page::weight);
                page::weight(&complaint.message) + due.sum::<usize>()
            }
            Err(name) => name.len(),
        };
        let (rows, next_page_token) = page::fill(rows, found.more, digest, weight);
        let (rows, unreachable) = page::divide(rows);
        let (complaints, due): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        Ok(ComplaintPage {
            complaints,
            rest: v1::ListComplaintsResponse {
                next_page_token,
                due_clocks: due.into_iter().flatten().collect(),
                unreachable,
                ..v1::ListComplaintsResponse::default()
            },
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
