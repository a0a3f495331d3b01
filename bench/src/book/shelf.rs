//! The Postgres that books lie in, one database each.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use diesel::{Connection as _, PgConnection, connection::SimpleConnection as _};
use nix::sys::statvfs::statvfs;
use redress::{
    embedded::{Durability, PrivatePostgres, Settings},
    store,
};
use tempfile::TempDir;
use tokio::task::spawn_blocking;

use crate::{
    error::BenchError,
    machine::{ensure_on_disk, memory},
    pgbench,
};

/// What the server is told beside its defaults: when each commit was made is to be known exactly, and nothing is to be
/// disturbed by a checkpoint that something before it brought about, or by the making of log files, which a server that has
/// run for a while has. For the buffers Postgres' own manual recommends a quarter of the memory.
pub(crate) fn settings() -> Vec<(String, String)> {
    let settings = [
        ("track_commit_timestamp", "on".to_owned()),
        ("max_wal_size", "8GB".to_owned()),
        ("min_wal_size", "8GB".to_owned()),
        ("checkpoint_timeout", "30min".to_owned()),
        ("shared_buffers", format!("{}kB", memory() / 4)),
    ];
    settings
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}

/// A private Postgres with full durability, in a folder of its own that goes with it.
#[derive(Debug)]
pub(crate) struct Shelf {
    // Fields drop in this order: the server before its folder.
    postgres: PrivatePostgres,
    folder: TempDir,
    /// The tool that plain SQL runs with.
    pub(crate) pgbench: PathBuf,
}

impl Shelf {
    /// Starts it, on a disk with room for a book of so many complaints, and its copy.
    pub(crate) async fn put_up(parent: &Path, open: usize) -> Result<Shelf, BenchError> {
        let parent = parent.to_owned();
        spawn_blocking(move || {
            ensure_on_disk(&parent)?;
            ensure_room(&parent, open)?;
            let folder = tempfile::Builder::new()
                .prefix("redress-books-")
                .tempdir_in(&parent)
                .map_err(|source| BenchError::io("make a folder in", &parent, source))?;
            // The server may run under another account, which must pass through.
            fs::set_permissions(folder.path(), Permissions::from_mode(0o711))
                .map_err(|source| BenchError::io("open up", folder.path(), source))?;
            let postgres = PrivatePostgres::start(&Settings {
                data_dir: folder.path().join("postgres"),
                durability: Durability::Full,
                extra: settings(),
            })?;
            let pgbench = pgbench::find(postgres.version())?;
            Ok(Shelf {
                postgres,
                folder,
                pgbench,
            })
        })
        .await?
    }

    /// Makes a database of the service's schema, with nothing in it.
    pub(crate) async fn empty(&self, database: &str) -> Result<(), BenchError> {
        self.postgres.create_database_if_missing(database)?;
        let url = self.url(database);
        spawn_blocking(move || store::migrate(&url)).await??;
        Ok(())
    }

    /// Makes a database without any schema.
    pub(crate) async fn bare(&self, database: &str) -> Result<(), BenchError> {
        self.execute("postgres", format!("create database {database}"))
            .await
    }

    /// Removes a database, and settles what it leaves behind.
    pub(crate) async fn remove(&self, database: &str) -> Result<(), BenchError> {
        self.execute("postgres", format!("drop database {database} with (force)"))
            .await?;
        self.execute("postgres", "checkpoint".to_owned()).await
    }

    /// Such as `17.5`.
    pub(crate) fn server_version(&self) -> &str {
        self.postgres.version()
    }

    /// Makes another database of the same rows. Nobody may be connected to the first.
    pub(crate) async fn copy(&self, from: &str, to: &str) -> Result<(), BenchError> {
        let copy = format!("create database {to} template {from} strategy file_copy");
        self.execute("postgres", copy).await
    }

    /// Cleans up after what was filed, and writes it out.
    pub(crate) async fn tidy(&self, database: &str) -> Result<(), BenchError> {
        self.execute(database, "vacuum analyze".to_owned()).await?;
        self.execute(database, "checkpoint".to_owned()).await
    }

    /// Clears away what a firing left behind, so that the next one does not pay for it.
    pub(crate) async fn settle(&self, database: &str) -> Result<(), BenchError> {
        self.execute(database, "vacuum clock, complaint".to_owned())
            .await?;
        self.execute(database, "checkpoint".to_owned()).await
    }

    async fn execute(&self, database: &str, statement: String) -> Result<(), BenchError> {
        let url = self.url(database);
        spawn_blocking(move || Ok(PgConnection::establish(&url)?.batch_execute(&statement)?))
            .await?
    }

    pub(crate) fn url(&self, database: &str) -> String {
        self.postgres.url(database)
    }

    /// Where what belongs to the run may be written.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends the server and removes everything.
    pub(crate) async fn take_down(self) -> Result<(), BenchError> {
        spawn_blocking(move || Ok(self.postgres.stop()?)).await?
    }
}

/// A connection for looking and counting. Blocks.
pub(crate) fn connect(url: &str) -> Result<PgConnection, BenchError> {
    Ok(PgConnection::establish(url)?)
}

/// Each complaint takes some 8 kB with its indexes; there are two copies, what firing adds, and the log of it.
const BYTES_A_COMPLAINT: u64 = 22_000;
/// For the server itself and its log.
const BYTES_ANYWAY: u64 = 12_000_000_000;

fn ensure_room(folder: &Path, open: usize) -> Result<(), BenchError> {
    let disk = statvfs(folder).map_err(|errno| BenchError::io("look at", folder, errno.into()))?;
    let free = disk.blocks_available() * disk.fragment_size();
    let needed = BYTES_ANYWAY.saturating_add(BYTES_A_COMPLAINT * u64::try_from(open).unwrap_or(0));
    if open > 100_000 && free < needed {
        return Err(BenchError::NoRoom {
            folder: folder.to_owned(),
            needed: needed / 1_000_000_000,
            free: free / 1_000_000_000,
        });
    }
    Ok(())
}
