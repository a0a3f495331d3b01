//! `redress brand activate`.

use std::path::PathBuf;

use clap::Args;

use crate::{
    cli::{Connection, Failure, json::Json, text_file::text_file},
    client::CallError,
    proto::v1,
    terminal::{Terminal, Tone},
};

/// The version to activate.
#[derive(Debug, Args)]
#[command(after_help = "\
The version is in use at once at the replica that is asked, and within some three seconds at every other one: its customers \
are told its texts and contact data from then on. Safe to repeat.

Example:
  redress brand activate my-brand.toml")]
pub struct ActivateBrandArgs {
    /// The brand's file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Who activates it; recorded with the activation [default: the subject of the token or certificate, else `cli`].
    #[arg(long, env = "REDRESS_ACTOR", value_name = "NAME")]
    pub actor: Option<String>,
    /// The service to call.
    #[command(flatten)]
    pub connection: Connection,
}

pub(super) async fn run(args: ActivateBrandArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let request = v1::ActivateBrandRequest {
        brand_file: Some(text_file(&args.file)?),
        actor: args.connection.actor(args.actor.as_deref()),
    };
    let mut client = args.connection.brands().await?;
    let answer = client.activate_brand(request).await;
    let answer = answer.map_err(CallError::from)?.into_inner();
    if args.connection.json {
        terminal.line(Json::new()?.value("ActivateBrandResponse", &answer)?)?;
        return Ok(());
    }
    let brand = answer.brand.unwrap_or_default();
    let version = format!("{} version {}", brand.brand, brand.version);
    if answer.already_active {
        terminal.line(format_args!("{version} is in use already."))?;
        return Ok(());
    }
    terminal.toned(Tone::Good, format_args!("{version} is in use."))?;
    Ok(())
}
