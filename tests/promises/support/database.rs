//! A database of its own for every test that asks for one.
//!
//! One private cluster serves the whole run. It holds a template that is migrated once; each test gets a copy, which takes
//! some 20 ms. A database each and not a schema, since LISTEN and NOTIFY reach across schemas.

use std::error::Error;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use diesel::prelude::*;
use redress::embedded::{Durability, PrivatePostgres, Settings};

use super::watchdog;

const TEMPLATE: &str = "template_for_tests";
const FOLDER_PREFIX: &str = "redress-tests-";

/// A condition for [`TestDatabase::until`]: somebody stands at a gate that a test holds shut by such a lock.
pub(crate) const ONE_WAITS_FOR_AN_ADVISORY_LOCK: &str = "exists (select from pg_locks l \
     join pg_database d on d.oid = l.database \
     where d.datname = current_database() and l.locktype = 'advisory' and not l.granted)";

/// Between two looks at what nobody signals.
pub(crate) const LOOK: Duration = Duration::from_millis(5);

/// Brings a new database to the current schema.
const MIGRATE: fn(&str) -> Result<(), Box<dyn Error + Send + Sync>> = |url| {
    redress::store::migrate(url)?;
    Ok(())
};

static CLUSTER: LazyLock<Cluster> = LazyLock::new(|| Cluster::start("", Vec::new()));

/// A server that speaks German; `None`, said aloud, where the machine has no such locale. `.ci/run` makes one.
#[expect(clippy::print_stderr, reason = "what is skipped is said aloud")]
static GERMAN: LazyLock<Option<Cluster>> = LazyLock::new(|| {
    let locales = Command::new("locale").arg("-a").output();
    let known = locales.map(|found| String::from_utf8_lossy(&found.stdout).to_lowercase());
    if !known.is_ok_and(|known| known.contains("de_de.utf")) {
        eprintln!("SKIPPED for want of a locale: localedef -i de_DE -f UTF-8 de_DE.UTF-8");
        return None;
    }
    let messages = ("lc_messages".to_owned(), "de_DE.UTF-8".to_owned());
    let cluster = Cluster::start("-german", vec![messages]);
    let unknown = diesel::sql_query("select 1 from nowhere").execute(&mut *cluster.maintenance());
    let said = unknown.expect_err("no such table").to_string();
    assert!(said.contains("existiert nicht"), "{said}");
    Some(cluster)
});

struct Cluster {
    postgres: PrivatePostgres,
    /// Creates and drops databases. One at a time: Postgres lets nobody else into the template while it is copied.
    maintenance: Mutex<PgConnection>,
}

impl Cluster {
    fn start(suffix: &str, extra: Vec<(String, String)>) -> Self {
        remove_leftovers(&std::env::temp_dir());
        let folder = format!("{FOLDER_PREFIX}{}{suffix}", std::process::id());
        let data_dir = std::env::temp_dir().join(folder);
        let settings = Settings {
            data_dir,
            durability: Durability::None,
            extra,
        };
        let postgres = PrivatePostgres::start(&settings).expect("a Postgres for the tests");
        // Not before: only now is the folder known to be ours.
        remove_when_we_are_gone(postgres.data_dir());
        postgres
            .create_database_if_missing(TEMPLATE)
            .expect("a template database");
        MIGRATE(&postgres.url(TEMPLATE)).expect("the schema of the template database");
        let maintenance =
            PgConnection::establish(&postgres.url("postgres")).expect("a maintenance connection");
        Self {
            postgres,
            maintenance: Mutex::new(maintenance),
        }
    }

    fn maintenance(&self) -> MutexGuard<'_, PgConnection> {
        // A test that panicked while it held the connection left no transaction open.
        self.maintenance
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A migrated, otherwise empty database. It is dropped with this value, whoever is still connected.
pub(crate) struct TestDatabase {
    /// Where libpq and diesel find it.
    pub(crate) url: String,
    name: String,
    cluster: &'static Cluster,
}

impl std::fmt::Debug for TestDatabase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

impl TestDatabase {
    pub(crate) fn create() -> Self {
        Self::of(&CLUSTER, TEMPLATE, "")
    }

    /// One that nobody has migrated yet.
    pub(crate) fn empty() -> Self {
        Self::of(&CLUSTER, "template0", "")
    }

    /// An empty one in an encoding that lacks most characters.
    pub(crate) fn latin1() -> Self {
        let encoding = "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'";
        Self::of(&CLUSTER, "template0", encoding)
    }

    /// A copy of it, as restored from a dump. Nobody may be connected to it.
    pub(crate) fn copy(&self) -> Self {
        Self::of(self.cluster, &self.name, "")
    }

    /// One of a server that speaks German; `None`, said aloud, where there is none.
    pub(crate) fn german() -> Option<Self> {
        Some(Self::of(GERMAN.as_ref()?, TEMPLATE, ""))
    }

    /// As [`Self::german`], in a tablespace that is made in this folder.
    pub(crate) fn german_in(folder: &Path) -> Option<Self> {
        let cluster = GERMAN.as_ref()?;
        let server = fs::metadata(cluster.postgres.data_dir().join("cluster"));
        let account = server.expect("the server's folder");
        std::os::unix::fs::chown(folder, Some(account.uid()), Some(account.gid()))
            .expect("a folder of the server's");
        let create = format!(
            "CREATE TABLESPACE elsewhere LOCATION '{}'",
            folder.display()
        );
        diesel::sql_query(create)
            .execute(&mut *cluster.maintenance())
            .expect("a tablespace");
        Some(Self::of(cluster, TEMPLATE, "TABLESPACE elsewhere"))
    }

    fn of(cluster: &'static Cluster, template: &str, place: &str) -> Self {
        watchdog::watch();
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        // The default strategy writes every page to the log, which takes five times as long.
        diesel::sql_query(format!(
            "CREATE DATABASE {name} TEMPLATE {template} {place} STRATEGY FILE_COPY"
        ))
        .execute(&mut *cluster.maintenance())
        .expect("a copy of the template database");
        Self {
            url: cluster.postgres.url(&name),
            name,
            cluster,
        }
    }

    /// Its name, unique within the cluster of the tests.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Waits until a condition holds that the database signals to nobody, such as that a session waits for a lock; the
    /// isolation tests of Postgres look again and again, too. There is no limit but the watchdog's: a slow machine is slow.
    pub(crate) async fn until(&self, condition: &str) {
        let mut connection = self.connect();
        let mut holds = || {
            diesel::select(diesel::dsl::sql::<diesel::sql_types::Bool>(condition))
                .get_result::<bool>(&mut connection)
                .expect("a condition")
        };
        while !holds() {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// What the server of all test databases has logged so far.
    pub(crate) fn server_log(&self) -> String {
        let log = CLUSTER.postgres.data_dir().join("server.log");
        fs::read_to_string(log).expect("the server's log")
    }

    /// A new connection to it.
    pub(crate) fn connect(&self) -> PgConnection {
        PgConnection::establish(&self.url).expect("a connection to the test database")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let dropped = diesel::sql_query(format!("DROP DATABASE {} WITH (FORCE)", self.name))
            .execute(&mut *self.cluster.maintenance());
        // A second panic while a failed test unwinds would hide the first one.
        if !std::thread::panicking() {
            dropped.expect("the test database is dropped");
        }
    }
}

/// Removes the clusters of earlier runs that were killed together with their cleaner.
fn remove_leftovers(temporary: &Path) {
    let entries = fs::read_dir(temporary)
        .expect("the temporary directory")
        .flatten();
    let ours = entries.filter(|entry| {
        entry
            .file_name()
            .to_string_lossy()
            .starts_with(FOLDER_PREFIX)
    });
    for folder in ours.map(|entry| entry.path()) {
        // One that a run is using now, or another user's, is refused, and rightly so.
        let _ = PrivatePostgres::remove(&folder);
    }
}

/// The test harness drops no statics. So a shell waits for its input to close, which it does when this process is gone; the
/// server, which goes then too, removes its pid file when it is done.
fn remove_when_we_are_gone(data_dir: &Path) {
    let script = r#"
        read -r _
        tries=0
        while [ -e "$0/cluster/postmaster.pid" ] && [ $tries -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
        rm -rf "$0""#;
    let cleaner = Command::new("sh")
        .args([Path::new("-c"), Path::new(script), data_dir])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("a shell that cleans up");
    // Its input must stay open for as long as this process lives.
    std::mem::forget(cleaner);
}

/// A folder in the temporary directory which every account of the machine can reach; removed on drop.
#[derive(Debug)]
pub(crate) struct ReachableFolder(tempfile::TempDir);

impl ReachableFolder {
    pub(crate) fn create() -> Self {
        use std::os::unix::fs::PermissionsExt as _;

        watchdog::watch();
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))
            .expect("a folder open to all");
        Self(folder)
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}
