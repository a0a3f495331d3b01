//! Folders of files that are data, and the last good versions of those that are wrong.

use std::{
    fmt::Display,
    fs, io,
    path::{Path, PathBuf},
};

use super::{error::AppError, text_file::text_of};

/// What a file holds that is called as its content is: by that name the last good version of a broken file is found.
pub(crate) trait Named: Sized {
    /// What it is, in messages.
    const KIND: &'static str;
    /// Why a text is none.
    type Error: Display;

    fn parse(file: &str, text: &str) -> Result<Self, Self::Error>;

    fn name(&self) -> &str;
}

/// A file of a folder.
pub(crate) struct NamedFile<T> {
    path: PathBuf,
    /// What it holds, or what is wrong with it.
    pub(crate) content: Result<T, String>,
}

/// Every file of a folder.
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
    /// What is to be used: what the file holds or, where it is wrong, what `last_good` has under its name.
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
