//! Where the service may send: destinations allowed beyond the public internet, allowed ports, and exceptions from TLS.

use std::{fmt, net::IpAddr, str::FromStr};

use http::Uri;
use ipnet::IpNet;

use super::networks::Blocked;

/// The default https port.
const HTTPS: u16 = 443;
const HTTP: u16 = 80;

/// A destination allowed beyond the public internet: `10.20.0.0/16`, `crm.internal:8443`, `*.internal`, or
/// `http://127.0.0.1:8080`, which does not require TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EgressAllow {
    whom: Whom,
    /// `None`: the configured ports.
    port: Option<u16>,
    /// Whether plaintext is allowed.
    plain: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Whom {
    Network(IpNet),
    /// In lower case.
    Name(String),
    /// Every name with this suffix, which begins with a dot.
    NamesUnder(String),
}

/// Why an allowed destination cannot be parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be a network such as 10.0.0.0/8, an address, or a name such as crm.internal or *.internal; a port may follow, and http:// go before"
)]
pub struct BadAllow;

impl FromStr for EgressAllow {
    type Err = BadAllow;

    fn from_str(text: &str) -> Result<Self, BadAllow> {
        let (plain, rest) = match text.trim().strip_prefix("http://") {
            Some(rest) => (true, rest),
            None => (false, text.trim()),
        };
        let (host, port) = split_port(rest)?;
        let whom = if let Ok(network) = host.parse::<IpNet>() {
            Whom::Network(network)
        } else if let Ok(address) = host.parse::<IpAddr>() {
            Whom::Network(address.into())
        } else if let Some(under) = host.strip_prefix('*') {
            let is_name = under.strip_prefix('.').is_some_and(is_name);
            is_name
                .then(|| Whom::NamesUnder(under.to_ascii_lowercase()))
                .ok_or(BadAllow)?
        } else if is_name(host) {
            Whom::Name(host.to_ascii_lowercase())
        } else {
            return Err(BadAllow);
        };
        Ok(EgressAllow { whom, port, plain })
    }
}

/// The host and the port after it. An IPv6 address with a port is in brackets.
fn split_port(text: &str) -> Result<(&str, Option<u16>), BadAllow> {
    let read = |port: &str| port.parse().map(Some).map_err(|_| BadAllow);
    if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or(BadAllow)?;
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, read(port)?)),
            None if after.is_empty() => Ok((host, None)),
            None => Err(BadAllow),
        };
    }
    match text.split_once(':') {
        Some((host, port)) if !port.contains(':') => Ok((host, read(port)?)),
        _ => Ok((text, None)),
    }
}

fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let all = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        !label.is_empty() && label.len() <= 63 && label.chars().all(all)
    };
    // A name whose last label is all digits is an address in an unusual notation.
    let last = text.rsplit('.').next().unwrap_or_default();
    text.len() <= 253 && text.split('.').all(is_label) && !last.chars().all(|c| c.is_ascii_digit())
}

impl EgressAllow {
    fn is_about(&self, host: &str, address: Option<IpAddr>) -> bool {
        match &self.whom {
            Whom::Network(network) => {
                address.is_some_and(|address| network.contains(&address.to_canonical()))
            }
            Whom::Name(name) => host.eq_ignore_ascii_case(name),
            Whom::NamesUnder(end) => host.to_ascii_lowercase().ends_with(end),
        }
    }
}

/// Where the service may send.
#[derive(Debug, Clone)]
pub struct EgressRules {
    allowed: Vec<EgressAllow>,
    ports: Vec<u16>,
    blocked: Blocked,
}

impl Default for EgressRules {
    /// The public internet, by https on its default port.
    fn default() -> Self {
        EgressRules::new(Vec::new(), vec![HTTPS])
    }
}

/// A valid URL to send to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    uri: Uri,
    /// Without brackets.
    host: String,
    port: u16,
    plain: bool,
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uri.fmt(f)
    }
}

/// Why a destination is forbidden.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// It is not a valid URL.
    #[error(
        "must be an address such as https://crm.example/hooks, without a user or password in it"
    )]
    NoAddress,
    /// TLS is required.
    #[error(
        "must begin with https://; http is only possible for hosts for which the service's operators allow it"
    )]
    Plain,
    /// The port is not allowed.
    #[error("the port {0} is not among those that the service's operators allow")]
    Port(u16),
    /// The host's address is not allowed.
    #[error(
        "the host has an address outside the public internet that the service's operators have not allowed"
    )]
    Address,
}

impl Destination {
    /// Parses a URL.
    ///
    /// # Errors
    /// When it is not valid, or contains user information.
    pub fn parse(text: &str) -> Result<Self, Forbidden> {
        let uri: Uri = text.parse().map_err(|_| Forbidden::NoAddress)?;
        let plain = match uri.scheme_str() {
            Some("https") => false,
            Some("http") => true,
            _ => return Err(Forbidden::NoAddress),
        };
        let authority = uri.authority().ok_or(Forbidden::NoAddress)?;
        // A fragment would be dropped, and user information sent as an unexpected header.
        if authority.as_str().contains('@') || text.contains('#') {
            return Err(Forbidden::NoAddress);
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let is_host = host.parse::<IpAddr>().is_ok() || is_name(host.trim_end_matches('.'));
        // An empty port is a mistake.
        let has_port = authority.as_str().rsplit(']').next();
        let bad_port =
            has_port.is_some_and(|rest| rest.contains(':')) && authority.port().is_none();
        if !is_host || bad_port {
            return Err(Forbidden::NoAddress);
        }
        let default = if plain { HTTP } else { HTTPS };
        let port = authority.port_u16().unwrap_or(default);
        Ok(Destination {
            uri,
            host,
            port,
            plain,
        })
    }

    /// The URL as requested.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Its host: a name, or an address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl EgressRules {
    /// The public internet by https on these ports, plus these allowed destinations.
    #[must_use]
    pub fn new(allowed: Vec<EgressAllow>, ports: Vec<u16>) -> Self {
        EgressRules {
            allowed,
            ports,
            blocked: Blocked::new(),
        }
    }

    /// Whether a destination may be sent to at this address. Checked for every address before connecting, however the host is
    /// written.
    ///
    /// # Errors
    /// Why not.
    pub fn admit(&self, to: &Destination, address: IpAddr) -> Result<(), Forbidden> {
        let allowed = self.allowed.iter();
        let about: Vec<&EgressAllow> = allowed
            .filter(|allow| allow.is_about(&to.host, Some(address)))
            .filter(|allow| allow.plain || !to.plain)
            .collect();
        if to.plain && about.is_empty() {
            return Err(Forbidden::Plain);
        }
        let by_port = |allow: &&EgressAllow| match allow.port {
            Some(port) => port == to.port,
            None => self.ports.contains(&to.port) || (to.plain && to.port == HTTP),
        };
        if about.iter().any(by_port) {
            return Ok(());
        }
        // A destination allowed on one port is allowed on that port only.
        if self.blocked.has(address) {
            return Err(match about.is_empty() {
                true => Forbidden::Address,
                false => Forbidden::Port(to.port),
            });
        }
        if !to.plain && self.ports.contains(&to.port) {
            return Ok(());
        }
        Err(Forbidden::Port(to.port))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn rules(allowed: &[&str]) -> EgressRules {
        let allowed = allowed.iter().map(|text| text.parse().unwrap()).collect();
        EgressRules::new(allowed, vec![443, 8443])
    }

    fn admit(rules: &EgressRules, to: &str, address: &str) -> Result<(), Forbidden> {
        rules.admit(&Destination::parse(to)?, address.parse().unwrap())
    }

    #[test]
    fn the_public_internet_is_reached_by_https_alone() {
        let rules = rules(&[]);
        assert_eq!(admit(&rules, "https://crm.example/h", "8.8.8.8"), Ok(()));
        assert_eq!(admit(&rules, "https://crm.example:8443", "8.8.8.8"), Ok(()));
        let port = Err(Forbidden::Port(22));
        assert_eq!(admit(&rules, "https://crm.example:22/", "8.8.8.8"), port);
        let plain = Err(Forbidden::Plain);
        assert_eq!(admit(&rules, "http://crm.example/", "8.8.8.8"), plain);
        for address in ["127.0.0.1", "::ffff:10.0.0.7", "fd00::1"] {
            let refused = admit(&rules, "https://crm.example/", address);
            assert_eq!(refused, Err(Forbidden::Address), "{address}");
        }
    }

    #[test]
    fn what_is_allowed_is_reached_by_its_name_or_in_its_network_and_no_more() {
        let rules = rules(&["10.20.0.0/16", "*.internal:9443", "http://127.0.0.1:8080"]);
        assert_eq!(admit(&rules, "https://crm/", "10.20.3.4"), Ok(()));
        assert_eq!(admit(&rules, "https://crm/", "::ffff:10.20.3.4"), Ok(()));
        let address = Err(Forbidden::Address);
        assert_eq!(admit(&rules, "https://crm/", "10.21.3.4"), address);
        let port = Err(Forbidden::Port(9443));
        assert_eq!(admit(&rules, "https://crm:9443/", "10.20.3.4"), port);
        assert_eq!(
            admit(&rules, "https://a.Internal:9443/", "10.9.9.9"),
            Ok(())
        );
        let other = admit(&rules, "https://internal.example/", "10.9.9.9");
        assert_eq!(other, address);
        assert_eq!(admit(&rules, "http://127.0.0.1:8080/", "127.0.0.1"), Ok(()));
        let port = Err(Forbidden::Port(443));
        assert_eq!(admit(&rules, "https://127.0.0.1/", "127.0.0.1"), port);
        let port = Err(Forbidden::Port(443));
        assert_eq!(admit(&rules, "https://a.internal/", "10.9.9.9"), port);
        let port = Err(Forbidden::Port(80));
        assert_eq!(admit(&rules, "http://127.0.0.1/", "127.0.0.1"), port);
        let plain = Err(Forbidden::Plain);
        assert_eq!(admit(&rules, "http://a.internal:9443/", "10.9.9.9"), plain);
    }

    #[test]
    fn what_is_no_address_of_the_web_is_refused() {
        for text in [
            "",
            "crm.example",
            "ftp://crm.example/",
            "https://ada:s3cret@crm.example/",
            "https://crm.example/#part",
            "https://",
            "https://crm.example:port/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://127.1/",
            "https://crm..example/",
        ] {
            assert_eq!(
                Destination::parse(text).map(|to| to.to_string()),
                Err(Forbidden::NoAddress),
                "{text}"
            );
        }
        let literal = Destination::parse("https://[::1]:8443/h").unwrap();
        assert_eq!((literal.host(), literal.port()), ("::1", 8443));
    }

    #[test]
    fn what_is_to_be_allowed_must_be_readable() {
        for text in [
            "",
            "10.0.0.0/33",
            "crm:port",
            "https://crm",
            "*",
            "*internal",
            "a b",
        ] {
            assert_eq!(text.parse::<EgressAllow>(), Err(BadAllow), "{text}");
        }
        for text in [
            "fd00::/8",
            "[fd00::1]:8443",
            "crm.internal",
            "http://10.0.0.1",
        ] {
            assert!(text.parse::<EgressAllow>().is_ok(), "{text}");
        }
    }
}
