//! `redress policy`.

mod activate;
mod check;
mod list;
mod migrate;
mod report;
mod simulate;
mod zones;

pub use self::{
    activate::ActivateArgs, check::PolicyCheckArgs, list::ListPoliciesArgs,
    migrate::MigrateComplaintsArgs, simulate::SimulateArgs, zones::PolicySimulateArgs,
};

use clap::Subcommand;

use super::Failure;
use crate::terminal::Terminal;

/// What to do with policies.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Check policy files, and report every error in each.
    Check(PolicyCheckArgs),
    /// List every version that a running service has.
    List(ListPoliciesArgs),
    /// Simulate what a version, other calendars or another tz database would change.
    Simulate(PolicySimulateArgs),
    /// Put a version into use on every replica of a running service.
    Activate(ActivateArgs),
    /// Migrate the open complaints under a policy to the version now in force.
    Migrate(MigrateComplaintsArgs),
}

/// Runs the command.
pub(super) async fn run(command: PolicyCommand, terminal: &mut Terminal) -> Result<(), Failure> {
    match command {
        PolicyCommand::Check(args) => check::run(&args, terminal),
        PolicyCommand::List(args) => list::run(args, terminal).await,
        PolicyCommand::Simulate(PolicySimulateArgs {
            simulate,
            zoneinfo: Some(folder),
            database,
        }) => zones::run(&simulate, &folder, database.required()?, terminal).await,
        PolicyCommand::Simulate(args) => simulate::run(args.simulate, terminal).await,
        PolicyCommand::Activate(args) => activate::run(args, terminal).await,
        PolicyCommand::Migrate(args) => migrate::run(args, terminal).await,
    }
}
