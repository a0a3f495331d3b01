use std::{collections::BTreeMap, sync::Arc};

use super::{Calendar, CalendarError};

/// The calendars that are known, by name.
#[derive(Debug, Clone, Default)]
pub struct CalendarBook {
    calendars: BTreeMap<String, Arc<Calendar>>,
}

/// The files of `calendars/`, as this program was built with them.
macro_rules! built_in {
    ($($file:literal),* $(,)?) => {
        [$((concat!("calendars/", $file), include_str!(concat!("../../calendars/", $file)))),*]
    };
}

const BUILT_IN: [(&str, &str); 15] = built_in![
    "ca-ab.toml",
    "ca-bc.toml",
    "ca-federal.toml",
    "ca-mb.toml",
    "ca-nb.toml",
    "ca-nl.toml",
    "ca-ns.toml",
    "ca-nt.toml",
    "ca-nu.toml",
    "ca-on.toml",
    "ca-pe.toml",
    "ca-qc.toml",
    "ca-sk.toml",
    "ca-yt.toml",
    "us-ma.toml",
];

impl CalendarBook {
    /// The calendars that come with the program.
    ///
    /// # Errors
    /// The first [`CalendarError`]; a test proves that there is none.
    pub fn builtin() -> Result<Self, CalendarError> {
        let mut book = Self::default();
        for (file, text) in BUILT_IN {
            book.insert(Calendar::parse(file, text)?);
        }
        Ok(book)
    }

    pub fn get(&self, name: &str) -> Option<&Arc<Calendar>> {
        self.calendars.get(name)
    }

    /// Adds a calendar, in place of one of the same name.
    pub fn insert(&mut self, calendar: Calendar) {
        self.calendars
            .insert(calendar.name().to_owned(), Arc::new(calendar));
    }

    /// All calendars, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Calendar>> {
        self.calendars.values()
    }
}
