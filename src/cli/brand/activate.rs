//! `redress brand activate`.

use std::path::PathBuf;

use clap::Args;

use crate::{
    cli::{Connection, Failure, json::Json, text_file::text_file},
    client::{CallError, connect_brands},
    proto::v1,
    terminal::{Terminal, Tone},
};

/// What is put into use.
#[derive(Debug, Args)]
#[command(after_help = "\
The version is in use at once at the replica that is asked, and within some three seconds at every other one: its customers
are told its texts and contact data from then on. Safe to repeat.

Example:
  redress brand activate my-brand.toml")]
pub struct ActivateBrandArgs {
    /// The brand's file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Who puts it into use; is recorded.
    #[arg(long, env = "REDRESS_ACTOR", default_value = "cli")]
    pub actor: String,
    /// Where the service is.
    #[command(flatten)]
    pub connection: Connection,
}

pub(super) async fn run(args: ActivateBrandArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let request = v1::ActivateBrandRequest {
        brand_file: Some(text_file(&args.file)?),
        actor: args.actor,
    };
    let mut client = connect_brands(&args.connection.server).await?;
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
