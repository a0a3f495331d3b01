//! `redress policy simulate`.

use std::path::PathBuf;

use clap::Args;
use jiff::{SignedDuration, Timestamp, civil::Date};

use super::report::show_report;
use crate::{
    cli::text_file::{text_file, text_files},
    cli::{Connection, Failure},
    client::{CallError, api_time},
    proto::v1::{self, simulate_policy_response::Message},
    terminal::{Terminal, bar},
    time_source::{SystemTime, TimeSource as _},
};

/// What to simulate.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// The proposed text of a policy.
    #[arg(value_name = "FILE", required_unless_present_any = ["calendars", "zoneinfo"])]
    pub file: Option<PathBuf>,
    /// A proposed calendar, which replaces the current one of the same name; may be repeated.
    #[arg(long = "calendar", value_name = "FILE")]
    pub calendars: Vec<PathBuf>,
    /// The policy whose calendars to replace, if no file is given.
    #[arg(
        long,
        value_name = "NAME",
        requires = "calendars",
        conflicts_with = "file"
    )]
    pub policy: Option<String>,
    /// Also simulate complaints received in this period before now; 0d for none [default: 90d].
    #[arg(long, value_name = "DAYS", value_parser = days)]
    pub history: Option<SignedDuration>,
    /// Also simulate complaints received from this day on.
    #[arg(long, value_name = "DATE", requires = "to", conflicts_with = "history")]
    pub from: Option<Date>,
    /// The last day of receipt, inclusive.
    #[arg(long, value_name = "DATE", requires = "from")]
    pub to: Option<Date>,
    /// How many changed promises to list.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub details: u16,
    /// The service to call.
    #[command(flatten)]
    pub connection: Connection,
}

impl SimulateArgs {
    pub(crate) fn details(&self) -> usize {
        self.details.into()
    }

    /// `None`: as the service has it.
    fn period(&self) -> Result<Option<(Timestamp, Timestamp)>, Failure> {
        if let (Some(from), Some(to)) = (self.from, self.to) {
            if to < from {
                return Err(Failure::Period { from, to });
            }
            let midnight = |day: Date| self.connection.time_zone.read(&format!("{day}T00:00"));
            let after = to.tomorrow().unwrap_or(to);
            return Ok(Some((midnight(from)?, midnight(after)?)));
        }
        let now = SystemTime.now();
        let since = |length| (now.saturating_sub(length).unwrap_or(Timestamp::MIN), now);
        Ok(self.history.map(since))
    }
}

/// `30d`.
fn days(text: &str) -> Result<SignedDuration, String> {
    let number = text.strip_suffix('d').and_then(|days| days.parse().ok());
    number
        .filter(|days| (0..=3_650).contains(days))
        .map(|days: i64| SignedDuration::from_hours(24 * days))
        .ok_or_else(|| "write a number of days such as 30d, at most 3650d".to_owned())
}

pub(super) async fn run(args: SimulateArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let period = args.period()?;
    let request = v1::SimulatePolicyRequest {
        policy: args.policy.clone().unwrap_or_default(),
        policy_file: args.file.as_deref().map(text_file).transpose()?,
        calendars: text_files(&args.calendars)?,
        history_from: period.map(|(from, _)| api_time(from)),
        history_until: period.map(|(_, until)| api_time(until)),
        details: args.details.into(),
    };
    let mut client = args.connection.policies().await?;
    let begun = client.simulate_policy(request).await;
    let mut stream = begun.map_err(CallError::from)?.into_inner();
    let bar = bar(terminal, 0);
    while let Some(response) = stream.message().await.map_err(CallError::from)? {
        match response.message {
            Some(Message::Progress(progress)) => {
                bar.set_length(progress.open_total.unsigned_abs());
                bar.set_position(progress.open.unsigned_abs());
                bar.set_message(format!("and {} of the past", progress.past));
            }
            Some(Message::Report(report)) => {
                bar.finish_and_clear();
                return show_report(&report, &args.connection, terminal);
            }
            None => {}
        }
    }
    let nothing = Failure::Answer("the service ended before it had a report".to_owned());
    Err(nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_a_number_of_days() {
        assert_eq!(days("30d"), Ok(SignedDuration::from_hours(720)));
        assert_eq!(days("0d"), Ok(SignedDuration::ZERO));
        for wrong in ["30", "d", "-1d", "4000d", "1h"] {
            assert!(days(wrong).is_err(), "{wrong}");
        }
    }
}
