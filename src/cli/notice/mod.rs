//! `redress notice`.

mod preview;
mod resend;

use clap::Subcommand;

pub use self::{preview::PreviewArgs, resend::ResendNoticeArgs};
use super::Failure;
use crate::terminal::Terminal;

/// What to do with notices.
#[derive(Debug, Subcommand)]
pub enum NoticeCommand {
    /// Show what a customer of a brand would read, with sample facts.
    Preview(PreviewArgs),
    /// Send a notice again, by another means or to a corrected address.
    Resend(ResendNoticeArgs),
}

/// Does it.
pub(super) async fn run(command: NoticeCommand, terminal: &mut Terminal) -> Result<(), Failure> {
    match command {
        NoticeCommand::Preview(args) => preview::run(&args, terminal),
        NoticeCommand::Resend(args) => resend::run(args, terminal).await,
    }
}
