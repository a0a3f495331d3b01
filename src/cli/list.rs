//! `redress list`.

use std::{iter::repeat, num::NonZeroUsize};

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    Failure,
    connection::{Connection, complain_of_names},
    filter::{FilterArgs, moment},
    json::Json,
};
use crate::{
    client::{CallError, all_policies, as_known, instant, span, spoken, words},
    proto::v1,
    terminal::{Terminal, Tone, one_line, table_by_name},
    time_source::{SystemTime, TimeSource as _},
};

/// Which complaints to list.
#[derive(Debug, Args)]
#[command(after_help = "\
Each line says which promise falls due next, and how late it is or how much time is left; with --overdue and --due-before, all \
that are due by then. What has to be acted on is listed in the order in which it falls due, and what is over, or did not arrive, \
as it was filed; --order-by says otherwise.

Times are 2026-05-12T17:00, a date, today, tomorrow (when that day begins), or `in 2h`, in the zone of --time-zone. So \
--due-before tomorrow is what is overdue or due today. Names may be written as `redress show` prints them: --clock \"customer \
update\" is customer_update. A policy or a clock that the service does not know is an error.
With --json each complaint is an object on a line of its own, with the members `entry` and, with --overdue and --due-before, \
`due_clocks`.

Examples:
  redress list                                            what to act on, by due time
  redress list --overdue                                  overdue now
  redress list --overdue --clock acknowledgement          not acknowledged in time
  redress list --due-before tomorrow --assignee ada       what Ada has to do today
  redress list --due-before 2026-05-12T17:00              due by then
  redress list --state in-review --assignee -             under review, handled by nobody
  redress list --order-by last_contact_time --limit 20    whom nobody has spoken to for longest
  redress list --closed-from 2026-05-01 --closed-before 2026-06-01
  redress list --label outage=O-17 --label team=north     with both labels
  redress list --undelivered --assignee ada               with a notice that did not arrive
  redress list --eligible --json | jq -r .tracking_number")]
pub struct ListArgs {
    #[command(flatten)]
    pub filter: FilterArgs,
    /// With a clock that is overdue.
    #[arg(long)]
    pub overdue: bool,
    /// With a clock that is due before this time.
    #[arg(long, value_name = "TIME")]
    pub due_before: Option<String>,
    /// Consider only this clock, for --overdue and --due-before.
    #[arg(long)]
    pub clock: Option<String>,
    /// Closed or withdrawn at this time or later.
    #[arg(long, value_name = "TIME")]
    pub closed_from: Option<String>,
    /// Closed or withdrawn before this time.
    #[arg(long, value_name = "TIME")]
    pub closed_before: Option<String>,
    /// In this order [default: due_time, or create_time for what is over or did not arrive].
    #[arg(long, value_name = "ORDER", value_parser = ORDERS)]
    pub order_by: Option<String>,
    /// List at most this many [default: all].
    #[arg(long, value_name = "N")]
    pub limit: Option<NonZeroUsize>,
    /// The service to call.
    #[command(flatten)]
    pub connection: Connection,
}

const ORDERS: [&str; 9] = [
    "due_time",
    "create_time",
    "create_time desc",
    "received_time",
    "received_time desc",
    "level desc",
    "last_contact_time",
    "closed_time",
    "closed_time desc",
];

const PAGE: i32 = 500;

impl ListArgs {
    /// Whether clocks were asked for.
    fn by_clock(&self) -> bool {
        self.overdue || self.due_before.is_some()
    }

    /// The order, unless one was given: what has to be acted on is listed as it falls due.
    fn usual_order(&self) -> &'static str {
        let over = |state: &v1::State| matches!(state, v1::State::Closed | v1::State::Withdrawn);
        let filter = &self.filter;
        if self.closed_from.is_some() || self.closed_before.is_some() {
            return "closed_time";
        }
        let kept = filter.undelivered || filter.states.iter().any(over);
        if kept && !self.by_clock() {
            return "create_time";
        }
        "due_time"
    }

    fn request(&self) -> Result<v1::ListComplaintsRequest, Failure> {
        let zone = &self.connection.time_zone;
        let limit = self
            .limit
            .and_then(|limit| i32::try_from(limit.get()).ok())
            .unwrap_or(PAGE);
        let order = self.order_by.as_deref();
        Ok(v1::ListComplaintsRequest {
            page_size: limit.clamp(1, PAGE),
            overdue: self.overdue,
            due_before: moment(self.due_before.as_deref(), zone)?,
            clock: self.clock.clone().unwrap_or_default(),
            closed_from: moment(self.closed_from.as_deref(), zone)?,
            closed_before: moment(self.closed_before.as_deref(), zone)?,
            order_by: order.unwrap_or_else(|| self.usual_order()).to_owned(),
            ..self.filter.request(zone)?
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
        // Of each complaint there is an entry.
        let entries = page.entries.iter().map(Some).chain(repeat(None));
        for (complaint, entry) in page.complaints.iter().zip(entries).take(left) {
            let due = page.due_clocks.iter();
            let due: Vec<_> = due.filter(|due| due.complaint == complaint.name).collect();
            if args.connection.json {
                terminal.line(object(&json, complaint, entry, &due, &args)?)?;
            } else {
                rows.push(row(complaint, entry, &due, now, &args));
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
        header[DUE] = if args.overdue { "overdue" } else { "due" };
    }
    terminal.line(table_by_name(header, rows))?;
    let zone = &args.connection.time_zone;
    let bound = match request.due_before.and_then(|at| instant(Some(at))) {
        Some(at) => format!(", due before {}", zone.long(at)),
        None => String::new(),
    };
    let zone = zone.name();
    terminal.toned(
        Tone::Quiet,
        format_args!("{count} listed{bound}; times are in {zone}"),
    )?;
    Ok(())
}

/// The names of policies and clocks as the service knows them, if they were written differently.
async fn with_known_names(
    args: &ListArgs,
    request: &mut v1::ListComplaintsRequest,
) -> Result<(), Failure> {
    if args.filter.policy.is_none() && args.clock.is_none() {
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
    entry: Option<&v1::WorklistEntry>,
    due: &[&v1::DueClock],
    args: &ListArgs,
) -> Result<Value, Failure> {
    let mut object = json.value("Complaint", complaint)?;
    if let Some(entry) = entry {
        object["entry"] = json.value("WorklistEntry", entry)?;
    }
    if args.by_clock() {
        let due = due.iter().map(|due| json.value("DueClock", *due));
        object["due_clocks"] = json!(due.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(object)
}

const HEADER: [&str; 5] = ["number", "state", "handler", "next due", "flags"];
/// The column of what is due.
const DUE: usize = 3;

fn row(
    complaint: &v1::Complaint,
    entry: Option<&v1::WorklistEntry>,
    due: &[&v1::DueClock],
    now: Timestamp,
    args: &ListArgs,
) -> [String; 5] {
    let handler = if complaint.assignee.is_empty() {
        "-".to_owned()
    } else {
        one_line(&complaint.assignee)
    };
    let next = entry.and_then(|entry| entry.next_promise.as_ref());
    let next = next.map(|next| v1::DueClock {
        clock: next.clock.clone(),
        due_time: next.due_time,
        ..v1::DueClock::default()
    });
    let due: Vec<String> = match args.by_clock() {
        true => due.iter().map(|due| standing(due, now, args)).collect(),
        false => next.iter().map(|due| standing(due, now, args)).collect(),
    };
    [
        complaint.tracking_number.clone(),
        words::<v1::State>(complaint.state),
        handler,
        due.join("\n"),
        flags(complaint, entry).join("\n"),
    ]
}

/// What about a complaint needs attention, apart from what is due.
fn flags(complaint: &v1::Complaint, entry: Option<&v1::WorklistEntry>) -> Vec<String> {
    let mut flags = Vec::new();
    if complaint.level > 0 {
        flags.push(format!("level {}", complaint.level));
    }
    if complaint.urgent {
        flags.push("urgent".to_owned());
    }
    if complaint.pause.is_some() {
        flags.push("paused".to_owned());
    }
    let reasons = complaint.escalation_reasons.iter();
    let reasons: Vec<String> = reasons
        .map(|reason| words::<v1::EscalationReason>(*reason))
        .collect();
    if !reasons.is_empty() {
        flags.push(format!("may be escalated: {}", reasons.join(", ")));
    }
    let kinds = entry.into_iter().flat_map(|entry| &entry.flags);
    if kinds
        .map(v1::WorklistFlag::kind)
        .any(|kind| kind == v1::WorklistFlagKind::Referred)
    {
        flags.push("with the body".to_owned());
    }
    flags.extend(complaint.undelivered.iter().map(undelivered));
    flags
}

/// Which notice did not arrive, and why: `notice 3 by email not delivered: bounced`.
fn undelivered(notice: &v1::UndeliveredNotice) -> String {
    let number = notice.notice.rsplit('/').next().unwrap_or_default();
    let by = match notice.means {
        0 => String::new(),
        means => format!(" by {}", words::<v1::ContactMeans>(means)),
    };
    let reason = words::<v1::NoticeFailure>(notice.reason);
    format!("notice {number}{by} not delivered: {reason}")
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
            Command::List(args) => *args,
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
            assert_eq!(
                args(&["--state", state]).filter.states,
                [v1::State::InReview]
            );
        }
        let channels = args(&["--channel", "Support Case,MAIL"]).filter.channels;
        assert_eq!(channels, [v1::Channel::SupportCase, v1::Channel::Mail]);
        let wrong = Cli::try_parse_from(["redress", "list", "--state", "in-revue"]).unwrap_err();
        let wrong = wrong.to_string();
        assert!(wrong.contains("in-review"), "{wrong}");
    }
}
