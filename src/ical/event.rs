//! What an event says about when something is closed (RFC 5545, section 3.6.1).

use jiff::{SignedDuration, civil::DateTime, tz::TimeZone};

use super::{
    component::Component,
    line::Line,
    moment::{self, Length, Moment, Time, midnight},
    notes::{self, Fault, Notes},
    rule::Rule,
    time_property,
    zones::FileZones,
};

/// An event, or what one occurrence of a repeating event was changed to.
#[derive(Debug, Clone)]
pub(super) struct Event {
    /// The line of its `DTSTART`.
    pub(super) line: usize,
    pub(super) uid: Option<String>,
    /// Its `SUMMARY`; some events have none.
    pub(super) name: Option<String>,
    pub(super) start: Moment,
    pub(super) length: Length,
    pub(super) rules: Vec<(Rule, usize)>,
    /// Rules of what is taken out, and their lines.
    pub(super) except_rules: Vec<(Rule, usize)>,
    /// Further starts, and the length of one that has its own.
    pub(super) extra: Vec<(Moment, Option<Length>)>,
    /// Starts that are taken out, and their lines.
    pub(super) except: Vec<(Moment, usize)>,
    /// Of a changed occurrence of a repeating event: which.
    pub(super) changes: Option<Changes>,
    pub(super) cancelled: bool,
    pub(super) tentative: bool,
    /// Marked as time in which nobody is busy.
    pub(super) free: bool,
    pub(super) version: Version,
}

/// Which occurrence was changed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Changes {
    /// The start that it had.
    pub(super) start: Moment,
    /// Whether all later ones were changed with it.
    pub(super) and_later: bool,
    /// The line that says so.
    pub(super) line: usize,
}

/// The greater of two versions of an event is the newer one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    sequence: i64,
    /// `LAST-MODIFIED`, or else `DTSTAMP`; nothing where it has neither.
    stamp: Option<DateTime>,
}

/// What events are read with.
pub(super) struct Context<'a> {
    pub(super) zones: &'a FileZones<'a>,
    /// The zone of the calendar.
    pub(super) zone: &'a TimeZone,
}

/// What an event is called, as far as it can be read.
pub(super) fn name_of(component: &Component) -> Option<String> {
    let named = |name| component.first(name).and_then(Line::text);
    named("SUMMARY").or_else(|| named("UID"))
}

impl Event {
    pub(super) fn read(
        component: &Component,
        context: &Context<'_>,
        notes: &mut Notes,
    ) -> Result<Self, Fault> {
        let cancelled = component.withdrawn || says(component, "STATUS", "CANCELLED");
        // A cancelled event need not say when it would have been.
        let instead = ["RECURRENCE-ID", "DTSTAMP"].iter().filter(|_| cancelled);
        let begins = component
            .property("DTSTART")?
            .or_else(|| instead.filter_map(|name| component.first(name)).next())
            .ok_or_else(|| Fault {
                line: component.number,
                reason: "it has no DTSTART".to_owned(),
            })?;
        let uid = component.first("UID").and_then(Line::text);
        if uid.is_none() {
            notes.tell(component.number, "has no UID");
        }
        let written = moment(begins, context, notes)?;
        let length = length(component, begins, &written, context, notes)?;
        let (start, length) = as_whole_days(component, written, length, context, notes);
        let mut event = Self {
            line: begins.number,
            uid,
            name: component.first("SUMMARY").and_then(Line::text),
            length,
            rules: rules(component, "RRULE", notes)?,
            except_rules: rules(component, "EXRULE", notes)?,
            extra: Vec::new(),
            except: Vec::new(),
            changes: changes(component, context, notes)?,
            cancelled,
            tentative: says(component, "STATUS", "TENTATIVE"),
            free: is_free(component),
            version: version(component),
            start,
        };
        event.read_extra(component, context, notes)?;
        for line in component.properties("EXDATE") {
            for text in line.value.split(',').filter(|text| !text.trim().is_empty()) {
                let except = one(line, text, context, notes)?;
                event.except.push((except, line.number));
            }
        }
        if event.changes.is_some() && !(event.rules.is_empty() && event.extra.is_empty()) {
            notes.doubt(
                event.line,
                "has a RECURRENCE-ID and also repeats; its own repetition is ignored",
            );
            event.rules.clear();
            event.extra.clear();
        }
        for (_, line) in &event.except_rules {
            notes.doubt(*line, "EXRULE is obsolete; what it matches is excluded");
        }
        Ok(event)
    }

    fn read_extra(
        &mut self,
        component: &Component,
        context: &Context<'_>,
        notes: &mut Notes,
    ) -> Result<(), Fault> {
        for line in component.properties("RDATE") {
            for text in line.value.split(',').filter(|text| !text.trim().is_empty()) {
                let (start, end) = match text.split_once('/') {
                    Some((start, end)) => (start, Some(end)),
                    None => (text, None),
                };
                let mut start = one(line, start, context, notes)?;
                let mut length = None;
                if let Some(end) = end {
                    length = Some(period_length(line, &start, end, context, notes)?);
                }
                match (&self.start, &start) {
                    (Moment::Date(_), Moment::Time(time)) => {
                        let date = time.wall_in(context.zone).unwrap_or(time.wall).date();
                        notes.doubt(
                            line.number,
                            format!("RDATE is a time, but the event is all day; read as {date}"),
                        );
                        start = Moment::Date(date);
                        length = None;
                    }
                    (Moment::Time(first), Moment::Date(date)) => {
                        notes.doubt(
                            line.number,
                            format!(
                                "RDATE is a date, but the event is not all day; read as {date} {}",
                                first.wall.strftime("%H:%M")
                            ),
                        );
                        start = self.start.at(date.to_datetime(first.wall.time()));
                    }
                    _ => {}
                }
                self.extra.push((start, length));
            }
        }
        Ok(())
    }

    /// What it is called in a note.
    pub(super) fn label(&self) -> Option<&str> {
        self.name.as_deref().or(self.uid.as_deref())
    }

    /// The zone in which its dates and times stand.
    pub(super) fn zone<'a>(&'a self, calendar: &'a TimeZone) -> &'a TimeZone {
        match &self.start {
            Moment::Time(Time {
                zone: Some(zone), ..
            }) => zone,
            _ => calendar,
        }
    }
}

fn says(component: &Component, name: &str, word: &str) -> bool {
    component.first(name).is_some_and(|line| line.says(word))
}

/// Whether nobody is busy. A Microsoft program may only say so in its own property; that counts too.
fn is_free(component: &Component) -> bool {
    match component.first("TRANSP") {
        Some(line) => line.says("TRANSPARENT"),
        None => says(component, "X-MICROSOFT-CDO-BUSYSTATUS", "FREE"),
    }
}

fn version(component: &Component) -> Version {
    let stamp = |name| {
        let line = component.first(name)?;
        Some(moment::written(line.value.trim())?.moment.wall())
    };
    let sequence = component.first("SEQUENCE");
    Version {
        sequence: sequence
            .and_then(|line| line.value.trim().parse().ok())
            .unwrap_or(0),
        stamp: stamp("LAST-MODIFIED").or_else(|| stamp("DTSTAMP")),
    }
}

fn moment(line: &Line, context: &Context<'_>, notes: &mut Notes) -> Result<Moment, Fault> {
    one(line, &line.value, context, notes)
}

fn one(line: &Line, text: &str, context: &Context<'_>, notes: &mut Notes) -> Result<Moment, Fault> {
    let mut doubts = Vec::new();
    let moment = time_property::read(line, text, context.zones, &mut doubts)?;
    for doubt in doubts {
        notes.doubt(line.number, doubt);
    }
    Ok(moment)
}

fn rules(
    component: &Component,
    name: &str,
    notes: &mut Notes,
) -> Result<Vec<(Rule, usize)>, Fault> {
    let mut rules = Vec::new();
    for line in component.properties(name) {
        let mut doubts = Vec::new();
        let rule = Rule::parse(&line.value, &mut doubts).map_err(|reason| line.fault(reason))?;
        for doubt in doubts {
            notes.doubt(line.number, doubt);
        }
        rules.push((rule, line.number));
    }
    Ok(rules)
}

fn changes(
    component: &Component,
    context: &Context<'_>,
    notes: &mut Notes,
) -> Result<Option<Changes>, Fault> {
    let Some(line) = component.property("RECURRENCE-ID")? else {
        return Ok(None);
    };
    let range = line.parameter("RANGE").map(str::to_ascii_uppercase);
    if let Some(range) = range.as_deref().filter(|range| *range != "THISANDFUTURE") {
        notes.doubt(
            line.number,
            format!(
                "RANGE={} is not supported; only this occurrence is changed",
                notes::shown(range)
            ),
        );
    }
    Ok(Some(Changes {
        start: moment(line, context, notes)?,
        and_later: range.as_deref() == Some("THISANDFUTURE"),
        line: line.number,
    }))
}

/// How long the event lasts: to its `DTEND`, for its `DURATION`, or else the one day that it starts on. A point in time
/// without either has no duration.
fn length(
    component: &Component,
    begins: &Line,
    start: &Moment,
    context: &Context<'_>,
    notes: &mut Notes,
) -> Result<Length, Fault> {
    let (end, duration) = (
        component.property("DTEND")?,
        component.property("DURATION")?,
    );
    if let (Some(_), Some(line)) = (end, duration) {
        notes.doubt(line.number, "has both DTEND and DURATION; DTEND is used");
    }
    let length = match (end, duration, start) {
        (Some(line), _, _) => {
            let end = moment(line, context, notes)?;
            until(line, start, &end, context, notes)?
        }
        (None, Some(line), _) => {
            let length = moment::length(&line.value).ok_or_else(|| {
                line.fault(format!(
                    "DURATION is \"{}\"; a duration is written P1D, P2W or PT4H30M",
                    notes::shown(&line.value)
                ))
            })?;
            match start {
                Moment::Date(_) => in_whole_days(line, length, notes),
                Moment::Time(_) => length,
            }
        }
        (None, None, Moment::Date(_)) => Length::DAY,
        (None, None, Moment::Time(_)) => Length::NOTHING,
    };
    if length.is_endless() {
        return Err(begins.fault("it lasts longer than three hundred years"));
    }
    Ok(length)
}

fn in_whole_days(line: &Line, length: Length, notes: &mut Notes) -> Length {
    let days = length.in_days().max(1);
    let whole = Length::of_wall_time(SignedDuration::from_hours(days.saturating_mul(24)));
    if whole.wall.as_secs()
        != length
            .wall
            .as_secs()
            .saturating_add(length.passing.as_secs())
    {
        notes.doubt(
            line.number,
            format!("DURATION is not in whole days, but the event is all day; read as P{days}D"),
        );
    }
    whole
}

/// The length up to an end, on the clock of the start.
fn until(
    line: &Line,
    start: &Moment,
    end: &Moment,
    context: &Context<'_>,
    notes: &mut Notes,
) -> Result<Length, Fault> {
    let out_of_reach = || line.fault("DTEND is out of range");
    let end = match (start, end) {
        (Moment::Date(_), Moment::Date(date)) => midnight(*date),
        (Moment::Date(_), Moment::Time(time)) => {
            notes.doubt(
                line.number,
                "DTSTART is a date, but DTEND is a time; its last day counts as a whole",
            );
            time.wall_in(context.zone).ok_or_else(out_of_reach)?
        }
        (Moment::Time(_), Moment::Date(date)) => {
            notes.doubt(
                line.number,
                format!("DTSTART is a time, but DTEND is a date; it ends when {date} begins"),
            );
            midnight(*date)
        }
        // A start without a zone stands in that of the calendar, an end without one in that of the start.
        (Moment::Time(start), Moment::Time(end)) => {
            if start.zone.is_some() != end.zone.is_some() {
                let other = if start.zone.is_some() {
                    "DTSTART"
                } else {
                    "the calendar"
                };
                notes.doubt(
                    line.number,
                    format!("only one of DTSTART and DTEND has a time zone; the other is read in that of {other}"),
                );
            }
            match end.zone {
                None => end.wall,
                Some(_) => {
                    let zone = start.zone.as_ref().unwrap_or(context.zone);
                    end.wall_in(zone).ok_or_else(out_of_reach)?
                }
            }
        }
    };
    let length = Length::of_wall_time(start.wall().duration_until(end));
    if start.is_date() {
        if length.is_nothing() {
            notes.doubt(line.number, "DTEND equals DTSTART; read as that one day");
            return Ok(Length::DAY);
        }
        if length.wall > SignedDuration::ZERO {
            let days = length.in_days();
            return Ok(Length::of_wall_time(SignedDuration::from_hours(days * 24)));
        }
    }
    if length.wall < SignedDuration::ZERO {
        return Err(line.fault("DTEND is before DTSTART"));
    }
    Ok(length)
}

fn period_length(
    line: &Line,
    start: &Moment,
    end: &str,
    context: &Context<'_>,
    notes: &mut Notes,
) -> Result<Length, Fault> {
    if let Some(length) = moment::length(end) {
        return Ok(length);
    }
    let end = one(line, end, context, notes)?;
    let (Moment::Time(start), Moment::Time(end)) = (start, &end) else {
        return Err(line.fault("a period of RDATE starts or ends with a date"));
    };
    let end = match end.zone {
        None => Some(end.wall),
        Some(_) => end.wall_in(start.zone.as_ref().unwrap_or(context.zone)),
    };
    let length = end.map(|end| start.wall.duration_until(end));
    length
        .filter(|length| *length >= SignedDuration::ZERO)
        .map(Length::of_wall_time)
        .ok_or_else(|| line.fault("a period of RDATE ends before it starts"))
}

/// Outlook and Exchange may write whole days as from midnight to midnight, and add a property that says what is meant.
fn as_whole_days(
    component: &Component,
    start: Moment,
    length: Length,
    context: &Context<'_>,
    notes: &mut Notes,
) -> (Moment, Length) {
    let Moment::Time(time) = &start else {
        return (start, length);
    };
    let flagged = ["X-MICROSOFT-CDO-ALLDAYEVENT", "X-FUNAMBOL-ALLDAY"]
        .iter()
        .any(|name| says(component, name, "TRUE") || says(component, name, "1"));
    if !flagged {
        return (start, length);
    }
    let is_midnight = |wall: &DateTime| *wall == midnight(wall.date());
    let walls = [Some(time.wall), time.wall_in(context.zone)];
    let Some(wall) = walls.into_iter().flatten().find(is_midnight) else {
        notes.doubt(
            component.number,
            "marked as all day, but does not start at midnight; its times are used",
        );
        return (start, length);
    };
    let days = length.in_days().max(1);
    let whole = Length::of_wall_time(SignedDuration::from_hours(days.saturating_mul(24)));
    (Moment::Date(wall.date()), whole)
}
