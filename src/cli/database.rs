//! The database that a command works on.

use std::{
    fmt,
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use clap::Args;

use super::Failure;
use crate::store::DatabaseUrl;

/// The longest file that is read as a URL, in bytes.
const LONGEST: u64 = 64 * 1024;

/// Names a database. The program removes the URL from its command line as soon as it starts, but it stays visible before that,
/// and in the history of the shell.
#[derive(Debug, Clone, Default, Args)]
pub struct DatabaseArgs {
    /// A file that contains the database's URL, in libpq's form, and nothing else. It takes precedence over --database-url.
    #[arg(long, env = "REDRESS_DATABASE_URL_FILE", value_name = "FILE")]
    pub database_url_file: Option<PathBuf>,

    /// The database's URL. Do not use this option for a URL with a password, because all users of the machine can read command
    /// lines: set the variable, or use --database-url-file.
    #[arg(
        long,
        env = "REDRESS_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub database_url: Option<Hidden>,
}

impl DatabaseArgs {
    /// The database, if one is named.
    ///
    /// # Errors
    /// When the file or the URL cannot be read.
    pub fn named(&self) -> Result<Option<DatabaseUrl>, Failure> {
        let url = match (&self.database_url_file, &self.database_url) {
            (Some(file), _) => Some(Hidden(read(file)?)),
            (None, url) => url.clone(),
        };
        // An empty variable counts as unset.
        let url = url.filter(|url| !url.0.trim().is_empty());
        Ok(url.map(|url| DatabaseUrl::parse(&url.0)).transpose()?)
    }

    /// The database, which the command requires.
    ///
    /// # Errors
    /// As [`DatabaseArgs::named`], and when none is named.
    pub fn required(&self) -> Result<DatabaseUrl, Failure> {
        self.named()?.ok_or(Failure::NoDatabase)
    }
}

fn read(file: &Path) -> Result<String, Failure> {
    let unreadable = |source| Failure::Unreadable {
        file: file.to_owned(),
        source,
    };
    let mut text = String::new();
    File::open(file)
        .and_then(|file| file.take(LONGEST).read_to_string(&mut text))
        .map_err(unreadable)?;
    if text.trim().is_empty() {
        return Err(unreadable(std::io::Error::other(
            "it is empty, and should hold the database's URL",
        )));
    }
    Ok(text)
}

/// What somebody wrote and nobody else may see.
#[derive(Clone)]
pub struct Hidden(String);

impl From<String> for Hidden {
    fn from(text: String) -> Self {
        Hidden(text)
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const URL: &str = "postgres://redress:s3cret@db/redress";

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    fn args(file: Option<&Path>, url: Option<&str>) -> DatabaseArgs {
        DatabaseArgs {
            database_url_file: file.map(Path::to_owned),
            database_url: url.map(|url| Hidden(url.to_owned())),
        }
    }

    #[test]
    fn the_url_is_read_from_the_file_first() {
        let file = file(&format!("{URL}\n"));
        for url in [None, Some("postgres://elsewhere")] {
            let named = args(Some(file.path()), url).required().unwrap();
            assert_eq!(named.expose(), URL);
        }
        assert_eq!(args(None, Some(URL)).required().unwrap().expose(), URL);
    }

    #[test]
    fn a_file_without_a_url_is_no_url_and_not_the_private_database() {
        let empty = file(" \n");
        for (file, said) in [
            (empty.path(), "it is empty"),
            (Path::new("/nonexistent/url"), "No such file"),
        ] {
            let failure = args(Some(file), Some(URL)).named().unwrap_err().to_string();
            assert!(failure.contains(said), "{failure}");
            assert!(
                failure.contains(&file.display().to_string()) && !failure.contains("s3cret"),
                "{failure}"
            );
        }
    }

    #[test]
    fn without_a_url_there_is_no_database() {
        for url in [None, Some(""), Some(" ")] {
            assert!(args(None, url).named().unwrap().is_none());
            let failure = args(None, url).required().unwrap_err();
            assert!(matches!(failure, Failure::NoDatabase));
            assert_eq!(failure.exit_code(), 2);
        }
    }

    #[test]
    fn what_is_read_of_the_command_line_shows_no_secret() {
        let shown = format!("{:?}", args(None, Some(URL)));
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
