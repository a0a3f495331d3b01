//! Staff messages as signed webhooks (Standard Webhooks 1.0).

use std::{fs::File, io, io::Read as _, path::Path};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use serde_json::json;

use super::post::StaffLetter;
use crate::standard_webhooks::{self, PREFIX, Secret};

/// The largest secret file that is read.
const LONGEST_FILE: u64 = 256;

/// Why a file is not a secret. Does not reveal its content.
#[derive(Debug, thiserror::Error)]
pub enum WebhookSecretError {
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// Its content is invalid.
    #[error(
        "it must hold {PREFIX} and 24 to 64 random bytes in base64, as `echo \"{PREFIX}$(openssl rand -base64 32)\"` writes it"
    )]
    NoSecret,
}

/// Reads a secret from a file; surrounding white space is ignored.
///
/// # Errors
/// When the file cannot be read, or does not hold a secret.
pub fn webhook_secret(file: &Path) -> Result<Secret, WebhookSecretError> {
    let mut text = String::new();
    File::open(file)?
        .take(LONGEST_FILE)
        .read_to_string(&mut text)?;
    Secret::parse(text.trim()).ok_or(WebhookSecretError::NoSecret)
}

/// A webhook request.
#[derive(Debug, Clone)]
pub struct StaffWebhook {
    /// Includes the signature.
    pub headers: HeaderMap,
    /// JSON.
    pub body: Bytes,
}

impl StaffWebhook {
    /// The request for this message. Its id is the same for every attempt; its timestamp is that of the attempt.
    #[must_use]
    pub fn of(letter: &StaffLetter, secret: &Secret) -> Self {
        let body = json!({
            "type": letter.kind,
            "timestamp": letter.at,
            "subject": letter.subject,
            "text": letter.text,
            "data": letter.data,
        });
        let body = Bytes::from(body.to_string());
        let id = letter.id.to_string();
        let secrets = std::slice::from_ref(secret);
        let mut headers = standard_webhooks::headers(secrets, &id, letter.at, &body);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        StaffWebhook { headers, body }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use jiff::Timestamp;
    use ring::hmac;
    use uuid::Uuid;

    use super::*;
    use crate::store::StaffMeans;

    #[test]
    fn a_message_is_signed_over_its_id_its_time_and_its_bytes() {
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let letter = StaffLetter {
            id: Uuid::nil(),
            means: StaffMeans::Webhook,
            address: "https://chat.example.org/hooks/1".to_owned(),
            name: "ana".to_owned(),
            subject: "s".to_owned(),
            text: "t".to_owned(),
            kind: "redress.staff.reminder".to_owned(),
            data: json!({}),
            at: Timestamp::from_second(1_614_265_330).unwrap(),
        };
        let StaffWebhook { headers, body } = StaffWebhook::of(&letter, &secret);
        let header = |name| headers[name].to_str().unwrap();
        assert_eq!(header("webhook-timestamp"), "1614265330");
        let key = hmac::Key::new(
            hmac::HMAC_SHA256,
            &STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap(),
        );
        let signature = header("webhook-signature").strip_prefix("v1,").unwrap();
        let signature = STANDARD.decode(signature).unwrap();
        let mut signed = format!("{}.1614265330.", Uuid::nil()).into_bytes();
        signed.extend_from_slice(&body);
        hmac::verify(&key, &signed, &signature).unwrap();
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        let short = format!("whsec_{}", STANDARD.encode([7; 23]));
        for wrong in [
            "",
            "whsec_",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_?",
            &short,
        ] {
            assert!(Secret::parse(wrong).is_none(), "{wrong}");
        }
    }
}
