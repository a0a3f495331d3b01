//! Standard Webhooks 1.0: secrets, and the headers that prove who sent a message.

use std::{fmt, ops::RangeInclusive};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use ring::{
    hmac,
    rand::{SecureRandom as _, SystemRandom},
};

/// How many random bytes a secret of our own making has.
const LENGTH: usize = 32;
/// How many bytes a secret may have.
const LENGTHS: RangeInclusive<usize> = 24..=64;
/// What a secret begins with where it is written.
pub(crate) const PREFIX: &str = "whsec_";

/// What messages are signed with, and their receivers know.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

/// Tells nothing of it.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").finish_non_exhaustive()
    }
}

/// The system gives no random bytes.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the system provides no random bytes")]
pub struct NoRandomness;

impl Secret {
    pub(crate) fn random() -> Result<Self, NoRandomness> {
        let mut bytes = vec![0; LENGTH];
        SystemRandom::new()
            .fill(&mut bytes)
            .map_err(|_| NoRandomness)?;
        Ok(Secret(bytes))
    }

    pub(crate) fn of_bytes(bytes: Vec<u8>) -> Self {
        Secret(bytes)
    }

    /// Reads a secret as it is written: `whsec_`, and 24 to 64 bytes in base64. `None`: it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
        LENGTHS.contains(&bytes.len()).then_some(Secret(bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As its receiver keeps it.
    pub(crate) fn text(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }
}

/// The headers of a message that is sent at this time: its id, the time, and a signature for each secret.
pub(crate) fn headers(secrets: &[Secret], id: &str, at: Timestamp, body: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", at.as_second().to_string()),
        ("webhook-signature", signatures(secrets, id, at, body)),
    ] {
        // Ids, numbers and base64 are always values of headers.
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    headers
}

fn signatures(secrets: &[Secret], id: &str, at: Timestamp, body: &[u8]) -> String {
    let signature = |secret: &Secret| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret.0);
        let mut signing = hmac::Context::with_key(&key);
        signing.update(format!("{id}.{}.", at.as_second()).as_bytes());
        signing.update(body);
        format!("v1,{}", STANDARD.encode(signing.sign()))
    };
    let signatures: Vec<String> = secrets.iter().map(signature).collect();
    signatures.join(" ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_signature_is_that_of_the_standard() {
        // The example of the specification's reference libraries.
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let secret = Secret::of_bytes(secret);
        let at = Timestamp::from_second(1_614_265_330).unwrap();
        let body = br#"{"test": 2432232314}"#;
        let signed = signatures(
            std::slice::from_ref(&secret),
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            at,
            body,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let both = signatures(&[secret.clone(), secret], "a", at, body);
        assert_eq!(both.split(' ').count(), 2);
    }

    #[test]
    fn a_secret_is_random_and_not_shown_by_debug() {
        let (one, other) = (Secret::random().unwrap(), Secret::random().unwrap());
        assert_ne!(one, other);
        assert!(one.text().starts_with("whsec_"));
        assert_eq!(one.text().len(), 50);
        assert_eq!(format!("{one:?}"), "Secret { .. }");
    }
}
