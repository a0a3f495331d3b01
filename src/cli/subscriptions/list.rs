//! `redress subscriptions list`.

use clap::Args;

use crate::{
    cli::{Connection, Failure, json::Json},
    client::{CallError, words},
    proto::v1,
    terminal::{Terminal, Tone, one_line, table},
};

/// Where events go.
#[derive(Debug, Args)]
#[command(after_help = "\
With --json each subscription is an object on a line of its own.

Example:
  redress subscriptions list")]
pub struct ListSubscriptionsArgs {
    /// The service to call.
    #[command(flatten)]
    connection: Connection,
}

const HEADER: [&str; 6] = [
    "subscription",
    "title",
    "endpoint",
    "state",
    "failing since",
    "next probe",
];

pub(super) async fn run(
    args: ListSubscriptionsArgs,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let mut client = args.connection.subscriptions().await?;
    let json = Json::new()?;
    let mut request = v1::ListSubscriptionsRequest::default();
    let mut rows = Vec::new();
    loop {
        let page = client.list_subscriptions(request.clone()).await;
        let page = page.map_err(CallError::from)?.into_inner();
        for subscription in &page.subscriptions {
            if args.connection.json {
                terminal.line(json.value("Subscription", subscription)?)?;
            } else {
                rows.push(row(subscription, &args.connection));
            }
        }
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    if args.connection.json {
        return Ok(());
    }
    if rows.is_empty() {
        terminal.toned(Tone::Quiet, "There are no subscriptions.")?;
        return Ok(());
    }
    terminal.line(table(HEADER, rows))?;
    Ok(())
}

fn row(subscription: &v1::Subscription, connection: &Connection) -> [String; 6] {
    let name = subscription.name.trim_start_matches("subscriptions/");
    let zone = &connection.time_zone;
    [
        name.to_owned(),
        one_line(&subscription.title),
        one_line(&subscription.endpoint),
        words::<v1::SubscriptionState>(subscription.state),
        zone.short_or_dash(subscription.failing_since_time),
        zone.short_or_dash(subscription.next_probe_time),
    ]
}
