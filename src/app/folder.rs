//! Folders of files that are data.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::error::AppError;

/// The TOML files of a folder, by name.
pub(super) fn toml_files(folder: &Path) -> Result<Vec<PathBuf>, AppError> {
    let unreadable = |source| AppError::Folder {
        folder: folder.to_path_buf(),
        source,
    };
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut files = paths.collect::<io::Result<Vec<_>>>().map_err(unreadable)?;
    files.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    Ok(files)
}
