//! How events are sent to subscriptions, as options.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use jiff::SignedDuration;

use crate::outbox::{
    OutboxSettings,
    egress::{EgressAllow, EgressRules, EgressSettings},
};

/// The shortest and the longest pause.
const PAUSES: (SignedDuration, SignedDuration) = (
    SignedDuration::from_secs(1),
    SignedDuration::from_hours(7 * 24),
);

/// How events are sent to subscriptions.
#[derive(Debug, Args)]
pub struct WebhookArgs {
    /// Where events and webhooks to staff may be sent besides the public internet, separated by commas: networks, addresses and
    /// names such as 10.20.0.0/16, crm.internal or *.internal, with a port if it is not in --egress-ports, and prefixed with
    /// http:// if it does not use TLS.
    #[arg(
        long,
        env = "REDRESS_EGRESS_ALLOW",
        value_name = "HOST,...",
        value_delimiter = ','
    )]
    pub egress_allow: Vec<EgressAllow>,

    /// The ports to which they may be sent, separated by commas.
    #[arg(
        long,
        env = "REDRESS_EGRESS_PORTS",
        value_name = "PORT,...",
        value_delimiter = ',',
        default_value = "443"
    )]
    pub egress_ports: Vec<u16>,

    /// A file with the CA certificates, in PEM, of receivers whose certificates come from an internal CA; trusted in addition to
    /// those that the machine trusts. It is read at the start.
    #[arg(long, env = "REDRESS_EGRESS_CA_FILE", value_name = "FILE")]
    pub egress_ca_file: Option<PathBuf>,

    /// How many seconds an endpoint may take to answer a delivery.
    #[arg(long, env = "REDRESS_DELIVERY_TIMEOUT_SECONDS", value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub delivery_timeout_seconds: u32,

    /// The maximum number of deliveries in flight to one subscription, from each replica. Of one complaint, one is in flight at a
    /// time.
    #[arg(long, env = "REDRESS_MAX_DELIVERIES_IN_FLIGHT", value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=128))]
    pub max_deliveries_in_flight: u32,

    /// The pauses after failed attempts of a delivery, separated by commas, each varied by up to a fifth. After one more failure
    /// than there are pauses, the delivery becomes a dead letter.
    #[arg(
        long,
        env = "REDRESS_DELIVERY_RETRY_PAUSES",
        value_name = "PAUSE,...",
        value_delimiter = ',',
        default_value = "5s,5m,30m,2h,5h,10h,14h,20h,24h",
        value_parser = pause
    )]
    pub delivery_retry_pauses: Vec<SignedDuration>,
}

impl WebhookArgs {
    /// Where they may be sent, and how.
    #[must_use]
    pub fn settings(self) -> (EgressSettings, OutboxSettings) {
        let settings = OutboxSettings {
            patience: Duration::from_secs(self.delivery_timeout_seconds.into()),
            at_once: usize::try_from(self.max_deliveries_in_flight).unwrap_or(1),
            retry_pauses: self.delivery_retry_pauses,
            ..OutboxSettings::default()
        };
        let egress = EgressSettings {
            rules: EgressRules::new(self.egress_allow, self.egress_ports),
            authorities: self.egress_ca_file,
        };
        (egress, settings)
    }
}

fn pause(text: &str) -> Result<SignedDuration, String> {
    let (shortest, longest) = PAUSES;
    let read: Result<SignedDuration, _> = text.trim().parse();
    read.ok()
        .filter(|pause| (shortest..=longest).contains(pause))
        .ok_or_else(|| {
            "must be a time between a second and a week, such as 5s, 30m or 2h".to_owned()
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        webhooks: WebhookArgs,
    }

    fn read(words: &str) -> Result<OutboxSettings, clap::Error> {
        let line = Line::try_parse_from(format!("serve {words}").split_whitespace());
        line.map(|line| line.webhooks.settings().1)
    }

    #[test]
    fn the_options_say_by_themselves_what_the_settings_do() {
        let (said, meant) = (read("").unwrap(), OutboxSettings::default());
        assert_eq!(said.retry_pauses, meant.retry_pauses);
        assert_eq!(
            (said.patience, said.at_once),
            (meant.patience, meant.at_once)
        );
    }

    #[test]
    fn a_pause_lies_between_a_second_and_a_week() {
        let said = read("--delivery-retry-pauses 1s,90s,1h30m,168h").unwrap();
        let seconds: Vec<i64> = said.retry_pauses.iter().map(|it| it.as_secs()).collect();
        assert_eq!(seconds, [1, 90, 5_400, 604_800]);
        for wrong in ["", "5", "0s", "999ms", "169h", "-5s", "1d", "soon", "5s,"] {
            let words = format!("--delivery-retry-pauses={wrong}");
            assert!(read(&words).is_err(), "{wrong}");
        }
    }
}
