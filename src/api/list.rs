//! The list of complaints.

use prost::Message as _;
use tonic::Status;
use uuid::Uuid;

use super::{
    ComplaintApi,
    check::{Check, NOBODY, SHORT},
    convert::{self, name_of},
    mask::Mask,
    page::{self, FilterDigest},
    status,
};
use crate::{
    domain::State,
    policy::PolicyBook,
    proto::v1,
    store::{Filter, ListedComplaint},
};

impl ComplaintApi {
    pub(super) async fn read_complaints(
        &self,
        request: v1::ListComplaintsRequest,
    ) -> Result<v1::ListComplaintsResponse, Status> {
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
        let found = found.map_err(|error| status::of_store(&error))?;
        let rows = found.items.into_iter().map(|(id, listed)| {
            let listed = self.unreadable.told(listed, || name_of(id));
            let row = listed.map(|ListedComplaint { stored, due }| {
                let due = due.into_iter().map(|due| convert::due_clock(id, due));
                let complaint = mask.apply(convert::stored(&stored, &policies))?;
                Ok::<_, Status>((complaint, due.collect::<Vec<_>>()))
            });
            Ok((id, transposed(row)?))
        });
        let rows = rows.collect::<Result<Vec<_>, Status>>()?;
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
fn transposed<T>(row: Result<Result<T, Status>, String>) -> Result<Result<T, String>, Status> {
    match row {
        Ok(Ok(row)) => Ok(Ok(row)),
        Ok(Err(status)) => Err(status),
        Err(name) => Ok(Err(name)),
    }
}

/// A checked request for a list.
#[derive(Debug)]
struct List {
    filter: Filter,
    mask: Mask,
    size: usize,
    after: Option<Uuid>,
    digest: FilterDigest,
}

impl List {
    fn of(
        mut check: Check,
        mut request: v1::ListComplaintsRequest,
        policies: &PolicyBook,
    ) -> Result<Self, Status> {
        let size = check.page_size(request.page_size, 50);
        let mask = check.read_mask(request.read_mask.take());
        let token = std::mem::take(&mut request.page_token);
        request.page_size = 0;
        // What is left is the filter. `late` depends on the time, but stays the same filter.
        let digest = FilterDigest::of("ListComplaints", &request.encode_to_vec());
        let after = check.page_token(&token, digest);
        let filter = filter(&mut check, &request, policies);
        contradictions(&mut check, &filter);
        let filter = check.finish(Some(filter))?;
        Ok(List {
            filter,
            mask,
            size,
            after,
            digest,
        })
    }
}

fn filter(check: &mut Check, request: &v1::ListComplaintsRequest, policies: &PolicyBook) -> Filter {
    let policy = check.known("policy", &request.policy, policies.names());
    let under = policy.as_deref();
    let due_before = check.any_time("due_before", request.due_before);
    let late = request.overdue.then(|| check.now());
    let due_before = match (late, due_before) {
        (Some(now), Some(before)) => Some(now.min(before)),
        (late, before) => late.or(before),
    };
    let clock = check.known("clock", &request.clock, policies.clock_names(under));
    if !request.clock.is_empty() && !request.overdue && request.due_before.is_none() {
        check.violation("clock", "needs overdue or due_before");
    }
    let highest = convert::small(policies.highest_level(under));
    let level = request.level.inspect(|level| {
        if !(0..=highest).contains(level) {
            let wanted = format!("must be 0 to {highest}, the highest level of any policy");
            check.violation("level", wanted);
        }
    });
    Filter {
        states: check.choices("states", &request.states),
        level,
        channels: check.choices("channels", &request.channels),
        assignee: check.optional("assignee", &request.assignee, SHORT),
        policy,
        due_before,
        clock,
        escalation_eligible: request.escalation_eligible,
    }
}

/// Filters that no complaint can meet together.
fn contradictions(check: &mut Check, filter: &Filter) {
    let enquiries =
        !filter.states.is_empty() && filter.states.iter().all(|state| *state == State::Enquiry);
    if enquiries && filter.level.is_some_and(|level| level > 0) {
        check.violation(
            "level",
            "only complaints are escalated, and states names none",
        );
    }
    let over = !filter.states.is_empty() && filter.states.iter().all(|state| state.is_terminal());
    if over && filter.assignee.as_deref() == Some(NOBODY) {
        check.violation(
            "assignee",
            "- means open complaints, and none of states is open",
        );
    }
    if over && filter.escalation_eligible {
        let why = "only open complaints are eligible, and none of states is open";
        check.violation("escalation_eligible", why);
    }
}

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;
