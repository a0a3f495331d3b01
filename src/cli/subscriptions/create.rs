//! `redress subscriptions create`.

use clap::Args;

use crate::{
    cli::{Connection, Failure, any_spelling::AnySpelling, json::Json},
    client::CallError,
    proto::v1,
    terminal::{Terminal, complain},
};

/// Where events go, and which.
#[derive(Debug, Args)]
#[command(after_help = "\
Standard output has nothing but the secret with which deliveries are signed. It cannot be shown again.

Examples:
  redress subscriptions create 'Contact centre' https://crm.example/hooks
  redress subscriptions create Breaches https://crm.example/hooks --kind breached --kind escalated --brand jive
  redress subscriptions create CRM https://crm.example/hooks --contact-email ops@crm.example
  redress subscriptions create Notes https://crm.example/hooks --kind note-added --include-text")]
pub struct CreateSubscriptionArgs {
    /// What the subscription is for.
    #[arg(value_name = "TITLE")]
    title: String,
    /// The https URL to which events are posted.
    #[arg(value_name = "ENDPOINT")]
    endpoint: String,
    /// Only events of complaints of this brand.
    #[arg(long, value_name = "BRAND")]
    brand: Option<String>,
    /// Only events of this kind; may be given several times.
    #[arg(long = "kind", value_parser = AnySpelling::<v1::EventKind>::new())]
    kinds: Vec<v1::EventKind>,
    /// Only events of complaints under this code of practice; may be given several times.
    #[arg(long = "policy", value_name = "POLICY")]
    policies: Vec<String>,
    /// Only events after which the complaint is at this level of escalation; may be given several times.
    #[arg(long = "level", value_name = "N")]
    levels: Vec<i32>,
    /// Only events caused by this clock; may be given several times.
    #[arg(long = "clock", value_name = "CLOCK")]
    clocks: Vec<String>,
    /// Include what was said or written, which is personal data.
    #[arg(long)]
    include_text: bool,
    /// Hold back the later events of a complaint when one of its deliveries is given up.
    #[arg(long)]
    hold: bool,
    /// Who is in charge of the endpoint: the e-mail address to notify when the service disables the subscription.
    #[arg(long, value_name = "ADDRESS")]
    contact_email: Option<String>,
    /// Who creates it; recorded with the subscription [default: the subject of the token or certificate, else `cli`].
    #[arg(long, env = "REDRESS_ACTOR", value_name = "NAME")]
    actor: Option<String>,
    /// The service to call.
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(
    args: CreateSubscriptionArgs,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let dead_letters = if args.hold {
        v1::DeadLetters::Hold
    } else {
        v1::DeadLetters::Skip
    };
    let request = v1::CreateSubscriptionRequest {
        subscription: Some(v1::Subscription {
            title: args.title,
            endpoint: args.endpoint,
            filter: Some(v1::EventFilter {
                brand: args.brand.unwrap_or_default(),
                kinds: args.kinds.into_iter().map(Into::into).collect(),
                policies: args.policies,
                levels: args.levels,
                clocks: args.clocks,
            }),
            include_text: args.include_text,
            dead_letters: dead_letters.into(),
            contact_email: args.contact_email.unwrap_or_default(),
            ..v1::Subscription::default()
        }),
        actor: args.connection.actor(args.actor.as_deref()),
    };
    let mut client = args.connection.subscriptions().await?;
    let created = client.create_subscription(request).await;
    let created = created.map_err(CallError::from)?.into_inner();
    if args.connection.json {
        let json = Json::new()?;
        terminal.line(json.value("CreateSubscriptionResponse", &created)?)?;
        return Ok(());
    }
    let name = created.subscription.unwrap_or_default().name;
    terminal.line(&created.secret)?;
    // Beside the output, which goes into a file as it is.
    complain(&format!(
        "{name} is created and verified; keep the secret, it is not shown again"
    ));
    Ok(())
}
