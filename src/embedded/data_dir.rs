//! The data directory: that it is ours, that nobody else uses it, and that it holds a whole cluster.

use std::fs::{self, DirBuilder, File, Permissions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use nix::unistd::geteuid;

use super::account::Account;
use super::binaries::Binaries;
use super::error::EmbeddedError;
use super::settings::{Durability, SUPERUSER};

/// Says that a directory is ours, and carries the lock of its owner.
const MARKER: &str = "redress-private-postgres";
const MARKER_TEXT: &str = "Redress keeps a private Postgres in this directory, made for it alone. Once no Redress runs, the \
                           directory may be removed as a whole, and all its data with it.\n";
const CLUSTER: &str = "cluster";
/// How often a lock that somebody has is tried, and the pause before it is tried again. A lock that was given back is held for a moment
/// longer by any process that was being spawned then, until it runs its own program.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(25);

/// A data directory that this process owns, for as long as this value lives.
#[derive(Debug)]
pub(super) struct DataDir {
    root: PathBuf,
    /// The kernel gives the lock back when the file is closed, however the process ends.
    _lock: File,
}

impl DataDir {
    /// Takes a directory that is ours, empty or missing, and makes it fit for the server's account.
    pub(super) fn claim(path: &Path, account: &Account) -> Result<Self, EmbeddedError> {
        let path = std::path::absolute(path).map_err(EmbeddedError::io("resolve", path))?;
        ensure_account_reaches_parent(&path, account)?;
        match fs::read_dir(&path).map(Iterator::count) {
            Ok(entries) if !belongs_to_us(&path) || entries > 0 && !is_marked(&path) => {
                return Err(EmbeddedError::NotOurs { path });
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => create(&path)?,
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                return Err(EmbeddedError::NotOurs { path });
            }
            Err(error) => return Err(EmbeddedError::io("read", &path)(error)),
        }
        let this = Self::lock(&path)?;
        if account.differs() {
            // The server's account passes through, and can neither list nor change what lies here.
            fs::set_permissions(&this.root, Permissions::from_mode(0o711))
                .map_err(EmbeddedError::io("open up", &this.root))?;
        }
        Ok(this)
    }

    /// Takes an existing directory, if it is ours.
    pub(super) fn reclaim(path: &Path) -> Result<Self, EmbeddedError> {
        if belongs_to_us(path) && is_marked(path) {
            Self::lock(path)
        } else {
            Err(EmbeddedError::NotOurs {
                path: path.to_owned(),
            })
        }
    }

    fn lock(path: &Path) -> Result<Self, EmbeddedError> {
        let root = fs::canonicalize(path).map_err(EmbeddedError::io("resolve", path))?;
        let marker = root.join(MARKER);
        let mut lock = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&marker)
            .map_err(EmbeddedError::io("open", &marker))?;
        let mut tries = 1;
        while let Err(error) = lock.try_lock() {
            match error {
                TryLockError::WouldBlock if tries < TRIES => thread::sleep(PAUSE),
                TryLockError::WouldBlock => return Err(EmbeddedError::InUse { path: root }),
                TryLockError::Error(error) => {
                    return Err(EmbeddedError::io("lock", &marker)(error));
                }
            }
            tries += 1;
        }
        lock.write_all(MARKER_TEXT.as_bytes())
            .map_err(EmbeddedError::io("write", &marker))?;
        Ok(Self { root, _lock: lock })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn cluster(&self) -> PathBuf {
        self.root.join(CLUSTER)
    }

    pub(super) fn log(&self) -> PathBuf {
        self.root.join("server.log")
    }

    pub(super) fn hba_file(&self) -> PathBuf {
        self.root.join("pg_hba.conf")
    }

    pub(super) fn ident_file(&self) -> PathBuf {
        self.root.join("pg_ident.conf")
    }

    /// Makes a cluster unless there is one. It is made under another name first, so that a cluster which is there is whole.
    pub(super) fn ensure_cluster(
        &self,
        binaries: &Binaries,
        account: &Account,
        durability: Durability,
    ) -> Result<(), EmbeddedError> {
        let cluster = self.cluster();
        if cluster.exists() {
            return Ok(());
        }
        let fresh = self.root.join("cluster.new");
        if fresh.exists() {
            fs::remove_dir_all(&fresh).map_err(EmbeddedError::io("remove", &fresh))?;
        }
        create(&fresh)?;
        account.hand_over(&fresh)?;

        let mut initdb = account.command(&binaries.initdb, &self.root);
        initdb
            .arg("-D")
            .arg(&fresh)
            .args(["-U", SUPERUSER, "-E", "UTF8"]);
        // The locale that every machine has; the order of texts then never changes with an upgrade of its C library.
        initdb.args(["--locale=C", "--auth=peer", "--data-checksums"]);
        if durability == Durability::None {
            initdb.arg("--no-sync");
        }
        let output = initdb
            .output()
            .map_err(|error| account.refused(&self.root, &binaries.initdb, error))?;
        if !output.status.success() {
            let output = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(EmbeddedError::Initdb {
                cluster: fresh,
                output,
            });
        }
        fs::rename(&fresh, &cluster).map_err(EmbeddedError::io("rename", &fresh))
    }

    /// Admits the accounts that may connect. They lie outside the cluster, where the server's account cannot change them.
    pub(super) fn write_access_rules(&self, account: &Account) -> Result<(), EmbeddedError> {
        let admitted: String = account
            .admitted()
            .map(|name| format!("owner \"{name}\" {SUPERUSER}\n"))
            .collect();
        for (path, text) in [
            (self.hba_file(), "local all all peer map=owner\n"),
            (self.ident_file(), &admitted),
        ] {
            fs::write(&path, text).map_err(EmbeddedError::io("write", &path))?;
            fs::set_permissions(&path, Permissions::from_mode(0o644))
                .map_err(EmbeddedError::io("open up", &path))?;
        }
        Ok(())
    }

    /// An empty log for this run; the log of the run before is kept beside it.
    pub(super) fn open_log(&self) -> Result<File, EmbeddedError> {
        let log = self.log();
        if log.exists() {
            fs::rename(&log, self.root.join("server.previous.log"))
                .map_err(EmbeddedError::io("rename", &log))?;
        }
        File::options()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&log)
            .map_err(EmbeddedError::io("create", &log))
    }

    /// The last lines of this run's log, as far as they can be read.
    pub(super) fn log_tail(&self) -> String {
        const LINES: usize = 20;
        const BYTES: u64 = 16 * 1024;
        let mut bytes = Vec::new();
        let read = File::open(self.log()).and_then(|mut log| {
            let length = log.metadata()?.len();
            log.seek(SeekFrom::Start(length.saturating_sub(BYTES)))?;
            log.read_to_end(&mut bytes)
        });
        if let Err(error) = read {
            return format!("(unreadable: {error})");
        }
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LINES)..].join("\n")
    }

    /// Removes everything, the marker last but for the directory: what a failure leaves behind is still known as ours.
    pub(super) fn remove(self) -> Result<(), EmbeddedError> {
        let cluster = self.cluster();
        if cluster.exists() {
            fs::remove_dir_all(&cluster).map_err(EmbeddedError::io("remove", &cluster))?;
        }
        fs::remove_dir_all(&self.root).map_err(EmbeddedError::io("remove", &self.root))
    }
}

/// The major version that made the cluster in a data directory, if there is one.
pub(super) fn cluster_major(data_dir: &Path) -> Option<u32> {
    fs::read_to_string(data_dir.join(CLUSTER).join("PG_VERSION"))
        .ok()?
        .trim()
        .parse()
        .ok()
}

fn is_marked(path: &Path) -> bool {
    path.join(MARKER).is_file()
}

/// Another user's directory is never ours: that user could put anything in the way of what we write there. Root's may be,
/// as a mounted volume is.
fn belongs_to_us(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| [0, geteuid().as_raw()].contains(&metadata.uid()))
}

/// Creates a folder for its owner alone. The folders above it get what the umask allows.
fn create(path: &Path) -> Result<(), EmbeddedError> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(EmbeddedError::io("create", parent))?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        // Somebody else who starts here too: the lock decides between us.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        created => created.map_err(EmbeddedError::io("create", path)),
    }
}

/// Fails before anything is created, if the server's account could not get there.
fn ensure_account_reaches_parent(path: &Path, account: &Account) -> Result<(), EmbeddedError> {
    if !account.differs() {
        return Ok(());
    }
    let Some(parent) = path.ancestors().skip(1).find(|ancestor| ancestor.is_dir()) else {
        return Ok(());
    };
    // Asking the kernel, as that account, knows more than mode bits do: access lists, mounts, capabilities.
    let program = Path::new("/bin/sh");
    let status = account.command(program, parent).args(["-c", ":"]).status();
    status
        .map(drop)
        .map_err(|error| account.refused(parent, program, error))
}
