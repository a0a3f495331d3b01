//! `redress policy simulate --zoneinfo`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{report::show_report, simulate::SimulateArgs};
use crate::{
    api::simulation_report,
    app::zones_in,
    calendar::{CalendarBook, tzdb_version},
    cli::{DatabaseArgs, Failure},
    simulation::OtherZones,
    store::{DatabaseUrl, Reader, Store},
    telemetry::Metrics,
    terminal::{Terminal, Tone, bar},
    time_source::{SystemTime, TimeSource as _},
};

/// What `policy simulate` needs.
#[derive(Debug, Args)]
#[command(after_help = "\
Nothing is changed. A running service is asked; what is tried with --zoneinfo is read from the database itself.

Examples:
  redress policy simulate ca-jive.toml
  redress policy simulate ca-jive.toml --calendar ca-federal.toml --history 30d
  redress policy simulate --policy ca-jive --calendar ca-federal.toml
  redress policy simulate --zoneinfo /usr/share/zoneinfo --database-url-file /run/secrets/database-url")]
pub struct PolicySimulateArgs {
    /// What to simulate.
    #[command(flatten)]
    pub simulate: SimulateArgs,
    /// Simulate another tz database instead, a folder of compiled zones, and show which due times of open complaints would move
    /// if the service ran with it.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["file", "calendars", "policy", "history", "from", "to"])]
    pub zoneinfo: Option<PathBuf>,
    /// The database that is read for --zoneinfo.
    #[command(flatten)]
    pub database: DatabaseArgs,
}

/// How many connections are taken: pages are read one after another.
const CONNECTIONS: u32 = 1;

/// Reads the database, and says which due times would move.
pub(super) async fn run(
    args: &SimulateArgs,
    folder: &Path,
    database: DatabaseUrl,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let zones = zones_in(folder)?;
    let calendars = CalendarBook::builtin_in(&zones)?;
    let (store, kept) = tokio::task::spawn_blocking(move || {
        let store = Store::connect_to_read(database.expose(), CONNECTIONS, Metrics::off())?;
        let kept = store.kept_policies()?;
        Ok::<_, Failure>((store, kept))
    })
    .await??;
    let (now, release) = (SystemTime.now(), zones.version().to_owned());
    let (zones, unread) = OtherZones::of(&kept, &calendars, &zones, now, args.details());
    for error in unread {
        terminal.toned(Tone::Warning, error)?;
    }
    let reader = Reader::new(store, 0);
    let total = reader.count_open().await?;
    let bar = bar(terminal, total.unsigned_abs());
    let report = zones.moved(&reader, |seen| bar.set_position(seen)).await;
    bar.finish_and_clear();
    let report = simulation_report(report?);
    if !args.connection.json {
        terminal.toned(
            Tone::Strong,
            format_args!("tz database {release}, in place of {}", tzdb_version()),
        )?;
    }
    show_report(&report, &args.connection, terminal)
}
