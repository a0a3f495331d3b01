//! The active policies: the built-in ones, those of a folder, and former versions that complaints still keep.

use std::{collections::BTreeSet, path::Path};

use jiff::Timestamp;

use super::{calendars, error::AppError, folder::toml_files, text_file::text_of};
use crate::{
    calendar::{CalendarBook, Zones},
    policy::{Policy, PolicyBook, PolicyError},
    store::{Store, StoredPolicy, StoredText},
};

/// The rules that the service decides by.
pub(super) struct Catalog {
    pub(super) calendars: CalendarBook,
    pub(super) policies: PolicyBook,
}

/// Loads calendars and policies, and stores their texts.
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

/// Loads every policy. Files in the folder replace built-in policies of the same names. One that is invalid, by itself or in
/// combination, is rejected with its position and reason, and the service continues with the last good versions of that policy,
/// if the database has any.
fn policies(
    store: &Store,
    calendars: &CalendarBook,
    folder: Option<&Path>,
    now: Timestamp,
) -> Result<PolicyBook, AppError> {
    let builtin = PolicyBook::builtin(calendars)?;
    let files = folder.map(toml_files).transpose()?.unwrap_or_default();
    let (mut texts, mut unread) = (Vec::new(), Vec::new());
    for file in files {
        let name = file.display().to_string();
        match text_of(&file) {
            Ok(text) => texts.push((name, text)),
            Err(error) => {
                tracing::error!(file = name, %error, "failed to read a policy file; what was last loaded of it stays in use");
                unread.push((name, String::new()));
            }
        }
    }
    let mut good: Vec<Policy> = Vec::new();
    let mut wrong: Vec<&(String, String)> = unread.iter().collect();
    for written in &texts {
        match Policy::parse(&written.0, &written.1, calendars) {
            Ok(policy) => good.push(policy),
            Err(error) => {
                tracing::error!(%error, "a policy file is not valid; what was last loaded of it stays in use");
                wrong.push(written);
            }
        }
    }
    // One at a time: a file that depends on a rejected one may be valid with that one's last good version.
    let mut book = loop {
        let mut book = builtin.clone();
        let last = last_good(store, &wrong, &good, calendars)?;
        let misfits = book.take_up([good.as_slice(), &last].concat());
        let written = |error: &PolicyError| texts.iter().find(|(file, _)| *file == error.file);
        let refused = misfits
            .iter()
            .find_map(|error| Some((error, written(error)?)));
        let Some((error, written)) = refused else {
            for error in misfits {
                tracing::error!(%error, "the last valid version of a policy conflicts with the others; no complaint can be filed under it until its file is corrected");
            }
            break book;
        };
        tracing::error!(%error, "a policy file is not valid; what was last loaded of it stays in use");
        good.retain(|policy| policy.text != written.1);
        wrong.push(written);
    };
    let current: Vec<StoredPolicy> = book
        .current()
        .map(|policy| StoredPolicy::of(policy))
        .collect();
    let counted_in: Vec<StoredText> = calendars
        .iter()
        .map(|calendar| StoredText::of_calendar(calendar))
        .collect();
    store.keep_texts(&current, &counted_in, now)?;

    insert_former(&mut book, &store.kept_policies()?, calendars);
    Ok(book)
}

/// The built-in policies, and every version that any process has stored: all that a complaint can name. Writes nothing.
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
                tracing::error!(%error, "failed to read an earlier version of a policy; complaints under it can be neither changed nor fired");
            }
        }
    }
}

/// For policies with invalid files, the versions to continue with: the set loaded last, without versions that other files hold.
fn last_good(
    store: &Store,
    wrong: &[&(String, String)],
    good: &[Policy],
    calendars: &CalendarBook,
) -> Result<Vec<Policy>, AppError> {
    let names: BTreeSet<&str> = wrong
        .iter()
        .filter_map(|(file, text)| name_in(text).or_else(|| Path::new(file).file_stem()?.to_str()))
        .collect();
    let mut last = Vec::new();
    for name in names {
        for kept in store.last_loaded(name)? {
            let is_there = |policy: &Policy| policy.reference() == kept.reference();
            if good.iter().any(is_there) {
                continue;
            }
            if let Ok(policy) = kept.read(calendars, &Zones::bundled()) {
                tracing::warn!(
                    policy = policy.name(),
                    version = policy.version(),
                    "the last valid version of a policy stays in use"
                );
                last.push(policy);
            }
        }
    }
    Ok(last)
}

/// The policy's name in a possibly invalid text: its first `name` before the tables.
fn name_in(text: &str) -> Option<&str> {
    let members = text.lines().take_while(|line| !line.starts_with('['));
    let mut names = members.filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        let value = value.trim_start().strip_prefix('"')?;
        (key.trim() == "name").then_some(value.split_once('"')?.0)
    });
    names.next()
}
