//! The complaints behind a figure.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Sheet, TallyError};
use crate::{
    figures::{Facts, PromiseRules},
    store::{FigurePage, Reader, StoreError},
};

/// How many complaints are looked at for a page of the list.
const LOOKED_AT: usize = 100_000;
/// How many of the things that count are told of one complaint.
const TOLD: usize = 100;

/// A complaint that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureComplaint {
    /// Its id.
    pub id: Uuid,
    /// What the customer quotes.
    pub tracking_number: String,
    /// What counts, in order; the first hundred.
    pub facts: Vec<CountedFact>,
}

/// Something that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedFact {
    /// When.
    pub at: Timestamp,
    /// The clock and the cycle of a promise.
    pub clock: Option<(String, i32)>,
    /// The days that a resolution took.
    pub days: Option<i32>,
}

/// A page of the list.
#[derive(Debug)]
pub struct Listing {
    /// In the order of their ids.
    pub complaints: Vec<FigureComplaint>,
    /// After which id the next page begins. `None`: there are no more.
    pub next: Option<Uuid>,
    /// Complaints that cannot be read, and why not.
    pub unreadable: Vec<(Uuid, StoreError)>,
}

/// The complaints that count for the question, after an id: at most `size`, or fewer where as many were looked at as may be.
///
/// # Errors
/// When the database is away.
pub async fn list(
    reader: &Reader,
    sheet: Sheet,
    after: Option<Uuid>,
    size: usize,
) -> Result<Listing, TallyError> {
    let sheet = Arc::new(sheet);
    let mut listing = Listing {
        complaints: Vec::new(),
        next: Some(after.unwrap_or_default()),
        unreadable: Vec::new(),
    };
    let mut looked_at = 0;
    while let Some(after) = listing.next {
        if looked_at >= LOOKED_AT || listing.complaints.len() >= size {
            break;
        }
        let page = reader.figure_page(after, sheet.extent()).await?;
        looked_at += page.looked_at;
        let sheet = Arc::clone(&sheet);
        let work = tokio::task::spawn_blocking(move || {
            take(&sheet, page, size, &mut listing);
            listing
        });
        listing = work
            .await
            .map_err(|_| StoreError::Corrupt("working out a page panicked".to_owned()))?;
    }
    Ok(listing)
}

fn take(sheet: &Sheet, page: FigurePage, size: usize, listing: &mut Listing) {
    let mut rules = PromiseRules::of(Arc::clone(&sheet.policies));
    listing.next = page.next;
    for found in page.complaints {
        if listing.complaints.len() >= size {
            return;
        }
        let (id, is_seen) = (found.id, found.placement.is_within(&sheet.scope));
        match found.facts(&sheet.policies) {
            Ok(facts) if is_seen && sheet.is_within_scope(&facts) => {
                let counted = counted(sheet, &facts, &mut rules);
                if !counted.is_empty() {
                    listing.complaints.push(FigureComplaint {
                        id,
                        tracking_number: facts.complaint.tracking_number,
                        facts: counted,
                    });
                    if listing.complaints.len() >= size {
                        listing.next = Some(id);
                    }
                }
            }
            Err(error) if is_seen => listing.unreadable.push((id, error)),
            Ok(_) | Err(_) => {}
        }
    }
}

fn counted(sheet: &Sheet, facts: &Facts, rules: &mut PromiseRules) -> Vec<CountedFact> {
    let question = &sheet.question;
    let mut found = Vec::new();
    facts.count(&question.period, rules, |counted, policy| {
        if question.includes(facts, &counted, policy) {
            found.push(CountedFact {
                at: counted.at,
                clock: counted
                    .promise
                    .map(|promise| (promise.clock.clone(), promise.cycle)),
                days: counted.days,
            });
        }
    });
    found.sort_by_key(|fact| fact.at);
    found.truncate(TOLD);
    found
}
