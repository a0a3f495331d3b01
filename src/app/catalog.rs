//! The policies in use: the built-in ones, those of a folder, and the former versions that complaints still keep.

use std::{
    fs,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use super::{AppError, calendars, folder::toml_files};
use crate::{
    calendar::{CalendarBook, Zones},
    policy::{Policy, PolicyBook},
    store::{Store, StoredPolicy, StoredText},
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

/// Loads every policy. The files of the folder stand in place of the built-in ones of their names. One that is wrong, by
/// itself or beside the others, is refused with its place and reason, and the service goes on with the last good version of
/// that policy, if the database has kept one.
fn policies(
    store: &Store,
    calendars: &CalendarBook,
    folder: Option<&Path>,
    now: Timestamp,
) -> Result<PolicyBook, AppError> {
    let builtin = PolicyBook::builtin(calendars)?;
    let kept = store.kept_policies()?;
    let mut files = Vec::new();
    for file in folder.map(toml_files).transpose()?.unwrap_or_default() {
        match read(&file, calendars) {
            Ok(policy) => files.push((file, policy)),
            Err(error) => {
                let last = refuse(&file, &error, &kept, calendars);
                files.extend(last.map(|policy| (file, policy)));
            }
        }
    }
    let mut book = loop {
        let mut book = builtin.clone();
        let together = files.iter().map(|(_, policy)| policy.clone());
        let misfits = book.take_up(together.collect());
        // One at a time: what depends on a file that is refused may fit with its last good version, which bears another name
        // in errors and is not looked for twice.
        let refused = misfits.iter().find_map(|error| {
            let of = |(file, _): &(PathBuf, Policy)| file.display().to_string() == error.file;
            Some((files.iter().position(of)?, error.to_string()))
        });
        let Some((place, error)) = refused else {
            for error in misfits {
                tracing::error!(%error, "the last good version of a policy was refused");
            }
            break book;
        };
        match refuse(&files[place].0, &error, &kept, calendars) {
            Some(last) => files[place].1 = last,
            None => drop(files.remove(place)),
        }
    };
    let current: Vec<StoredPolicy> = book
        .current()
        .map(|policy| StoredPolicy::of(policy))
        .collect();
    let counted_in: Vec<StoredText> = calendars
        .iter()
        .map(|calendar| StoredText {
            name: calendar.name().to_owned(),
            version: calendar.version().to_owned(),
            body: calendar.text().to_owned(),
        })
        .collect();
    store.keep_texts(&current, &counted_in, now)?;

    insert_former(&mut book, &kept, calendars);
    Ok(book)
}

/// The built-in policies, and every version that any process of the service has kept: all that a complaint can name.
/// Writes nothing.
pub(super) fn known(store: &Store, calendars: &CalendarBook) -> Result<PolicyBook, AppError> {
    let mut book = PolicyBook::builtin(calendars)?;
    insert_former(&mut book, &store.kept_policies()?, calendars);
    Ok(book)
}

/// Adds the versions that complaints may still keep.
fn insert_former(book: &mut PolicyBook, kept: &[StoredPolicy], calendars: &CalendarBook) {
    let zones = Zones::bundled();
    for kept in kept {
        if book.get(&kept.reference()).is_some() {
            continue;
        }
        match kept.read(calendars, &zones) {
            Ok(policy) => book.insert_former(policy),
            Err(error) => {
                tracing::error!(%error, "a former policy can no longer be read; its complaints are at a standstill");
            }
        }
    }
}

fn read(file: &Path, calendars: &CalendarBook) -> Result<Policy, String> {
    let name = file.display().to_string();
    let text = fs::read_to_string(file).map_err(|error| format!("{name}: {error}"))?;
    Policy::parse(&name, &text, calendars).map_err(|error| error.to_string())
}

/// Says that a file was refused, and finds what stays in use for it.
fn refuse(
    file: &Path,
    error: &str,
    kept: &[StoredPolicy],
    calendars: &CalendarBook,
) -> Option<Policy> {
    tracing::error!(error, "a policy was refused");
    let policy = last_good(file, kept, calendars)?;
    tracing::warn!(
        policy = policy.name(),
        version = policy.version(),
        "its last good version stays in use"
    );
    Some(policy)
}

/// The version that was loaded last under the name that the file bears.
fn last_good(file: &Path, kept: &[StoredPolicy], calendars: &CalendarBook) -> Option<Policy> {
    let name = file.file_stem()?.to_str()?;
    let kept = kept.iter().rev().find(|kept| kept.name == name)?;
    kept.read(calendars, &Zones::bundled()).ok()
}
