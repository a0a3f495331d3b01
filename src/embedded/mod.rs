//! A private Postgres, for the demo, development and the tests. Production gives a URL instead.
//!
//! [`PrivatePostgres::start`] finds Postgres on the machine, or fetches it, makes a cluster in a data directory of its own, runs it, and
//! takes it down again. Everything lies in that one directory:
//!
//! | entry | what it is |
//! |---|---|
//! | `redress-private-postgres` | says that the directory is ours; locked for as long as a process owns it |
//! | `cluster/` | what `initdb` made |
//! | `server.log`, `server.previous.log` | what the server wrote in this run and in the one before |
//! | `pg_hba.conf`, `pg_ident.conf` | who may connect |
//! | `socket/` | where it listens; a link to a folder in the temporary directory where the path would be too long |
//!
//! # Who can reach it
//!
//! The server listens on no network address. Its socket lies in a folder of mode 0700 that belongs to the account the server
//! runs under, and `peer` authentication admits only that account and the owner's, as the kernel names them. A password
//! would add nothing: whoever shares the server's account can read its files anyway. When the owner is root, the server
//! runs as `postgres`, or else as `nobody`, and no file that root writes lies in a folder which that account may change.
//!
//! # How it ends
//!
//! It ends with [`PrivatePostgres::stop`] or on drop. If its owner dies without either, the kernel tells the server to shut
//! down (on Linux); whatever still runs when the next owner comes is shut down by that one. A crash loses nothing
//! that was committed, unless [`Durability::None`] was asked for.
//!
//! `CREATE DATABASE` and the question before it are the only SQL outside `store`: they come before there is a schema.

mod account;
mod binaries;
mod data_dir;
mod error;
mod fetched;
mod leftover;
mod server;
mod settings;
mod socket;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use diesel::prelude::*;

use self::account::Account;
use self::binaries::Binaries;
use self::data_dir::DataDir;
pub use self::error::EmbeddedError;
use self::server::Server;
use self::settings::SUPERUSER;
pub use self::settings::{Durability, Settings};

/// How long the first connection waits for a server that is up: seconds to be let in, and a minute for a statement, of which one
/// copies a template to a disk that may be slow.
const PATIENCE: &str = "connect_timeout=5&options=-c%20statement_timeout%3D60s";

/// A running Postgres that this process owns.
#[derive(Debug)]
pub struct PrivatePostgres {
    // Fields drop in this order: the server must be down before another process may take the directory.
    server: Server,
    data_dir: DataDir,
    socket_dir: PathBuf,
    version: String,
}

impl PrivatePostgres {
    /// Starts Postgres in the data directory and returns when it accepts connections.
    ///
    /// A new directory gets a new cluster; an existing one is recovered as its last owner left it. A server that an earlier,
    /// dead owner left running is shut down first. Blocks: under a second as a rule, longer where much must be recovered.
    ///
    /// # Errors
    ///
    /// Every error says what to do about it: no Postgres found, a directory that is not ours, that another process owns, or
    /// that the server's account cannot reach, or a server that did not come up (with the end of its log).
    pub fn start(settings: &Settings) -> Result<Self, EmbeddedError> {
        let account = Account::for_server()?;
        let binaries = Binaries::find(&account, data_dir::cluster_major(&settings.data_dir))?;
        let data_dir = DataDir::claim(&settings.data_dir, &account)?;
        leftover::stop(&data_dir.cluster())?;
        data_dir.ensure_cluster(&binaries, &account, settings.durability)?;
        data_dir.write_access_rules(&account)?;
        let socket_dir = socket::prepare(data_dir.root(), &account)?;

        let mut command = account.command(&binaries.postgres, data_dir.root());
        command
            .arg("-D")
            .arg(data_dir.cluster())
            .args(server_arguments(settings, &data_dir, &socket_dir));
        let server = Server::start(command, &data_dir).inspect_err(|_| {
            // The reason for the failure tells more than that of a folder which stays.
            let _ = socket::clear(data_dir.root());
        })?;
        tracing::info!(version = %binaries.version, data_dir = %data_dir.root().display(), "the private Postgres is ready");
        Ok(Self {
            server,
            data_dir,
            socket_dir,
            version: binaries.version,
        })
    }

    /// A `postgres://` URL for one database of the cluster, for libpq in any process of this user.
    pub fn url(&self, database: &str) -> String {
        // libpq built with Kerberos would negotiate even on a socket, and has been seen to abort in it at exit.
        format!(
            "postgres://{SUPERUSER}@/{}?host={}&port={}&gssencmode=disable",
            percent_encoded(database.as_bytes()),
            percent_encoded(self.socket_dir.as_os_str().as_bytes()),
            socket::PORT,
        )
    }

    /// Creates an empty database unless it exists. Safe to call from several processes at once.
    ///
    /// # Errors
    ///
    /// [`EmbeddedError::Database`] when the server cannot be reached or refuses the name.
    pub fn create_database_if_missing(&self, name: &str) -> Result<(), EmbeddedError> {
        let failed = |reason: String| EmbeddedError::Database {
            name: name.to_owned(),
            reason,
        };
        let patient = format!("{}&{PATIENCE}", self.url("postgres"));
        let mut connection =
            PgConnection::establish(&patient).map_err(|error| failed(error.to_string()))?;
        if database_exists(&mut connection, name).map_err(|error| failed(error.to_string()))? {
            return Ok(());
        }
        let create = format!("CREATE DATABASE \"{}\"", name.replace('"', "\"\""));
        match diesel::sql_query(create).execute(&mut connection) {
            Ok(_) => Ok(()),
            // Somebody else may have created it since we looked.
            Err(error) => match database_exists(&mut connection, name) {
                Ok(true) => Ok(()),
                _ => Err(failed(error.to_string())),
            },
        }
    }

    /// The version of the server, such as `17.5`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The data directory, as an absolute path without links.
    pub fn data_dir(&self) -> &Path {
        self.data_dir.root()
    }

    /// Shuts the server down: open transactions are rolled back, their connections closed, and all is written out.
    ///
    /// Takes half a minute at most; a server that needs longer is ended the hard way, and recovers at the next start.
    ///
    /// # Errors
    ///
    /// [`EmbeddedError::ServerEnded`] when it had ended by itself before, [`EmbeddedError::StopForced`] when it had to be
    /// ended the hard way. Either way no process is left.
    pub fn stop(mut self) -> Result<(), EmbeddedError> {
        self.server.stop(&self.data_dir)
        // Drop clears the socket folder away.
    }

    /// Removes a data directory and all that is in it, if it is ours and nobody owns it. One that is missing is no error.
    ///
    /// # Errors
    ///
    /// [`EmbeddedError::NotOurs`] and [`EmbeddedError::InUse`], with nothing removed; or what kept it from being removed.
    pub fn remove(data_dir: &Path) -> Result<(), EmbeddedError> {
        if !data_dir.exists() {
            return Ok(());
        }
        let data_dir = DataDir::reclaim(data_dir)?;
        leftover::stop(&data_dir.cluster())?;
        socket::clear(data_dir.root())?;
        data_dir.remove()
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        if self.server.is_running()
            && let Err(error) = self.server.stop(&self.data_dir)
        {
            tracing::warn!(%error, "the private Postgres did not stop cleanly");
        }
        if let Err(error) = socket::clear(self.data_dir.root()) {
            tracing::warn!(%error, "the private Postgres left its socket folder behind");
        }
    }
}

/// Settings as `-c name=value`. Of two for one name Postgres takes the last, which gives the order its meaning.
fn server_arguments(settings: &Settings, data_dir: &DataDir, socket_dir: &Path) -> Vec<OsString> {
    let mut list: Vec<(&str, OsString)> = [
        ("max_connections", "200"),
        ("shared_buffers", "128MB"),
        // A forgotten transaction holds back vacuum, and with it every sweep for due clocks.
        ("idle_in_transaction_session_timeout", "60s"),
        ("timezone", "UTC"),
        ("log_timezone", "UTC"),
        ("log_line_prefix", "%m [%p] %d "),
        // The details of an error are rows and values, so customers' data.
        ("log_error_verbosity", "terse"),
        ("log_parameter_max_length", "0"),
        ("log_parameter_max_length_on_error", "0"),
    ]
    .map(|(name, value)| (name, value.into()))
    .into();
    if settings.durability == Durability::None {
        list.extend(
            ["fsync", "synchronous_commit", "full_page_writes"].map(|name| (name, "off".into())),
        );
    }
    list.extend(
        settings
            .extra
            .iter()
            .map(|(name, value)| (name.as_str(), value.into())),
    );
    list.extend([
        ("listen_addresses", "".into()),
        ("port", socket::PORT.to_string().into()),
        ("unix_socket_directories", socket::quoted(socket_dir)),
        ("hba_file", data_dir.hba_file().into()),
        ("ident_file", data_dir.ident_file().into()),
        ("logging_collector", "off".into()),
        ("log_destination", "stderr".into()),
    ]);
    list.into_iter()
        .flat_map(|(name, value)| {
            let mut setting = OsString::from(format!("{name}="));
            setting.push(value);
            ["-c".into(), setting]
        })
        .collect()
}

fn database_exists(connection: &mut PgConnection, name: &str) -> QueryResult<bool> {
    diesel::select(
        diesel::dsl::sql::<diesel::sql_types::Bool>(
            "EXISTS (SELECT FROM pg_database WHERE datname = ",
        )
        .bind::<diesel::sql_types::Text, _>(name)
        .sql(")"),
    )
    .get_result(connection)
}

/// Percent-encodes all but what RFC 3986 calls unreserved.
fn percent_encoded(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len()), |mut text, &byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                text.push(char::from(byte));
            } else {
                // Writing to a string cannot fail.
                let _ = write!(text, "%{byte:02X}");
            }
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_survives_in_a_url_whatever_it_holds() {
        assert_eq!(
            percent_encoded("/srv/a b&c=é".as_bytes()),
            "%2Fsrv%2Fa%20b%26c%3D%C3%A9"
        );
    }
}
