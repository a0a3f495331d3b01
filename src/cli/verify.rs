//! `redress verify`.

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use uuid::Uuid;

use super::{DatabaseArgs, Failure};
use crate::{
    app,
    domain::ComplaintRef,
    engine::{Finding, Summary, Verification, Verified, Weight},
    store::{Coverage, Store},
    terminal::{Terminal, Tone},
};

/// What to verify.
#[derive(Debug, Args)]
#[command(
    group = clap::ArgGroup::new("which").required(true).args(["complaints", "all", "open"]),
    after_help = "\
Replays each log, checks that it has no gap and that its chain of hashes holds, and compares the complaint, the columns \
that it is searched by and every cycle of its clocks with what the log gives. A clock that was silenced is found, an event that \
is dated in the future by the database's time, and with --all what is left of a complaint that is gone. What cannot be read is \
named, and the rest is verified. Only reads, locks nothing, and may run beside the service.

Of notices and personal data it is only found, with --all or by name, that they cannot be read; they may be erased. It is not \
found where the end of a log was cut off and the complaint, its columns and its clocks were rewritten to fit, or where all of a complaint was deleted.

A due time that another release of the tz database gives is told apart, and is no failure. A complaint under a version of \
a policy that this program does not know is told apart too: nothing is said of it.
With --json each finding is an object on a line of its own, and the last line holds the sums.
Ends with 1 if anything differs, or cannot be told.

Examples:
  redress verify --open --database-url-file /run/secrets/database-url
  redress verify RD-DCNNM-Y6G1W"
)]
pub struct VerifyArgs {
    /// The complaints' tracking numbers or ids.
    #[arg(value_name = "TRACKING-NUMBER")]
    pub complaints: Vec<String>,
    /// Every complaint.
    #[arg(long, conflicts_with = "complaints")]
    pub all: bool,
    /// Every open complaint.
    #[arg(long, conflicts_with_all = ["complaints", "all"])]
    pub open: bool,
    /// Print JSON, for other programs.
    #[arg(long)]
    pub json: bool,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseArgs,
}

pub(super) fn run(args: &VerifyArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    // Nothing else waits for this thread: the program does one thing.
    let database = args.database.required()?;
    let (store, policies) = app::open_to_read(database.expose()).map_err(Failure::of_reading)?;
    let coverage = if args.all {
        Coverage::All
    } else {
        Coverage::Open
    };
    let bar = if args.complaints.is_empty() && terminal.is_interactive() {
        bar(store.count(coverage)?)
    } else {
        ProgressBar::hidden()
    };
    let mut tell = |verified: &Verified| -> Result<(), Failure> {
        bar.inc(1);
        bar.suspend(|| report(verified, args.json, terminal))
    };
    let verification = Verification::new(&store, &policies, store.time());
    let summary = if args.complaints.is_empty() {
        verification.each(coverage, &mut tell)?
    } else {
        named(&args.complaints, &store, verification, &mut tell)?
    };
    bar.finish_and_clear();
    sum_up(&summary, args.json, terminal)?;
    match (summary.differences, summary.unknown) {
        (0, 0) => Ok(()),
        (0, unknown) => Err(Failure::NotVerified { unknown }),
        (differences, _) => Err(Failure::Contradicted { differences }),
    }
}

fn named(
    complaints: &[String],
    store: &Store,
    mut verification: Verification<'_>,
    tell: &mut impl FnMut(&Verified) -> Result<(), Failure>,
) -> Result<Summary, Failure> {
    let mut summary = Summary::default();
    for typed in complaints {
        let unknown = || Failure::NoSuchComplaint(typed.clone());
        let which = reference(typed).ok_or_else(unknown)?;
        let found = store.history(&which)?.ok_or_else(unknown)?;
        let verified = verification.verify_wholly(&found)?;
        summary.add(&verified);
        tell(&verified)?;
    }
    Ok(summary)
}

/// What a person typed: a tracking number, an id, or the API's name with either.
fn reference(typed: &str) -> Option<ComplaintRef> {
    let typed = typed.trim();
    let typed = typed.strip_prefix("complaints/").unwrap_or(typed);
    match typed.parse::<Uuid>() {
        Ok(id) => Some(ComplaintRef::Id(id)),
        Err(_) => typed.parse().ok().map(ComplaintRef::Tracking),
    }
}

fn report(verified: &Verified, json: bool, terminal: &mut Terminal) -> Result<(), Failure> {
    let number = &verified.tracking_number;
    for finding in &verified.findings {
        let weight = finding.weight();
        if json {
            let mut object = json!({
                "tracking_number": number,
                "finding": finding.to_string(),
                "by_time_zones": weight == Weight::ByZones,
                "unknown_version": weight == Weight::Untold,
            });
            if let Finding::Difference(difference) = finding {
                object["what"] = json!(difference.what);
                object["stored"] = json!(difference.stored);
                object["replayed"] = json!(difference.replayed);
            }
            terminal.line(object)?;
        } else {
            let tone = match weight {
                Weight::Contradicts => Tone::Bad,
                Weight::ByZones | Weight::Untold => Tone::Warning,
            };
            terminal.toned(tone, format_args!("{number}  {finding}"))?;
        }
    }
    Ok(())
}

fn sum_up(summary: &Summary, json: bool, terminal: &mut Terminal) -> Result<(), Failure> {
    let Summary {
        complaints,
        events,
        clocks,
        differences,
        by_zones,
        unknown,
    } = *summary;
    if json {
        terminal.line(json!({
            "complaints": complaints,
            "events": events,
            "clocks": clocks,
            "differences": differences,
            "moved_by_tz_database": by_zones,
            "under_unknown_versions": unknown,
        }))?;
        return Ok(());
    }
    let tone = match (differences, unknown) {
        (0, 0) => Tone::Good,
        (0, _) => Tone::Warning,
        _ => Tone::Bad,
    };
    let mut text = format!(
        "{complaints} complaints, {events} events, {clocks} clocks: {differences} differences, \
         {by_zones} moved by the tz database"
    );
    if unknown > 0 {
        text.push_str(&format!(", {unknown} under versions not known here"));
    }
    terminal.toned(tone, text)?;
    Ok(())
}

fn bar(length: i64) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(length).unwrap_or(0));
    let style = ProgressStyle::with_template(
        "{wide_bar} {human_pos} of {human_len} complaints, {eta} left",
    );
    // A template that cannot be read leaves the plain bar.
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_complaint_is_named_by_its_number_its_id_or_its_name_in_the_api() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let by_id = Some(ComplaintRef::Id(id.parse().unwrap()));
        assert_eq!(reference(id), by_id);
        assert_eq!(reference(&format!(" complaints/{id}")), by_id);
        let number = Some(ComplaintRef::Tracking("RD-DCNNM-Y6G1W".parse().unwrap()));
        assert_eq!(reference("rd-dcnnm-y6g1w"), number);
        assert_eq!(reference("four"), None);
    }
}
