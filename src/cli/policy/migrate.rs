//! `redress policy migrate`.

use clap::Args;

use crate::{
    cli::{Connection, Failure, json::Json},
    client::{MigrationProgress, connect_policies},
    proto::v1::{self, MigrationState},
    terminal::{Terminal, Tone, bar},
};

/// Which complaints are moved.
#[derive(Debug, Args)]
#[command(after_help = "\
The service moves them in the background: ended here, the work goes on there, and the same command follows it again. A
complaint that is moved has a new cycle of each promise that is timed otherwise; nothing that was recorded changes, nothing
fires twice, and a date that the customer was promised stands.

Example:
  redress policy migrate ca-jive")]
pub struct MigrateComplaintsArgs {
    /// The policy's name.
    #[arg(value_name = "NAME")]
    pub policy: String,
    /// Who moves them; stands in the audit trail.
    #[arg(long, env = "REDRESS_ACTOR", default_value = "cli")]
    pub actor: String,
    /// Where the service is.
    #[command(flatten)]
    pub connection: Connection,
}

pub(super) async fn run(
    args: MigrateComplaintsArgs,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let client = connect_policies(&args.connection.server).await?;
    let request = v1::MigrateComplaintsRequest {
        policy: args.policy,
        actor: args.actor,
    };
    let mut migration = MigrationProgress::begin(client, request).await?;
    let (json, bar) = (Json::new()?, bar(terminal, 0));
    let mut last = None;
    while let Some(progress) = migration.next().await? {
        if args.connection.json {
            terminal.line(json.value("Migration", &progress)?)?;
        }
        bar.set_length(progress.total.unsigned_abs());
        bar.set_position(progress.seen.unsigned_abs());
        bar.set_message(format!("{} moved", progress.moved));
        last = Some(progress);
    }
    bar.finish_and_clear();
    let Some(ended) = last else {
        let nothing = Failure::Answer("the service said nothing of the migration".to_owned());
        return Err(nothing);
    };
    if !args.connection.json {
        tell(&ended, terminal)?;
    }
    match ended.state() {
        MigrationState::Interrupted => Err(Failure::Interrupted {
            reason: ended.interruption,
        }),
        _ if ended.failed > 0 => Err(Failure::NotMoved {
            failed: ended.failed,
        }),
        _ => Ok(()),
    }
}

fn tell(ended: &v1::Migration, terminal: &mut Terminal) -> Result<(), Failure> {
    for failure in &ended.failures {
        let line = format!("{}: {}", failure.tracking_number, failure.reason);
        terminal.toned(Tone::Bad, line)?;
    }
    terminal.line(format_args!(
        "{} of {} open complaints moved to {} version {}; {} were there already.",
        ended.moved, ended.seen, ended.policy, ended.version, ended.unchanged
    ))?;
    Ok(())
}
