//! `redress doctor`.

mod rules;

use clap::Args;
use serde_json::json;

use self::rules::{Advice, Weight, advice};
use super::{DatabaseArgs, Failure};
use crate::{
    store::{Volume, check_up},
    terminal::{Terminal, Tone},
    time_source::SystemTime,
};

/// The database to examine.
#[derive(Debug, Args)]
#[command(after_help = "\
Examines what the service depends on: the version of Postgres, the encoding, the schema, the grants of the role that is used, \
settings that may lose what was committed or cut connections, snapshots that are held for too long, the clock, connections, the disk, \
and the releases of the tz database. Says for each problem what to do. Only reads, locks nothing, and may run beside the service. Use \
the role of the service: others have other grants and settings.

With --json each result is an object on a line of its own.
Ends with 1 if something is wrong; what is only worth a look does not count.

Example:
  redress doctor --database-url-file /run/secrets/database-url")]
pub struct DoctorArgs {
    /// The size in GiB of the volume that Postgres has to itself. Without it, the disk is not examined.
    #[arg(long, env = "REDRESS_DATABASE_VOLUME_GIB", value_name = "GIB", value_parser = clap::value_parser!(u32).range(1..))]
    pub database_volume_gib: Option<u32>,
    /// Print JSON, for other programs.
    #[arg(long)]
    pub json: bool,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseArgs,
}

pub(super) fn run(args: &DoctorArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let database = args.database.required()?;
    let gib = |size: u32| Volume::of_bytes(u64::from(size) << 30);
    let volume = args.database_volume_gib.map_or_else(Volume::unknown, gib);
    let checkup = check_up(&database, &volume, &SystemTime)?;
    let mut wrong = 0;
    for advice in advice(&checkup) {
        wrong += usize::from(advice.weight == Weight::Wrong);
        show(&advice, args.json, terminal)?;
    }
    match wrong {
        0 => Ok(()),
        wrong => Err(Failure::Unwell { wrong }),
    }
}

fn show(advice: &Advice, json: bool, terminal: &mut Terminal) -> Result<(), Failure> {
    let Advice {
        weight,
        what,
        found,
        cure,
    } = advice;
    if json {
        terminal.line(json!({
            "result": weight.as_str(),
            "what": what,
            "found": found,
            "cure": cure,
        }))?;
        return Ok(());
    }
    let tone = match weight {
        Weight::Fine => Tone::Good,
        Weight::Look => Tone::Warning,
        Weight::Wrong => Tone::Bad,
    };
    terminal.toned(tone, format_args!("{:5}  {what}: {found}", weight.as_str()))?;
    if let Some(cure) = cure {
        terminal.line(format_args!("       {cure}"))?;
    }
    Ok(())
}
