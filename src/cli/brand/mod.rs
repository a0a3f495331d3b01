//! `redress brand`.

mod activate;
mod check;
mod list;

use clap::Subcommand;

pub use self::{activate::ActivateBrandArgs, check::BrandCheckArgs, list::ListBrandsArgs};
use super::Failure;
use crate::terminal::Terminal;

/// What can be done with brands.
#[derive(Debug, Subcommand)]
pub enum BrandCommand {
    /// Check brand files, all of them, and say what is wrong with each.
    Check(BrandCheckArgs),
    /// List every version that a running service knows.
    List(ListBrandsArgs),
    /// Put a version into use, at every replica of a running service.
    Activate(ActivateBrandArgs),
}

/// Does it.
pub(super) async fn run(command: BrandCommand, terminal: &mut Terminal) -> Result<(), Failure> {
    match command {
        BrandCommand::Check(args) => check::run(&args, terminal),
        BrandCommand::List(args) => list::run(args, terminal).await,
        BrandCommand::Activate(args) => activate::run(args, terminal).await,
    }
}
