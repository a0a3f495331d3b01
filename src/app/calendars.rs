//! The active calendars: the built-in ones, those of a folder, and those stored in the database.

use std::path::Path;

use super::{
    error::AppError,
    folder::{Named, named_files},
};
use crate::{
    calendar::{Calendar, CalendarBook, CalendarError, Zones},
    store::StoredText,
};

impl Named for Calendar {
    const KIND: &'static str = "calendar";
    type Error = CalendarError;

    fn parse(file: &str, text: &str) -> Result<Self, CalendarError> {
        Calendar::parse(file, text)
    }

    fn name(&self) -> &str {
        self.name()
    }
}

/// Loads every calendar. An invalid file in the folder is rejected with its position and reason, and the service continues with
/// the last good version of that calendar, if the database has one. The same applies if the file is gone: policies of existing
/// complaints may still use the calendar.
pub(super) fn load(folder: Option<&Path>, kept: &[StoredText]) -> Result<CalendarBook, AppError> {
    let mut book = CalendarBook::builtin()?;
    let files = folder.map(named_files::<Calendar>).transpose()?;
    for file in files.unwrap_or_default() {
        if let Some(calendar) = file.usable(|name| last_kept(name, kept)) {
            book.insert(calendar);
        }
    }
    for text in kept {
        if book.get(&text.name).is_none()
            && let Some(calendar) = last_kept(&text.name, kept)
        {
            tracing::warn!(
                calendar = calendar.name(),
                version = calendar.version(),
                "a calendar file was removed; its last version stays in use"
            );
            book.insert(calendar);
        }
    }
    Ok(book)
}

/// The last version loaded under this name.
fn last_kept(name: &str, kept: &[StoredText]) -> Option<Calendar> {
    let text = kept.iter().rev().find(|text| text.name == name)?;
    let shown = format!("{name}@{}", text.version);
    Calendar::parse_in(&shown, &text.body, &Zones::bundled())
        .inspect_err(|error| tracing::error!(%error, "failed to read a stored calendar"))
        .ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;

    use super::*;

    fn office(holiday: &str) -> String {
        format!(
            "name = \"office\"\ntitle = \"Office\"\nsource = \"s\"\nzone = \"UTC\"\n[week]\nmonday = [\"09:00-17:00\"]\n\
             [[holiday]]\nname = \"A day\"\non = \"{holiday}\"\n"
        )
    }

    fn kept(body: String) -> StoredText {
        StoredText {
            name: "office".to_owned(),
            version: "0".to_owned(),
            body,
        }
    }

    fn text_in_use(folder: Option<&Path>, kept: &[StoredText]) -> Option<String> {
        let book = load(folder, kept).unwrap();
        book.get("office").map(|office| office.text().to_owned())
    }

    #[test]
    fn a_file_goes_before_the_kept_text_and_the_last_kept_one_before_a_wrong_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("office.toml");
        let versions = [kept(office("1 May")), kept(office("2 May"))];
        fs::write(&file, office("3 May")).unwrap();
        assert_eq!(
            text_in_use(Some(folder.path()), &versions),
            Some(office("3 May"))
        );
        for wrong in [
            office("31 April"),
            office("3 May").replace("\"office\"", "\"other\""),
        ] {
            fs::write(&file, wrong).unwrap();
            assert_eq!(
                text_in_use(Some(folder.path()), &versions),
                Some(office("2 May"))
            );
            assert_eq!(text_in_use(Some(folder.path()), &[]), None);
        }
        fs::remove_file(&file).unwrap();
        assert_eq!(
            text_in_use(Some(folder.path()), &versions),
            Some(office("2 May"))
        );
        assert_eq!(text_in_use(None, &versions), Some(office("2 May")));
    }

    #[test]
    fn a_file_stands_in_for_the_built_in_calendar_of_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let text = office("3 May").replace("\"office\"", "\"ca-on\"");
        fs::write(folder.path().join("ca-on.toml"), &text).unwrap();
        let book = load(Some(folder.path()), &[]).unwrap();
        assert_eq!(book.get("ca-on").unwrap().text(), text);
    }
}
