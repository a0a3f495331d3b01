//! Pages: how much one holds.

use prost::Message;
use serde::Serialize;

use crate::{
    intake::page_token::{FilterDigest, token},
    store::Extent,
};

/// How many bytes the items of a page take up at most. Clients accept messages of 4 MiB unless they are told otherwise; what
/// is left is for a last item and for what stands beside the items.
pub(super) const LARGEST: usize = 3 << 20;
/// The same for clocks, of which a page has a hundred unless more are asked for.
pub(super) const LARGEST_OF_CLOCKS: usize = 384 << 10;
/// What the tag and the length of an item take up in the message around it.
const ITEM: usize = 8;

/// What is read for a page of this many items.
pub(super) fn extent(size: usize) -> Extent {
    Extent {
        rows: size,
        bytes: LARGEST,
    }
}

/// How many bytes an item takes up in a page.
pub(super) fn weight<M: Message>(item: &M) -> usize {
    item.encoded_len() + ITEM
}

/// Divides a page into its items, and the names of those that cannot be read.
pub(super) fn divide<T>(page: Vec<Result<T, String>>) -> (Vec<T>, Vec<String>) {
    let (mut items, mut unreachable) = (Vec::with_capacity(page.len()), Vec::new());
    for item in page {
        match item {
            Ok(item) => items.push(item),
            Err(name) => unreachable.push(name),
        }
    }
    (items, unreachable)
}

/// As [`weight`], where what cannot be read is named instead.
pub(super) fn weight_or_name<M: Message>(item: &Result<M, String>) -> usize {
    match item {
        Ok(item) => weight(item),
        Err(name) => name.len() + ITEM,
    }
}

/// As [`fill_within`], until the page has [`LARGEST`] bytes.
pub(super) fn fill<A: Serialize, T>(
    items: impl IntoIterator<Item = (A, T)>,
    more: bool,
    filter: FilterDigest,
    weight: impl Fn(&T) -> usize,
) -> (Vec<T>, String) {
    fill_within(LARGEST, items, more, filter, weight)
}

/// Fills a page with items, each after its place in the list, until it has so many bytes: the first is taken whatever its size.
/// Also returns the token of the next page, or an empty text if this is the last. `more`: there are items after these.
pub(super) fn fill_within<A: Serialize, T>(
    largest: usize,
    items: impl IntoIterator<Item = (A, T)>,
    more: bool,
    filter: FilterDigest,
    weight: impl Fn(&T) -> usize,
) -> (Vec<T>, String) {
    let (mut page, mut last, mut bytes) = (Vec::new(), None, 0_usize);
    let mut more = more;
    for (place, item) in items {
        bytes += weight(&item);
        if bytes > largest && !page.is_empty() {
            more = true;
            break;
        }
        page.push(item);
        last = Some(place);
    }
    let next = last.filter(|_| more).map(|last| token(last, filter));
    (page, next.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::check::tests::check;

    /// A page of items of these weights, by their numbers, and where the next page begins.
    fn page(weights: &[usize], more: bool) -> (Vec<usize>, Option<usize>) {
        let filter = FilterDigest::of("", b"");
        let items = (0..weights.len()).map(|number| (number, number));
        let (page, next) = fill(items, more, filter, |number| weights[*number]);
        (page, check().page_token(&next, filter))
    }

    #[test]
    fn only_a_page_with_more_behind_it_has_a_next_one() {
        assert_eq!(page(&[1, 1], true), (vec![0, 1], Some(1)));
        assert_eq!(page(&[1, 1], false), (vec![0, 1], None));
        assert_eq!(page(&[], false), (vec![], None));
    }

    #[test]
    fn a_page_ends_before_it_is_too_large_and_holds_one_item_at_least() {
        let half = LARGEST / 2;
        assert_eq!(page(&[half, half, 1], false), (vec![0, 1], Some(1)));
        assert_eq!(page(&[half, half], false), (vec![0, 1], None));
        assert_eq!(page(&[LARGEST + 1, 1], false), (vec![0], Some(0)));
        assert_eq!(page(&[1, LARGEST, 1], false), (vec![0], Some(0)));
        assert_eq!(page(&[LARGEST + 1], false), (vec![0], None));
    }
}
