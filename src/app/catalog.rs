//! The policies in use: the built-in ones, those of a folder, and the former versions that complaints still keep.

use std::{fs, path::Path};

use jiff::Timestamp;

use super::{AppError, calendars, folder::toml_files};
use crate::{
    calendar::CalendarBook,
    policy::{Policy, PolicyBook, PolicyRef},
    store::{Store, StoredText},
};

/// What the service decides from.
pub(super) struct Catalog {
    pub(super) calendars: CalendarBook,
    pub(super) policies: PolicyBook,
}

/// Loads calendars and policies, and keeps their texts.
pub(super) fn load(
    store: &Store,
    policy_dir: Option<&Path>,
    calendar_dir: Option<&Path>,
    now: Timestamp,
) -> Result<Catalog, AppError> {
    let calendars = calendars::load(calendar_dir, &store.kept_calendars()?)?;
    let policies = policies(store, &calendars, policy_dir, now)?;
    Ok(Catalog {
        calendars,
        policies,
    })
}

/// Loads every policy. A file in the folder that is wrong is refused with its place and reason, and the service goes on
/// with the last good version of that policy, if the database has kept one.
fn policies(
    store: &Store,
    calendars: &CalendarBook,
    folder: Option<&Path>,
    now: Timestamp,
) -> Result<PolicyBook, AppError> {
    let mut book = PolicyBook::builtin(calendars)?;
    let kept = store.kept_policies()?;
    for file in folder.map(toml_files).transpose()?.unwrap_or_default() {
        let name = file.display().to_string();
        let parsed = fs::read_to_string(&file)
            .map_err(|error| format!("{name}: {error}"))
            .and_then(|text| {
                Policy::parse(&name, &text, calendars).map_err(|error| error.to_string())
            });
        match parsed {
            Ok(policy) => book.insert(policy),
            Err(error) => {
                tracing::error!(error, "a policy was refused");
                if let Some(policy) = last_good(&file, &kept, calendars) {
                    tracing::warn!(
                        policy = policy.name(),
                        version = policy.version(),
                        "its last good version stays in use"
                    );
                    book.insert(policy);
                }
            }
        }
    }
    let current: Vec<StoredText> = book.current().map(|policy| stored(policy)).collect();
    let counted_in: Vec<StoredText> = calendars
        .iter()
        .map(|calendar| StoredText {
            name: calendar.name().to_owned(),
            version: calendar.version().to_owned(),
            body: calendar.text().to_owned(),
        })
        .collect();
    store.keep_texts(&current, &counted_in, now)?;

    for text in &kept {
        let kept = PolicyRef {
            name: text.name.clone(),
            version: text.version.clone(),
        };
        if book.get(&kept).is_some() {
            continue;
        }
        match Policy::parse(
            &format!("{}@{}", text.name, text.version),
            &text.body,
            calendars,
        ) {
            Ok(policy) => book.insert_former(policy),
            Err(error) => {
                tracing::error!(%error, "a former policy can no longer be read; its complaints are at a standstill");
            }
        }
    }
    Ok(book)
}

/// The version that was loaded last under the name that the file bears.
fn last_good(file: &Path, kept: &[StoredText], calendars: &CalendarBook) -> Option<Policy> {
    let name = file.file_stem()?.to_str()?;
    let text = kept.iter().rev().find(|text| text.name == name)?;
    Policy::parse(name, &text.body, calendars).ok()
}

fn stored(policy: &Policy) -> StoredText {
    StoredText {
        name: policy.name().to_owned(),
        version: policy.version().to_owned(),
        body: policy.text.clone(),
    }
}
