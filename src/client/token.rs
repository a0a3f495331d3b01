//! What proves to a service who calls it.

use std::{fmt, net::IpAddr};

use http::Uri;
use tonic::metadata::{Ascii, MetadataMap, MetadataValue};

/// A bearer token that goes with each call, if there is one. Not shown by `Debug`.
#[derive(Clone)]
pub struct Token(Option<MetadataValue<Ascii>>);

/// A text that cannot be a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it does not contain a token: one line of letters, digits, dots, hyphens and underscores")]
pub struct NoToken;

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() {
            "Token(…)"
        } else {
            "Token(none)"
        })
    }
}

impl Token {
    /// Proves nothing: for a service that does not authenticate its callers.
    #[must_use]
    pub fn none() -> Self {
        Token(None)
    }

    /// This token, as an issuer gave it; blanks and the end of a line around it do not count.
    ///
    /// # Errors
    /// When it cannot be one.
    pub fn of(text: &str) -> Result<Self, NoToken> {
        let text = text.trim();
        let fits = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
        if text.is_empty() || !text.chars().all(fits) {
            return Err(NoToken);
        }
        let value = format!("Bearer {text}").parse();
        let mut value: MetadataValue<Ascii> = value.map_err(|_| NoToken)?;
        value.set_sensitive(true);
        Ok(Token(Some(value)))
    }

    /// Whether nobody on the way can read it: over TLS, or on this machine.
    pub(super) fn may_go_to(&self, server: &Uri) -> bool {
        let host = server.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let here = host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        self.0.is_none() || here || server.scheme_str() == Some("https")
    }

    pub(super) fn add_to(&self, metadata: &mut MetadataMap) {
        if let Some(value) = &self.0 {
            metadata.insert("authorization", value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_token_is_sent_to_nobody_who_listens_on_the_way() {
        let token = Token::of(" abc.def-g_h.i \n").unwrap();
        for (server, may) in [
            ("https://redress.example", true),
            ("http://127.0.0.1:50051", true),
            ("http://[::1]:50051", true),
            ("http://localhost:50051", true),
            ("http://redress.example:50051", false),
            ("http://10.0.0.7:50051", false),
        ] {
            assert_eq!(token.may_go_to(&server.parse().unwrap()), may, "{server}");
            assert!(Token::none().may_go_to(&server.parse().unwrap()));
        }
    }

    #[test]
    fn what_cannot_be_a_token_is_refused_and_none_is_shown() {
        for text in ["", " ", "two words", "a\nb", "é", "{\"a\":1}"] {
            assert_eq!(Token::of(text).unwrap_err(), NoToken, "{text}");
        }
        assert!(!format!("{:?}", Token::of("s3cret").unwrap()).contains("s3cret"));
    }
}
