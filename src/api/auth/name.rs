//! What a certificate calls its holder.

use std::{fmt, net::IpAddr};

/// A name for the holder of a certificate, from the extension `subjectAltName`. The subject itself names nobody: what stands
/// in it is free text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::api) enum AlternativeName {
    /// A name of DNS, in lower case.
    Dns(String),
    /// A URI, such as `spiffe://example.org/crm`.
    Uri(String),
    /// An address of mail.
    Email(String),
    /// An address of IP.
    Ip(IpAddr),
}

impl AlternativeName {
    /// A name of DNS, in whatever case.
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
