//! `redress count`.

use clap::{Args, ValueEnum};
use serde_json::json;

use super::{Failure, connection::Connection, filter::FilterArgs, json::Json};
use crate::{
    client::{CallError, spoken},
    proto::v1,
    terminal::{Terminal, Tone, one_line, table_by_name},
};

/// What to count.
#[derive(Debug, Args)]
#[command(after_help = "\
Counts what is open, or of which a promise is still timed, and how much of it is overdue, and due within an hour, in the rest of \
today and tomorrow, in the zone of --time-zone. A complaint counts by the promise that falls due first. A + says that there may be \
more: counts are bounded.
With --json: the response as one object.

Examples:
  redress count                          the board of queues
  redress count --by state --brand jive
  redress count --by label --values-of outage
  redress count --by none --region CA-QC --eligible")]
pub struct CountArgs {
    /// What to count separately.
    #[arg(long, value_enum, default_value = "queue")]
    pub by: CountBy,
    /// The label whose values are counted, for --by label.
    #[arg(long, value_name = "KEY")]
    pub values_of: Option<String>,
    #[command(flatten)]
    pub filter: FilterArgs,
    /// The service to call.
    #[command(flatten)]
    pub connection: Connection,
}

/// What complaints are counted by.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum CountBy {
    None,
    State,
    Queue,
    Brand,
    Level,
    Policy,
    Channel,
    Language,
    Region,
    Service,
    Category,
    Label,
}

impl CountBy {
    const fn group(self) -> v1::CountGroup {
        match self {
            CountBy::None => v1::CountGroup::Unspecified,
            CountBy::State => v1::CountGroup::State,
            CountBy::Queue => v1::CountGroup::Queue,
            CountBy::Brand => v1::CountGroup::Brand,
            CountBy::Level => v1::CountGroup::Level,
            CountBy::Policy => v1::CountGroup::Policy,
            CountBy::Channel => v1::CountGroup::Channel,
            CountBy::Language => v1::CountGroup::Language,
            CountBy::Region => v1::CountGroup::Region,
            CountBy::Service => v1::CountGroup::Service,
            CountBy::Category => v1::CountGroup::Category,
            CountBy::Label => v1::CountGroup::Label,
        }
    }
}

impl CountArgs {
    fn request(&self) -> Result<v1::CountComplaintsRequest, Failure> {
        let zone = &self.connection.time_zone;
        let filter = self.filter.request(zone)?;
        Ok(v1::CountComplaintsRequest {
            group_by: self.by.group().into(),
            label_key: self.values_of.clone().unwrap_or_default(),
            // What this machine's zone is called, the service may not know.
            time_zone: zone.iana_name().unwrap_or_default().to_owned(),
            states: filter.states,
            level: filter.level,
            channels: filter.channels,
            assignee: filter.assignee,
            policy: filter.policy,
            escalation_eligible: filter.escalation_eligible,
            labels: filter.labels,
            brand: filter.brand,
            undelivered: filter.undelivered,
            assignees: filter.assignees,
            region: filter.region,
            languages: filter.languages,
            services: filter.services,
            categories: filter.categories,
            received_from: filter.received_from,
            received_before: filter.received_before,
            referred: filter.referred,
        })
    }
}

/// Prints the board.
pub(super) async fn run(args: CountArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let mut client = args.connection.complaints().await?;
    let counted = client.count_complaints(args.request()?).await;
    let counted = counted.map_err(CallError::from)?.into_inner();
    if args.connection.json {
        let whole = Json::new()?.value("CountComplaintsResponse", &counted)?;
        terminal.line(json!(whole))?;
        return Ok(());
    }
    let header = [
        named(args.by),
        "open",
        "overdue",
        "within 1 h",
        "today",
        "tomorrow",
    ];
    let rows = counted.counts.iter().map(|count| row(count, args.by));
    terminal.line(table_by_name(header, rows))?;
    let more = if counted.more_groups {
        "; there are more"
    } else {
        ""
    };
    let zone = &counted.time_zone;
    let told = format_args!("today and tomorrow are days in {zone}{more}");
    terminal.toned(Tone::Quiet, told)?;
    Ok(())
}

const fn named(by: CountBy) -> &'static str {
    match by {
        CountBy::None => "",
        CountBy::State => "state",
        CountBy::Queue => "queue",
        CountBy::Brand => "brand",
        CountBy::Level => "level",
        CountBy::Policy => "policy",
        CountBy::Channel => "channel",
        CountBy::Language => "language",
        CountBy::Region => "region",
        CountBy::Service => "service",
        CountBy::Category => "category",
        CountBy::Label => "label",
    }
}

fn row(count: &v1::ComplaintCount, by: CountBy) -> [String; 6] {
    let group = match (count.group.as_str(), by) {
        ("", CountBy::None) => "all".to_owned(),
        ("", _) => "-".to_owned(),
        (group, CountBy::State | CountBy::Channel | CountBy::Service | CountBy::Category) => {
            spoken(group)
        }
        (group, _) => one_line(group),
    };
    let cell = |cell: &Option<v1::CountCell>| match cell {
        None => "0".to_owned(),
        Some(cell) if cell.more => format!("{}+", cell.count),
        Some(cell) => cell.count.to_string(),
    };
    [
        group,
        cell(&count.open),
        cell(&count.overdue),
        cell(&count.due_within_hour),
        cell(&count.due_today),
        cell(&count.due_tomorrow),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bounded_count_says_that_there_may_be_more() {
        let cell = |count, more| Some(v1::CountCell { count, more });
        let count = v1::ComplaintCount {
            group: "in_review".to_owned(),
            open: cell(1_000, true),
            overdue: cell(7, false),
            ..v1::ComplaintCount::default()
        };
        assert_eq!(
            row(&count, CountBy::State),
            ["in review", "1000+", "7", "0", "0", "0"]
        );
        let nobody = v1::ComplaintCount::default();
        assert_eq!(row(&nobody, CountBy::Queue)[0], "-");
        assert_eq!(row(&nobody, CountBy::None)[0], "all");
    }
}
