//! `redress policy simulate --zoneinfo`.

use std::path::Path;

use super::Failure;
use crate::{
    api::simulation_report,
    app::zones_in,
    calendar::{CalendarBook, tzdb_version},
    client::{SimulateArgs, show_report},
    simulation::OtherZones,
    store::{DatabaseUrl, Reader, Store},
    telemetry::Metrics,
    terminal::{Terminal, Tone, bar},
    time_source::{SystemTime, TimeSource as _},
};

/// How many connections are taken: pages are read one after another.
const CONNECTIONS: u32 = 1;

/// Reads the database, and says which due times would move.
pub(super) async fn simulate(
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
