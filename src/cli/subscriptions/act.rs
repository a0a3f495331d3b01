//! What is done to one subscription.

use clap::Args;

use crate::{
    cli::{Connection, Failure, json::Json},
    client::{CallError, words},
    proto::v1,
    terminal::{Terminal, Tone, complain, one_line},
};

/// Which subscription, and who acts.
#[derive(Debug, Args)]
pub struct SubscriptionActArgs {
    /// The subscription's id or name.
    #[arg(value_name = "SUBSCRIPTION")]
    subscription: String,
    /// Who does it; recorded with the subscription [default: the subject of the token or certificate, else `cli`].
    #[arg(long, env = "REDRESS_ACTOR", value_name = "NAME")]
    actor: Option<String>,
    /// The service to call.
    #[command(flatten)]
    connection: Connection,
}

/// Of which subscription.
#[derive(Debug, Args)]
#[command(after_help = "\
Standard output has nothing but the new secret, which cannot be shown again.

Example:
  redress subscriptions rotate 6f1c0f2e-9d0b-4a57-8d8a-0c4b9a1f6e21")]
pub struct RotateArgs {
    #[command(flatten)]
    act: SubscriptionActArgs,
}

/// To which subscription.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// The subscription's id or name.
    #[arg(value_name = "SUBSCRIPTION")]
    subscription: String,
    /// The service to call.
    #[command(flatten)]
    connection: Connection,
}

/// The name of a subscription that was given by its name or its id.
pub(in crate::cli) fn subscription_name(given: &str) -> String {
    let id = given.trim_start_matches("subscriptions/");
    format!("subscriptions/{id}")
}

impl SubscriptionActArgs {
    fn names(&self) -> (String, String) {
        let actor = self.connection.actor(self.actor.as_deref());
        (subscription_name(&self.subscription), actor)
    }
}

pub(super) async fn pause(
    args: SubscriptionActArgs,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let (name, actor) = args.names();
    let request = v1::PauseSubscriptionRequest { name, actor };
    let mut client = args.connection.subscriptions().await?;
    let changed = client.pause_subscription(request).await;
    let changed = changed.map_err(CallError::from)?.into_inner();
    tell(&changed, &args.connection, terminal)
}

pub(super) async fn resume(
    args: SubscriptionActArgs,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let (name, actor) = args.names();
    let request = v1::ResumeSubscriptionRequest { name, actor };
    let mut client = args.connection.subscriptions().await?;
    let changed = client.resume_subscription(request).await;
    let changed = changed.map_err(CallError::from)?.into_inner();
    tell(&changed, &args.connection, terminal)
}

pub(super) async fn delete(
    args: SubscriptionActArgs,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let (name, actor) = args.names();
    let mut client = args.connection.subscriptions().await?;
    let request = v1::DeleteSubscriptionRequest {
        name: name.clone(),
        actor,
    };
    let deleted = client.delete_subscription(request).await;
    deleted.map_err(CallError::from)?;
    if !args.connection.json {
        terminal.line(format_args!("{name} is ended"))?;
    }
    Ok(())
}

pub(super) async fn rotate(args: RotateArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let (name, actor) = args.act.names();
    let connection = &args.act.connection;
    let request = v1::RotateSubscriptionSecretRequest { name, actor };
    let mut client = connection.subscriptions().await?;
    let rotated = client.rotate_subscription_secret(request).await;
    let rotated = rotated.map_err(CallError::from)?.into_inner();
    if connection.json {
        let json = Json::new()?;
        terminal.line(json.value("RotateSubscriptionSecretResponse", &rotated)?)?;
        return Ok(());
    }
    terminal.line(&rotated.secret)?;
    let until = rotated.subscription.unwrap_or_default();
    let until = until.former_secret_expire_time;
    let until = connection.time_zone.long_or_dash(until);
    // Beside the output, which goes into a file as it is.
    complain(&format!(
        "the one before is valid until {until}; keep this one, it is not shown again"
    ));
    Ok(())
}

pub(super) async fn test(args: TestArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let name = subscription_name(&args.subscription);
    let mut client = args.connection.subscriptions().await?;
    let request = v1::TestSubscriptionRequest { name };
    let tested = client.test_subscription(request).await;
    let tested = tested.map_err(CallError::from)?.into_inner();
    if args.connection.json {
        let json = Json::new()?;
        terminal.line(json.value("TestSubscriptionResponse", &tested)?)?;
        return Ok(());
    }
    let attempt = tested.attempt.unwrap_or_default();
    if attempt.delivered {
        terminal.line(format_args!(
            "it arrived: the answer has the status {}",
            attempt.status_code
        ))?;
    } else {
        terminal.toned(
            Tone::Bad,
            format_args!("it did not arrive: {}", one_line(&attempt.error)),
        )?;
    }
    Ok(())
}

fn tell(
    subscription: &v1::Subscription,
    connection: &Connection,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    if connection.json {
        let json = Json::new()?;
        terminal.line(json.value("Subscription", subscription)?)?;
        return Ok(());
    }
    let state = words::<v1::SubscriptionState>(subscription.state);
    terminal.line(format_args!("{} is {state}", subscription.name))?;
    Ok(())
}
