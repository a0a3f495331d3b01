//! `redress brand`.

mod activate;
mod check;
mod list;

use clap::Subcommand;

pub use self::{activate::ActivateBrandArgs, check::BrandCheckArgs, list::ListBrandsArgs};
use super::Failure;
use crate::terminal::Terminal;

/// What to do with brands.
#[derive(Debug, Subcommand)]
pub enum BrandCommand {
    /// Check brand files, and report every error in each.
    Check(BrandCheckArgs),
    /// List every version that a running service has.
    List(ListBrandsArgs),
    /// Put a version into use on every replica of a running service.
    Activate(ActivateBrandArgs),
}

/// Runs the command.
pub(super) async fn run(command: BrandCommand, terminal: &mut Terminal) -> Result<(), Failure> {
    match command {
        BrandCommand::Check(args) => check::run(&args, terminal),
        BrandCommand::List(args) => list::run(args, terminal).await,
        BrandCommand::Activate(args) => activate::run(args, terminal).await,
    }
}
