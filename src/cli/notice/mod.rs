//! `redress notice`.

mod planned;
mod preview;
mod resend;

use clap::Subcommand;

pub use self::{planned::PlannedCommand, preview::PreviewArgs, resend::ResendNoticeArgs};
use super::Failure;
use crate::terminal::Terminal;

const PLANNED_HELP: &str = "\
An act is planned with the same options as it is carried out: `redress help COMMAND` describes them.

Examples:
  redress notice planned ack RD-DCNNM-Y6G1W --promised 2026-05-26T17:00
  redress notice planned update RD-DCNNM-Y6G1W --message 'The part is late.' --promised 2026-06-02T17:00 --reason 'a missing part'
  redress notice planned propose RD-DCNNM-Y6G1W --message 'We charged twice.' --remedy 'A credit of $50.00'
  redress notice planned close RD-DCNNM-Y6G1W --reason no-answer";

/// What to do with notices.
#[derive(Debug, Subcommand)]
pub enum NoticeCommand {
    /// Show what a customer of a brand would read, with sample facts.
    Preview(PreviewArgs),
    /// Show the notices that a planned act would send to the customer of a complaint; nothing is recorded.
    #[command(subcommand, after_help = PLANNED_HELP)]
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
