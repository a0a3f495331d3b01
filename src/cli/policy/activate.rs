//! `redress policy activate`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::text_file::{text_file, text_files};
use crate::{
    cli::{Connection, Failure, json::Json},
    client::{CallError, connect_policies},
    proto::v1,
    terminal::{Terminal, Tone},
};

/// What is put into use.
#[derive(Debug, Args)]
#[command(after_help = "\
The version is in use at once at the replica that is asked, and within some three seconds at every other one. What is
received from then on comes under it by its first and last day; open complaints keep their version until `redress policy
migrate`. Safe to repeat.

Examples:
  redress policy activate ca-jive.toml
  redress policy activate ca-jive.toml --calendar ca-federal.toml
  redress policy activate --policy ca-jive --calendar ca-federal.toml")]
pub struct ActivateArgs {
    /// The policy's file; without it the present text, with other calendars.
    #[arg(value_name = "FILE", required_unless_present = "calendars")]
    pub file: Option<PathBuf>,
    /// A calendar that it counts in, in place of the present one of that name; may stand several times.
    #[arg(long = "calendar", value_name = "FILE")]
    pub calendars: Vec<PathBuf>,
    /// The policy that calendars alone are for.
    #[arg(
        long,
        value_name = "NAME",
        required_unless_present = "file",
        conflicts_with = "file"
    )]
    pub policy: Option<String>,
    /// Who puts it into use; is recorded.
    #[arg(long, env = "REDRESS_ACTOR", default_value = "cli")]
    pub actor: String,
    /// Where the service is.
    #[command(flatten)]
    pub connection: Connection,
}

pub(super) async fn run(args: ActivateArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let request = v1::ActivatePolicyRequest {
        policy: args.policy.unwrap_or_default(),
        policy_file: args.file.as_deref().map(text_file).transpose()?,
        calendars: text_files(&args.calendars)?,
        actor: args.actor,
    };
    let mut client = connect_policies(&args.connection.server).await?;
    let answer = client.activate_policy(request).await;
    let answer = answer.map_err(CallError::from)?.into_inner();
    if args.connection.json {
        terminal.line(Json::new()?.value("ActivatePolicyResponse", &answer)?)?;
        return Ok(());
    }
    let policy = answer.policy.unwrap_or_default();
    let version = format!("{} version {}", policy.policy, policy.version);
    if answer.already_active {
        terminal.line(format_args!("{version} is in use already."))?;
        return Ok(());
    }
    let until = match policy.effective_until.as_str() {
        "" => String::new(),
        last => format!(" to {last}"),
    };
    terminal.toned(
        Tone::Good,
        format_args!(
            "{version} is in use: for what is received from {}{until}.",
            policy.effective_from
        ),
    )?;
    terminal.toned(
        Tone::Quiet,
        format_args!(
            "Open complaints keep their version; `redress policy migrate {}` moves them.",
            policy.policy
        ),
    )?;
    Ok(())
}
