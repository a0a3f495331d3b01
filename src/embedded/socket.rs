//! The folder of the socket: short enough for the kernel, closed to everybody else.

use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{DirBuilderExt as _, symlink};
use std::path::{Path, PathBuf};

use nix::unistd::mkdtemp;

use super::EmbeddedError;
use super::account::Account;

/// Part of the socket's file name, and nothing else: there is no network port.
pub(super) const PORT: u16 = 5432;

/// The longest path of a socket that Linux, macOS and the BSDs all take, in bytes.
const LONGEST_PATH: usize = 103;

/// A new folder of mode 0700 that belongs to the server's account: `socket` in the data directory, or a link from there to
/// the temporary directory where that path would be too long.
pub(super) fn prepare(data_dir: &Path, account: &Account) -> Result<PathBuf, EmbeddedError> {
    clear(data_dir)?;
    let place = data_dir.join("socket");
    let folder = if fits(&place) {
        DirBuilder::new()
            .mode(0o700)
            .create(&place)
            .map_err(EmbeddedError::io("create", &place))?;
        place
    } else {
        let temporary = std::env::temp_dir();
        let template = temporary.join("redress-XXXXXX");
        if !fits(&template) {
            return Err(EmbeddedError::SocketPathTooLong { path: temporary });
        }
        let folder = mkdtemp(&template)
            .map_err(|error| EmbeddedError::io("create", &template)(error.into()))?;
        symlink(&folder, &place).map_err(EmbeddedError::io("link", &place))?;
        folder
    };
    account.hand_over(&folder)?;
    Ok(folder)
}

/// Removes what [`prepare`] made, in this run or in one that died.
pub(super) fn clear(data_dir: &Path) -> Result<(), EmbeddedError> {
    let place = data_dir.join("socket");
    if let Ok(linked) = fs::read_link(&place) {
        remove_folder(&linked)?;
        fs::remove_file(&place).map_err(EmbeddedError::io("remove", &place))
    } else {
        remove_folder(&place)
    }
}

fn remove_folder(folder: &Path) -> Result<(), EmbeddedError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(EmbeddedError::io("remove", folder)),
    }
}

fn fits(folder: &Path) -> bool {
    let name = format!("/.s.PGSQL.{PORT}");
    folder.as_os_str().len() + name.len() <= LONGEST_PATH
}

/// The folder as one entry of a server setting that holds a list.
pub(super) fn quoted(folder: &Path) -> OsString {
    let doubled = folder.as_os_str().as_bytes().iter().flat_map(|&byte| {
        if byte == b'"' {
            vec![byte; 2]
        } else {
            vec![byte]
        }
    });
    OsString::from_vec(std::iter::once(b'"').chain(doubled).chain([b'"']).collect())
}
