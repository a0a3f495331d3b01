//! What `redress serve` lends to its callers, as options.

use std::{io, net::IpAddr};

use clap::Args;
use ipnet::IpNet;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::api::grpc::CallerLimits;

/// How much callers may take.
#[derive(Debug, Args)]
pub struct LimitArgs {
    /// Calls at once on one connection; a client holds back further ones.
    #[arg(
        long,
        env = "REDRESS_MAX_CALLS_PER_CONNECTION",
        value_name = "N",
        default_value_t = CallerLimits::default().calls_per_connection,
        value_parser = clap::value_parser!(u32).range(1..=1000)
    )]
    pub max_calls_per_connection: u32,

    /// Connections at once. When there are more, the one that has been without a call for longest gives way.
    #[arg(
        long,
        env = "REDRESS_MAX_CONNECTIONS",
        value_name = "N",
        default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    pub max_connections: u32,

    /// Connections at once from one address, or one /64 network of IPv6, by the same rule; 0 for no limit. Loopback
    /// addresses are not counted.
    #[arg(
        long,
        env = "REDRESS_MAX_CONNECTIONS_PER_ADDRESS",
        value_name = "N",
        default_value_t = 256,
        value_parser = clap::value_parser!(u32).range(0..=1_000_000)
    )]
    pub max_connections_per_address: u32,

    /// Addresses or networks, separated by commas, whose connections are not counted by address: proxies and load
    /// balancers that connect on behalf of many.
    #[arg(
        long,
        env = "REDRESS_PROXIES",
        value_name = "NETWORK,...",
        value_delimiter = ',',
        value_parser = network
    )]
    pub proxies: Vec<IpNet>,
}

impl LimitArgs {
    /// The limits that these options ask for.
    #[must_use]
    pub fn limits(self) -> CallerLimits {
        let number = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        CallerLimits {
            calls_per_connection: self.max_calls_per_connection,
            connections: number(self.max_connections),
            connections_per_address: number(self.max_connections_per_address),
            proxies: self.proxies,
            ..CallerLimits::default()
        }
    }
}

/// An address stands for itself alone.
fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| address()).map_err(|_| {
        "an address such as 10.0.0.7, or a network such as 10.0.0.0/8 or fd00::/8, is wanted"
            .to_owned()
    })
}

/// Lets this process open as many files as it may, and returns how many that are.
///
/// # Errors
/// When the limit cannot be read.
pub(super) fn raise_open_files() -> io::Result<u64> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    // Some systems allow fewer than they say; then it stays as it was.
    Ok(match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => hard,
        Err(_) => soft,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::network;

    #[test]
    fn a_proxy_is_an_address_or_a_network() {
        for (text, meant) in [
            ("10.0.0.7", "10.0.0.7/32"),
            (" 10.0.0.0/8", "10.0.0.0/8"),
            ("fd00::1", "fd00::1/128"),
            ("fd00::/8", "fd00::/8"),
        ] {
            assert_eq!(network(text).unwrap().to_string(), meant);
        }
        for text in ["", "ten", "10.0.0.0/33", "proxy.example"] {
            network(text).unwrap_err();
        }
    }
}
