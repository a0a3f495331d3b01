//! Bearer tokens: JSON Web Tokens (RFC 7519, RFC 9068) from trusted issuers.

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

/// The longest time before a token is verified again, so that keys revoked by their issuer stop working soon.
const AT_MOST: SignedDuration = SignedDuration::from_mins(5);
/// The accepted types of tokens.
const KINDS: [&str; 3] = ["jwt", "at+jwt", "application/at+jwt"];

/// Authenticates callers by their tokens.
#[derive(Debug)]
pub(super) struct Tokens {
    issuers: Vec<Arc<Issuer>>,
    cache: Cache,
    time: SharedTime,
}

/// Selects the issuer. Trusted only once the signature is verified with that issuer's key.
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

    /// The caller that the token identifies. Before verifying a token that was never valid so far, `may_try` is called.
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
        // A token that was valid before is verified again now and then; once invalid, it is treated like any other.
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

    /// Changes whenever the keys of an issuer do.
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
        // Read before verification: keys that are loaded meanwhile may not be the ones used.
        let keys = self.state_of_keys();
        // The key determines the algorithm. The claims are checked below, by the service's own clock.
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

/// Key locations in the header are rejected: keys come only from the issuer.
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
