//! Calendars as people name them.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    app::text_of,
    calendar::{Calendar, CalendarBook},
    cli::Failure,
    terminal::one_line,
};

/// A calendar that a person named, and the file that it stands in, if it is not a built-in one.
pub(super) struct Named {
    pub(super) calendar: Arc<Calendar>,
    pub(super) file: Option<PathBuf>,
}

/// The built-in calendar of that name, or else the file there. A name has neither a dot nor a slash.
pub(super) fn named(text: &str) -> Result<Named, Failure> {
    let calendars = CalendarBook::builtin()?;
    if let Some(calendar) = calendars.get(text) {
        return Ok(Named {
            calendar: Arc::clone(calendar),
            file: None,
        });
    }
    let file = PathBuf::from(text);
    if !text.contains(['.', '/', '\\']) && !file.exists() {
        let known: Vec<&str> = calendars.iter().map(|calendar| calendar.name()).collect();
        return Err(Failure::UnknownCalendar {
            name: text.to_owned(),
            known: known.join(", "),
        });
    }
    Ok(Named {
        calendar: Arc::new(read(&file)?),
        file: Some(file),
    })
}

/// The calendar of a file.
pub(super) fn read(file: &Path) -> Result<Calendar, Failure> {
    let text = text_of(file).map_err(|source| unreadable(file, source))?;
    Calendar::parse(&file.display().to_string(), &text).map_err(Failure::CalendarFile)
}

pub(super) fn unreadable(file: &Path, source: std::io::Error) -> Failure {
    Failure::Unreadable {
        file: file.to_path_buf(),
        source,
    }
}

/// What a calendar is called on the screen.
pub(super) fn heading(calendar: &Calendar) -> String {
    format!(
        "{} ({} version {}, {})",
        one_line(calendar.title()),
        calendar.name(),
        calendar.version(),
        calendar.zone_name()
    )
}
