//! Bearer tokens: JSON Web Tokens (RFC 7519, RFC 9068), signed by an issuer that this service trusts.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Header, Validation, dangerous::insecure_decode_claims, decode, decode_header};
use serde::Deserialize;

use super::{
    cache,
    cache::{Cache, Proved},
    claims::Claims,
    problem::{BadToken, LARGEST_TOKEN, Unauthenticated},
    source::{Issuer, KeyError},
};
use crate::{access::Principal, time_source::SharedTime};

/// The longest for which a token is taken without looking at it again, so that a key that its issuer has taken back ends soon.
const AT_MOST: SignedDuration = SignedDuration::from_mins(5);
/// What kinds of tokens are for calling services.
const KINDS: [&str; 3] = ["jwt", "at+jwt", "application/at+jwt"];

/// Knows callers by their tokens.
#[derive(Debug)]
pub(super) struct Tokens {
    issuers: Vec<Arc<Issuer>>,
    cache: Cache,
    time: SharedTime,
}

/// By what an issuer is found; believed only once the signature is checked with that issuer's key.
#[derive(Deserialize)]
struct Claimed {
    iss: String,
}

impl Tokens {
    pub(super) fn new(issuers: Vec<Arc<Issuer>>, time: SharedTime) -> Self {
        Tokens {
            issuers,
            cache: Cache::default(),
            time,
        }
    }

    /// Whom the token proves. Before one is looked at that has not proved anybody so far, `may_try` is asked.
    pub(super) async fn principal<E: From<Unauthenticated>>(
        &self,
        token: &str,
        may_try: impl FnOnce() -> Result<(), E>,
    ) -> Result<Arc<Principal>, E> {
        if token.len() > LARGEST_TOKEN {
            return Err(Unauthenticated::Token(BadToken::TooLarge).into());
        }
        let (digest, now) = (cache::digest(token), self.time.now());
        if let Some(known) = self.cache.get(&digest, now, self.state_of_keys()) {
            return Ok(known);
        }
        // One that was valid before is looked at again, now and then; once it proves nothing any more, it is like any other.
        if !self.cache.knows(&digest) {
            may_try()?;
        }
        let proved = match self.verify(token, now).await {
            Ok(proved) => proved,
            Err(why) => {
                if matches!(why, Unauthenticated::Token(_)) {
                    self.cache.forget(&digest);
                }
                return Err(why.into());
            }
        };
        let principal = Arc::clone(&proved.principal);
        self.cache.keep(digest, proved);
        Ok(principal)
    }

    /// Changes whenever the keys of an issuer have.
    fn state_of_keys(&self) -> u64 {
        self.issuers.iter().map(|issuer| issuer.state()).sum()
    }

    async fn verify(&self, token: &str, now: Timestamp) -> Result<Proved, Unauthenticated> {
        let header = decode_header(token).map_err(|_| {
            BadToken::Header(
                "is not one of a JSON Web Token that is signed with a public-key algorithm",
            )
        })?;
        check(&header)?;
        let claimed: Claimed = insecure_decode_claims(token)
            .map_err(|_| BadToken::Claim("iss", "is missing, or the claims are no JSON"))?;
        let mut issuers = self.issuers.iter();
        let issuer = issuers.find(|issuer| issuer.name == claimed.iss);
        let issuer = issuer.ok_or(BadToken::Claim(
            "iss",
            "is not the issuer that this service trusts",
        ))?;
        let key = match issuer.key(header.kid.as_deref()).await {
            Ok(key) => key,
            Err(KeyError::Unknown) => return Err(BadToken::UnknownKey.into()),
            Err(KeyError::Away) => return Err(Unauthenticated::NoKeys),
        };
        // Before the claims are read: keys that are learnt in between need not be those that it was checked with.
        let keys = self.state_of_keys();
        // The algorithm is that of the key. All claims are checked below, by the service's own time.
        let mut validation = Validation::new(key.algorithm);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        if header.alg != key.algorithm {
            return Err(BadToken::Header("names another algorithm than the key is for").into());
        }
        let token = decode::<Claims>(token, &key.key, &validation);
        let token = token.map_err(|_| BadToken::Signature)?;
        let (principal, until) = token.claims.principal(issuer, now)?;
        let soon = now.saturating_add(AT_MOST).unwrap_or(until);
        Ok(Proved {
            principal: Arc::new(principal),
            until: until.min(soon),
            keys,
        })
    }
}

/// Nothing in the header says where a key is: keys come from the issuer alone.
fn check(header: &Header) -> Result<(), BadToken> {
    if header.crit.is_some() {
        return Err(BadToken::Header(
            "has critical parameters, of which this service knows none",
        ));
    }
    if header.jku.is_some() || header.jwk.is_some() || header.x5u.is_some() || header.x5c.is_some()
    {
        return Err(BadToken::Header(
            "brings a key of its own; only `kid` may say which key it is",
        ));
    }
    let kind = header.typ.as_deref().map(str::to_ascii_lowercase);
    if kind.is_some_and(|kind| !KINDS.contains(&kind.as_str())) {
        return Err(BadToken::Header("says that it is another kind of token"));
    }
    Ok(())
}
