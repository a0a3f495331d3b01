//! What an event says about when something is closed (RFC 5545, section 3.6.1).

use jiff::{SignedDuration, civil::Date, civil::DateTime, tz::TimeZone};

use super::{
    component::Component,
    line::{Fault, Line},
    moment::{self, Moment, YEARS},
    recur::{End, Recurrence},
};

/// An event, or what one date of a repeating event was changed to.
pub(super) struct Event {
    /// The line of its `DTSTART`.
    pub(super) line: usize,
    pub(super) uid: String,
    /// Its `SUMMARY`; some events have none.
    pub(super) name: Option<String>,
    pub(super) start: Moment,
    /// In wall time; whole days where it starts on a date.
    length: SignedDuration,
    pub(super) rule: Option<Recurrence>,
    /// Further starts.
    extra: Vec<Moment>,
    /// Starts that are taken out.
    pub(super) except: Vec<Moment>,
    /// Of a changed date of a repeating event: the start that it had.
    pub(super) instead_of: Option<Moment>,
    pub(super) cancelled: bool,
    /// Marked as time in which nobody is busy.
    pub(super) free: bool,
}

/// What one occurrence closes, in wall time of the calendar's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closed {
    /// These dates, both included.
    Dates(Date, Date),
    /// This time, the end not included.
    Time(DateTime, DateTime),
}

impl Event {
    pub(super) fn read(component: &Component) -> Result<Self, Fault> {
        let required = |name: &str| {
            component.property(name)?.ok_or_else(|| Fault {
                line: component.number,
                reason: format!("the event has no {name}"),
            })
        };
        let uid = required("UID")?;
        let begins = required("DTSTART")?;
        let start = moment::moment(begins)?;
        let rule = component
            .property("RRULE")?
            .map(|line| rule(line, start.date()));
        if let Some(line) = component.property("EXRULE")? {
            return Err(line.fault("EXRULE is not understood: give EXDATE, as RFC 5545 does"));
        }
        let instead_of = component.property("RECURRENCE-ID")?.map(instead_of);
        if let (Some(line), Some(_)) = (component.property("RRULE")?, &instead_of) {
            return Err(line.fault("what one date was changed to has a RECURRENCE-ID and no rule"));
        }
        let says = |name: &str, value: &str| {
            let line = component.property(name)?;
            Ok(line.is_some_and(|line| line.value.trim().eq_ignore_ascii_case(value)))
        };
        Ok(Self {
            line: begins.number,
            uid: uid.text().ok_or_else(|| uid.fault("the UID is empty"))?,
            name: component.property("SUMMARY")?.and_then(Line::text),
            length: length(component, begins, &start)?,
            rule: rule.transpose()?,
            extra: all(component, "RDATE", &start)?,
            except: all(component, "EXDATE", &start)?,
            instead_of: instead_of.transpose()?,
            start,
            cancelled: says("STATUS", "CANCELLED")?,
            free: says("TRANSP", "TRANSPARENT")?,
        })
    }

    /// The starts of all occurrences up to a date, in order of the rule, and whether there are more after it.
    pub(super) fn starts(&self, through: Date, zone: &TimeZone) -> (Vec<Moment>, bool) {
        let mut starts = Vec::new();
        let mut more = false;
        match &self.rule {
            None => starts.push(self.start.clone()),
            Some(rule) => {
                let (count, until) = match &rule.end {
                    End::Never => (usize::MAX, None),
                    End::Count(count) => (*count, None),
                    End::Until(until) => (usize::MAX, Some(until)),
                };
                let by_rule = rule
                    .dates(self.start.date())
                    .map(|date| self.start.on(date))
                    .take(count)
                    .take_while(|start| until.is_none_or(|end| !start.is_after(end, zone)));
                for start in by_rule {
                    if start.date() > through {
                        more = true;
                        break;
                    }
                    starts.push(start);
                }
            }
        }
        for extra in &self.extra {
            if !starts.iter().any(|start| start.is(extra, zone)) {
                starts.push(extra.clone());
            }
        }
        starts.retain(|start| !self.except.iter().any(|except| except.is(start, zone)));
        (starts, more)
    }

    /// The year of its last occurrence; none if it goes on for good.
    pub(super) fn last_year(&self, zone: &TimeZone) -> Option<i16> {
        match self.rule.as_ref()?.end {
            End::Never => None,
            End::Count(_) | End::Until(_) => {
                let (starts, _) = self.starts(Date::MAX, zone);
                starts.last().map(|last| last.date().year())
            }
        }
    }

    /// Whether it is one whole day, as often as its rule says and no other day.
    pub(super) fn is_one_day_by_rule_alone(&self) -> bool {
        matches!(self.start, Moment::Date(_))
            && self.length == DAY
            && self.extra.is_empty()
            && self.except.is_empty()
            && self.instead_of.is_none()
    }

    /// What the occurrence that starts then closes, seen from a zone. A part of a minute is closed as the whole minute, for
    /// that is what windows are made of.
    pub(super) fn closes(&self, start: &Moment, zone: &TimeZone) -> Option<Closed> {
        match start {
            Moment::Date(first) => {
                let days = self.length.as_hours() / 24;
                let last = first
                    .checked_add(jiff::Span::new().try_days(days - 1).ok()?)
                    .ok()?;
                Some(Closed::Dates(*first, last))
            }
            Moment::Time(time) => {
                let end = moment::Time {
                    wall: time.wall.checked_add(self.length).ok()?,
                    zone: time.zone.clone(),
                };
                let (from, to) = (time.wall_in(zone)?, end.wall_in(zone)?);
                let whole = |at: DateTime| at.with().second(0).subsec_nanosecond(0).build().ok();
                let to = match whole(to)? {
                    floor if floor < to => floor.checked_add(SignedDuration::from_mins(1)).ok()?,
                    floor => floor,
                };
                Some(Closed::Time(whole(from)?, to))
            }
        }
    }
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn rule(line: &Line, start: Date) -> Result<Recurrence, Fault> {
    let rule: Recurrence = line
        .value
        .parse()
        .map_err(|reason: String| line.fault(reason))?;
    // A day apart they may lie by their zones alone.
    if let End::Until(until) = &rule.end
        && until.date().tomorrow().is_ok_and(|until| until < start)
    {
        return Err(line.fault("UNTIL comes before DTSTART: the rule has no date"));
    }
    if !rule.is_on(start, start) {
        return Err(
            line.fault("DTSTART is no date of this rule: let the event start on the first one")
        );
    }
    Ok(rule)
}

fn all(component: &Component, name: &str, start: &Moment) -> Result<Vec<Moment>, Fault> {
    let mut all = Vec::new();
    for line in component.properties(name) {
        for moment in moment::moments(line)? {
            if !moment.is_like(start) {
                return Err(line.fault(format!(
                    "{name} and DTSTART are both dates, or both points in time"
                )));
            }
            all.push(moment);
        }
    }
    Ok(all)
}

fn instead_of(line: &Line) -> Result<Moment, Fault> {
    if line.parameter("RANGE").is_some() {
        return Err(
            line.fault("RANGE is not understood: give each changed date an event of its own")
        );
    }
    moment::moment(line)
}

/// How long the event lasts: to its `DTEND`, for its `DURATION`, or else the one day that it starts on.
fn length(component: &Component, begins: &Line, start: &Moment) -> Result<SignedDuration, Fault> {
    let (end, duration) = (
        component.property("DTEND")?,
        component.property("DURATION")?,
    );
    let length = match (end, duration, start) {
        (Some(_), Some(line), _) => {
            return Err(line.fault("an event has a DTEND or a DURATION, not both"));
        }
        (Some(line), None, _) => until(line, start)?,
        (None, Some(line), _) => {
            let length = moment::duration(line)?;
            if matches!(start, Moment::Date(_)) && length.as_secs() % DAY.as_secs() != 0 {
                return Err(line.fault("an event that starts on a date lasts whole days"));
            }
            length
        }
        (None, None, Moment::Date(_)) => DAY,
        (None, None, Moment::Time(_)) => {
            return Err(begins.fault("the event has a point in time and no end: give it a DTEND"));
        }
    };
    let years = i64::from(YEARS.end() - YEARS.start());
    if length.as_hours() > years * 366 * 24 {
        return Err(begins.fault("the event has no end within two hundred years"));
    }
    Ok(length)
}

fn until(line: &Line, start: &Moment) -> Result<SignedDuration, Fault> {
    let length = match (start, moment::moment(line)?) {
        (Moment::Date(start), Moment::Date(end)) => start.duration_until(end),
        (Moment::Time(start), Moment::Time(end)) if start.zone.is_some() == end.zone.is_some() => {
            // Where the ends are in different zones, the length is what passes on the clock of the first.
            let zone = start.zone.clone().unwrap_or(TimeZone::UTC);
            let end = end
                .wall_in(&zone)
                .ok_or_else(|| line.fault("DTEND lies out of reach"))?;
            start.wall.duration_until(end)
        }
        _ => {
            return Err(line.fault(
                "DTSTART and DTEND are both dates, both points in time of a zone, or both without a zone",
            ));
        }
    };
    if length <= SignedDuration::ZERO {
        return Err(line.fault("DTEND is the end, which is not included: it comes after DTSTART"));
    }
    Ok(length)
}
