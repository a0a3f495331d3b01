//! What a caller was given to see, in the words that tokens and files have for it.

use std::collections::BTreeSet;

use crate::access::{Queues, Scope};

/// Stands for all brands, or all queues.
pub(super) const ALL: &str = "*";
/// The queue of complaints that are assigned to nobody.
pub(super) const UNASSIGNED: &str = "-";

/// The scope of a caller who was given these brands, and these queues; no list of queues stands for all of them.
pub(super) fn scope(brands: &[&str], queues: Option<&[&str]>) -> Scope {
    let queues = queues.filter(|queues| !queues.contains(&ALL));
    Scope {
        brands: (!brands.contains(&ALL)).then(|| owned(brands)),
        queues: queues.map(|queues| {
            let (unassigned, people): (Vec<&str>, Vec<&str>) =
                queues.iter().partition(|queue| **queue == UNASSIGNED);
            let mut queues = Queues::of(people);
            queues.unassigned = !unassigned.is_empty();
            queues
        }),
    }
}

fn owned(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}
