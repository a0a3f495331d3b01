//! What can keep a run from being measured.

use std::{
    io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use redress::{
    api::auth::DevKeyError, app::AppError, cli::Failure, client::CallError,
    embedded::EmbeddedError, engine::EngineError, signals::Ending, store::StoreError,
    telemetry::TelemetryError,
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
    /// The job runners cannot run here; everything else can.
    #[error(
        "{0}: the job runners need Node 20 or later with npm (Debian: nodejs and npm, Fedora: nodejs)"
    )]
    NoNode(String),
    /// The job runners' packages could not be fetched.
    #[error("npm could not install the job runners; is its registry within reach? It said:\n{0}")]
    Install(String),
    /// A job runner did not do its jobs, or not each of them once.
    #[error("{runner} did not bring its {kind} jobs to an end:\n{output}")]
    Runner {
        runner: &'static str,
        kind: &'static str,
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
    /// A key that tokens are signed with.
    #[error(transparent)]
    DevKey(#[from] DevKeyError),
    /// A certificate.
    #[error("a certificate cannot be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// Whatever else proves callers.
    #[error("callers cannot be known as is to be measured: {0}")]
    Proof(String),
    /// The service refused something.
    #[error("the service refused a call: {0}")]
    Refused(#[from] tonic::Status),
    /// Events do not arrive.
    #[error("{arrived} of {wanted} events have arrived at a receiver, and no more come")]
    NotDelivered { wanted: usize, arrived: usize },
    /// Figures came out that mean nothing.
    #[error("the figures are not sound:\n{}", .0.join("\n"))]
    Unsound(Vec<String>),
    /// A book cannot hold its waves.
    #[error(
        "a book of {open} open complaints cannot hold waves of {waves}: choose smaller waves or a larger book"
    )]
    BookTooSmall { open: usize, waves: usize },
    /// There are more waves than instants for them.
    #[error(
        "the waves of the books do not fit into one day: plan fewer of them, or a shorter steady one"
    )]
    DayTooShort,
    /// Books grow large.
    #[error(
        "{} has {free} GB free, and the books of this run need {needed} GB: choose another folder with --folder",
        .folder.display()
    )]
    NoRoom {
        folder: PathBuf,
        needed: u64,
        free: u64,
    },
    /// The code of practice times complaints otherwise than the layout of the book reckons with.
    #[error(
        "{filed} complaints were filed to fall due together, and {steps} do, from {first} to {last}: \
         bring src/book/layout.rs in line with the code of practice"
    )]
    NoWave {
        filed: u64,
        steps: u64,
        first: Timestamp,
        last: Timestamp,
    },
    /// A search did not find what was filed.
    #[error("a search did not find a complaint that was filed")]
    NothingFound,
    /// Waves are fired in their order, each once.
    #[error(
        "{steps} steps fall due at {wave}, and {due} are due by then: a wave before it was not fired"
    )]
    OtherDue {
        wave: Timestamp,
        steps: u64,
        due: u64,
    },
    /// The service had no time to wait for its wave, so its lateness would say nothing.
    #[error(
        "the wave at {0} was due before the service could wait for it: the machine is too busy to measure on"
    )]
    CameUpLate(Timestamp),
    /// A wave does not end.
    #[error("{left} of {steps} steps that fell due at {wave} have not fired after {waited} s")]
    NotFired {
        wave: Timestamp,
        steps: u64,
        left: u64,
        waited: u64,
    },
    /// A wave was not fired as it should.
    #[error(
        "{due} steps fell due at {wave}; {fired} events of steps were written, {distinct} of them distinct, {strays} of other steps"
    )]
    FiredOtherwise {
        wave: Timestamp,
        due: u64,
        fired: u64,
        distinct: u64,
        strays: u64,
    },
    /// What the service writes for a step is more than plain SQL has been taught.
    #[error(
        "a step that the service fired cannot be written as plain SQL: {0}; bring src/firing up to date"
    )]
    NoExample(String),
    /// The service cannot be built in this process.
    #[error("{0}")]
    App(#[from] AppError),
    /// Its log cannot be set up.
    #[error("{0}")]
    Telemetry(#[from] TelemetryError),
    /// A complaint of a book was not filed.
    #[error("a complaint of the book could not be filed: {0}")]
    Filing(#[from] EngineError),
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
    #[error("the signals of the system cannot be listened to: {0}")]
    Signals(#[source] io::Error),
    /// The service's command line names no database.
    #[error(transparent)]
    CommandLine(#[from] Failure),
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
