//! What a caller wants listed.

use prost::Message as _;

use super::{
    check::{Check, SHORT},
    mask::Mask,
    page_token::FilterDigest,
    problem::Problem,
};
use crate::{
    domain::State,
    policy::PolicyBook,
    proto::v1,
    store::{DEFAULT_PAGE, Filter, ListPlace, NOBODY, Order},
    writing,
};

/// A checked request for a list.
#[derive(Debug)]
pub(crate) struct List {
    pub(crate) filter: Filter,
    pub(crate) mask: Mask,
    pub(crate) size: usize,
    pub(crate) after: Option<ListPlace>,
    pub(crate) digest: FilterDigest,
}

impl List {
    /// # Errors
    /// INVALID_ARGUMENT with every violation.
    pub(crate) fn of(
        mut check: Check,
        mut request: v1::ListComplaintsRequest,
        policies: &PolicyBook,
    ) -> Result<Self, Problem> {
        let size = check.page_size(request.page_size, DEFAULT_PAGE);
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
    let brand = check.known_brand("brand", &request.brand);
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
    let highest = i32::try_from(policies.highest_level(under)).unwrap_or(i32::MAX);
    let level = request.level.inspect(|level| {
        if !(0..=highest).contains(level) {
            let wanted = format!("must be 0 to {highest}, the highest level of any policy");
            check.violation("level", wanted);
        }
    });
    Filter {
        brand,
        states: check.choices("states", &request.states),
        level,
        channels: check.choices("channels", &request.channels),
        assignee: check
            .optional("assignee", &request.assignee, SHORT)
            .map(|assignee| writing::identity(&assignee)),
        policy,
        due_before,
        clock,
        escalation_eligible: request.escalation_eligible,
        undelivered: request.undelivered,
        labels: check
            .labels("labels", &request.labels)
            .into_iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect(),
        order: order(check, request),
        scope: check.scope().clone(),
    }
}

/// The orders of a list, as they are asked for.
const ORDERS: [(&str, Order); 4] = [
    ("create_time", Order::Filed),
    ("create_time desc", Order::FiledLast),
    ("due_time", Order::Due),
    ("received_time", Order::Received),
];

fn order(check: &mut Check, request: &v1::ListComplaintsRequest) -> Order {
    let asked: Vec<&str> = request.order_by.split_whitespace().collect();
    let asked = asked.join(" ");
    if asked.is_empty() {
        return Order::default();
    }
    let known = ORDERS.iter().find(|(order, _)| *order == asked);
    let Some((_, order)) = known else {
        let known = ORDERS.map(|(order, _)| order).join(", ");
        check.violation("order_by", format!("must be one of {known}"));
        return Order::default();
    };
    match order {
        Order::Due if !request.overdue && request.due_before.is_none() => {
            check.violation("order_by", "due_time needs overdue or due_before");
        }
        Order::Received if request.policy.is_empty() => {
            check.violation("order_by", "received_time needs policy");
        }
        _ => {}
    }
    *order
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
