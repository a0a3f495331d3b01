//! `redress notice`.

mod planned;
mod preview;
mod resend;

use clap::Subcommand;

pub use self::{planned::PlannedCommand, preview::PreviewArgs, resend::ResendNoticeArgs};
use super::Failure;
use crate::terminal::Terminal;

/// What to do with notices.
#[derive(Debug, Subcommand)]
pub enum NoticeCommand {
    /// Show what a customer of a brand would read, with sample facts.
    Preview(PreviewArgs),
    /// Show the notices that a planned act would send to the customer of a complaint; nothing is recorded.
    #[command(subcommand)]
    Planned(PlannedCommand),
    /// Send a notice again, by another means or to a corrected address.
    Resend(ResendNoticeArgs),
}

/// Does it.
pub(super) async fn run(command: NoticeCommand, terminal: &mut Terminal) -> Result<(), Failure> {
    match command {
        NoticeCommand::Preview(args) => preview::run(&args, terminal),
        NoticeCommand::Planned(command) => planned::run(command, terminal).await,
        NoticeCommand::Resend(args) => resend::run(args, terminal).await,
    }
}
