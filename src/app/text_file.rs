//! Data files: calendars, policies and brands.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use crate::calendar::bounds::MOST_BYTES;

/// The text of a file. Reads no more than the largest kind of these files may hold, which is a calendar.
///
/// # Errors
/// When it cannot be read, is too long, or is not UTF-8.
pub(crate) fn text_of(file: &Path) -> io::Result<String> {
    let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    File::open(file)?
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() > MOST_BYTES {
        let why = format!("the file has more than {MOST_BYTES} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_file_without_an_end_is_refused_for_its_length() {
        let refused = text_of(Path::new("/dev/zero")).unwrap_err();
        assert_eq!(refused.to_string(), "the file has more than 4194304 bytes");
    }

    #[test]
    fn the_longest_file_is_read_and_none_that_is_longer() {
        let file = tempfile::NamedTempFile::new().unwrap();
        // Two bytes per character, so that cutting at the limit would split one.
        let longest = "é".repeat(MOST_BYTES / 2);
        std::fs::write(file.path(), &longest).unwrap();
        assert!(text_of(file.path()).unwrap() == longest);
        std::fs::write(file.path(), longest + "é").unwrap();
        let refused = text_of(file.path()).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"name = \"f\xeate\"").unwrap();
        let refused = text_of(file.path()).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidData);
    }
}
