//! The folder of a demo. It is kept, so that the mail can be read afterwards.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::error::DemoError;

const STAFF: &str = include_str!("staff.toml");

/// Where the story's mail goes instead of a relay, with related files.
#[derive(Debug)]
pub(super) struct Home(PathBuf);

impl Home {
    /// Opens this folder, or creates a new one. It must not contain mail, because all mail in it is taken for the story's.
    pub(super) fn open(folder: Option<PathBuf>) -> Result<Self, DemoError> {
        let name = format!("redress-demo-mail-{}", Uuid::new_v4().simple());
        let path = folder.unwrap_or_else(|| env::temp_dir().join(name));
        let home = Home(path);
        home.make().map_err(|source| DemoError::File {
            file: home.0.clone(),
            source,
        })?;
        Ok(home)
    }

    fn make(&self) -> io::Result<()> {
        let refused = |words: &str| Err(io::Error::new(io::ErrorKind::AlreadyExists, words));
        if self.0.is_file() {
            return refused("it is a file; name a folder");
        }
        fs::create_dir_all(&self.0)?;
        for entry in fs::read_dir(&self.0)? {
            if entry?.path().extension().is_some_and(|it| it == "eml") {
                return refused("there is mail in it already; name a folder without any");
            }
        }
        let staff = self.staff();
        if fs::read(&staff).is_ok_and(|there| there == STAFF.as_bytes()) {
            return Ok(());
        }
        if staff.exists() {
            return refused("there is another staff.toml in it; name a folder without one");
        }
        fs::write(staff, STAFF)
    }

    /// The mail folder.
    pub(super) fn mail(&self) -> &Path {
        &self.0
    }

    /// The staff directory.
    pub(super) fn staff(&self) -> PathBuf {
        self.0.join("staff.toml")
    }

    /// Returned mail.
    pub(super) fn returned(&self) -> PathBuf {
        self.0.join("returned")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::{
        calendar::CalendarBook,
        demo::{cast, script::PRINT_HOUSE},
        dispatch::staff::Directory,
    };

    #[test]
    fn everybody_who_handles_a_complaint_stands_in_the_sample_directory() {
        let calendars = CalendarBook::builtin().unwrap();
        let file = Path::new("staff.toml");
        let directory = Directory::parse(file, STAFF.as_bytes(), &calendars).unwrap();
        for scenario in cast::scenarios() {
            let acting = scenario.steps.iter().map(|step| step.by);
            let staff = acting.filter(|by| *by != PRINT_HOUSE);
            for name in staff.chain([scenario.handler]) {
                assert!(directory.addressee(name).is_some(), "{name}");
            }
        }
    }

    #[test]
    fn a_folder_that_holds_mail_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Home::open(Some(folder.path().to_path_buf()));
        assert!(open().is_ok());
        fs::write(folder.path().join("a.eml"), "mine").unwrap();
        let refused = open().unwrap_err().to_string();
        assert!(refused.contains("mail in it already"), "{refused}");

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("staff.toml");
        fs::write(&file, "mine").unwrap();
        for place in [folder.path(), file.as_path()] {
            assert!(Home::open(Some(place.to_path_buf())).is_err());
        }
        assert_eq!(fs::read(&file).unwrap(), b"mine");
    }
}
