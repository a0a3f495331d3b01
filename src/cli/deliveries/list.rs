//! `redress deliveries list` and `redress deliveries dead`.

use clap::Args;

use crate::{
    cli::{Connection, Failure, json::Json, subscriptions::subscription_name},
    client::{CallError, words},
    proto::v1,
    terminal::{Terminal, Tone, one_line, table},
};

/// Of which subscription.
#[derive(Debug, Args)]
#[command(after_help = "\
With --json each delivery is an object on a line of its own, with its latest attempts.

Examples:
  redress deliveries list 6f1c0f2e-9d0b-4a57-8d8a-0c4b9a1f6e21
  redress deliveries list 6f1c0f2e-9d0b-4a57-8d8a-0c4b9a1f6e21 --unfinished")]
pub struct ListDeliveriesArgs {
    /// The subscription's id or name.
    #[arg(value_name = "SUBSCRIPTION")]
    subscription: String,
    /// Only deliveries that may still succeed.
    #[arg(long)]
    unfinished: bool,
    /// The service to call.
    #[command(flatten)]
    connection: Connection,
}

/// Of which subscription.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  redress deliveries dead 6f1c0f2e-9d0b-4a57-8d8a-0c4b9a1f6e21")]
pub struct DeadDeliveriesArgs {
    /// The subscription's id or name.
    #[arg(value_name = "SUBSCRIPTION")]
    subscription: String,
    /// The service to call.
    #[command(flatten)]
    connection: Connection,
}

const HEADER: [&str; 5] = ["event", "state", "attempts", "next", "last attempt"];

pub(super) async fn run(args: ListDeliveriesArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let filter = if args.unfinished {
        v1::DeliveryFilter::Unfinished
    } else {
        v1::DeliveryFilter::Unspecified
    };
    list(&args.subscription, filter, &args.connection, terminal).await
}

pub(super) async fn dead(args: DeadDeliveriesArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let filter = v1::DeliveryFilter::GivenUp;
    list(&args.subscription, filter, &args.connection, terminal).await
}

async fn list(
    subscription: &str,
    filter: v1::DeliveryFilter,
    connection: &Connection,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let mut client = connection.subscriptions().await?;
    let json = Json::new()?;
    let mut request = v1::ListDeliveriesRequest {
        parent: subscription_name(subscription),
        page_size: 1_000,
        filter: filter.into(),
        ..v1::ListDeliveriesRequest::default()
    };
    let mut listed = 0;
    loop {
        let page = client.list_deliveries(request.clone()).await;
        let page = page.map_err(CallError::from)?.into_inner();
        listed += page.deliveries.len();
        if connection.json {
            for delivery in &page.deliveries {
                terminal.line(json.value("Delivery", delivery)?)?;
            }
        } else if !page.deliveries.is_empty() {
            let rows = page.deliveries.iter().map(|it| row(it, connection));
            terminal.line(table(HEADER, rows))?;
        }
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    if listed == 0 && !connection.json {
        terminal.toned(Tone::Quiet, "No deliveries match.")?;
    }
    Ok(())
}

fn row(delivery: &v1::Delivery, connection: &Connection) -> [String; 5] {
    let last = delivery.attempts.last();
    let came = last.map(|attempt| {
        let at = connection.time_zone.short_or_dash(attempt.attempt_time);
        match attempt.error.as_str() {
            "" => format!("{at}: it arrived"),
            why => format!("{at}: {}", one_line(why)),
        }
    });
    [
        delivery.event.clone(),
        words::<v1::DeliveryState>(delivery.state),
        delivery.attempt_count.to_string(),
        connection
            .time_zone
            .short_or_dash(delivery.next_attempt_time),
        came.unwrap_or_else(|| "–".to_owned()),
    ]
}
