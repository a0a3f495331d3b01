//! `redress policy list`.

use clap::Args;

use crate::{
    cli::{Connection, Failure, json::Json},
    client::all_policies,
    proto::v1,
    terminal::{Terminal, one_line, table},
};

/// Which service's versions to list.
#[derive(Debug, Args)]
#[command(after_help = "\
With --json each version is an object on a line of its own.

Example:
  redress policy list")]
pub struct ListPoliciesArgs {
    /// The service to call.
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

pub(super) async fn run(args: ListPoliciesArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let mut client = args.connection.policies().await?;
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
        policy.policy.clone(),
        policy.version.clone(),
        one_line(&policy.title),
        day(&policy.effective_from),
        day(&policy.effective_until),
        used.to_owned(),
        activated,
    ]
}
