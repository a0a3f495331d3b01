//! A folder instead of a relay, for development and the demo.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::error::MailError;

/// A folder that receives mail as files.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Creates the folder if it does not exist.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        Ok(Folder(path.to_path_buf()))
    }

    /// Writes a message atomically under its own name: a retry replaces the first copy.
    pub(super) fn put(&self, id: &str, message: &[u8]) -> Result<(), MailError> {
        let failed = |error: io::Error| MailError::Folder(error.kind());
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if id.starts_with('.') || !id.chars().all(is_plain) {
            return Err(MailError::Unfit("its name is no name of a file"));
        }
        // Mail readers skip names that begin with a full stop.
        let unfinished = self.0.join(format!(".{id}.{}", std::process::id()));
        let written = fs::File::create(&unfinished).and_then(|mut file| {
            file.write_all(message)?;
            file.sync_all()
        });
        let put = written.and_then(|()| fs::rename(&unfinished, self.0.join(format!("{id}.eml"))));
        put.inspect_err(|_| {
            // It may not exist.
            let _ = fs::remove_file(&unfinished);
        })
        .map_err(failed)
    }
}
