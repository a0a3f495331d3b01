//! The list of complaints.

use super::{
    ComplaintApi,
    convert::{self, name_of},
    page,
    personal::{Hand, Of, Personal},
    problems, worklist,
};
use crate::{
    access::Caller,
    domain::Case,
    intake::{List, Problem, page_token::token},
    proto::v1,
    store::{ListedComplaint, StoredComplaint},
};

/// A page of the list.
#[derive(Debug)]
pub(super) struct ComplaintPage {
    complaints: Vec<Of<v1::Complaint>>,
    /// What stands beside the complaints.
    rest: v1::ListComplaintsResponse,
}

/// A complaint of a page, and what stands beside it.
#[derive(Debug)]
struct Row {
    complaint: Of<v1::Complaint>,
    due: Vec<v1::DueClock>,
    entry: v1::WorklistEntry,
}

impl Row {
    fn weight(&self) -> usize {
        let due: usize = self.due.iter().map(page::weight).sum();
        page::weight(&self.complaint.message) + page::weight(&self.entry) + due
    }
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
        let check = self.check_of(caller);
        let now = check.now();
        let List {
            filter,
            mask,
            size,
            after,
            digest,
        } = List::of(check, request, &policies)?;
        let (extent, personal) = (page::extent(size), mask.wants_personal_data());
        let found = self
            .reader
            .complaints(filter, after, extent, personal)
            .await;
        let found = found.map_err(|error| problems::of_store(&error))?;
        let rows = found.items.into_iter().map(|(place, listed)| {
            let id = place.id;
            let listed = self.unreadable.told(listed, || name_of(id));
            let row = listed.map(|listed| {
                let ListedComplaint {
                    stored,
                    clocks,
                    due,
                } = listed;
                let due = due.into_iter().map(|due| convert::due_clock(id, due));
                let complaint = Of {
                    complaint: id,
                    message: mask.apply(convert::stored(&stored, &policies))?,
                };
                let StoredComplaint { complaint: of, .. } = stored;
                let case = Case {
                    complaint: of,
                    clocks,
                };
                Ok::<_, Problem>(Row {
                    complaint,
                    due: due.collect(),
                    entry: worklist::entry(id, &case, &policies, now),
                })
            });
            Ok((place, transposed(row)?))
        });
        let rows = rows.collect::<Result<Vec<_>, Problem>>()?;
        let weight = |row: &Result<Row, String>| match row {
            Ok(row) => row.weight(),
            Err(name) => name.len(),
        };
        let cut = found.more && found.horizon.is_none();
        let (rows, mut next_page_token) = page::fill(rows, cut, digest, weight);
        if let Some(horizon) = found.horizon.filter(|_| next_page_token.is_empty()) {
            next_page_token = token(horizon, digest);
        }
        let (rows, unreachable) = page::divide(rows);
        let (mut complaints, mut due_clocks, mut entries) = (Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            complaints.push(row.complaint);
            due_clocks.extend(row.due);
            entries.push(row.entry);
        }
        Ok(ComplaintPage {
            complaints,
            rest: v1::ListComplaintsResponse {
                next_page_token,
                due_clocks,
                unreachable,
                entries,
                read_time: convert::time(now),
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
