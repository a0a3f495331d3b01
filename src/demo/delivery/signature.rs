//! Verifies the sender of a webhook by the rules of Standard Webhooks 1.0, independently of the code that signs it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use ring::hmac;

/// The tolerated difference between a message's timestamp and the receiver's clock: anything older may be a replay.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Why a message is not authentic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unproved {
    #[error("the header {0} is missing")]
    Missing(&'static str),
    #[error("the secret is none")]
    NoSecret,
    #[error("its time is none, or too far from now")]
    Time,
    #[error("none of its signatures is right")]
    Signature,
}

/// Verifies a message that arrived with these headers at `now`.
pub(super) fn verify(
    secret: &str,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<(), Unproved> {
    let header = |name: &'static str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.ok_or(Unproved::Missing(name))
    };
    let id = header("webhook-id")?;
    let sent = header("webhook-timestamp")?;
    let signatures = header("webhook-signature")?;
    let at = sent.parse().ok().map(Timestamp::from_second);
    let at = at.and_then(Result::ok).ok_or(Unproved::Time)?;
    if now.duration_since(at).abs() > TOLERANCE {
        return Err(Unproved::Time);
    }
    let key = secret.strip_prefix("whsec_");
    let key = key.and_then(|text| STANDARD.decode(text).ok());
    let key = key.ok_or(Unproved::NoSecret)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let message = [format!("{id}.{sent}.").as_bytes(), body].concat();
    // There are two during a rotation of the secret.
    let signed = signatures.split(' ').any(|signature| {
        let signature = signature.strip_prefix("v1,");
        let signature = signature.and_then(|text| STANDARD.decode(text).ok());
        signature.is_some_and(|signature| hmac::verify(&key, &message, &signature).is_ok())
    });
    if signed {
        Ok(())
    } else {
        Err(Unproved::Signature)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    /// The example of the specification's reference libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNED: [(&str, &str); 3] = [
        ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
        ("webhook-timestamp", "1614265330"),
        (
            "webhook-signature",
            "v1,bm9uZSBvZiBvdXJz v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
    ];

    fn checked(headers: &[(&'static str, &str)], body: &[u8], now: i64) -> Result<(), Unproved> {
        let headers = headers.iter();
        let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let now = Timestamp::from_second(now).unwrap();
        verify(SECRET, &headers.collect(), body, now)
    }

    #[test]
    fn a_message_is_believed_only_as_it_was_signed() {
        assert_eq!(checked(&SIGNED, BODY, 1_614_265_331), Ok(()));
        let changed = checked(&SIGNED, br#"{"test": 2432232315}"#, 1_614_265_331);
        assert_eq!(changed, Err(Unproved::Signature));
        for place in 0..SIGNED.len() {
            let mut headers = SIGNED;
            headers[place].1 = "1614265331";
            assert_eq!(
                checked(&headers, BODY, 1_614_265_331),
                Err(Unproved::Signature),
                "{headers:?}"
            );
            let rest = [&SIGNED[..place], &SIGNED[place + 1..]].concat();
            let missing = Err(Unproved::Missing(SIGNED[place].0));
            assert_eq!(checked(&rest, BODY, 1_614_265_331), missing);
        }
    }

    #[test]
    fn a_message_is_believed_only_for_five_minutes() {
        for (now, believed) in [
            (1_614_265_330 + 300, true),
            (1_614_265_330 - 300, true),
            (1_614_265_330 + 301, false),
            (1_614_265_330 - 301, false),
        ] {
            assert_eq!(checked(&SIGNED, BODY, now).is_ok(), believed, "{now}");
        }
    }
}
