//! `redress dispatch record`.

use clap::{Args, ValueEnum};
use uuid::Uuid;

use super::notice_of::NoticeOf;
use crate::{
    cli::{Connection, Failure, any_spelling::AnySpelling},
    client::{CallError, api_time},
    proto::v1,
    terminal::Terminal,
};

/// What became of a notice.
#[derive(Debug, Args)]
#[command(after_help = "\
A promise to tell the customer is kept once its notice is sent, posted or told. Recording the same result twice is harmless. A notice that was \
claimed is recorded with the --attempt that `redress dispatch claim` showed; without it, it is recorded whoever holds the claim.

Examples:
  redress dispatch record RD-DCNNM-Y6G1W 3 posted --means letter --attempt 1
  redress dispatch record RD-DCNNM-Y6G1W 3 told --means phone
  redress dispatch record RD-DCNNM-Y6G1W 3 failed --means letter --failure returned --at 2026-05-12T09:00")]
pub struct RecordDispatchArgs {
    #[command(flatten)]
    pub notice: NoticeOf,
    /// The result.
    #[arg(value_name = "RESULT", value_enum)]
    pub result: DispatchResult,
    /// The means by which it was delivered; any for `told`.
    #[arg(long, value_parser = AnySpelling::<v1::ContactMeans>::new())]
    pub means: v1::ContactMeans,
    /// The attempt that `redress dispatch claim` printed.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    pub attempt: Option<i32>,
    /// Why it failed.
    #[arg(long, value_name = "REASON", value_parser = AnySpelling::<v1::NoticeFailure>::new(), required_if_eq("result", "failed"))]
    pub failure: Option<v1::NoticeFailure>,
    /// The cause as a code, such as 5.1.1. Must not contain personal data.
    #[arg(long, requires = "failure")]
    pub code: Option<String>,
    /// When it happened [default: now].
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// The deliverer's own reference, such as the number of a registered letter. Must not contain personal data.
    #[arg(long)]
    pub reference: Option<String>,
    /// Who records it; recorded in the audit trail [default: the subject of the token or certificate, else `cli`].
    #[arg(long, env = "REDRESS_ACTOR", value_name = "NAME")]
    pub actor: Option<String>,
    /// Makes the call safe to repeat [default: a new one].
    #[arg(long, value_name = "UUID")]
    pub request_id: Option<Uuid>,
    /// The service to call.
    #[command(flatten)]
    pub connection: Connection,
}

/// What can become of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DispatchResult {
    /// It was handed to the system that sends it.
    Sent,
    /// It was posted as a letter.
    Posted,
    /// Somebody told the customer its content.
    Told,
    /// It cannot be delivered, or it came back.
    Failed,
}

impl DispatchResult {
    const fn state(self) -> (v1::NoticeState, &'static str) {
        match self {
            DispatchResult::Sent => (v1::NoticeState::Sent, "sent"),
            DispatchResult::Posted => (v1::NoticeState::Posted, "posted"),
            DispatchResult::Told => (v1::NoticeState::Told, "told"),
            DispatchResult::Failed => (v1::NoticeState::Failed, "failed"),
        }
    }
}

pub(super) async fn run(args: RecordDispatchArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let connection = &args.connection;
    let at = args.at.as_deref();
    let at = at.map(|text| connection.time_zone.read(text)).transpose()?;
    let (state, done) = args.result.state();
    let request = v1::RecordDispatchRequest {
        name: args.notice.complaint_name(),
        request_id: args.request_id.unwrap_or_else(Uuid::new_v4).to_string(),
        etag: String::new(),
        actor: connection.actor(args.actor.as_deref()),
        notice: args.notice.notice,
        means: args.means.into(),
        state: state.into(),
        failure: args.failure.unwrap_or_default().into(),
        code: args.code.unwrap_or_default(),
        took_place_time: at.map(api_time),
        reference: args.reference.unwrap_or_default(),
        attempt: args.attempt.unwrap_or_default(),
    };
    let mut client = connection.dispatches().await?;
    let complaint = client.record_dispatch(request).await;
    let complaint = complaint.map_err(CallError::from)?.into_inner();
    args.notice
        .tell(done, &complaint, connection.json, terminal)
}
