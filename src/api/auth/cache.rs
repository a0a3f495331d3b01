//! A cache of verified tokens, which makes repeated calls cheap.

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};

use crate::access::Principal;

/// How many tokens a generation holds. There are two generations, so at most twice as many are in memory, at some hundred bytes
/// each.
const GENERATION: usize = 8 * 1024;

/// The key of a cached token; the token itself is not kept.
pub(super) type TokenDigest = [u8; 32];

pub(super) fn digest(token: &str) -> TokenDigest {
    Sha256::digest(token).into()
}

/// The caller that a token identifies.
#[derive(Debug, Clone)]
pub(super) struct Proved {
    pub(super) principal: Arc<Principal>,
    /// When the token must be verified again.
    pub(super) until: Timestamp,
    /// The state of the issuer's keys at verification. If they change, the token must be verified again.
    pub(super) keys: u64,
}

/// Verified tokens by digest. Entries that are not used are dropped when the next generation is full.
#[derive(Debug, Default)]
pub(super) struct Cache(Mutex<Generations>);

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<TokenDigest, Proved>,
    old: HashMap<TokenDigest, Proved>,
}

impl Cache {
    /// The caller that the token identifies, if the entry is still valid.
    pub(super) fn get(
        &self,
        token: &TokenDigest,
        now: Timestamp,
        keys: u64,
    ) -> Option<Arc<Principal>> {
        let mut all = self.0.lock();
        let holds = |proved: &Proved| now < proved.until && proved.keys == keys;
        if let Some(proved) = all.young.get(token) {
            return holds(proved).then(|| Arc::clone(&proved.principal));
        }
        let proved = all.old.get(token).filter(|proved| holds(proved))?.clone();
        let principal = Arc::clone(&proved.principal);
        all.keep(*token, proved);
        Some(principal)
    }

    /// Whether the token was valid before, even if its entry has expired.
    pub(super) fn knows(&self, token: &TokenDigest) -> bool {
        let all = self.0.lock();
        all.young.contains_key(token) || all.old.contains_key(token)
    }

    /// Removes a token that is no longer valid.
    pub(super) fn forget(&self, token: &TokenDigest) {
        let mut all = self.0.lock();
        all.young.remove(token);
        all.old.remove(token);
    }

    pub(super) fn keep(&self, token: TokenDigest, proved: Proved) {
        self.0.lock().keep(token, proved);
    }
}

impl Generations {
    fn keep(&mut self, token: TokenDigest, proved: Proved) {
        if self.young.len() >= GENERATION && !self.young.contains_key(&token) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(token, proved);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::access::Scope;

    fn proved(seconds: i64) -> Proved {
        Proved {
            principal: Arc::new(Principal {
                subject: "ada".to_owned(),
                roles: BTreeSet::new(),
                scope: Scope::default(),
            }),
            until: at(seconds),
            keys: 1,
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap_or_default()
    }

    #[test]
    fn a_token_is_known_until_it_ends_and_while_the_keys_stay() {
        let cache = Cache::default();
        let token = digest("a token");
        assert!(cache.get(&token, at(0), 1).is_none());
        cache.keep(token, proved(10));
        assert!(cache.get(&token, at(9), 1).is_some());
        assert!(cache.get(&token, at(10), 1).is_none());
        assert!(cache.get(&token, at(9), 2).is_none());
        assert!(cache.get(&digest("another"), at(9), 1).is_none());
    }

    #[test]
    fn a_token_that_proved_somebody_stays_known_as_such_until_it_proves_nothing() {
        let cache = Cache::default();
        let tokens = ["old", "young"].map(digest);
        cache.keep(tokens[0], proved(10));
        for number in 0..GENERATION {
            cache.keep(digest(&number.to_string()), proved(10));
        }
        cache.keep(tokens[1], proved(10));
        for token in tokens {
            assert!(cache.get(&token, at(10), 1).is_none());
            assert!(cache.knows(&token));
            cache.forget(&token);
            assert!(!cache.knows(&token));
        }
        assert!(!cache.knows(&digest("another")));
    }

    #[test]
    fn many_tokens_take_no_more_than_two_generations_and_those_in_use_stay() {
        let cache = Cache::default();
        let used = digest("in use");
        cache.keep(used, proved(10));
        for number in 0..5 * GENERATION {
            cache.keep(digest(&number.to_string()), proved(10));
            assert!(number % 1_000 != 0 || cache.get(&used, at(0), 1).is_some());
        }
        let all = cache.0.lock();
        assert!(all.young.len() <= GENERATION && all.old.len() <= GENERATION);
    }
}
