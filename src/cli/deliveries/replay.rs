//! `redress deliveries replay`.

use clap::Args;

use crate::{
    cli::{Connection, Failure, any_spelling::AnySpelling, subscriptions::subscription_name},
    client::{CallError, api_time},
    proto::v1,
    terminal::Terminal,
};

/// What is sent again.
#[derive(Debug, Args)]
#[command(after_help = "\
Without events, all dead letters are sent again; with --include-delivered, deliveries that succeeded as well.

Examples:
  redress deliveries replay 6f1c0f2e-9d0b-4a57-8d8a-0c4b9a1f6e21
  redress deliveries replay 6f1c0f2e-9d0b-4a57-8d8a-0c4b9a1f6e21 --include-delivered --since 2026-11-29T08:00:00Z
  redress deliveries replay 6f1c0f2e-9d0b-4a57-8d8a-0c4b9a1f6e21 complaints/01890a5d-ac96-774b-bcce-b302099a8057/events/3")]
pub struct ReplayDeliveriesArgs {
    /// The subscription's id or name.
    #[arg(value_name = "SUBSCRIPTION")]
    subscription: String,
    /// The events to send; they need not match the subscription's filter.
    #[arg(value_name = "EVENT")]
    events: Vec<String>,
    /// Send deliveries that succeeded as well.
    #[arg(long, conflicts_with = "events")]
    include_delivered: bool,
    /// Only events of this kind; may be given several times.
    #[arg(long = "kind", conflicts_with = "events", value_parser = AnySpelling::<v1::EventKind>::new())]
    kinds: Vec<v1::EventKind>,
    /// Only deliveries created at or after this time.
    #[arg(long, value_name = "TIME", conflicts_with = "events")]
    since: Option<String>,
    /// Only deliveries created before this time.
    #[arg(long, value_name = "TIME", conflicts_with = "events")]
    until: Option<String>,
    /// Who requests it; recorded with the subscription [default: the subject of the token or certificate, else `cli`].
    #[arg(long, env = "REDRESS_ACTOR", value_name = "NAME")]
    actor: Option<String>,
    /// The service to call.
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(
    args: ReplayDeliveriesArgs,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let zone = &args.connection.time_zone;
    let time = |text: &Option<String>| text.as_deref().map(|text| zone.read(text)).transpose();
    let (since, until) = (time(&args.since)?, time(&args.until)?);
    let mut request = v1::ReplayDeliveriesRequest {
        name: subscription_name(&args.subscription),
        actor: args.connection.actor(args.actor.as_deref()),
        events: args.events,
        include_delivered: args.include_delivered,
        start_time: since.map(api_time),
        end_time: until.map(api_time),
        kinds: args.kinds.into_iter().map(Into::into).collect(),
        page_token: String::new(),
    };
    let mut client = args.connection.subscriptions().await?;
    let mut replayed = 0;
    loop {
        let part = client.replay_deliveries(request.clone()).await;
        let part = part.map_err(CallError::from)?.into_inner();
        replayed += part.replayed_count;
        if part.next_page_token.is_empty() {
            break;
        }
        request.page_token = part.next_page_token;
    }
    terminal.line(match replayed {
        0 => "Nothing is sent again: no deliveries match.".to_owned(),
        1 => "1 delivery is sent again".to_owned(),
        replayed => format!("{replayed} deliveries are sent again"),
    })?;
    Ok(())
}
