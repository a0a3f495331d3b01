//! Which events a calendar file says best as a yearly rule.

use jiff::civil::{Date, date};

use super::{
    Added, Because, Left, When,
    event::Event,
    moment::{Moment, YEARS},
};
use crate::calendar::{Calendar, Day};

/// What becomes of an event that may be a yearly rule.
pub(super) enum Yearly {
    /// This rule, but for the dates that the calendar keeps.
    Rule(Added, Vec<Left>),
    /// The calendar has it.
    Known(Left),
    /// It is none, or would not be exact.
    No,
}

/// After so many years the weekdays of all dates come again; over 2100 they do so later, which changes nothing here.
const YEARS_LOOKED_AT: i16 = 28;

/// A rule takes its date from holidays that look for a free day to stand in on. Where it ever would, it is no rule. Up to
/// `last` at least, the calendar's holidays are looked at one by one, for they may begin and end in any year.
pub(super) fn yearly(
    event: &Event,
    source: String,
    into: &Calendar,
    added: &[Added],
    last: Date,
) -> Yearly {
    let start = event.start.date();
    let on = match &event.rule {
        Some(rule) if event.is_one_day_by_rule_alone() => rule.as_yearly_rule(start),
        _ => None,
    };
    let Some(on) = on else {
        return Yearly::No;
    };
    let cycle = start.year().saturating_add(YEARS_LOOKED_AT - 1);
    let last = last.max(date(cycle.min(*YEARS.end()), 12, 31));
    let (starts, more) = event.starts(last, into.zone());
    let dates: Vec<Date> = starts.iter().map(Moment::date).collect();
    let to_year = if more {
        event.last_year(into.zone())
    } else {
        dates.last().map(|last| last.year())
    };
    let when = When::Yearly {
        on,
        from_year: start.year(),
        to_year,
    };
    let name = event.name.clone();
    if let Some(same) = added.iter().find(|rule| rule.when.covers(&when)) {
        let because = Because::Closed(same.name.clone());
        return Yearly::Known(Left {
            when,
            name,
            because,
        });
    }
    let decided: Vec<(Date, Because)> = dates
        .iter()
        .filter_map(|&date| Some((date, Because::on(date, into)?)))
        .collect();
    if decided.len() == dates.len() {
        return match decided.into_iter().next() {
            Some((_, because)) => Yearly::Known(Left {
                when,
                name,
                because,
            }),
            None => Yearly::No,
        };
    }
    if dates
        .iter()
        .any(|&date| matches!(into.day(date), Day::Holiday(_)))
    {
        return Yearly::No;
    }
    let kept = decided
        .into_iter()
        .filter(|(_, because)| matches!(because, Because::Hours(_)))
        .map(|(date, because)| Left {
            when: When::Date(date),
            name: name.clone(),
            because,
        })
        .collect();
    let rule = Added {
        when,
        windows: Vec::new(),
        name,
        source,
    };
    Yearly::Rule(rule, kept)
}

impl When {
    /// Whether the other is the same rule in no further years.
    fn covers(&self, other: &Self) -> bool {
        let (
            Self::Yearly {
                on,
                from_year,
                to_year,
            },
            Self::Yearly {
                on: other_on,
                from_year: other_from,
                to_year: other_to,
            },
        ) = (self, other)
        else {
            return false;
        };
        on == other_on
            && from_year <= other_from
            && to_year.is_none_or(|last| other_to.is_some_and(|other| other <= last))
    }
}
