//! `redress person hold` and `redress person release`.

use clap::Args;

use crate::{
    cli::{Connection, Failure, any_spelling::AnySpelling, json::Json},
    client::{CallError, Worded as _, resource_name},
    proto::v1,
    terminal::{Terminal, Tone},
};

/// The hold to place.
#[derive(Debug, Args)]
#[command(after_help = "\
Nobody can erase the personal data of a complaint on hold, nor does the service once their retention has ended. A complaint may \
have several holds, one for each reason. One that it has already is refused; those named before it are held.

Examples:
  redress person hold RD-DCNNM-Y6G1W --reason litigation
  redress person hold RD-DCNNM-Y6G1W RD-8S2GZ-T0K52 --reason regulator")]
pub struct HoldPersonArgs {
    #[command(flatten)]
    held: Held,
}

/// The hold to release.
#[derive(Debug, Args)]
#[command(after_help = "\
The holds for other reasons stay. A complaint without such a hold is refused; those named before it are released.

Example:
  redress person release RD-DCNNM-Y6G1W --reason litigation")]
pub struct ReleasePersonArgs {
    #[command(flatten)]
    held: Held,
}

/// Holds on complaints.
#[derive(Debug, Args)]
struct Held {
    /// Tracking numbers, or names of complaints.
    #[arg(value_name = "COMPLAINT", required = true)]
    complaints: Vec<String>,
    /// Why they are held.
    #[arg(long, value_parser = AnySpelling::<v1::LegalHoldReason>::new())]
    reason: v1::LegalHoldReason,
    /// Who does it; recorded in the audit trail [default: the subject of the token or certificate, else `cli`].
    #[arg(long, env = "REDRESS_ACTOR", value_name = "NAME")]
    actor: Option<String>,
    /// The service to call.
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn hold(args: HoldPersonArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let Held {
        complaints,
        reason,
        actor,
        connection,
    } = args.held;
    let mut client = connection.privacy().await?;
    for complaint in &complaints {
        let request = v1::PlaceLegalHoldRequest {
            name: resource_name(complaint),
            actor: connection.actor(actor.as_deref()),
            reason: reason.into(),
            ..v1::PlaceLegalHoldRequest::default()
        };
        let held = client.place_legal_hold(request).await;
        let held = held.map_err(CallError::from)?.into_inner();
        tell(&held, connection.json, terminal)?;
    }
    Ok(())
}

pub(super) async fn release(
    args: ReleasePersonArgs,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let Held {
        complaints,
        reason,
        actor,
        connection,
    } = args.held;
    let mut client = connection.privacy().await?;
    for complaint in &complaints {
        let request = v1::ReleaseLegalHoldRequest {
            name: resource_name(complaint),
            actor: connection.actor(actor.as_deref()),
            reason: reason.into(),
            ..v1::ReleaseLegalHoldRequest::default()
        };
        let released = client.release_legal_hold(request).await;
        let released = released.map_err(CallError::from)?.into_inner();
        tell(&released, connection.json, terminal)?;
    }
    Ok(())
}

/// The holds that are on a complaint now.
fn tell(complaint: &v1::Complaint, json: bool, terminal: &mut Terminal) -> Result<(), Failure> {
    if json {
        terminal.line(Json::new()?.value("Complaint", complaint)?)?;
        return Ok(());
    }
    let number = &complaint.tracking_number;
    let holds = complaint.legal_holds.iter();
    let holds: Vec<&str> = holds.filter_map(|hold| hold.reason().word()).collect();
    if holds.is_empty() {
        terminal.line(format_args!("{number}: no legal hold."))?;
    } else {
        let holds = holds.join(", ");
        terminal.toned(
            Tone::Good,
            format_args!("{number}: on legal hold: {holds}."),
        )?;
    }
    Ok(())
}
