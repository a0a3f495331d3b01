//! What is asked for on the command line.

use clap::Args;
use jiff::civil::Date;

use crate::{
    cli::{Connection, Failure, any_spelling::AnySpelling},
    client::{Worded, api_time},
    policy::known::{expected, spelled_alike},
    proto::v1,
};

/// Which figures.
#[derive(Debug, Args)]
#[command(after_help = "\
A promise counts in the month in which it fell due, everything else when it was done. --definitions prints what each measure means \
and where that comes from. The position under the figures makes them repeatable: with --position, the same question gives the same \
figures later.

Dimensions for --by and --only: clock, policy, brand, assignee (or team), level, channel, language, region, service, category, \
month, day. By clock, only promises are counted.

Examples:
  redress figures --month 2026-11                                     the month at a glance
  redress figures --month 2026-11 --by clock,brand                    promises kept, by clock and brand
  redress figures --from 2026-01-01 --to 2026-12-31 --by month        the trend of a year
  redress figures --month 2026-11 --by day --measure received,closed  received and closed a day
  redress figures --month 2026-11 --by clock,brand --csv > kept.csv   for a spreadsheet
  redress figures --month 2026-11 --complaints promises-missed --only clock=resolution,brand=jive")]
pub struct FiguresArgs {
    /// The calendar month.
    #[arg(long, value_name = "MONTH", required_unless_present = "from", conflicts_with_all = ["from", "to"])]
    pub month: Option<String>,
    /// The first day of another period.
    #[arg(long, value_name = "DATE", requires = "to")]
    pub from: Option<Date>,
    /// The last day of that period, inclusive.
    #[arg(long, value_name = "DATE", requires = "from")]
    pub to: Option<Date>,
    /// What to divide by: up to three dimensions.
    #[arg(long, value_name = "DIMENSION", value_parser = dimension, value_delimiter = ',')]
    pub by: Vec<v1::FigureDimension>,
    /// What to compute [default: everything that can be divided in this way].
    #[arg(long = "measure", value_parser = AnySpelling::<v1::FigureMeasure>::new(), value_delimiter = ',', hide_possible_values = true)]
    pub measures: Vec<v1::FigureMeasure>,
    /// Count only what has this value; may be repeated.
    #[arg(long, value_name = "DIMENSION=VALUE", value_parser = dimension_value, value_delimiter = ',')]
    pub only: Vec<v1::FigureDimensionValue>,
    /// Compute the figures as of this position of the log, which earlier figures were printed with [default: its end].
    #[arg(long, default_value = "", hide_default_value = true)]
    pub position: String,
    /// List the complaints that count for this measure instead.
    #[arg(long, value_name = "MEASURE", value_parser = AnySpelling::<v1::FigureMeasure>::new(), hide_possible_values = true,
        conflicts_with_all = ["by", "measures", "csv", "definitions"])]
    pub complaints: Option<v1::FigureMeasure>,
    /// Print CSV, with a header; the position goes to standard error.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// Also print what each measure means, and its source.
    #[arg(long, conflicts_with_all = ["csv", "json"])]
    pub definitions: bool,
    /// The service to call.
    #[command(flatten)]
    pub connection: Connection,
}

impl FiguresArgs {
    pub(super) fn request(&self) -> Result<v1::GetFiguresRequest, Failure> {
        let midnight = |day: Date| self.connection.time_zone.read(&format!("{day}T00:00"));
        let (mut from_time, mut to_time) = (None, None);
        if let (Some(from), Some(to)) = (self.from, self.to) {
            if to < from {
                return Err(Failure::Period { from, to });
            }
            from_time = Some(api_time(midnight(from)?));
            to_time = Some(api_time(midnight(to.tomorrow().unwrap_or(to))?));
        }
        Ok(v1::GetFiguresRequest {
            month: self.month.clone().unwrap_or_default(),
            from_time,
            to_time,
            time_zone: self.connection.time_zone.name().to_owned(),
            by: self
                .by
                .iter()
                .map(|dimension| (*dimension).into())
                .collect(),
            measures: self
                .measures
                .iter()
                .map(|measure| (*measure).into())
                .collect(),
            only: self.only.clone(),
            position: self.position.clone(),
        })
    }
}

/// A dimension in any spelling. Most people call whoever has a complaint their team.
fn dimension(text: &str) -> Result<v1::FigureDimension, String> {
    let wanted = if spelled_alike(text, "team") {
        "assignee"
    } else {
        text
    };
    let named = |dimension: &&v1::FigureDimension| {
        dimension
            .word()
            .is_some_and(|word| spelled_alike(wanted, word))
    };
    let mut dimensions = v1::FigureDimension::VALUES.iter();
    dimensions.find(named).copied().ok_or_else(|| {
        let words = v1::FigureDimension::VALUES.iter();
        expected(text, words.filter_map(|dimension| dimension.word()))
    })
}

/// `channel=support-case`. Which values there are, the service says.
fn dimension_value(text: &str) -> Result<v1::FigureDimensionValue, String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("write dimension=value, for example brand=jive")?;
    let dimension = dimension(name)?;
    let words = matches!(
        dimension,
        v1::FigureDimension::Clock
            | v1::FigureDimension::Channel
            | v1::FigureDimension::Service
            | v1::FigureDimension::Category
    );
    let value = if words {
        value.replace([' ', '-'], "_").to_lowercase()
    } else {
        value.to_owned()
    };
    Ok(v1::FigureDimensionValue {
        dimension: dimension.into(),
        value,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_dimension_is_known_in_any_spelling_and_a_team_is_an_assignee() {
        assert_eq!(dimension("Team"), Ok(v1::FigureDimension::Assignee));
        assert_eq!(dimension("CLOCK"), Ok(v1::FigureDimension::Clock));
        assert!(
            dimension("chanel")
                .unwrap_err()
                .contains("did you mean channel?")
        );
        let read = dimension_value("channel=support-case").unwrap();
        assert_eq!(read.value, "support_case");
        let read = dimension_value("region=CA-QC").unwrap();
        assert_eq!(read.value, "CA-QC");
        assert!(dimension_value("brand").is_err());
    }
}
