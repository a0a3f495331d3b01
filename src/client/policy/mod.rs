//! `redress policy list`, `simulate`, `activate` and `migrate`.

mod activate;
mod list;
mod migrate;
mod report;
mod simulate;

use std::{
    fs,
    path::{Path, PathBuf},
};

pub(in crate::client) use self::list::all_policies;
pub use self::{
    activate::ActivateArgs, list::ListPoliciesArgs, migrate::MigrateComplaintsArgs,
    simulate::SimulateArgs,
};
pub(crate) use self::{
    activate::activate, list::list_policies, migrate::migrate_complaints, report::show_report,
    simulate::simulate,
};
use crate::{cli::Failure, proto::v1};

/// A file as the API takes it, under the name that was typed.
fn text_file(file: &Path) -> Result<v1::TextFile, Failure> {
    let unreadable = |source| Failure::Unreadable {
        file: file.to_path_buf(),
        source,
    };
    Ok(v1::TextFile {
        file: file.display().to_string(),
        text: fs::read_to_string(file).map_err(unreadable)?,
    })
}

fn text_files(files: &[PathBuf]) -> Result<Vec<v1::TextFile>, Failure> {
    files.iter().map(|file| text_file(file)).collect()
}
