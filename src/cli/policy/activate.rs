//! `redress policy activate`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::text_file::{text_file, text_files};
use crate::{
    cli::{Connection, Failure, json::Json},
    client::CallError,
    proto::v1,
    terminal::{Terminal, Tone},
};

/// The version to activate.
#[derive(Debug, Args)]
#[command(after_help = "\
The version is in use at once at the replica that is asked, and within some three seconds at every other one. What is \
received from then on comes under it by its first and last day; open complaints keep their version until `redress policy \
migrate`. Safe to repeat.

Examples:
  redress policy activate ca-jive.toml
  redress policy activate ca-jive.toml --calendar ca-federal.toml
  redress policy activate --policy ca-jive --calendar ca-federal.toml")]
pub struct ActivateArgs {
    /// The policy's file [default: the current text, with other calendars].
    #[arg(value_name = "FILE", required_unless_present = "calendars")]
    pub file: Option<PathBuf>,
    /// A calendar that replaces the current one of the same name; may be repeated.
    #[arg(long = "calendar", value_name = "FILE")]
    pub calendars: Vec<PathBuf>,
    /// The policy whose calendars to replace, if no file is given.
    #[arg(
        long,
        value_name = "NAME",
        required_unless_present = "file",
        conflicts_with = "file"
    )]
    pub policy: Option<String>,
    /// Who activates it; recorded with the activation [default: the subject of the token or certificate, else `cli`].
    #[arg(long, env = "REDRESS_ACTOR", value_name = "NAME")]
    pub actor: Option<String>,
    /// The service to call.
    #[command(flatten)]
    pub connection: Connection,
}

pub(super) async fn run(args: ActivateArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let request = v1::ActivatePolicyRequest {
        policy: args.policy.unwrap_or_default(),
        policy_file: args.file.as_deref().map(text_file).transpose()?,
        calendars: text_files(&args.calendars)?,
        actor: args.connection.actor(args.actor.as_deref()),
    };
    let mut client = args.connection.policies().await?;
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
