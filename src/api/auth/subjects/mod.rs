//! Maps client certificates to callers, by a file.

mod fault;
mod parse;
mod table;

use std::{path::PathBuf, sync::Arc, time::Duration};

use parking_lot::RwLock;
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

pub use self::fault::{ClientSubjectsError, ClientSubjectsFault};
use self::{parse::MOST_BYTES, table::Table};
use super::certificate::{ClientCertificate, Proof};
use crate::looks::{self, LastLook, keep_looking};

/// The file that maps the names of certificates to subjects.
#[derive(Debug, Clone)]
pub struct ClientSubjectsFile {
    /// Its path.
    pub file: PathBuf,
    /// How often to check it for changes.
    pub look_every: Duration,
}

/// Identifies callers by their certificates, as of the last valid version of the file. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ClientSubjects(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: ClientSubjectsFile,
    current: RwLock<Current>,
    last: LastLook,
}

#[derive(Debug, Clone)]
struct Current {
    /// Counts the versions of the file that were used.
    version: u64,
    table: Arc<Table>,
}

impl ClientSubjects {
    /// Reads the file.
    ///
    /// # Errors
    /// When it cannot be read, or the first fault in it, with its position.
    pub fn load(file: ClientSubjectsFile) -> Result<Self, ClientSubjectsError> {
        let text = read(&file)?;
        let table = Table::parse(&file.file, &text)?;
        Ok(ClientSubjects(Arc::new(Inner {
            last: LastLook::at(digest(&text)),
            current: RwLock::new(Current {
                version: 0,
                table: Arc::new(table),
            }),
            file,
        })))
    }

    /// Checks the file at intervals until shutdown, and uses a changed version once it is valid. This affects the next call on an
    /// open connection, but not calls in progress.
    pub async fn keep_current(self, shutdown: CancellationToken) {
        let every = self.0.file.look_every;
        keep_looking(every, shutdown, move || self.look()).await;
    }

    pub(super) fn look(&self) {
        let Inner {
            file,
            current,
            last,
        } = &*self.0;
        let text = read(file);
        let seen = match &text {
            Ok(text) => Ok(digest(text)),
            Err(error) => Err(error.to_string()),
        };
        if !last.differs(seen) {
            return;
        }
        match text.and_then(|text| Table::parse(&file.file, &text)) {
            Ok(table) => {
                let clients = table.clients();
                let mut current = current.write();
                current.version += 1;
                current.table = Arc::new(table);
                drop(current);
                tracing::info!(clients, "reloaded the file of client subjects");
            }
            Err(error) => {
                tracing::error!(%error, "failed to reload the file of client subjects; the previous content stays in use");
            }
        }
    }

    /// The caller that a certificate identifies.
    pub(super) fn principal(&self, certificate: &ClientCertificate) -> Proof {
        let Current { version, table } = self.0.current.read().clone();
        certificate.proved(version, |names| table.principal(names))
    }
}

fn read(file: &ClientSubjectsFile) -> Result<Vec<u8>, ClientSubjectsError> {
    let read = looks::contents(&file.file, MOST_BYTES);
    read.map_err(|source| ClientSubjectsError::Unreadable {
        file: file.file.clone(),
        source,
    })
}

fn digest(text: &[u8]) -> [u8; 32] {
    Sha256::digest(text).into()
}
