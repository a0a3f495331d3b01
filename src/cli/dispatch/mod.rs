//! `redress dispatch`.

mod claim;
mod list;
mod notice_of;
mod record;

use clap::Subcommand;

pub use self::{
    claim::ClaimDispatchesArgs,
    list::ListDispatchesArgs,
    notice_of::NoticeOf,
    record::{DispatchResult, RecordDispatchArgs},
};
use super::Failure;
use crate::terminal::Terminal;

/// The commands for notices that wait to be delivered.
#[derive(Debug, Subcommand)]
pub enum DispatchCommand {
    /// List the notices that wait to be delivered.
    List(ListDispatchesArgs),
    /// Claim notices, and print them with their addresses.
    Claim(ClaimDispatchesArgs),
    /// Record the result of delivering a notice: sent, posted, told or failed.
    Record(RecordDispatchArgs),
}

/// Does it.
pub(super) async fn run(command: DispatchCommand, terminal: &mut Terminal) -> Result<(), Failure> {
    match command {
        DispatchCommand::List(args) => list::run(args, terminal).await,
        DispatchCommand::Claim(args) => claim::run(args, terminal).await,
        DispatchCommand::Record(args) => record::run(args, terminal).await,
    }
}
