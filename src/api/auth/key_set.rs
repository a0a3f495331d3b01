//! The public keys of an issuer: a JSON Web Key Set (RFC 7517).

use std::{collections::BTreeMap, sync::Arc};

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;

/// A key that verifies signatures by exactly one algorithm.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

/// The keys of an issuer by id.
#[derive(Debug, Default)]
pub(super) struct KeySet {
    named: BTreeMap<String, Arc<Key>>,
    /// The only key, if there is just one: it verifies tokens that name no key.
    only: Option<Arc<Key>>,
}

/// The text is not a key set, or has no usable keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadKeys {
    #[error("it is not a JSON Web Key Set")]
    Form,
    #[error("it has no usable public key (RSA of at least 2048 bits, P-256, P-384 or Ed25519)")]
    NoKey,
}

#[derive(Deserialize)]
struct Text {
    keys: Vec<Value>,
}

impl KeySet {
    /// Parses a key set. Keys that are not for signatures, of unknown kinds, or secret are skipped.
    pub(super) fn read(text: &[u8]) -> Result<Self, BadKeys> {
        let text: Text = serde_json::from_slice(text).map_err(|_| BadKeys::Form)?;
        let mut set = KeySet::default();
        let mut all = Vec::new();
        for key in text.keys {
            let Some((id, key)) = read(key) else {
                continue;
            };
            let key = Arc::new(key);
            if let Some(id) = id {
                set.named.entry(id).or_insert_with(|| Arc::clone(&key));
            }
            all.push(key);
        }
        match all.as_slice() {
            [] => return Err(BadKeys::NoKey),
            [only] => set.only = Some(Arc::clone(only)),
            _ => {}
        }
        Ok(set)
    }

    /// The key with this id; without an id, the only key.
    pub(super) fn get(&self, id: Option<&str>) -> Option<Arc<Key>> {
        let found = match id {
            Some(id) => self.named.get(id),
            None => self.only.as_ref(),
        };
        found.cloned()
    }
}

fn read(key: Value) -> Option<(Option<String>, Key)> {
    let key: Jwk = serde_json::from_value(key).ok()?;
    let common = &key.common;
    let for_signatures = match &common.public_key_use {
        None | Some(PublicKeyUse::Signature) => true,
        Some(_) => false,
    };
    let operations = common.key_operations.as_ref();
    let may_verify = operations.is_none_or(|all| all.contains(&KeyOperations::Verify));
    if !for_signatures || !may_verify {
        return None;
    }
    let algorithm = algorithm_of(&key)?;
    let id = common.key_id.clone();
    let key = DecodingKey::from_jwk(&key).ok()?;
    (key.family() == algorithm.family()).then_some((id, Key { algorithm, key }))
}

/// The algorithm that the key declares, or else the usual one for its kind.
fn algorithm_of(key: &Jwk) -> Option<Algorithm> {
    let usual = match &key.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(point) => match point.curve {
            EllipticCurve::P256 => Algorithm::ES256,
            EllipticCurve::P384 => Algorithm::ES384,
            _ => return None,
        },
        AlgorithmParameters::OctetKeyPair(pair) => match pair.curve {
            EllipticCurve::Ed25519 => Algorithm::EdDSA,
            _ => return None,
        },
        // A shared secret does not prove who signed.
        _ => return None,
    };
    match key.common.key_algorithm {
        None => Some(usual),
        Some(named) => {
            let named = named_algorithm(named)?;
            // Each curve has one algorithm.
            (named == usual || usual == Algorithm::RS256).then_some(named)
        }
    }
}

fn named_algorithm(algorithm: KeyAlgorithm) -> Option<Algorithm> {
    Some(match algorithm {
        KeyAlgorithm::RS256 => Algorithm::RS256,
        KeyAlgorithm::RS384 => Algorithm::RS384,
        KeyAlgorithm::RS512 => Algorithm::RS512,
        KeyAlgorithm::PS256 => Algorithm::PS256,
        KeyAlgorithm::PS384 => Algorithm::PS384,
        KeyAlgorithm::PS512 => Algorithm::PS512,
        KeyAlgorithm::ES256 => Algorithm::ES256,
        KeyAlgorithm::ES384 => Algorithm::ES384,
        KeyAlgorithm::EdDSA => Algorithm::EdDSA,
        _ => return None,
    })
}
