//! The acts whose notices can be shown, as options.

use clap::Args;

use super::on::PlannedOn;
use crate::{
    cli::{Failure, any_spelling::AnySpelling},
    proto::v1::{self, preview_notices_request::Act},
};

/// What an acknowledgement would say.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  redress notice planned acknowledge RD-DCNNM-Y6G1W
  redress notice planned acknowledge RD-DCNNM-Y6G1W --promised 2026-05-26T17:00")]
pub struct PlannedAcknowledgement {
    #[command(flatten)]
    on: PlannedOn,
    /// By when an outcome is promised [default: set by the policy].
    #[arg(long, value_name = "TIME")]
    promised: Option<String>,
    /// How the complaint is reviewed.
    #[arg(long, value_name = "TEXT")]
    review: Option<String>,
}

/// What an update would say.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  redress notice planned update RD-DCNNM-Y6G1W --message 'A technician comes on Monday.'
  redress notice planned update RD-DCNNM-Y6G1W --message 'The part is late.' --promised 2026-06-02T17:00 --reason 'a missing part'")]
pub struct PlannedUpdate {
    #[command(flatten)]
    on: PlannedOn,
    /// Where the review stands.
    #[arg(long, value_name = "TEXT")]
    message: String,
    /// A different date by which an outcome is promised.
    #[arg(long, value_name = "TIME", requires = "reason")]
    promised: Option<String>,
    /// Why the date changes.
    #[arg(long, value_name = "TEXT", requires = "promised")]
    reason: Option<String>,
}

/// What a pause would say.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  redress notice planned pause RD-DCNNM-Y6G1W --reason waiting-for-customer --question 'When does the line drop?'")]
pub struct PlannedPause {
    #[command(flatten)]
    on: PlannedOn,
    /// What the review is waiting for.
    #[arg(long, value_parser = AnySpelling::<v1::PauseReason>::new())]
    reason: v1::PauseReason,
    /// When the pause ends [default: set by the policy].
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// What the customer is asked.
    #[arg(long, value_name = "TEXT")]
    question: Option<String>,
}

/// What the end of a pause would say.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  redress notice planned resume RD-DCNNM-Y6G1W")]
pub struct PlannedResumption {
    #[command(flatten)]
    on: PlannedOn,
}

/// What an outcome would say.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  redress notice planned outcome RD-DCNNM-Y6G1W --message 'We charged twice.' --remedy 'A credit of $50.00'")]
pub struct PlannedOutcome {
    #[command(flatten)]
    on: PlannedOn,
    /// The outcome, in words for the customer.
    #[arg(long, value_name = "TEXT")]
    message: String,
    /// What is done for the customer.
    #[arg(long, value_name = "TEXT")]
    remedy: Option<String>,
}

/// What an escalation would say.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  redress notice planned escalate RD-DCNNM-Y6G1W --channel phone")]
pub struct PlannedEscalation {
    #[command(flatten)]
    on: PlannedOn,
    /// The channel of the customer's request.
    #[arg(long, value_parser = AnySpelling::<v1::Channel>::new())]
    channel: v1::Channel,
    /// To which level [default: the next one].
    #[arg(long)]
    level: Option<i32>,
}

/// What a closing would say.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  redress notice planned close RD-DCNNM-Y6G1W --reason no-answer
  redress notice planned close RD-DCNNM-Y6G1W --reason enquiry-answered --message 'The shop opens at nine.'")]
pub struct PlannedClosing {
    #[command(flatten)]
    on: PlannedOn,
    /// Why it is closed.
    #[arg(long, value_parser = AnySpelling::<v1::ClosureReason>::new())]
    reason: v1::ClosureReason,
    /// The answer to an enquiry.
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
}

type Planned = Result<(PlannedOn, Act), Failure>;

impl PlannedAcknowledgement {
    pub(super) fn planned(self) -> Planned {
        let act = v1::AcknowledgeComplaintRequest {
            actor: self.on.actor(),
            acknowledgement: Some(v1::Acknowledgement {
                review: self.review.unwrap_or_default(),
                promised_time: self.on.time(self.promised.as_ref())?,
                ..v1::Acknowledgement::default()
            }),
            ..Default::default()
        };
        Ok((self.on, Act::AcknowledgeComplaint(act)))
    }
}

impl PlannedUpdate {
    pub(super) fn planned(self) -> Planned {
        let act = v1::SendUpdateRequest {
            actor: self.on.actor(),
            message: self.message,
            new_promised_time: self.on.time(self.promised.as_ref())?,
            reason: self.reason.unwrap_or_default(),
            ..Default::default()
        };
        Ok((self.on, Act::SendUpdate(act)))
    }
}

impl PlannedPause {
    pub(super) fn planned(self) -> Planned {
        let act = v1::PauseComplaintRequest {
            actor: self.on.actor(),
            reason: self.reason.into(),
            end_time: self.on.time(self.until.as_ref())?,
            question: self.question.unwrap_or_default(),
            ..Default::default()
        };
        Ok((self.on, Act::PauseComplaint(act)))
    }
}

impl PlannedResumption {
    pub(super) fn planned(self) -> Planned {
        let act = v1::ResumeComplaintRequest {
            actor: self.on.actor(),
            ..Default::default()
        };
        Ok((self.on, Act::ResumeComplaint(act)))
    }
}

impl PlannedOutcome {
    pub(super) fn planned(self) -> Planned {
        let act = v1::ProposeOutcomeRequest {
            actor: self.on.actor(),
            message: self.message,
            remedy: self.remedy.unwrap_or_default(),
            ..Default::default()
        };
        Ok((self.on, Act::ProposeOutcome(act)))
    }
}

impl PlannedEscalation {
    pub(super) fn planned(self) -> Planned {
        let act = v1::EscalateComplaintRequest {
            actor: self.on.actor(),
            channel: self.channel.into(),
            level: self.level.unwrap_or_default(),
            ..Default::default()
        };
        Ok((self.on, Act::EscalateComplaint(act)))
    }
}

impl PlannedClosing {
    pub(super) fn planned(self) -> Planned {
        let act = v1::CloseComplaintRequest {
            actor: self.on.actor(),
            reason: self.reason.into(),
            message: self.message.unwrap_or_default(),
            ..Default::default()
        };
        Ok((self.on, Act::CloseComplaint(act)))
    }
}
