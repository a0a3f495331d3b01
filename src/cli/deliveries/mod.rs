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

/// The commands for deliveries.
#[derive(Debug, Subcommand)]
pub enum DeliveriesCommand {
    /// List the deliveries of a subscription, with the result of the latest attempt.
    List(ListDeliveriesArgs),
    /// List the dead letters: deliveries that were given up.
    Dead(DeadDeliveriesArgs),
    /// Send events again, under their original ids.
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
