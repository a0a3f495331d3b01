//! Tokens that say where the next page of a list begins. A token is opaque to callers, and bound to the list and the filter
//! that it was made for.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::check::Check;

/// Grows when the meaning of a token changes: an old one is refused then, not misread.
const VERSION: u8 = 3;

/// A token that has the right form.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Token<A> {
    #[serde(rename = "v")]
    version: u8,
    #[serde(rename = "f")]
    filter: FilterDigest,
    #[serde(rename = "a")]
    after: A,
}

/// What tells one list from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FilterDigest([u8; 8]);

impl FilterDigest {
    /// Of the method and whatever its filter is, encoded.
    pub(crate) fn of(method: &str, filter: &[u8]) -> Self {
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
pub(crate) fn token<A: Serialize>(after: A, filter: FilterDigest) -> String {
    let token = Token {
        version: VERSION,
        filter,
        after,
    };
    // Numbers and ids are always JSON; an empty token would end the list.
    let json = serde_json::to_vec(&token).unwrap_or_default();
    BASE64_URL_SAFE_NO_PAD.encode(json)
}

impl Check {
    /// After what the page begins; `None`: at the beginning.
    pub(crate) fn page_token<A: DeserializeOwned>(
        &mut self,
        text: &str,
        filter: FilterDigest,
    ) -> Option<A> {
        let token = self.token_form(text)?;
        self.token_for(token, filter)
    }

    /// The form alone of a page token, where what it belongs to has to be looked up first; `None`: at the beginning.
    pub(crate) fn token_form<A: DeserializeOwned>(&mut self, text: &str) -> Option<Token<A>> {
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
    pub(crate) fn token_for<A>(&mut self, token: Token<A>, filter: FilterDigest) -> Option<A> {
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
        // What decodes to bytes, to JSON of another form, or only with its padding, is no better.
        let decodable = ["bm9uZQ", "AAAA", "bnVsbA", "e30", "YQ=="];
        let broken = ["?", &good[1..], &good[..good.len() - 2], &old];
        for garbled in decodable.into_iter().chain(broken) {
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
}
