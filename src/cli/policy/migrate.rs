//! `redress policy migrate`.

use clap::Args;

use crate::{
    cli::{Connection, Failure, json::Json},
    client::MigrationProgress,
    proto::v1::{self, MigrationState},
    terminal::{Terminal, Tone, bar},
};

/// Which complaints to migrate.
#[derive(Debug, Args)]
#[command(after_help = "\
The service moves them in the background: ended here, the work goes on there, and the same command follows it again. A \
complaint that is moved has a new cycle of each promise that is timed otherwise; nothing that was recorded changes, nothing \
fires twice, and a date that the customer was promised stands.

Example:
  redress policy migrate ca-jive")]
pub struct MigrateComplaintsArgs {
    /// The policy's name.
    #[arg(value_name = "NAME")]
    pub policy: String,
    /// Who migrates them; recorded in the audit trail [default: the subject of the token or certificate, else `cli`].
    #[arg(long, env = "REDRESS_ACTOR", value_name = "NAME")]
    pub actor: Option<String>,
    /// The service to call.
    #[command(flatten)]
    pub connection: Connection,
}

pub(super) async fn run(
    args: MigrateComplaintsArgs,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let client = args.connection.policies().await?;
    let request = v1::MigrateComplaintsRequest {
        policy: args.policy,
        actor: args.connection.actor(args.actor.as_deref()),
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
