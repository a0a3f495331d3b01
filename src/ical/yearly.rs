//! Which events a calendar file says best as a yearly rule.

use jiff::civil::{Date, date};

use super::{
    event::Event,
    expand::occurrences,
    moment::{Length, YEARS, midnight},
    notes::{Fault, Notes},
    outcome::{Added, Because, Left, When},
    recur::Budget,
    rule::{Frequency, Nth, Rule},
    series::Series,
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
    series: &Series,
    source: String,
    into: &Calendar,
    added: &[Added],
    last: Date,
    budget: &Budget,
    notes: &mut Notes,
) -> Result<Yearly, Fault> {
    let event = &series.event;
    let start = event.start.date();
    let on = match event.rules.as_slice() {
        [(rule, _)] if is_one_day_by_rule_alone(series) => as_yearly_rule(rule, start, budget),
        _ => None,
    };
    let Some(on) = on else {
        return Ok(Yearly::No);
    };
    let cycle = start.year().saturating_add(YEARS_LOOKED_AT - 1);
    let last = last.max(date(cycle.min(*YEARS.end()), 12, 31));
    let zone = into.zone();
    let all = occurrences(event, last, zone, budget, notes)?;
    let dates: Vec<Date> = all.starts.keys().map(|wall| wall.date()).collect();
    let to_year = if !all.more {
        dates.last().map(|last| last.year())
    } else if event
        .rules
        .iter()
        .all(|(rule, _)| rule.count.is_none() && rule.until.is_none())
    {
        None
    } else {
        let end = date(*YEARS.end(), 12, 31);
        let all = occurrences(event, end, zone, budget, notes)?;
        all.starts.keys().next_back().map(|last| last.year())
    };
    // A rule for one year is a date.
    if dates.len() < 2 && !all.more {
        return Ok(Yearly::No);
    }
    let when = When::Yearly {
        on,
        from_year: start.year(),
        to_year,
    };
    let name = event.name.clone();
    if let Some(same) = added.iter().find(|rule| rule.when.covers(&when)) {
        let because = Because::Closed(same.name.clone());
        return Ok(Yearly::Known(Left {
            when,
            name,
            because,
        }));
    }
    let decided: Vec<(Date, Because)> = dates
        .iter()
        .filter_map(|&date| Some((date, Because::on(date, into)?)))
        .collect();
    if decided.len() == dates.len() {
        return Ok(match decided.into_iter().next() {
            Some((_, because)) => Yearly::Known(Left {
                when,
                name,
                because,
            }),
            None => Yearly::No,
        });
    }
    if dates
        .iter()
        .any(|&date| matches!(into.day(date), Day::Holiday(_)))
    {
        return Ok(Yearly::No);
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
    Ok(Yearly::Rule(rule, kept))
}

/// Whether it is one whole day, as often as its rule says and no other day.
fn is_one_day_by_rule_alone(series: &Series) -> bool {
    let Event {
        start,
        length,
        extra,
        except_rules,
        ..
    } = &series.event;
    start.is_date()
        && *length == Length::DAY
        && extra.is_empty()
        && except_rules.is_empty()
        && series.is_unchanged()
}

/// The rule of a calendar file that falls on the same dates in each year from `start`'s on, if one does.
fn as_yearly_rule(rule: &Rule, start: Date, budget: &Budget) -> Option<String> {
    const NTH: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];
    let own_month = rule.months == [i16::from(start.month())];
    let is_plain = rule.frequency == Frequency::Yearly
        && rule.interval == 1
        && rule.weeks.is_empty()
        && rule.year_days.is_empty()
        && rule.walls(midnight(start), budget).next() == Some(midnight(start));
    is_plain.then_some(())?;
    let month = start.strftime("%B");
    let nth = |nth: i16| match nth {
        -1 => Some("last"),
        nth => usize::try_from(nth - 1)
            .ok()
            .and_then(|nth| NTH.get(nth))
            .copied(),
    };
    let weekday = |nth| Some(format!("{nth} {} of {month}", start.strftime("%A")));
    let one_of_one = matches!(rule.positions.as_slice(), [] | [1] | [-1]);
    match (
        rule.weekdays.as_slice(),
        rule.month_days.as_slice(),
        rule.positions.as_slice(),
    ) {
        ([], [], _) if one_of_one && (own_month || rule.months.is_empty()) => {
            Some(format!("{} {month}", start.day()))
        }
        ([], [day], _) if one_of_one && own_month && *day == i16::from(start.day()) => {
            Some(format!("{day} {month}"))
        }
        (
            [
                Nth {
                    nth: Some(which), ..
                },
            ],
            [],
            _,
        ) if one_of_one && own_month => weekday(nth(*which)?),
        ([Nth { nth: None, .. }], [], [which]) if own_month => weekday(nth(*which)?),
        _ => None,
    }
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
