//! `redress health`.

use std::time::Duration;

use clap::Args;
use serde_json::json;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus};

use super::{Connection, Failure};
use crate::{
    client::CallError,
    terminal::{Terminal, Tone},
};

/// How long an answer may take. Probes are given less time than that to look again.
const PATIENCE: Duration = Duration::from_secs(4);

/// Which service to ask.
#[derive(Debug, Args)]
#[command(after_help = "\
Ends with 0 if calls are wanted, with 1 if not, and with 3 if nobody answers within four seconds. It needs no token, and asks \
either port of a service: the one of --listen or the one of --health-listen.

Examples:
  redress health
  redress health --server http://127.0.0.1:50052 --service liveness
  redress health --server https://redress.example --ca-file ca.crt")]
pub struct HealthArgs {
    /// What to ask about: a service such as redress.v1.ComplaintService, or `liveness`, which is well as long as the process lives
    /// [default: whether the whole wants calls].
    #[arg(
        long,
        value_name = "NAME",
        default_value = "",
        hide_default_value = true
    )]
    pub service: String,
    /// The service to call.
    #[command(flatten)]
    pub connection: Connection,
}

/// Prints what the service says of itself.
pub(super) async fn run(args: HealthArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let asked = tokio::time::timeout(PATIENCE, ask(&args)).await;
    let status = asked.map_err(|_| Failure::NoAnswer(PATIENCE.as_secs()))??;
    let word = status.as_str_name();
    if args.connection.json {
        terminal.line(json!({ "status": word }))?;
    } else {
        let well = status == ServingStatus::Serving;
        terminal.toned(if well { Tone::Good } else { Tone::Bad }, word)?;
    }
    match status {
        ServingStatus::Serving => Ok(()),
        _ => Err(Failure::NotServing),
    }
}

async fn ask(args: &HealthArgs) -> Result<ServingStatus, Failure> {
    let mut client = args.connection.health().await?;
    let service = args.service.clone();
    let answer = client.check(HealthCheckRequest { service }).await;
    Ok(answer.map_err(CallError::from)?.into_inner().status())
}
