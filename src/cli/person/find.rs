//! `redress person find`.

use clap::Args;

use crate::{
    cli::{Connection, Failure, PurposeArgs, json::Json},
    client::CallError,
    proto::v1::{self, find_person_request::Identity},
    terminal::Terminal,
};

/// The person to find.
#[derive(Debug, Args)]
#[command(after_help = "\
All complaints are looked through, with what was corrected in them: with millions of complaints that takes minutes. `redress \
search` finds at once what is on record now.

Examples:
  redress person find --email ada@example.com --purpose 'access request 17'
  redress person find --phone '+1 514 555 0142'")]
pub struct FindPersonArgs {
    /// The e-mail address, in upper or lower case.
    #[arg(long, value_name = "ADDRESS", required_unless_present_any = ["phone", "account"])]
    pub email: Option<String>,
    /// The telephone number, with + and the country code.
    #[arg(long, value_name = "NUMBER", conflicts_with = "email")]
    pub phone: Option<String>,
    /// The account number, character by character.
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["email", "phone"])]
    pub account: Option<String>,
    #[command(flatten)]
    pub purpose: PurposeArgs,
    /// The service to call.
    #[command(flatten)]
    pub connection: Connection,
}

pub(super) async fn run(args: FindPersonArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let email = args.email.map(Identity::Email);
    let identity = email
        .or(args.phone.map(Identity::Phone))
        .or(args.account.map(Identity::AccountNumber));
    let mut client = args.connection.privacy_for(&args.purpose).await?;
    let found = client.find_person(v1::FindPersonRequest { identity }).await;
    let mut found = found.map_err(CallError::from)?.into_inner();
    let (json, mut count, mut searched) = (Json::new()?, 0_usize, 0);
    while let Some(message) = found.message().await.map_err(CallError::from)? {
        searched = message.searched_complaints;
        if message.complaint.is_empty() {
            continue;
        }
        count += 1;
        if args.connection.json {
            terminal.line(json.value("FindPersonResponse", &message)?)?;
        } else {
            terminal.line(message.complaint)?;
        }
    }
    if !args.connection.json {
        terminal.line(format_args!("{count} found among {searched} complaints."))?;
    }
    Ok(())
}
