//! The names in a certificate.

use std::{fmt, net::IpAddr};

/// A name from the extension `subjectAltName`. The subject of the certificate is not used, because it is free text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::api) enum AlternativeName {
    /// A DNS name, in lower case.
    Dns(String),
    /// A URI, such as `spiffe://example.org/crm`.
    Uri(String),
    /// An email address.
    Email(String),
    /// An IP address.
    Ip(IpAddr),
}

impl AlternativeName {
    /// A DNS name, in any case.
    pub(in crate::api) fn dns(name: &str) -> Self {
        AlternativeName::Dns(name.to_ascii_lowercase())
    }
}

impl fmt::Display for AlternativeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AlternativeName::Dns(name)
            | AlternativeName::Uri(name)
            | AlternativeName::Email(name) => f.write_str(name),
            AlternativeName::Ip(address) => address.fmt(f),
        }
    }
}
