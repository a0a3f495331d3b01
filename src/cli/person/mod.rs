//! `redress person`.

mod erase;
mod export;
mod find;
mod hold;
mod reads;

use clap::Subcommand;

pub use self::{
    erase::{ErasePersonArgs, ErasePersonReason},
    export::ExportPersonArgs,
    find::FindPersonArgs,
    hold::{HoldPersonArgs, ReleasePersonArgs},
    reads::PersonReadsArgs,
};
use super::Failure;
use crate::terminal::Terminal;

/// What to do about a person's data.
#[derive(Debug, Subcommand)]
pub enum PersonCommand {
    /// Find every complaint of a person.
    Find(FindPersonArgs),
    /// Write everything about a person to a file.
    Export(ExportPersonArgs),
    /// List who read personal data.
    Reads(PersonReadsArgs),
    /// Erase the personal data of complaints permanently.
    Erase(ErasePersonArgs),
    /// Place a legal hold: keep the personal data of complaints from being erased.
    Hold(HoldPersonArgs),
    /// Release a legal hold.
    Release(ReleasePersonArgs),
}

/// Runs the command.
pub(super) async fn run(command: PersonCommand, terminal: &mut Terminal) -> Result<(), Failure> {
    match command {
        PersonCommand::Find(args) => find::run(args, terminal).await,
        PersonCommand::Export(args) => export::run(args, terminal).await,
        PersonCommand::Reads(args) => reads::run(args, terminal).await,
        PersonCommand::Erase(args) => erase::run(args, terminal).await,
        PersonCommand::Hold(args) => hold::hold(args, terminal).await,
        PersonCommand::Release(args) => hold::release(args, terminal).await,
    }
}
