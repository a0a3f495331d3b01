//! The limits of `redress serve` on its callers, as options.

use std::{io, net::IpAddr};

use clap::Args;
use ipnet::IpNet;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::api::grpc::{Allowance, CallerLimits};

/// Limits on callers.
#[derive(Debug, Args)]
pub struct LimitArgs {
    /// Concurrent calls on one connection; clients queue further ones.
    #[arg(
        long,
        env = "REDRESS_MAX_CALLS_PER_CONNECTION",
        value_name = "N",
        default_value_t = CallerLimits::default().calls_per_connection,
        value_parser = clap::value_parser!(u32).range(1..=1000)
    )]
    pub max_calls_per_connection: u32,

    /// Open connections. Beyond that, the connection that has been idle for longest is closed.
    #[arg(
        long,
        env = "REDRESS_MAX_CONNECTIONS",
        value_name = "N",
        default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    pub max_connections: u32,

    /// Open connections from one address, or one /64 network of IPv6, by the same rule; 0 for no limit. Loopback addresses are not
    /// counted.
    #[arg(
        long,
        env = "REDRESS_MAX_CONNECTIONS_PER_ADDRESS",
        value_name = "N",
        default_value_t = 256,
        value_parser = clap::value_parser!(u32).range(0..=1_000_000)
    )]
    pub max_connections_per_address: u32,

    /// Addresses or networks, separated by commas, that are exempt from limits per address: proxies and load balancers that
    /// connect on behalf of many callers.
    #[arg(
        long,
        env = "REDRESS_PROXIES",
        value_name = "NETWORK,...",
        value_delimiter = ',',
        value_parser = network
    )]
    pub proxies: Vec<IpNet>,

    /// Calls a second of one person, that is, of an authenticated caller without the role `integration`; 0 for no limit. Limits per
    /// caller apply to each replica, across all of the caller's connections.
    #[arg(
        long,
        env = "REDRESS_MAX_RATE_PER_PERSON",
        value_name = "CALLS",
        default_value_t = CallerLimits::default().people.calls_per_second,
        value_parser = clap::value_parser!(u32).range(0..=100_000)
    )]
    pub max_rate_per_person: u32,

    /// The burst that this rate allows one person after a pause, in calls.
    #[arg(
        long,
        env = "REDRESS_MAX_BURST_PER_PERSON",
        value_name = "CALLS",
        default_value_t = CallerLimits::default().people.burst,
        value_parser = clap::value_parser!(u32).range(1..=100_000)
    )]
    pub max_burst_per_person: u32,

    /// Calls of one person in flight; 0 for no limit.
    #[arg(
        long,
        env = "REDRESS_MAX_CALLS_PER_PERSON",
        value_name = "N",
        default_value_t = CallerLimits::default().people.in_flight,
        value_parser = clap::value_parser!(u32).range(0..=100_000)
    )]
    pub max_calls_per_person: u32,

    /// Open streams of one person, such as those of events; 0 for no limit.
    #[arg(
        long,
        env = "REDRESS_MAX_STREAMS_PER_PERSON",
        value_name = "N",
        default_value_t = CallerLimits::default().people.streams,
        value_parser = clap::value_parser!(u32).range(0..=100_000)
    )]
    pub max_streams_per_person: u32,

    /// Calls a second of one caller with the role `integration`; 0 for no limit. A caller that also has other roles gets the higher
    /// of each pair of limits.
    #[arg(
        long,
        env = "REDRESS_MAX_RATE_PER_INTEGRATION",
        value_name = "CALLS",
        default_value_t = CallerLimits::default().integrations.calls_per_second,
        value_parser = clap::value_parser!(u32).range(0..=100_000)
    )]
    pub max_rate_per_integration: u32,

    /// The burst that this rate allows one integration after a pause, in calls.
    #[arg(
        long,
        env = "REDRESS_MAX_BURST_PER_INTEGRATION",
        value_name = "CALLS",
        default_value_t = CallerLimits::default().integrations.burst,
        value_parser = clap::value_parser!(u32).range(1..=100_000)
    )]
    pub max_burst_per_integration: u32,

    /// Calls of one integration in flight; 0 for no limit.
    #[arg(
        long,
        env = "REDRESS_MAX_CALLS_PER_INTEGRATION",
        value_name = "N",
        default_value_t = CallerLimits::default().integrations.in_flight,
        value_parser = clap::value_parser!(u32).range(0..=100_000)
    )]
    pub max_calls_per_integration: u32,

    /// Open streams of one integration, such as those of events; 0 for no limit.
    #[arg(
        long,
        env = "REDRESS_MAX_STREAMS_PER_INTEGRATION",
        value_name = "N",
        default_value_t = CallerLimits::default().integrations.streams,
        value_parser = clap::value_parser!(u32).range(0..=100_000)
    )]
    pub max_streams_per_integration: u32,

    /// Invalid tokens a minute from one address, or one /64 network of IPv6; 0 for no limit. Beyond that, only tokens that were
    /// valid before are accepted from there. Loopback addresses and proxies are exempt.
    #[arg(
        long,
        env = "REDRESS_MAX_FAILED_TOKENS",
        value_name = "N",
        default_value_t = CallerLimits::default().failed_tokens,
        value_parser = clap::value_parser!(u32).range(0..=100_000)
    )]
    pub max_failed_tokens: u32,
}

impl LimitArgs {
    /// The limits that these options ask for.
    #[must_use]
    pub fn limits(self) -> CallerLimits {
        let number = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let mut limits = CallerLimits {
            calls_per_connection: self.max_calls_per_connection,
            connections: number(self.max_connections),
            connections_per_address: number(self.max_connections_per_address),
            people: Allowance {
                calls_per_second: self.max_rate_per_person,
                burst: self.max_burst_per_person,
                in_flight: self.max_calls_per_person,
                streams: self.max_streams_per_person,
            },
            integrations: Allowance {
                calls_per_second: self.max_rate_per_integration,
                burst: self.max_burst_per_integration,
                in_flight: self.max_calls_per_integration,
                streams: self.max_streams_per_integration,
            },
            failed_tokens: self.max_failed_tokens,
            ..CallerLimits::default()
        };
        limits.uncounted.extend(self.proxies);
        limits
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
