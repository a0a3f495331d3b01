//! Which content lines belong to which event or time zone (RFC 5545, sections 3.4 and 3.6).

use super::{
    line::Line,
    notes::{self, Fault, Notes},
};

/// The content lines of one component, without those of what stands inside it, such as an alarm.
#[derive(Debug)]
pub(super) struct Component {
    /// The line of its `BEGIN`.
    pub(super) number: usize,
    pub(super) lines: Vec<Line>,
    /// Of a time zone: its observances.
    pub(super) inner: Vec<Component>,
    /// Whether it stands in a calendar that takes its events back.
    pub(super) withdrawn: bool,
}

impl Component {
    /// The one property of this name.
    pub(super) fn property(&self, name: &str) -> Result<Option<&Line>, Fault> {
        let mut found = self.properties(name);
        let first = found.next();
        match (first, found.next()) {
            (Some(first), Some(second)) if first.value.trim() != second.value.trim() => {
                Err(second.fault(format!("it has a second {name} with another value")))
            }
            _ => Ok(first),
        }
    }

    /// All properties of this name.
    pub(super) fn properties(&self, name: &str) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.name == name)
    }

    /// The first property of this name.
    pub(super) fn first(&self, name: &str) -> Option<&Line> {
        self.properties(name).next()
    }
}

/// The parts of a file that matter here. Tasks, journals, free/busy times and alarms are skipped.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) events: Vec<Component>,
    pub(super) zones: Vec<Component>,
    /// Whether there is any calendar or event at all.
    pub(super) is_icalendar: bool,
}

/// Reads the components. One without an end is left out.
pub(super) fn contents(lines: Vec<Line>, notes: &mut Notes) -> Contents {
    let mut reader = Reader::default();
    for line in lines {
        match line.name.as_str() {
            "BEGIN" => reader.begin(&line, notes),
            "END" => reader.end(&line, notes),
            _ => reader.property(line, notes),
        }
    }
    for open in reader.open.iter().rev() {
        notes.doubt(
            open.component.number,
            format!(
                "left out: BEGIN:{} has no END, so the file may be incomplete",
                notes::shown(&open.name)
            ),
        );
    }
    reader.contents
}

/// How deep components may be nested; what lies deeper is skipped.
const DEEPEST: usize = 20;

#[derive(Default)]
struct Reader {
    contents: Contents,
    open: Vec<Open>,
    /// How many components are open beyond [`DEEPEST`].
    deeper: usize,
    withdrawn: bool,
}

struct Open {
    /// In capitals.
    name: String,
    component: Component,
}

impl Reader {
    fn begin(&mut self, line: &Line, notes: &mut Notes) {
        let name = line.value.trim().to_ascii_uppercase();
        if self.open.len() >= DEEPEST {
            self.deeper += 1;
            return;
        }
        if name == "VCALENDAR" {
            self.withdrawn = false;
            self.contents.is_icalendar = true;
        } else if name == "VEVENT" {
            self.contents.is_icalendar = true;
            if self.open.is_empty() {
                notes.doubt(
                    line.number,
                    "this event is outside any VCALENDAR; it is read anyway",
                );
            }
        }
        self.open.push(Open {
            name,
            component: Component {
                number: line.number,
                lines: Vec::new(),
                inner: Vec::new(),
                withdrawn: false,
            },
        });
    }

    fn end(&mut self, line: &Line, notes: &mut Notes) {
        if self.deeper > 0 {
            self.deeper -= 1;
            return;
        }
        let name = line.value.trim().to_ascii_uppercase();
        let Some(place) = self.open.iter().rposition(|open| open.name == name) else {
            notes.doubt(
                line.number,
                format!("ignored: END:{} has no BEGIN", notes::shown(&name)),
            );
            return;
        };
        for lost in self.open.drain(place + 1..) {
            notes.doubt(
                lost.component.number,
                format!(
                    "left out: BEGIN:{} has no END before the END:{name} on line {}",
                    notes::shown(&lost.name),
                    line.number
                ),
            );
        }
        let Some(Open {
            name,
            mut component,
        }) = self.open.pop()
        else {
            return;
        };
        component.withdrawn = self.withdrawn;
        let around = self.open.last_mut();
        match (name.as_str(), around) {
            ("VEVENT", None) => self.contents.events.push(component),
            ("VEVENT", Some(around)) if around.name == "VCALENDAR" => {
                self.contents.events.push(component);
            }
            ("VEVENT", Some(around)) => notes.doubt(
                component.number,
                format!(
                    "left out: this event is inside a {}",
                    notes::shown(&around.name)
                ),
            ),
            ("VTIMEZONE", _) => self.contents.zones.push(component),
            ("STANDARD" | "DAYLIGHT", Some(around)) => around.component.inner.push(component),
            _ => {}
        }
    }

    fn property(&mut self, line: Line, notes: &mut Notes) {
        if self.deeper > 0 {
            return;
        }
        match self.open.last_mut() {
            None => notes.doubt(line.number, "ignored: this line is outside any VCALENDAR"),
            Some(open) => {
                if open.name == "VCALENDAR" && line.name == "METHOD" && line.says("CANCEL") {
                    self.withdrawn = true;
                }
                if matches!(
                    open.name.as_str(),
                    "VEVENT" | "VTIMEZONE" | "STANDARD" | "DAYLIGHT"
                ) {
                    open.component.lines.push(line);
                }
            }
        }
    }
}
