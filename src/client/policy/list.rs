//! `redress policy list`.

use clap::Args;
use tonic::transport::Channel;

use crate::{
    cli::Failure,
    client::{CallError, Connection, connect_policies, json::Json, table},
    proto::v1::{self, policy_service_client::PolicyServiceClient},
    terminal::{Terminal, one_line},
};

/// Which versions a service knows.
#[derive(Debug, Args)]
#[command(after_help = "\
With --json each version is an object on a line of its own.

Example:
  redress policy list")]
pub struct ListPoliciesArgs {
    /// Where the service is.
    #[command(flatten)]
    pub connection: Connection,
}

const HEADER: [&str; 7] = [
    "policy",
    "version",
    "title",
    "from",
    "until",
    "use",
    "activated",
];

pub(crate) async fn list_policies(
    args: ListPoliciesArgs,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let mut client = connect_policies(&args.connection.server).await?;
    let policies = all_policies(&mut client).await?;
    if args.connection.json {
        let json = Json::new()?;
        for policy in &policies {
            terminal.line(json.value("Policy", policy)?)?;
        }
        return Ok(());
    }
    let rows = policies.iter().map(|policy| row(policy, &args.connection));
    terminal.line(table(HEADER, rows))?;
    Ok(())
}

/// Every version that the service knows, page by page.
pub(in crate::client) async fn all_policies(
    client: &mut PolicyServiceClient<Channel>,
) -> Result<Vec<v1::Policy>, CallError> {
    let mut policies = Vec::new();
    let mut request = v1::ListPoliciesRequest::default();
    loop {
        let page = client.list_policies(request.clone()).await?.into_inner();
        policies.extend(page.policies);
        if page.next_page_token.is_empty() {
            return Ok(policies);
        }
        request.page_token = page.next_page_token;
    }
}

fn row(policy: &v1::Policy, connection: &Connection) -> [String; 7] {
    let used = match (policy.in_force, policy.in_use) {
        (true, _) => "in force",
        (false, true) => "in use",
        (false, false) if policy.effective_from.is_empty() => "proposed",
        (false, false) => "former",
    };
    let day = |day: &str| match day {
        "" => "-".to_owned(),
        day => day.to_owned(),
    };
    let activated = connection.time_zone.short_or_dash(policy.activated_time);
    let activated = match policy.activated_by.as_str() {
        "" => activated,
        actor => format!("{activated}, {}", one_line(actor)),
    };
    [
        policy.name.clone(),
        policy.version.clone(),
        one_line(&policy.title),
        day(&policy.effective_from),
        day(&policy.effective_until),
        used.to_owned(),
        activated,
    ]
}
