//! The claims of a token.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::{granted, problem::BadToken, source::Issuer};
use crate::{
    access::{Principal, Role, Scope},
    intake,
};

/// The tolerated clock skew between issuer and service.
pub(super) const LEEWAY: SignedDuration = SignedDuration::from_secs(30);

/// The relevant claims as written. They are validated separately below, for specific errors.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    #[serde(default)]
    iss: Value,
    #[serde(default)]
    aud: Value,
    #[serde(default)]
    sub: Value,
    #[serde(default)]
    exp: Value,
    nbf: Option<Value>,
    cnf: Option<Value>,
    roles: Option<Value>,
    brands: Option<Value>,
    queues: Option<Value>,
}

impl Claims {
    /// The caller that the token identifies, and when it expires.
    ///
    /// # Errors
    /// When a claim is invalid, or the token is expired or not valid yet.
    pub(super) fn principal(
        self,
        issuer: &Issuer,
        now: Timestamp,
    ) -> Result<(Principal, Timestamp), BadToken> {
        if self.iss.as_str() != Some(issuer.name.as_str()) {
            return Err(BadToken::Claim(
                "iss",
                "is not the issuer that this service trusts",
            ));
        }
        if !names(&self.aud, &issuer.audience) {
            return Err(BadToken::Claim("aud", "does not name this service"));
        }
        if self.cnf.is_some() {
            let why = "binds the token to a key, which this service cannot check: have the issuer leave it out";
            return Err(BadToken::Claim("cnf", why));
        }
        let until = time(&self.exp).ok_or(BadToken::Claim("exp", "is missing or no time"))?;
        let until = until.saturating_add(LEEWAY).unwrap_or(Timestamp::MAX);
        if now >= until {
            return Err(BadToken::Expired);
        }
        if let Some(from) = self.nbf {
            let from = time(&from).ok_or(BadToken::Claim("nbf", "is no time"))?;
            if from > now.saturating_add(LEEWAY).unwrap_or(Timestamp::MAX) {
                return Err(BadToken::Claim(
                    "nbf",
                    "says that the token does not hold yet",
                ));
            }
        }
        let subject = self.sub.as_str().unwrap_or_default();
        let subject = intake::staff_name(subject);
        let subject = subject.map_err(|why| BadToken::Claim("sub", why))?;
        let principal = Principal {
            subject,
            roles: roles(self.roles.as_ref())?,
            scope: scope(self.brands.as_ref(), self.queues.as_ref())?,
        };
        Ok((principal, until))
    }
}

/// Whether a claim is this string, or a list that contains it.
fn names(claim: &Value, wanted: &str) -> bool {
    match claim {
        Value::String(text) => text == wanted,
        Value::Array(list) => {
            list.iter().all(Value::is_string) && list.iter().any(|item| item == wanted)
        }
        _ => false,
    }
}

/// A NumericDate: seconds since 1970, in UTC, possibly with a fraction.
fn time(claim: &Value) -> Option<Timestamp> {
    if let Some(seconds) = claim.as_i64() {
        return Timestamp::from_second(seconds).ok();
    }
    let seconds = claim.as_f64().filter(|seconds| seconds.is_finite())?;
    let since = SignedDuration::try_from_secs_f64(seconds).ok()?;
    Timestamp::UNIX_EPOCH.checked_add(since).ok()
}

fn roles(claim: Option<&Value>) -> Result<BTreeSet<Role>, BadToken> {
    let named = claim.map(|claim| words("roles", claim)).transpose()?;
    // Roles of other services are ignored.
    let known = named.iter().flatten().filter_map(|role| role.parse().ok());
    Ok(known.collect())
}

fn scope(brands: Option<&Value>, queues: Option<&Value>) -> Result<Scope, BadToken> {
    let brands = brands.map(|claim| words("brands", claim)).transpose()?;
    // No brands given means none: a forgotten claim must not grant access.
    let brands = brands.unwrap_or_default();
    let queues = queues.map(|claim| words("queues", claim)).transpose()?;
    Ok(granted::scope(&brands, queues.as_deref()))
}

/// A list of strings, or one string: for roles and brands, which contain no spaces, it may hold several, separated by spaces.
fn words<'c>(name: &'static str, claim: &'c Value) -> Result<Vec<&'c str>, BadToken> {
    let form = BadToken::Claim(name, "is neither a list of texts nor a text");
    match claim {
        // A team's name may contain spaces.
        Value::String(text) if name == "queues" => Ok(vec![text]),
        Value::String(text) => Ok(text.split_whitespace().collect()),
        Value::Array(list) => {
            let words: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
            words.ok_or(form)
        }
        _ => Err(form),
    }
}
