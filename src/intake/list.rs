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
    store::{DEFAULT_PAGE, Filter, ListPlace, NOBODY, Order, Period},
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

/// The most people and teams that a filter names.
const MOST_ASSIGNEES: usize = 100;

/// Reads the filters and the order of a request.
pub(super) fn filter(
    check: &mut Check,
    request: &v1::ListComplaintsRequest,
    policies: &PolicyBook,
) -> Filter {
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
    let received = period(
        check,
        "received",
        request.received_from,
        request.received_before,
    );
    let closed = period(check, "closed", request.closed_from, request.closed_before);
    Filter {
        brand,
        states: check.choices("states", &request.states),
        level,
        channels: check.choices("channels", &request.channels),
        assignee: check
            .optional("assignee", &request.assignee, SHORT)
            .map(|assignee| writing::identity(&assignee)),
        assignees: assignees(check, request),
        policy,
        due_before,
        clock,
        escalation_eligible: request.escalation_eligible,
        undelivered: request.undelivered,
        referred: request.referred,
        region: check.region("region", &request.region),
        languages: check.choices("languages", &request.languages),
        services: check.choices("services", &request.services),
        categories: check.choices("categories", &request.categories),
        received,
        closed,
        labels: check
            .labels("labels", &request.labels)
            .into_iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect(),
        order: order(check, request),
        scope: check.scope().clone(),
    }
}

/// Any of these handle it.
fn assignees(check: &mut Check, request: &v1::ListComplaintsRequest) -> Vec<String> {
    let given = &request.assignees;
    if given.len() > MOST_ASSIGNEES {
        let wanted = format!("must have at most {MOST_ASSIGNEES} names");
        check.violation("assignees", wanted);
        return Vec::new();
    }
    if !given.is_empty() && !request.assignee.is_empty() {
        check.violation("assignees", "must be empty where assignee is given");
    }
    let mut names = Vec::new();
    for (place, name) in given.iter().enumerate() {
        let field = format!("assignees[{place}]");
        if let Some(name) = check.required(&field, name, SHORT) {
            if name == NOBODY {
                check.violation(field, "must name a handler; assignee takes -");
            }
            names.push(writing::identity(&name));
        }
    }
    // Each is looked for once.
    names.sort_unstable();
    names.dedup();
    names
}

/// From one instant to another, which must not lie before it.
fn period(
    check: &mut Check,
    which: &str,
    from: Option<prost_types::Timestamp>,
    before: Option<prost_types::Timestamp>,
) -> Period {
    let from = check.any_time(&format!("{which}_from"), from);
    let until = format!("{which}_before");
    let before = check.any_time(&until, before);
    if from
        .zip(before)
        .is_some_and(|(from, before)| before <= from)
    {
        check.violation(until, format!("must be after {which}_from"));
    }
    Period { from, before }
}

/// The orders of a list, as they are asked for.
const ORDERS: [(&str, Order); 9] = [
    ("create_time", Order::Filed),
    ("create_time desc", Order::FiledLast),
    ("due_time", Order::Due),
    ("received_time", Order::Received),
    ("received_time desc", Order::ReceivedLast),
    ("level desc", Order::Level),
    ("last_contact_time", Order::LastContact),
    ("closed_time", Order::Closed),
    ("closed_time desc", Order::ClosedLast),
];

fn order(check: &mut Check, request: &v1::ListComplaintsRequest) -> Order {
    let asked: Vec<&str> = request.order_by.split_whitespace().collect();
    let asked = asked.join(" ");
    let of_closure = request.closed_from.is_some() || request.closed_before.is_some();
    let of_receipt = request.received_from.is_some() || request.received_before.is_some();
    if asked.is_empty() {
        // That of the instants that bound the list.
        return match (of_closure, of_receipt) {
            (true, _) => Order::Closed,
            (false, true) => Order::Received,
            (false, false) => Order::default(),
        };
    }
    let known = ORDERS.iter().find(|(order, _)| *order == asked);
    let Some((_, order)) = known else {
        let known = ORDERS.map(|(order, _)| order).join(", ");
        check.violation("order_by", format!("must be one of {known}"));
        return Order::default();
    };
    if of_closure && !matches!(order, Order::Closed | Order::ClosedLast) {
        let wanted = "must be closed_time or closed_time desc with closed_from and closed_before";
        check.violation("order_by", wanted);
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
    let is_over = |states: &[State]| states.iter().all(|state| state.is_terminal());
    let of_the_open = matches!(filter.order, Order::Level | Order::LastContact);
    if !filter.states.is_empty() && is_over(&filter.states) && of_the_open {
        let why = "lists open complaints, and none of states is open";
        check.violation("order_by", why);
    }
    let of_the_closed = matches!(filter.order, Order::Closed | Order::ClosedLast);
    let open = |states: &[State]| !states.iter().any(|state| state.is_terminal());
    if of_the_closed && !filter.states.is_empty() && open(&filter.states) {
        let why = "lists what is closed or withdrawn, and all of states are open";
        check.violation("order_by", why);
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
