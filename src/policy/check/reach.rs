//! Whether a clock can ever run, and be kept: what may happen to a complaint, and in which order.

use super::super::{clock_rule::ClockRule, words::Trigger};

/// Says why the clock can never run, or never be kept.
pub(super) fn check(rule: &ClockRule) -> Result<(), String> {
    let ClockRule {
        name,
        starts_on,
        stops_on,
        restarts_on,
        ..
    } = rule;
    if starts_on.is_empty() {
        return Err(format!(
            "clock {name:?} can never start: starts_on is empty"
        ));
    }
    if stops_on.is_empty() && restarts_on.is_empty() {
        return Err(format!(
            "clock {name:?} can never be kept: give it stops_on or restarts_on"
        ));
    }
    let common = |one: &[Trigger], other: &[Trigger]| {
        one.iter().find(|trigger| other.contains(trigger)).copied()
    };
    if let Some(both) = common(starts_on, stops_on) {
        return Err(format!(
            "clock {name:?} both starts and stops on `{both}`; use restarts_on"
        ));
    }
    if let Some(both) = common(restarts_on, stops_on) {
        return Err(format!(
            "clock {name:?} both stops and restarts on `{both}`"
        ));
    }
    if !rule.outlives_closure && starts_on.iter().all(|trigger| ends(*trigger)) {
        return Err(format!(
            "clock {name:?} can never run: it starts only as the complaint ends, and ends with it; an obligation that goes on \
             has outlives_closure"
        ));
    }
    let keeps = || stops_on.iter().chain(restarts_on);
    let kept_after = |start: &Trigger| keeps().any(|keep| may_follow(*keep, *start));
    if !starts_on.iter().any(kept_after) {
        return Err(format!(
            "clock {name:?} can never be kept: what keeps it cannot happen any more once it has started"
        ));
    }
    Ok(())
}

/// Whether the complaint is over with it.
fn ends(trigger: Trigger) -> bool {
    matches!(
        trigger,
        Trigger::EnquiryAnswered
            | Trigger::ResolvedAtFirstContact
            | Trigger::Closed
            | Trigger::Withdrawn
    )
}

/// Whether one thing may happen to a complaint after another has. A complaint is taken up again after its end, so nearly
/// everything may; but it comes in, and is acknowledged, before it is reviewed, and never again afterwards.
fn may_follow(later: Trigger, earlier: Trigger) -> bool {
    let comes_in = matches!(
        later,
        Trigger::EnquiryFiled
            | Trigger::EnquiryAnswered
            | Trigger::EnquiryConverted
            | Trigger::Filed
            | Trigger::Acknowledged
    );
    let is_acknowledged = matches!(
        earlier,
        Trigger::Acknowledged
            | Trigger::EscalationAcknowledged
            | Trigger::OutcomeDecided
            | Trigger::OutcomeTold
            | Trigger::OutcomeAccepted
            | Trigger::OutcomeRefused
            | Trigger::RemedyAgreed
            | Trigger::RemedyCarriedOut
            | Trigger::Reopened
    );
    !(comes_in && is_acknowledged)
}
