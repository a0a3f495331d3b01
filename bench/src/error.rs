//! What can keep a run from being measured.

use std::{
    io,
    path::{Path, PathBuf},
};

use redress::{
    cli::{Ending, Failure},
    client::CallError,
    embedded::EmbeddedError,
    store::StoreError,
};

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// The comparison lacks its tool.
    #[error(
        "no pgbench of PostgreSQL {major} was found: it comes with the server's package (Debian: postgresql-{major}, \
         Fedora: postgresql-contrib); or name its folder in PG_BINDIR"
    )]
    NoPgbench { major: String },
    /// pgbench ended badly.
    #[error("pgbench did not run `{what}` to its end:\n{output}")]
    Pgbench { what: &'static str, output: String },
    /// pgbench said something that we do not understand.
    #[error("pgbench ran `{what}` and did not say {missing}:\n{output}")]
    PgbenchSilent {
        what: &'static str,
        missing: &'static str,
        output: String,
    },
    /// The folder is no disk.
    #[error("{} lies in memory, where a commit costs nothing: choose a folder on a disk with --folder", .0.display())]
    InMemory(PathBuf),
    /// The server may lose what was committed.
    #[error(
        "the server runs with {setting} = {value}: nothing measured on it could be compared with a service in use"
    )]
    NotDurable {
        setting: &'static str,
        value: String,
    },
    /// The two sides do not write the same.
    #[error(
        "pgbench does not write what the service writes.\nService: {service:?}\npgbench: {pgbench:?}\n\
         Each is a table with its rows and bytes for one complaint; bring src/pgbench up to date."
    )]
    OtherRows {
        service: Vec<(String, i64, i64)>,
        pgbench: Vec<(String, i64, i64)>,
    },
    /// The service did not come up.
    #[error("the service did not start; the end of its log:\n{0}")]
    ServiceEnded(String),
    /// The service cannot be called.
    #[error("the service was started and cannot be called: {0}")]
    Call(#[from] CallError),
    /// Nor does it take the complaints that the measurement begins with.
    #[error("not all of the first complaints could be filed: {0:?}")]
    NotFiled(Vec<(tonic::Code, u64)>),
    /// Figures came out that mean nothing.
    #[error("the figures are not sound:\n{}", .0.join("\n"))]
    Unsound(Vec<String>),
    /// A picture could not be drawn.
    #[error("a picture could not be drawn: {0}")]
    Drawing(String),
    /// The private Postgres did not do what was asked.
    #[error("{0}")]
    Postgres(#[from] EmbeddedError),
    /// The schema could not be made.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The database could not be reached.
    #[error("the database cannot be reached: {0}")]
    Connection(#[from] diesel::ConnectionError),
    /// The database refused a statement.
    #[error("the database refused a statement: {0}")]
    Query(#[from] diesel::result::Error),
    /// The signals of the system cannot be listened to.
    #[error("{0}")]
    Signals(#[from] Failure),
    /// Somebody ended the run.
    #[error("ended by {0}; nothing is kept")]
    Ended(Ending),
    /// A part of the run panicked.
    #[error("a part of the run broke off: {0}")]
    Task(#[from] tokio::task::JoinError),
    /// The operating system refused something.
    #[error("could not {action} {}: {source}", .path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
}

impl BenchError {
    /// Names what was tried, and on what.
    pub(crate) fn io(action: &'static str, path: impl AsRef<Path>, source: io::Error) -> Self {
        BenchError::Io {
            action,
            path: path.as_ref().to_owned(),
            source,
        }
    }
}
