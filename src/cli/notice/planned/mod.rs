//! `redress notice planned`.

mod acts;
mod on;

use clap::Subcommand;

use self::acts::{
    PlannedAcknowledgement, PlannedClosing, PlannedEscalation, PlannedOutcome, PlannedPause,
    PlannedResumption, PlannedUpdate,
};
use crate::{cli::Failure, terminal::Terminal};

/// The act that is planned.
#[derive(Debug, Subcommand)]
pub enum PlannedCommand {
    /// Acknowledge the complaint, or its escalation.
    Acknowledge(PlannedAcknowledgement),
    /// Send an update, optionally with a different date.
    Update(PlannedUpdate),
    /// Pause the review.
    Pause(PlannedPause),
    /// Resume the review.
    Resume(PlannedResumption),
    /// Propose an outcome.
    Outcome(PlannedOutcome),
    /// Escalate the complaint.
    Escalate(PlannedEscalation),
    /// Close the complaint, or answer the enquiry.
    Close(PlannedClosing),
}

/// Shows the notices.
pub(super) async fn run(command: PlannedCommand, terminal: &mut Terminal) -> Result<(), Failure> {
    let (on, act) = match command {
        PlannedCommand::Acknowledge(args) => args.planned()?,
        PlannedCommand::Update(args) => args.planned()?,
        PlannedCommand::Pause(args) => args.planned()?,
        PlannedCommand::Resume(args) => args.planned()?,
        PlannedCommand::Outcome(args) => args.planned()?,
        PlannedCommand::Escalate(args) => args.planned()?,
        PlannedCommand::Close(args) => args.planned()?,
    };
    on.show(act, terminal).await
}
