//! Finding Postgres on the machine.

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::EmbeddedError;
use super::account::Account;
use super::fetched::{self, Fetching};

/// The oldest major version that will do: `CREATE DATABASE … STRATEGY` came with it.
const OLDEST_MAJOR: u32 = 15;

/// The programs of one Postgres installation.
#[derive(Debug)]
pub(super) struct Binaries {
    pub(super) initdb: PathBuf,
    pub(super) postgres: PathBuf,
    /// Such as `17.5`.
    pub(super) version: String,
}

impl Binaries {
    /// The first installation that the account can run, and whose major version is the given one (a cluster can be opened by
    /// no other) or at least [`OLDEST_MAJOR`]. `PG_BINDIR`, where set, is the only place looked at. Where there is none, it is
    /// fetched.
    pub(super) fn find(account: &Account, major: Option<u32>) -> Result<Self, EmbeddedError> {
        let bindir = std::env::var_os("PG_BINDIR").map(PathBuf::from);
        // Lazily, for pg_config need not run where the PATH leads to the server.
        let known = [folders_on_path, folder_of_pg_config, || {
            packaged_folders(Path::new("/"))
        }];
        let fetching = Fetching::wanted()?;
        if fetching == Fetching::Always && bindir.is_none() {
            return Self::fetch(account, major)?.ok_or_else(|| none_of(major));
        }
        let found = Self::search(
            bindir,
            known.iter().flat_map(|folders| folders()),
            account,
            major,
        );
        match found {
            Err(EmbeddedError::NoBinaries { .. }) if fetching == Fetching::Auto => {
                Self::fetch(account, major)?.ok_or_else(|| none_of(major))
            }
            found => found,
        }
    }

    fn fetch(account: &Account, major: Option<u32>) -> Result<Option<Self>, EmbeddedError> {
        if major.is_some_and(|major| major != fetched::MAJOR) {
            return Ok(None);
        }
        let programs = fetched::programs()?;
        Ok(programs.and_then(|folder| Self::in_folder(&folder, account)))
    }

    fn search(
        bindir: Option<PathBuf>,
        mut known: impl Iterator<Item = PathBuf>,
        account: &Account,
        major: Option<u32>,
    ) -> Result<Self, EmbeddedError> {
        let usable = |folder: PathBuf| {
            Self::in_folder(&folder, account).filter(|found| {
                found.major().is_some_and(|found| {
                    major.map_or(found >= OLDEST_MAJOR, |major| found == major)
                })
            })
        };
        match bindir {
            Some(bindir) => usable(bindir.clone()).ok_or_else(|| EmbeddedError::BadBindir {
                bindir,
                wanted: wanted(major),
            }),
            None => known.find_map(usable).ok_or_else(|| none_of(major)),
        }
    }

    /// The installation in one folder, if both programs are there and the account can run them.
    fn in_folder(folder: &Path, account: &Account) -> Option<Self> {
        // initdb looks for its companions beside itself, so a link to it must be followed first.
        let initdb = fs::canonicalize(folder.join("initdb")).ok()?;
        let postgres = initdb.with_file_name("postgres");
        let output = account
            .command(&postgres, Path::new("/"))
            .arg("--version")
            .stderr(Stdio::null())
            .output()
            .ok()?;
        let version = version_in(&String::from_utf8(output.stdout).ok()?)?;
        Some(Self {
            initdb,
            postgres,
            version,
        })
    }

    fn major(&self) -> Option<u32> {
        leading_number(&self.version)
    }
}

/// Which major versions would do, in words.
fn wanted(major: Option<u32>) -> String {
    major.map_or(format!("{OLDEST_MAJOR} or newer"), |major| {
        format!("{major} (which made the data directory)")
    })
}

fn none_of(major: Option<u32>) -> EmbeddedError {
    EmbeddedError::NoBinaries {
        wanted: wanted(major),
    }
}

/// The version in what `postgres --version` prints: `postgres (PostgreSQL) 17.5 (Debian 17.5-1)`.
fn version_in(line: &str) -> Option<String> {
    let version = line
        .split_once("(PostgreSQL) ")?
        .1
        .split_whitespace()
        .next()?;
    leading_number(version)?;
    Some(version.to_owned())
}

fn leading_number(text: &str) -> Option<u32> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text[..end].parse().ok()
}

fn folders_on_path() -> Vec<PathBuf> {
    std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default()
}

fn folder_of_pg_config() -> Vec<PathBuf> {
    Command::new("pg_config")
        .arg("--bindir")
        .stderr(Stdio::null())
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .map(|line| vec![PathBuf::from(line.trim())])
        .unwrap_or_default()
}

/// Where Debian, the PostgreSQL RPMs, Homebrew and Postgres.app put what is not on the PATH; the newest version first.
fn packaged_folders(root: &Path) -> Vec<PathBuf> {
    const PER_VERSION: [(&str, &str, &str); 5] = [
        ("usr/lib/postgresql", "", "bin"),
        ("usr", "pgsql-", "bin"),
        ("opt/homebrew/opt", "postgresql@", "bin"),
        ("usr/local/opt", "postgresql@", "bin"),
        ("Applications/Postgres.app/Contents/Versions", "", "bin"),
    ];
    let mut found: Vec<(u32, PathBuf)> = PER_VERSION
        .into_iter()
        .flat_map(|(parent, prefix, rest)| {
            let entries = fs::read_dir(root.join(parent))
                .into_iter()
                .flatten()
                .flatten();
            entries.filter_map(move |entry| {
                let major = leading_number(entry.file_name().to_str()?.strip_prefix(prefix)?)?;
                Some((major, entry.path().join(rest)))
            })
        })
        .collect();
    found.sort_by_key(|(major, _)| Reverse(*major));
    let unversioned = [
        "usr/bin",
        "opt/homebrew/bin",
        "usr/local/bin",
        "usr/local/pgsql/bin",
    ]
    .map(|folder| root.join(folder));
    found
        .into_iter()
        .map(|(_, folder)| folder)
        .chain(unversioned)
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_version_is_read_from_any_packagers_banner() {
        let version = |banner| version_in(banner);
        assert_eq!(
            version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n").as_deref(),
            Some("15.18")
        );
        assert_eq!(
            version("postgres (PostgreSQL) 18beta1\n").as_deref(),
            Some("18beta1")
        );
        assert_eq!(version("some other program 15\n"), None);
        assert_eq!(leading_number("18beta1"), Some(18));
    }

    #[test]
    fn without_a_postgres_one_line_says_what_to_install() {
        let account = Account::for_server().unwrap();
        let error = Binaries::search(None, std::iter::empty(), &account, None)
            .unwrap_err()
            .to_string();
        assert_eq!(error.lines().count(), 1);
        for hint in [
            "Postgres 15 or newer",
            "apt install",
            "dnf install",
            "brew install",
            "PG_BINDIR",
        ] {
            assert!(error.contains(hint), "{hint} is missing in: {error}");
        }
    }

    #[test]
    fn a_bindir_that_is_set_is_never_passed_over() {
        let account = Account::for_server().unwrap();
        let empty = tempfile::tempdir().unwrap();
        let bindir = Some(empty.path().to_owned());
        let error = Binaries::search(bindir, folders_on_path().into_iter(), &account, Some(15))
            .unwrap_err();
        assert!(
            matches!(&error, EmbeddedError::BadBindir { bindir, .. } if bindir == empty.path()),
            "{error}"
        );
    }

    #[test]
    fn of_several_installed_versions_the_newest_comes_first() {
        let root = tempfile::tempdir().unwrap();
        for folder in [
            "usr/lib/postgresql/9.6",
            "usr/lib/postgresql/15",
            "usr/pgsql-17",
            "usr/share",
        ] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        let folders = packaged_folders(root.path());
        let expected = [
            "usr/pgsql-17/bin",
            "usr/lib/postgresql/15/bin",
            "usr/lib/postgresql/9.6/bin",
        ];
        assert_eq!(
            folders[..3],
            expected.map(|folder| root.path().join(folder))
        );
    }
}
