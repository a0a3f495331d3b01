//! What a caller wants counted.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{
    check::{Check, SHORT},
    list,
    problem::Problem,
};
use crate::{
    policy::PolicyBook,
    proto::v1,
    store::{Board, CountGroup, Counting},
};

/// A checked request for counts.
#[derive(Debug)]
pub(crate) struct Count {
    pub(crate) counting: Counting,
    /// The zone of today and tomorrow.
    pub(crate) zone: TimeZone,
}

impl Count {
    /// # Errors
    /// INVALID_ARGUMENT with every violation.
    pub(crate) fn of(
        mut check: Check,
        request: v1::CountComplaintsRequest,
        policies: &PolicyBook,
    ) -> Result<Self, Problem> {
        let group = group(&mut check, &request);
        let zone = zone(&mut check, &request, policies);
        let board = zone.as_ref().and_then(|zone| board(check.now(), zone));
        if zone.is_some() && board.is_none() {
            check.violation("time_zone", "has no day after this one");
        }
        let filter = list::filter(&mut check, &filters(request), policies);
        let read = group.zip(zone).zip(board);
        let ((group, zone), board) = check.finish(read)?;
        let counting = Counting {
            filter,
            group,
            board,
        };
        Ok(Count { counting, zone })
    }
}

fn group(check: &mut Check, request: &v1::CountComplaintsRequest) -> Option<CountGroup> {
    use v1::CountGroup as G;
    let Ok(group) = G::try_from(request.group_by) else {
        check.violation("group_by", "must be a value of CountGroup");
        return None;
    };
    if group == G::Label {
        let key = check.label_key("label_key", &request.label_key)?;
        return Some(CountGroup::Label(key));
    }
    if !request.label_key.is_empty() {
        check.violation("label_key", "needs COUNT_GROUP_LABEL");
    }
    Some(match group {
        G::Unspecified | G::Label => CountGroup::Everything,
        G::State => CountGroup::State,
        G::Queue => CountGroup::Queue,
        G::Brand => CountGroup::Brand,
        G::Level => CountGroup::Level,
        G::Policy => CountGroup::Policy,
        G::Channel => CountGroup::Channel,
        G::Language => CountGroup::Language,
        G::Region => CountGroup::Region,
        G::Service => CountGroup::Service,
        G::Category => CountGroup::Category,
    })
}

/// The zone that was given, or that in which the only brand works that can be meant.
fn zone(
    check: &mut Check,
    request: &v1::CountComplaintsRequest,
    policies: &PolicyBook,
) -> Option<TimeZone> {
    let given = check.optional("time_zone", &request.time_zone, SHORT);
    match given {
        Some(name) => {
            let zone = TimeZone::get(&name).ok();
            if zone.is_none() {
                let wanted = "must be an IANA name such as America/Toronto";
                check.violation("time_zone", wanted);
            }
            zone
        }
        None if !request.time_zone.is_empty() => None,
        None => {
            let now = check.now();
            let brands = check.brands();
            let brand = match request.brand.as_str() {
                "" => brands.only(),
                name => brands.get(name),
            };
            let policy = brand.and_then(|brand| policies.in_force(&brand.policy, now));
            let zone = policy.map(|policy| policy.calendar().zone().clone());
            Some(zone.unwrap_or(TimeZone::UTC))
        }
    }
}

fn board(now: Timestamp, zone: &TimeZone) -> Option<Board> {
    let today = zone.to_datetime(now).date();
    let tomorrow = today.tomorrow().ok()?;
    let begins = |day: jiff::civil::Date| {
        let begins = day.to_zoned(zone.clone()).ok()?;
        Some(begins.timestamp())
    };
    Some(Board {
        now,
        hour: now.checked_add(SignedDuration::from_hours(1)).ok()?,
        tomorrow: begins(tomorrow)?,
        after_tomorrow: begins(tomorrow.tomorrow().ok()?)?,
    })
}

/// The filters, as a list has them.
fn filters(request: v1::CountComplaintsRequest) -> v1::ListComplaintsRequest {
    let v1::CountComplaintsRequest {
        group_by: _,
        label_key: _,
        time_zone: _,
        states,
        level,
        channels,
        assignee,
        policy,
        escalation_eligible,
        labels,
        brand,
        undelivered,
        assignees,
        region,
        languages,
        services,
        categories,
        received_from,
        received_before,
        referred,
    } = request;
    v1::ListComplaintsRequest {
        states,
        level,
        channels,
        assignee,
        policy,
        escalation_eligible,
        labels,
        brand,
        undelivered,
        assignees,
        region,
        languages,
        services,
        categories,
        received_from,
        received_before,
        referred,
        ..v1::ListComplaintsRequest::default()
    }
}
