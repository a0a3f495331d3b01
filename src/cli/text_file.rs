//! Files, as the API takes them.

use std::path::{Path, PathBuf};

use crate::{app::text_of, cli::Failure, proto::v1};

/// A file as the API takes it, under the name that was typed.
pub(super) fn text_file(file: &Path) -> Result<v1::TextFile, Failure> {
    let unreadable = |source| Failure::Unreadable {
        file: file.to_path_buf(),
        source,
    };
    Ok(v1::TextFile {
        file: file.display().to_string(),
        text: text_of(file).map_err(unreadable)?,
    })
}

pub(super) fn text_files(files: &[PathBuf]) -> Result<Vec<v1::TextFile>, Failure> {
    files.iter().map(|file| text_file(file)).collect()
}
