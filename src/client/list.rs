//! `redress list`.

use std::num::NonZeroUsize;

use clap::Args;

use super::{CallError, Connection, connect, json::Json, table, word, words};
use crate::{
    cli::Failure,
    proto::v1,
    terminal::{Terminal, Tone, one_line},
};

/// Which complaints to list. All filters must hold; several values of one are alternatives.
#[derive(Debug, Args)]
#[command(after_help = "\
With --json each complaint is an object on a line of its own.

Examples:
  redress list --late                                     overdue now
  redress list --late --clock acknowledgement             not acknowledged in time
  redress list --due-before 2026-05-12T17:00              due by then
  redress list --state in-review --assignee -             under review, handled by nobody
  redress list --eligible --json | jq -r .tracking_number")]
pub struct ListArgs {
    /// In one of these states.
    #[arg(long = "state", value_enum, value_delimiter = ',')]
    pub states: Vec<v1::State>,
    /// Exactly at this level of escalation.
    #[arg(long)]
    pub level: Option<i32>,
    /// That came in by one of these channels.
    #[arg(long = "channel", value_enum, value_delimiter = ',')]
    pub channels: Vec<v1::Channel>,
    /// Handled by this person; - for nobody.
    #[arg(long, allow_hyphen_values = true)]
    pub assignee: Option<String>,
    /// Under this code of practice.
    #[arg(long)]
    pub policy: Option<String>,
    /// With a clock that is overdue.
    #[arg(long)]
    pub late: bool,
    /// With a clock that is due before this time.
    #[arg(long, value_name = "TIME")]
    pub due_before: Option<String>,
    /// Look at this clock alone, for --late and --due-before.
    #[arg(long)]
    pub clock: Option<String>,
    /// Flagged as eligible for escalation.
    #[arg(long)]
    pub eligible: bool,
    /// At most so many [default: all].
    #[arg(long, value_name = "N")]
    pub limit: Option<NonZeroUsize>,
    /// Where the service is.
    #[command(flatten)]
    pub connection: Connection,
}

const PAGE: i32 = 500;

impl ListArgs {
    fn request(&self) -> Result<v1::ListComplaintsRequest, CallError> {
        let due_before = self
            .due_before
            .as_deref()
            .map(|time| self.connection.time_zone.read(time))
            .transpose()?;
        let limit = self
            .limit
            .and_then(|limit| i32::try_from(limit.get()).ok())
            .unwrap_or(PAGE);
        Ok(v1::ListComplaintsRequest {
            page_size: limit.clamp(1, PAGE),
            states: self.states.iter().map(|state| (*state).into()).collect(),
            level: self.level,
            channels: self
                .channels
                .iter()
                .map(|channel| (*channel).into())
                .collect(),
            assignee: self.assignee.clone().unwrap_or_default(),
            policy: self.policy.clone().unwrap_or_default(),
            late: self.late,
            due_before: due_before.map(super::api_time),
            clock: self.clock.clone().unwrap_or_default(),
            escalation_eligible: self.eligible,
            ..v1::ListComplaintsRequest::default()
        })
    }
}

/// Follows the pages, and prints what is on them.
pub(crate) async fn list(args: ListArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let mut request = args.request()?;
    let mut client = connect(&args.connection.server).await?;
    let json = Json::new()?;
    let mut left = args.limit.map_or(usize::MAX, NonZeroUsize::get);
    let mut rows = Vec::new();
    while left > 0 {
        let page = client
            .list_complaints(request.clone())
            .await
            .map_err(CallError::from)?
            .into_inner();
        for complaint in page.complaints.iter().take(left) {
            if args.connection.json {
                terminal.line(json.value("Complaint", complaint)?)?;
            } else {
                rows.push(row(complaint, &args));
            }
        }
        left = left.saturating_sub(page.complaints.len());
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    if args.connection.json {
        return Ok(());
    }
    if rows.is_empty() {
        terminal.toned(Tone::Quiet, "No complaint is like that.")?;
        return Ok(());
    }
    let count = rows.len();
    terminal.line(table(HEADER, rows))?;
    terminal.toned(Tone::Quiet, format_args!("{count} listed"))?;
    Ok(())
}

const HEADER: [&str; 9] = [
    "number",
    "state",
    "channel",
    "lang",
    "level",
    "received",
    "promised",
    "handler",
    "may be escalated",
];

fn row(complaint: &v1::Complaint, args: &ListArgs) -> [String; 9] {
    let zone = &args.connection.time_zone;
    let reasons = complaint
        .escalation_reasons
        .iter()
        .map(|reason| words::<v1::EscalationReason>(*reason));
    let handler = if complaint.assignee.is_empty() {
        "-".to_owned()
    } else {
        one_line(&complaint.assignee)
    };
    [
        complaint.tracking_number.clone(),
        words::<v1::State>(complaint.state),
        words::<v1::Channel>(complaint.channel),
        word::<v1::Language>(complaint.language),
        complaint.level.to_string(),
        zone.short_or_dash(complaint.received_time),
        zone.short_or_dash(complaint.promised_time),
        handler,
        reasons.collect::<Vec<_>>().join(", "),
    ]
}
