//! Why a caller is not known.

use std::fmt;

use super::name::AlternativeName;
use crate::writing;

/// The largest token, in bytes.
pub(super) const LARGEST_TOKEN: usize = 8 * 1024;

/// How many names of a certificate are repeated, and how much of each, in characters: a certificate may have thousands.
const NAMES: (usize, usize) = (5, 100);

/// Why a caller is not known. None of it repeats anything of a token, nor more of a certificate than its names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::api) enum Unauthenticated {
    /// The call brings nothing that says who makes it.
    #[error("the caller must be authenticated: {0}")]
    Nothing(Wanted),
    /// The token that it brings proves nothing.
    #[error("the token is not valid: {0}")]
    Token(#[from] BadToken),
    /// It brings no token, and the certificate of its connection proves nothing.
    #[error("the certificate is not accepted: {0}")]
    Certificate(#[from] BadCertificate),
    /// Nobody can be known for now.
    #[error(
        "the issuer's keys are not available, so tokens cannot be checked at the moment; the service's log says why"
    )]
    NoKeys,
}

/// Why a token proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::api) enum BadToken {
    #[error(
        "the metadata must contain `authorization` exactly once, as `Bearer` followed by a JSON Web Token"
    )]
    Form,
    #[error("it has more than {} KiB", LARGEST_TOKEN / 1024)]
    TooLarge,
    /// Its header, with what is wrong there.
    #[error("its header {0}")]
    Header(&'static str),
    #[error("it is signed with a key that its issuer does not publish")]
    UnknownKey,
    #[error("its signature is wrong")]
    Signature,
    /// A claim, with what is wrong there.
    #[error("its claim {0} {1}")]
    Claim(&'static str, &'static str),
    #[error("it has expired; get another one")]
    Expired,
    #[error(
        "this service does not accept tokens, but authenticates callers by their certificates; leave out the metadata `authorization`"
    )]
    NotTaken,
}

/// What proves who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum Wanted {
    /// A token alone.
    Token,
    /// A certificate alone.
    Certificate,
    /// One of the two.
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

/// Why a certificate proves nothing, though it is valid.
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

/// The names of a certificate, as they are repeated to whoever has shown it.
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
