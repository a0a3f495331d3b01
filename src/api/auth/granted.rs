//! The scope granted to a caller, as written in tokens and files.

use std::collections::BTreeSet;

use crate::access::{Queues, Scope};

/// All brands, or all queues.
pub(super) const ALL: &str = "*";
/// The queue of unassigned complaints.
pub(super) const UNASSIGNED: &str = "-";

/// The scope for these brands and queues. `None` stands for all queues.
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
