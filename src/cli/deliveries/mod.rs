//! `redress deliveries`.

mod list;
mod replay;

use clap::Subcommand;

pub use self::{
    list::{DeadDeliveriesArgs, ListDeliveriesArgs},
    replay::ReplayDeliveriesArgs,
};
use super::Failure;
use crate::terminal::Terminal;

/// What can be done with deliveries.
#[derive(Debug, Subcommand)]
pub enum DeliveriesCommand {
    /// List the deliveries of a subscription, with what came of the last attempt.
    List(ListDeliveriesArgs),
    /// List those that were given up.
    Dead(DeadDeliveriesArgs),
    /// Have events sent again, under the same ids.
    Replay(Box<ReplayDeliveriesArgs>),
}

/// Does it.
pub(super) async fn run(
    command: DeliveriesCommand,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    match command {
        DeliveriesCommand::List(args) => list::run(args, terminal).await,
        DeliveriesCommand::Dead(args) => list::dead(args, terminal).await,
        DeliveriesCommand::Replay(args) => replay::run(*args, terminal).await,
    }
}
