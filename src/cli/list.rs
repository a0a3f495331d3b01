//! `redress list`.

use std::num::NonZeroUsize;

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    Failure,
    any_spelling::AnySpelling,
    connection::{Connection, complain_of_names},
    json::Json,
    label::label,
};
use crate::{
    client::{CallError, all_policies, api_time, as_known, instant, span, spoken, word, words},
    proto::v1,
    terminal::{Terminal, Tone, one_line, table},
    time_source::{SystemTime, TimeSource as _},
};

/// Which complaints to list. All filters must match; several values of one filter are alternatives.
#[derive(Debug, Args)]
#[command(after_help = "\
With --overdue and --due-before each line says which promises are due, and how late they are or how much time is left. Names may \
be written as `redress show` prints them: --clock \"customer update\" is customer_update. A policy or a clock that the \
service does not know is an error.
With --json each complaint is an object on a line of its own; with --overdue and --due-before it has the member `due_clocks`.

Examples:
  redress list --overdue                                  overdue now
  redress list --overdue --clock acknowledgement          not acknowledged in time
  redress list --due-before 2026-05-12T17:00              due by then
  redress list --state in-review --assignee -             under review, handled by nobody
  redress list --label outage=O-17 --label team=north     with both labels
  redress list --undelivered --assignee ada               with a notice that did not arrive
  redress list --eligible --json | jq -r .tracking_number")]
pub struct ListArgs {
    /// In one of these states.
    #[arg(long = "state", value_parser = AnySpelling::<v1::State>::new(), value_delimiter = ',')]
    pub states: Vec<v1::State>,
    /// Exactly at this level of escalation.
    #[arg(long)]
    pub level: Option<i32>,
    /// Received through one of these channels.
    #[arg(long = "channel", value_parser = AnySpelling::<v1::Channel>::new(), value_delimiter = ',')]
    pub channels: Vec<v1::Channel>,
    /// Assigned to this person or team; - for unassigned complaints.
    #[arg(long, allow_hyphen_values = true)]
    pub assignee: Option<String>,
    /// Of this brand.
    #[arg(long)]
    pub brand: Option<String>,
    /// Under this code of practice.
    #[arg(long)]
    pub policy: Option<String>,
    /// With a clock that is overdue.
    #[arg(long)]
    pub overdue: bool,
    /// With a clock that is due before this time.
    #[arg(long, value_name = "TIME")]
    pub due_before: Option<String>,
    /// Consider only this clock, for --overdue and --due-before.
    #[arg(long)]
    pub clock: Option<String>,
    /// Flagged as eligible for escalation.
    #[arg(long)]
    pub eligible: bool,
    /// With a notice that did not reach the customer.
    #[arg(long)]
    pub undelivered: bool,
    /// With this label; if repeated, with all of them.
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = label)]
    pub labels: Vec<v1::Label>,
    /// List at most this many [default: all].
    #[arg(long, value_name = "N")]
    pub limit: Option<NonZeroUsize>,
    /// The service to call.
    #[command(flatten)]
    pub connection: Connection,
}

const PAGE: i32 = 500;

impl ListArgs {
    /// Whether clocks were asked for.
    fn by_clock(&self) -> bool {
        self.overdue || self.due_before.is_some()
    }

    fn request(&self) -> Result<v1::ListComplaintsRequest, Failure> {
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
            brand: self.brand.clone().unwrap_or_default(),
            policy: self.policy.clone().unwrap_or_default(),
            overdue: self.overdue,
            due_before: due_before.map(api_time),
            clock: self.clock.clone().unwrap_or_default(),
            escalation_eligible: self.eligible,
            undelivered: self.undelivered,
            labels: self.labels.clone(),
            ..v1::ListComplaintsRequest::default()
        })
    }
}

/// Follows the pages, and prints what is on them.
pub(super) async fn run(args: ListArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let mut request = args.request()?;
    with_known_names(&args, &mut request).await?;
    let mut client = args.connection.complaints().await?;
    let json = Json::new()?;
    let now = SystemTime.now();
    let mut left = args.limit.map_or(usize::MAX, NonZeroUsize::get);
    let mut rows = Vec::new();
    while left > 0 {
        let page = client
            .list_complaints(request.clone())
            .await
            .map_err(CallError::from)?
            .into_inner();
        for complaint in page.complaints.iter().take(left) {
            let due = page.due_clocks.iter();
            let due: Vec<_> = due.filter(|due| due.complaint == complaint.name).collect();
            if args.connection.json {
                terminal.line(object(&json, complaint, &due, &args)?)?;
            } else {
                rows.push(row(complaint, &due, now, &args));
            }
        }
        complain_of_names(&page.unreachable);
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
        terminal.toned(Tone::Quiet, "No complaints match.")?;
        return Ok(());
    }
    let count = rows.len();
    let mut header = HEADER;
    if args.by_clock() {
        header[REASON] = if args.overdue { "overdue" } else { "due" };
    } else if args.undelivered {
        header[REASON] = "not delivered";
    }
    terminal.line(table(header, rows))?;
    let zone = args.connection.time_zone.name();
    terminal.toned(
        Tone::Quiet,
        format_args!("{count} listed; times are in {zone}"),
    )?;
    Ok(())
}

/// The names of policies and clocks as the service knows them, if they were written differently.
async fn with_known_names(
    args: &ListArgs,
    request: &mut v1::ListComplaintsRequest,
) -> Result<(), Failure> {
    if args.policy.is_none() && args.clock.is_none() {
        return Ok(());
    }
    let mut client = args.connection.policies().await?;
    let policies = all_policies(&mut client).await?;
    let names = policies.iter().map(|policy| policy.policy.as_str());
    request.policy = as_known(&request.policy, names);
    let clocks = policies.iter().flat_map(|policy| &policy.clocks);
    request.clock = as_known(&request.clock, clocks.map(String::as_str));
    Ok(())
}

fn object(
    json: &Json,
    complaint: &v1::Complaint,
    due: &[&v1::DueClock],
    args: &ListArgs,
) -> Result<Value, Failure> {
    let mut object = json.value("Complaint", complaint)?;
    if args.by_clock() {
        let due = due.iter().map(|due| json.value("DueClock", *due));
        object["due_clocks"] = json!(due.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(object)
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
/// The column that says why a complaint is listed.
const REASON: usize = 8;

fn row(
    complaint: &v1::Complaint,
    due: &[&v1::DueClock],
    now: Timestamp,
    args: &ListArgs,
) -> [String; 9] {
    let zone = &args.connection.time_zone;
    let handler = if complaint.assignee.is_empty() {
        "-".to_owned()
    } else {
        one_line(&complaint.assignee)
    };
    let reasons: Vec<String> = if args.by_clock() {
        due.iter().map(|due| standing(due, now, args)).collect()
    } else if args.undelivered {
        complaint.undelivered.iter().map(undelivered).collect()
    } else {
        let reasons = complaint.escalation_reasons.iter();
        reasons
            .map(|reason| words::<v1::EscalationReason>(*reason))
            .collect()
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
        reasons.join(", "),
    ]
}

/// Which notice did not arrive, and why: `notice 3 by email: bounced`.
fn undelivered(notice: &v1::UndeliveredNotice) -> String {
    let number = notice.notice.rsplit('/').next().unwrap_or_default();
    let by = match notice.means {
        0 => String::new(),
        means => format!(" by {}", words::<v1::ContactMeans>(means)),
    };
    let reason = words::<v1::NoticeFailure>(notice.reason);
    format!("notice {number}{by}: {reason}")
}

/// Which promise it is, and how late it is or how much time is left: `customer update 2 d 3 h late (Wed 3 Jun 2026 17:00
/// EDT)`.
fn standing(due: &v1::DueClock, now: Timestamp, args: &ListArgs) -> String {
    let clock = spoken(&due.clock);
    let Some(at) = instant(due.due_time) else {
        return clock;
    };
    let length = span(at.duration_since(now));
    let late = if at < now { "late" } else { "left" };
    let at = args.connection.time_zone.long(at);
    format!("{clock} {length} {late} ({at})")
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use clap::Parser as _;

    use super::*;
    use crate::{
        cli::{Cli, Command},
        client::api_time,
    };

    fn args(words: &[&str]) -> ListArgs {
        let words = ["redress", "list"].iter().chain(words);
        match Cli::try_parse_from(words).unwrap().command {
            Command::List(args) => args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_due_clock_says_how_late_it_is_or_how_much_time_is_left() {
        let due = v1::DueClock {
            clock: "customer_update".to_owned(),
            due_time: Some(api_time("2026-06-03T21:00:00Z".parse().unwrap())),
            ..v1::DueClock::default()
        };
        let standing = |now: &str| standing(&due, now.parse().unwrap(), &args(&["--overdue"]));
        assert_eq!(
            standing("2026-06-05T22:00:00Z"),
            "customer update 2 d 1 h late (Wed  3 Jun 2026 17:00 EDT)"
        );
        assert_eq!(
            standing("2026-06-03T20:45:00Z"),
            "customer update 15 min left (Wed  3 Jun 2026 17:00 EDT)"
        );
    }

    #[test]
    fn labels_are_given_one_by_one_and_a_value_may_have_an_equals_sign() {
        let words = ["--label", "outage=O-17", "--label", "team=n=1"];
        let labels = args(&words).request().unwrap().labels;
        let label = |key: &str, value: &str| v1::Label {
            key: key.to_owned(),
            value: value.to_owned(),
        };
        assert_eq!(labels, [label("outage", "O-17"), label("team", "n=1")]);
        let wrong = Cli::try_parse_from(["redress", "list", "--label", "outage"]).unwrap_err();
        assert!(wrong.to_string().contains("write key=value"), "{wrong}");
    }

    #[test]
    fn states_and_channels_are_taken_in_every_spelling() {
        for state in ["in-review", "in review", "IN_REVIEW", "In Review"] {
            assert_eq!(args(&["--state", state]).states, [v1::State::InReview]);
        }
        let channels = args(&["--channel", "Support Case,MAIL"]).channels;
        assert_eq!(channels, [v1::Channel::SupportCase, v1::Channel::Mail]);
        let wrong = Cli::try_parse_from(["redress", "list", "--state", "in-revue"]).unwrap_err();
        let wrong = wrong.to_string();
        assert!(wrong.contains("in-review"), "{wrong}");
    }
}
