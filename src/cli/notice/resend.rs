//! `redress notice resend`.

use clap::Args;
use uuid::Uuid;

use crate::{
    cli::{Connection, Failure, any_spelling::AnySpelling, dispatch::NoticeOf},
    client::{CallError, words},
    proto::v1,
    terminal::Terminal,
};

/// The notice to send again.
#[derive(Debug, Args)]
#[command(after_help = "\
Queues a notice again that was sent or posted, or that failed, with the words that were issued. If the customer has no \
address for the means, correct the customer's data first.

Examples:
  redress notice resend RD-DCNNM-Y6G1W 3 --means letter
  redress notice resend RD-DCNNM-Y6G1W 3")]
pub struct ResendNoticeArgs {
    #[command(flatten)]
    pub notice: NoticeOf,
    /// By which means [default: the customer's preference, else the first that the brand offers and for which there is an address].
    #[arg(long, value_parser = AnySpelling::<v1::ContactMeans>::new())]
    pub means: Option<v1::ContactMeans>,
    /// Who does it; recorded in the audit trail [default: the subject of the token or certificate, else `cli`].
    #[arg(long, env = "REDRESS_ACTOR", value_name = "NAME")]
    pub actor: Option<String>,
    /// Makes the call safe to repeat [default: a new one].
    #[arg(long, value_name = "UUID")]
    pub request_id: Option<Uuid>,
    /// The service to call.
    #[command(flatten)]
    pub connection: Connection,
}

pub(super) async fn run(args: ResendNoticeArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let connection = &args.connection;
    let request = v1::ResendNoticeRequest {
        name: args.notice.complaint_name(),
        request_id: args.request_id.unwrap_or_else(Uuid::new_v4).to_string(),
        etag: String::new(),
        actor: connection.actor(args.actor.as_deref()),
        notice: args.notice.notice,
        means: args.means.unwrap_or_default().into(),
    };
    let mut client = connection.dispatches().await?;
    let complaint = client.resend_notice(request).await;
    let complaint = complaint.map_err(CallError::from)?.into_inner();
    let done = match args.means {
        None => "waits to be delivered again".to_owned(),
        Some(means) => format!(
            "waits to be delivered by {}",
            words::<v1::ContactMeans>(means.into())
        ),
    };
    args.notice
        .tell(&done, &complaint, connection.json, terminal)
}
