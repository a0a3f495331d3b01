//! Tokens as most issuers sign them: RS256, with a key of 2048 bits.

use std::process::Command;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as BASE64},
};
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents},
};
use serde_json::{Value, json};

use crate::error::BenchError;

/// A key that tokens are signed with.
pub(super) struct Key(RsaKeyPair);

impl Key {
    /// A new one. ring makes none of RSA, so OpenSSL does. Blocks.
    pub(super) fn make() -> Result<Key, BenchError> {
        let words = [
            "genpkey",
            "-algorithm",
            "RSA",
            "-pkeyopt",
            "rsa_keygen_bits:2048",
        ];
        let made = Command::new("openssl").args(words).output();
        let made = made.map_err(|source| BenchError::io("run", "openssl", source))?;
        let text = String::from_utf8_lossy(&made.stdout);
        let lines = text.lines().filter(|line| !line.starts_with("-----"));
        let key = STANDARD.decode(lines.collect::<String>()).ok();
        let key = key.and_then(|key| RsaKeyPair::from_pkcs8(&key).ok());
        key.map(Key).ok_or_else(|| {
            let said = String::from_utf8_lossy(&made.stderr);
            BenchError::Proof(format!("openssl made no key of RSA: {said}"))
        })
    }

    /// What its issuer publishes.
    pub(super) fn published(&self) -> String {
        let public = RsaPublicKeyComponents::<Vec<u8>>::from(self.0.public());
        let key = json!({
            "kty": "RSA",
            "alg": "RS256",
            "use": "sig",
            "kid": "bench",
            "n": BASE64.encode(public.n),
            "e": BASE64.encode(public.e),
        });
        json!({ "keys": [key] }).to_string()
    }

    /// A token of these claims.
    pub(super) fn sign(&self, claims: &Value) -> Result<String, BenchError> {
        let header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": "bench" });
        let [header, claims] = [&header, claims].map(|part| BASE64.encode(part.to_string()));
        let said = format!("{header}.{claims}");
        let mut signature = vec![0; self.0.public().modulus_len()];
        let random = SystemRandom::new();
        let signed = self
            .0
            .sign(&RSA_PKCS1_SHA256, &random, said.as_bytes(), &mut signature);
        signed.map_err(|_| BenchError::Proof("the key of RSA does not sign".to_owned()))?;
        Ok(format!("{said}.{}", BASE64.encode(signature)))
    }
}
