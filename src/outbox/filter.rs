//! Which events a subscription wants. Pure.

use crate::store::{EventFilter, StoredEvent, Subscription};

/// Whether an event passes the filter of a subscription and is within its scope. For an unreadable event, only the list of kinds
/// can be checked; it is then wanted, so that the receiver learns that the event exists.
pub(super) fn wants(subscription: &Subscription, event: &StoredEvent) -> bool {
    let EventFilter {
        brand,
        kinds,
        policies,
        levels,
        clocks,
    } = &subscription.definition.filter;
    if !event.is_within(&subscription.definition.scope()) {
        return false;
    }
    if !kinds.is_empty() && !event.kind.is_some_and(|kind| kinds.contains(&kind)) {
        return false;
    }
    let placement = event.placement.as_ref();
    if let (Some(brand), Some(placement)) = (brand, placement)
        && placement.brand != *brand
    {
        return false;
    }
    let Ok(content) = &event.content else {
        return true;
    };
    let after = content.after.as_ref();
    // An event that says nothing about its complaint goes only to subscriptions without a filter on the complaint.
    let of_brand = brand.is_none() || placement.is_some();
    let of_policy =
        policies.is_empty() || after.is_some_and(|(_, about)| policies.contains(&about.policy));
    let at_level = levels.is_empty()
        || after.is_some_and(|(standing, _)| {
            u32::try_from(standing.level).is_ok_and(|level| levels.contains(&level))
        });
    let by_clock = clocks.is_empty()
        || content
            .firing
            .as_ref()
            .is_some_and(|firing| clocks.contains(&firing.clock));
    of_brand && of_policy && at_level && by_clock
}
