//! Addresses that are never allowed by default: those outside the public internet.

use std::net::IpAddr;

use ipnet::IpNet;

/// The networks in the IANA special-purpose registries that are not globally reachable, or that translate to other addresses.
const BLOCKED: [&str; 27] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/128",
    "::1/128",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2002::/16",
    "2001:db8::/32",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
];

/// Addresses outside the public internet.
#[derive(Debug, Clone)]
pub(super) struct Blocked(Vec<IpNet>);

impl Blocked {
    pub(super) fn new() -> Self {
        let networks = BLOCKED.iter().map(|network| network.parse());
        // A test checks that every entry parses.
        Blocked(networks.filter_map(Result::ok).collect())
    }

    /// Whether an address is blocked. An IPv4-mapped IPv6 address counts as its IPv4 address.
    pub(super) fn has(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn whatever_is_not_of_the_public_internet_is_blocked() {
        let blocked = Blocked::new();
        assert_eq!(blocked.0.len(), BLOCKED.len());
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.31.255.255",
            "192.168.1.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "fd00::1",
            "fe80::1",
            "ff02::1",
        ] {
            assert!(blocked.has(address.parse().unwrap()), "{address}");
        }
        for address in [
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "192.0.1.1",
            "::ffff:8.8.8.8",
            "2606:4700::1111",
        ] {
            assert!(!blocked.has(address.parse().unwrap()), "{address}");
        }
    }
}
