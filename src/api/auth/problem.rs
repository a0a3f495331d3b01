//! Why a caller is not authenticated.

use std::fmt;

use super::name::AlternativeName;
use crate::writing;

/// The largest token, in bytes.
pub(super) const LARGEST_TOKEN: usize = 8 * 1024;

/// How many names of a certificate are quoted, and how many characters of each: a certificate may have thousands.
const NAMES: (usize, usize) = (5, 100);

/// Why a caller is not authenticated. Quotes nothing of a token, and only the names of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::api) enum Unauthenticated {
    /// The request has no credentials.
    #[error("the caller must be authenticated: {0}")]
    Nothing(Wanted),
    /// The token is invalid.
    #[error("the token is not valid: {0}")]
    Token(#[from] BadToken),
    /// There is no token, and the certificate identifies nobody.
    #[error("the certificate is not accepted: {0}")]
    Certificate(#[from] BadCertificate),
    /// Authentication is temporarily unavailable.
    #[error(
        "the issuer's keys are not available, so tokens cannot be checked at the moment; the service's log says why"
    )]
    NoKeys,
}

/// Why a token is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::api) enum BadToken {
    #[error(
        "the metadata must contain `authorization` exactly once, as `Bearer` followed by a JSON Web Token"
    )]
    Form,
    #[error("it has more than {} KiB", LARGEST_TOKEN / 1024)]
    TooLarge,
    /// Its header is invalid.
    #[error("its header {0}")]
    Header(&'static str),
    #[error("it is signed with a key that its issuer does not publish")]
    UnknownKey,
    #[error("its signature is wrong")]
    Signature,
    /// A claim is invalid.
    #[error("its claim {0} {1}")]
    Claim(&'static str, &'static str),
    #[error("it has expired; get another one")]
    Expired,
    #[error(
        "this service does not accept tokens, but authenticates callers by their certificates; leave out the metadata `authorization`"
    )]
    NotTaken,
}

/// The credentials that are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum Wanted {
    /// Only a token.
    Token,
    /// Only a certificate.
    Certificate,
    /// Either of them.
    Either,
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Wanted::Token => "send a token, as the metadata `authorization: Bearer …`",
            Wanted::Certificate => "show a client certificate when the connection begins",
            Wanted::Either => {
                "send a token, as the metadata `authorization: Bearer …`, or show a client certificate when the connection begins"
            }
        })
    }
}

/// Why a valid certificate identifies nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::api) enum BadCertificate {
    #[error(
        "it has no subject alternative name that is a URI, a DNS name, an e-mail address or an IP address; use a certificate that has one"
    )]
    NoName,
    #[error(
        "none of its names is known: {0}; have one of them added to the file given by --client-subjects"
    )]
    Unknown(Names),
    #[error(
        "its names belong to more than one subject: {0}; use a certificate with the names of a single subject"
    )]
    Several(Names),
}

/// The names of a certificate, as quoted to its holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::api) struct Names(String);

impl Names {
    pub(super) fn of(names: &[AlternativeName]) -> Self {
        let (most, length) = NAMES;
        let shown = names.iter().take(most).map(|name| {
            let name = writing::seen_alone(&name.to_string());
            name.chars().take(length).collect::<String>()
        });
        let mut shown = shown.collect::<Vec<_>>().join(", ");
        if names.len() > most {
            shown += ", …";
        }
        Names(shown)
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
