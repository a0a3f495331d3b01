//! The configured URL of a relay.

use std::{fmt, net::IpAddr, str::FromStr};

/// How the connection to a relay is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Security {
    /// TLS from the first byte: `smtps`.
    Tls,
    /// STARTTLS, required: `smtp+starttls`.
    StartTls,
    /// None: `smtp`, to this machine only.
    None,
}

/// A relay, such as `smtps://redress@mail.example:465`. The password comes from a file instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayUrl {
    pub(super) security: Security,
    /// The user to sign in as, if any.
    pub(super) user: Option<String>,
    pub(super) host: String,
    pub(super) port: u16,
}

/// Why a relay URL is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RelayUrlError {
    /// It has the wrong form.
    #[error(
        "the address of a relay is smtps://user@host:465, smtp+starttls://user@host:587, or smtp://127.0.0.1:25 on this machine; \
         the user and the port may be left out"
    )]
    Form,
    /// It has a password, which everybody on the machine could read.
    #[error(
        "the relay's password must not be part of its URL: give it with --mail-relay-password-file"
    )]
    Password,
    /// Mail would cross the network unencrypted.
    #[error("mail without TLS is sent only to this machine: use smtps:// or smtp+starttls://")]
    InTheClear,
}

impl RelayUrl {
    /// Whether it names a user to sign in as.
    #[must_use]
    pub fn has_user(&self) -> bool {
        self.user.is_some()
    }
}

impl FromStr for RelayUrl {
    type Err = RelayUrlError;

    fn from_str(text: &str) -> Result<Self, RelayUrlError> {
        const FORM: RelayUrlError = RelayUrlError::Form;
        let (scheme, rest) = text.trim().split_once("://").ok_or(FORM)?;
        let (security, usual_port) = match scheme.to_ascii_lowercase().as_str() {
            "smtps" => (Security::Tls, 465),
            "smtp+starttls" => (Security::StartTls, 587),
            "smtp" => (Security::None, 25),
            _ => return Err(FORM),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user, place) = match rest.rsplit_once('@') {
            Some((user, _)) if user.contains(':') => return Err(RelayUrlError::Password),
            Some((user, place)) => (Some(decoded(user).ok_or(FORM)?), place),
            None => (None, rest),
        };
        let (host, port) = match place.strip_prefix('[') {
            Some(bracketed) => {
                let (host, port) = bracketed.split_once(']').ok_or(FORM)?;
                let port = port.strip_prefix(':');
                (host, port.or((place.ends_with(']')).then_some("")))
            }
            None => place
                .split_once(':')
                .map_or((place, Some("")), |(host, port)| (host, Some(port))),
        };
        let port = match port.ok_or(FORM)? {
            "" => usual_port,
            port => port.parse().map_err(|_| FORM)?,
        };
        let ip = host.parse::<IpAddr>();
        let is_name = |host: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
            !host.is_empty() && host.chars().all(plain)
        };
        if (ip.is_err() && !is_name(host)) || port == 0 || user.as_deref() == Some("") {
            return Err(FORM);
        }
        let here = host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback());
        if security == Security::None && !here {
            return Err(RelayUrlError::InTheClear);
        }
        Ok(RelayUrl {
            security,
            user,
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for RelayUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.security {
            Security::Tls => "smtps",
            Security::StartTls => "smtp+starttls",
            Security::None => "smtp",
        };
        let (open, close) = if self.host.contains(':') {
            ("[", "]")
        } else {
            ("", "")
        };
        write!(f, "{scheme}://{open}{}{close}:{}", self.host, self.port)
    }
}

/// A user name, percent-decoded: `%40` for `@`.
fn decoded(user: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(user.len());
    let mut rest = user;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let (code, after) = after.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(code, 16).ok()?);
        rest = after;
    }
    bytes.extend_from_slice(rest.as_bytes());
    let user = String::from_utf8(bytes).ok()?;
    (!user.chars().any(char::is_control)).then_some(user)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_relay_is_read_with_its_usual_port() {
        for (text, shown, user) in [
            ("smtps://mail.example", "smtps://mail.example:465", None),
            (
                "smtps://redress@mail.example:2465",
                "smtps://mail.example:2465",
                Some("redress"),
            ),
            (
                "smtp+starttls://a@b.example@mail.example",
                "smtp+starttls://mail.example:587",
                Some("a@b.example"),
            ),
            (
                "smtp+starttls://a%40b.example@mail.example/",
                "smtp+starttls://mail.example:587",
                Some("a@b.example"),
            ),
            ("smtp://127.0.0.1:1025", "smtp://127.0.0.1:1025", None),
            ("smtp://[::1]", "smtp://[::1]:25", None),
            ("smtp://localhost", "smtp://localhost:25", None),
        ] {
            let url: RelayUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), shown, "{text}");
            assert_eq!(url.user.as_deref(), user, "{text}");
        }
    }

    #[test]
    fn nothing_leaves_this_machine_in_the_clear_and_no_password_stands_in_the_address() {
        for (text, error) in [
            ("smtp://mail.example", RelayUrlError::InTheClear),
            ("smtp://10.0.0.7:25", RelayUrlError::InTheClear),
            ("smtp://localhost.example", RelayUrlError::InTheClear),
            (
                "smtps://redress:s3cret@mail.example",
                RelayUrlError::Password,
            ),
            ("smtps://redress:@mail.example", RelayUrlError::Password),
            ("https://mail.example", RelayUrlError::Form),
            ("mail.example:465", RelayUrlError::Form),
            ("smtps://", RelayUrlError::Form),
            ("smtps://@mail.example", RelayUrlError::Form),
            ("smtps://mail.example:0", RelayUrlError::Form),
            ("smtps://mail.example:port", RelayUrlError::Form),
            ("smtps://mail.example/path", RelayUrlError::Form),
            ("smtps://[::1", RelayUrlError::Form),
            ("smtps://[::1]465", RelayUrlError::Form),
            ("smtps://a%4@mail.example", RelayUrlError::Form),
            ("smtps://a%0d%0a@mail.example", RelayUrlError::Form),
        ] {
            assert_eq!(text.parse::<RelayUrl>(), Err(error), "{text}");
            assert!(!error.to_string().contains("s3cret"));
        }
    }
}
