//! Pages: how much one holds, and the tokens that say where the next one begins. A token is opaque to callers, and bound
//! to the list and the filter that it was made for.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use prost::Message;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::check::Check;
use crate::store::Extent;

/// Grows when the meaning of a token changes: an old one is refused then, not misread.
const VERSION: u8 = 3;
/// How many bytes the items of a page take up at most. Clients accept messages of 4 MiB unless they are told otherwise; what
/// is left is for a last item and for what stands beside the items.
pub(super) const LARGEST: usize = 3 << 20;
/// What the tag and the length of an item take up in the message around it.
const ITEM: usize = 8;

/// A token that has the right form.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Token<A> {
    #[serde(rename = "v")]
    version: u8,
    #[serde(rename = "f")]
    filter: FilterDigest,
    #[serde(rename = "a")]
    after: A,
}

/// What tells one list from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FilterDigest([u8; 8]);

impl FilterDigest {
    /// Of the method and whatever its filter is, encoded.
    pub(super) fn of(method: &str, filter: &[u8]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(method);
        hasher.update([0]);
        hasher.update(filter);
        let digest: [u8; 32] = hasher.finalize().into();
        let mut short = [0; 8];
        short.copy_from_slice(&digest[..8]);
        FilterDigest(short)
    }
}

/// The token of a page that begins after `after`.
pub(super) fn token<A: Serialize>(after: A, filter: FilterDigest) -> String {
    let token = Token {
        version: VERSION,
        filter,
        after,
    };
    // Numbers and ids are always JSON; an empty token would end the list.
    let json = serde_json::to_vec(&token).unwrap_or_default();
    BASE64_URL_SAFE_NO_PAD.encode(json)
}

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

/// Fills a page with items, each after its place in the list, until it is full: the first is taken whatever its size. Also
/// returns the token of the next page, or an empty text if this is the last. `more`: there are items after these.
pub(super) fn fill<A: Serialize, T>(
    items: impl IntoIterator<Item = (A, T)>,
    more: bool,
    filter: FilterDigest,
    weight: impl Fn(&T) -> usize,
) -> (Vec<T>, String) {
    let (mut page, mut last, mut bytes) = (Vec::new(), None, 0_usize);
    let mut more = more;
    for (place, item) in items {
        bytes += weight(&item);
        if bytes > LARGEST && !page.is_empty() {
            more = true;
            break;
        }
        page.push(item);
        last = Some(place);
    }
    let next = last.filter(|_| more).map(|last| token(last, filter));
    (page, next.unwrap_or_default())
}

impl Check {
    /// After what the page begins; `None`: at the beginning.
    pub(super) fn page_token<A: DeserializeOwned>(
        &mut self,
        text: &str,
        filter: FilterDigest,
    ) -> Option<A> {
        let token = self.token_form(text)?;
        self.token_for(token, filter)
    }

    /// The form alone of a page token, where what it belongs to has to be looked up first; `None`: at the beginning.
    pub(super) fn token_form<A: DeserializeOwned>(&mut self, text: &str) -> Option<Token<A>> {
        if text.is_empty() {
            return None;
        }
        let token = BASE64_URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|json| serde_json::from_slice::<Token<A>>(&json).ok())
            .filter(|token| token.version == VERSION);
        if token.is_none() {
            self.violation("page_token", "must be a next_page_token as it was returned");
        }
        token
    }

    /// After what the page begins, if the token was made for this list.
    pub(super) fn token_for<A>(&mut self, token: Token<A>, filter: FilterDigest) -> Option<A> {
        if token.filter != filter {
            self.violation("page_token", "belongs to a list with other filters");
            return None;
        }
        Some(token.after)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{super::check::tests::check, *};

    #[test]
    fn a_token_leads_on_where_the_page_ended() {
        let filter = FilterDigest::of("", b"open");
        let id = Uuid::from_u128(7);
        let mut check = check();
        assert_eq!(check.page_token(&token(id, filter), filter), Some(id));
        assert_eq!(check.page_token(&token(42_i64, filter), filter), Some(42));
        assert_eq!(check.page_token::<i64>("", filter), None);
        assert!(check.fields().is_empty());
    }

    #[test]
    fn a_token_of_another_filter_is_refused() {
        let token = token(1_i64, FilterDigest::of("", b"open"));
        let mut check = check();
        assert_eq!(
            check.page_token::<i64>(&token, FilterDigest::of("", b"closed")),
            None
        );
        assert!(check.only().contains("other filters"));
    }

    #[test]
    fn a_garbled_token_is_refused() {
        let filter = FilterDigest::of("", b"open");
        let good = token(1_i64, filter);
        let old = BASE64_URL_SAFE_NO_PAD.encode(br#"{"v":0,"f":[0,0,0,0,0,0,0,0],"a":1}"#);
        for garbled in ["?", "bm9uZQ", &good[1..], &good[..good.len() - 2], &old] {
            let mut check = check();
            assert_eq!(check.page_token::<i64>(garbled, filter), None, "{garbled}");
            assert!(check.only().contains("as it was returned"));
        }
        // Of another list altogether.
        assert_eq!(check().page_token::<Uuid>(&good, filter), None);
    }

    #[test]
    fn a_token_of_another_list_is_refused() {
        let token = token(1_i64, FilterDigest::of("ListEvents", b"open"));
        let mut check = check();
        let elsewhere = FilterDigest::of("ListNotices", b"open");
        assert_eq!(check.page_token::<i64>(&token, elsewhere), None);
        assert_eq!(check.fields(), ["page_token"]);
    }

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
