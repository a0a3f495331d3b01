//! The active brands: the built-in one or those of a folder, and those stored in the database.

use std::path::Path;

use jiff::Timestamp;

use super::{
    error::AppError,
    folder::{Named, named_files},
};
use crate::{
    brand::{Brand, BrandBook, BrandError},
    policy::PolicyBook,
    store::{Store, StoredText},
};

impl Named for Brand {
    const KIND: &'static str = "brand";
    type Error = BrandError;

    fn parse(file: &str, text: &str) -> Result<Self, BrandError> {
        Brand::parse(file, text)
    }

    fn name(&self) -> &str {
        self.name()
    }
}

/// Loads the brands, and stores their texts. If there is a folder, only its brands accept complaints, so that nobody meets a
/// brand that is not theirs. A file that is invalid, by itself or in combination, is rejected with its position and reason, and
/// the service continues with the last good version of that brand, if the database has one. All other stored brands remain for
/// the complaints filed with them.
pub(super) fn load(
    store: &Store,
    folder: Option<&Path>,
    policies: &PolicyBook,
    now: Timestamp,
) -> Result<BrandBook, AppError> {
    let kept = store.kept_brands()?;
    let mut book = match folder {
        Some(folder) => of_folder(folder, &kept, policies)?,
        None => BrandBook::builtin()?,
    };
    let current: Vec<StoredText> = book
        .current()
        .map(|brand| StoredText::of_brand(brand))
        .collect();
    store.keep_brands(&current, now)?;
    // The last version of a name is the latest.
    for brand in kept.iter().rev().filter_map(read) {
        book.insert_former(brand);
    }
    Ok(book)
}

/// Whether complaints can be filed with any brand, including activated ones, is known only once those are loaded.
fn of_folder(
    folder: &Path,
    kept: &[StoredText],
    policies: &PolicyBook,
) -> Result<BrandBook, AppError> {
    let mut book = BrandBook::default();
    for file in named_files::<Brand>(folder)? {
        let Some(brand) = file.usable(|name| last_kept(name, kept)) else {
            continue;
        };
        let accept = |book: &BrandBook, brand: &Brand| {
            book.accepts(brand, policies.current().map(|policy| policy.name()))
        };
        match accept(&book, &brand) {
            Ok(()) => book.insert(brand),
            Err(conflict) => {
                tracing::error!(brand = brand.name(), error = %conflict, "a brand file conflicts with the other brands; the last valid version of the brand, if any, stays in use");
                let last = last_kept(brand.name(), kept);
                if let Some(last) = last.filter(|last| accept(&book, last).is_ok()) {
                    tracing::warn!(
                        name = last.name(),
                        "the last valid version of the brand stays in use"
                    );
                    book.insert(last);
                }
            }
        }
    }
    Ok(book)
}

fn last_kept(name: &str, kept: &[StoredText]) -> Option<Brand> {
    read(kept.iter().rev().find(|text| text.name == name)?)
}

fn read(text: &StoredText) -> Option<Brand> {
    let shown = format!("{}@{}", text.name, text.version);
    Brand::parse(&shown, &text.body)
        .inspect_err(|error| tracing::error!(%error, "failed to read a stored brand; complaints of it can be neither changed nor fired"))
        .ok()
}
