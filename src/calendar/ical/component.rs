//! Which content lines belong to which event (RFC 5545, sections 3.4 and 3.6).

use super::line::{Fault, Line};

/// The content lines of one event, without those of what stands inside it, such as an alarm.
pub(super) struct Component {
    /// The line of its `BEGIN`.
    pub(super) number: usize,
    pub(super) lines: Vec<Line>,
}

impl Component {
    /// The one property of this name.
    pub(super) fn property(&self, name: &str) -> Result<Option<&Line>, Fault> {
        let mut found = self.properties(name);
        let first = found.next();
        match found.next() {
            Some(second) => Err(second.fault(format!("an event has one {name} at most"))),
            None => Ok(first),
        }
    }

    /// All properties of this name.
    pub(super) fn properties(&self, name: &str) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.name == name)
    }
}

/// The events of the calendars in a file. Tasks, journals and the zones that a file brings along are passed over.
pub(super) fn events(lines: Vec<Line>) -> Result<Vec<Component>, Fault> {
    let mut events: Vec<Component> = Vec::new();
    let mut open: Vec<(String, usize)> = Vec::new();
    let mut calendars = 0;
    for line in lines {
        let inside: Vec<&str> = open.iter().map(|(name, _)| name.as_str()).collect();
        match (line.name.as_str(), inside.as_slice()) {
            ("BEGIN", _) => {
                let name = line.value.trim().to_ascii_uppercase();
                match (name.as_str(), inside.as_slice()) {
                    ("VCALENDAR", []) => calendars += 1,
                    (_, []) | ("VCALENDAR", _) => return Err(outside(&line)),
                    ("VEVENT", ["VCALENDAR"]) => events.push(Component {
                        number: line.number,
                        lines: Vec::new(),
                    }),
                    _ => {}
                }
                open.push((name, line.number));
            }
            ("END", _) => match open.pop() {
                Some((name, _)) if name.eq_ignore_ascii_case(line.value.trim()) => {}
                Some((name, number)) => {
                    return Err(line.fault(format!(
                        "END:{name} was expected, for the BEGIN of line {number}"
                    )));
                }
                None => return Err(outside(&line)),
            },
            (_, []) => return Err(outside(&line)),
            ("METHOD", ["VCALENDAR"]) if line.value.trim().eq_ignore_ascii_case("CANCEL") => {
                return Err(line.fault(
                    "the file takes events back (METHOD:CANCEL): take their overrides out of the calendar by hand",
                ));
            }
            (_, ["VCALENDAR", "VEVENT"]) => {
                if let Some(event) = events.last_mut() {
                    event.lines.push(line);
                }
            }
            _ => {}
        }
    }
    match open.pop() {
        Some((name, line)) => Err(Fault {
            line,
            reason: format!("BEGIN:{name} has no END: the file is not complete"),
        }),
        None if calendars == 0 => Err(Fault {
            line: 1,
            reason: "the file is no iCalendar file: it has no BEGIN:VCALENDAR".to_owned(),
        }),
        None => Ok(events),
    }
}

fn outside(line: &Line) -> Fault {
    line.fault("an iCalendar file is written from BEGIN:VCALENDAR to END:VCALENDAR")
}
