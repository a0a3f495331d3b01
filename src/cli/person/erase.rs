//! `redress person erase`.

use clap::{Args, ValueEnum};

use crate::{
    cli::{Connection, Failure, json::Json},
    client::{CallError, resource_name},
    proto::v1,
    terminal::{Terminal, Tone},
};

/// Why personal data are erased.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ErasePersonReason {
    /// The person asked for it.
    Request,
    /// A court or an authority ordered it.
    Order,
}

/// What is erased.
#[derive(Debug, Args)]
#[command(after_help = "\
Nothing brings the data back but a backup from before. A complaint is refused while it is open, on legal hold, or to be kept \
for longer; those named before it stay erased. The audit trail stays.

Examples:
  redress person erase RD-DCNNM-Y6G1W
  redress person erase RD-DCNNM-Y6G1W --reason order")]
pub struct ErasePersonArgs {
    /// Tracking numbers, or names of complaints.
    #[arg(value_name = "COMPLAINT", required = true)]
    pub complaints: Vec<String>,
    /// Why: only an order overrides the minimum retention.
    #[arg(long, value_enum, default_value = "request")]
    pub reason: ErasePersonReason,
    /// Who erases them; recorded in the audit trail [default: the subject of the token or certificate, else `cli`].
    #[arg(long, env = "REDRESS_ACTOR", value_name = "NAME")]
    pub actor: Option<String>,
    /// The service to call.
    #[command(flatten)]
    pub connection: Connection,
}

pub(super) async fn run(args: ErasePersonArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let mut client = args.connection.privacy().await?;
    let json = Json::new()?;
    let reason = match args.reason {
        ErasePersonReason::Request => v1::ErasureReason::Request,
        ErasePersonReason::Order => v1::ErasureReason::Order,
    };
    for complaint in &args.complaints {
        let request = v1::ErasePersonRequest {
            name: resource_name(complaint),
            actor: args.connection.actor(args.actor.as_deref()),
            reason: reason.into(),
            ..v1::ErasePersonRequest::default()
        };
        let erased = client.erase_person(request).await;
        let erased = erased.map_err(CallError::from)?.into_inner();
        if args.connection.json {
            terminal.line(json.value("Complaint", &erased)?)?;
        } else {
            let number = erased.tracking_number;
            terminal.toned(Tone::Good, format_args!("{number}: personal data erased."))?;
        }
    }
    Ok(())
}
