//! Folders of data files, with fallback to the last good version of an invalid file.

use std::{
    fmt::Display,
    fs, io,
    path::{Path, PathBuf},
};

use super::{error::AppError, text_file::text_of};

/// The content of a file named after it: the file name finds the last good version of an invalid file.
pub(crate) trait Named: Sized {
    /// The kind, for messages.
    const KIND: &'static str;
    /// Why a text is invalid.
    type Error: Display;

    fn parse(file: &str, text: &str) -> Result<Self, Self::Error>;

    fn name(&self) -> &str;
}

/// A file in a folder.
pub(crate) struct NamedFile<T> {
    path: PathBuf,
    /// Its content, or what is wrong with it.
    pub(crate) content: Result<T, String>,
}

/// All files in a folder.
///
/// # Errors
/// When the folder cannot be read.
pub(crate) fn named_files<T: Named>(folder: &Path) -> Result<Vec<NamedFile<T>>, AppError> {
    let files = toml_files(folder)?.into_iter().map(|path| NamedFile {
        content: read(&path),
        path,
    });
    Ok(files.collect())
}

fn read<T: Named>(file: &Path) -> Result<T, String> {
    let shown = file.display().to_string();
    let text = text_of(file).map_err(|error| format!("{shown}: {error}"))?;
    let parsed = T::parse(&shown, &text).map_err(|error| error.to_string())?;
    if name_of(file) != Some(parsed.name()) {
        return Err(format!(
            "{shown}: the {kind} is named \"{name}\": call its file {name}.toml",
            kind = T::KIND,
            name = parsed.name()
        ));
    }
    Ok(parsed)
}

impl<T> NamedFile<T> {
    /// The content to use: that of the file or, if it is invalid, what `last_good` returns for its name.
    pub(super) fn usable(self, last_good: impl FnOnce(&str) -> Option<T>) -> Option<T>
    where
        T: Named,
    {
        match self.content {
            Ok(content) => Some(content),
            Err(error) => {
                tracing::error!(error, "the file of a {} is not valid", T::KIND);
                let last = last_good(name_of(&self.path)?)?;
                tracing::warn!(
                    name = last.name(),
                    "the last valid version of the {} stays in use",
                    T::KIND
                );
                Some(last)
            }
        }
    }
}

fn name_of(file: &Path) -> Option<&str> {
    file.file_stem()?.to_str()
}

/// The TOML files in a folder, by name.
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
