//! The staff directory: who is sent what, and when. A file, reloaded while the service runs.

mod addressee;
mod fault;
mod parse;
mod roster;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, sync::Arc, time::Duration};

use parking_lot::RwLock;
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

use self::parse::MOST_BYTES;
pub use self::{
    addressee::Addressee,
    fault::{DirectoryError, DirectoryFault},
    roster::{Concern, Directory},
};
use crate::{
    calendar::CalendarBook,
    looks::{self, LastLook, keep_looking},
};

/// The directory file.
#[derive(Debug, Clone)]
pub struct DirectoryFile {
    /// Its path.
    pub file: PathBuf,
    /// How often to check it for changes.
    pub look_every: Duration,
}

impl DirectoryFile {
    /// Reads and validates the file.
    ///
    /// # Errors
    /// When it cannot be read, or the first fault in it, with its position.
    pub fn read(&self, calendars: &CalendarBook) -> Result<Directory, DirectoryError> {
        Directory::parse(&self.file, &self.contents()?, calendars)
    }

    fn contents(&self) -> Result<Vec<u8>, DirectoryError> {
        let read = looks::contents(&self.file, MOST_BYTES);
        read.map_err(|source| DirectoryError::Unreadable {
            file: self.file.clone(),
            source,
        })
    }
}

/// The directory as of the last valid version of its file. Cheap to clone.
#[derive(Debug, Clone)]
pub struct StaffDirectory(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: DirectoryFile,
    calendars: CalendarBook,
    current: RwLock<Arc<Directory>>,
    last: LastLook,
}

impl StaffDirectory {
    /// Reads the file.
    ///
    /// # Errors
    /// As [`DirectoryFile::read`].
    pub fn load(file: DirectoryFile, calendars: CalendarBook) -> Result<Self, DirectoryError> {
        let text = file.contents()?;
        let directory = Directory::parse(&file.file, &text, &calendars)?;
        Ok(StaffDirectory(Arc::new(Inner {
            last: LastLook::at(digest(&text)),
            current: RwLock::new(Arc::new(directory)),
            file,
            calendars,
        })))
    }

    /// The current directory. Readers keep their snapshot across reloads.
    #[must_use]
    pub fn current(&self) -> Arc<Directory> {
        Arc::clone(&self.0.current.read())
    }

    /// Checks the file at intervals until shutdown, and uses a changed version once it is valid.
    pub async fn keep_current(self, shutdown: CancellationToken) {
        let every = self.0.file.look_every;
        keep_looking(every, shutdown, move || self.look()).await;
    }

    /// Checks the file once.
    pub fn look(&self) {
        let Inner {
            file,
            calendars,
            current,
            last,
        } = &*self.0;
        let text = file.contents();
        let seen = match &text {
            Ok(text) => Ok(digest(text)),
            Err(error) => Err(error.to_string()),
        };
        if !last.differs(seen) {
            return;
        }
        match text.and_then(|text| Directory::parse(&file.file, &text, calendars)) {
            Ok(directory) => {
                let people = directory.people();
                *current.write() = Arc::new(directory);
                tracing::info!(people, "reloaded the staff directory");
            }
            Err(error) => {
                tracing::error!(%error, "failed to reload the staff directory; the previous content stays in use");
            }
        }
    }
}

fn digest(text: &[u8]) -> [u8; 32] {
    Sha256::digest(text).into()
}
