//! `redress notice planned`.

mod on;

use clap::Subcommand;

use self::on::{PlannedArgs, show};
use crate::{
    cli::{
        Failure,
        acts::{ack, convert, ending, escalate, outcome, pause, referral, resolve, update},
    },
    proto::v1::preview_notices_request::Act,
    terminal::Terminal,
};

/// The commands of acts whose notices can be previewed, with the options of the acts themselves.
macro_rules! planned {
    ($($(#[$about:meta])* $variant:ident($options:ty) = $act:ident,)+) => {
        /// The act that is planned.
        #[derive(Debug, Subcommand)]
        pub enum PlannedCommand {
            $($(#[$about])* $variant(Box<PlannedArgs<$options>>),)+
        }

        /// Shows the notices.
        pub(super) async fn run(
            command: PlannedCommand,
            terminal: &mut Terminal,
        ) -> Result<(), Failure> {
            match command {
                $(PlannedCommand::$variant(args) => show(*args, Act::$act, terminal).await,)+
            }
        }
    };
}

planned! {
    /// Acknowledge the complaint, or its escalation.
    #[command(visible_alias = "acknowledge")]
    Ack(ack::Acknowledge) = AcknowledgeComplaint,
    /// Send an update, optionally with a different date.
    Update(update::Update) = SendUpdate,
    /// Turn the enquiry into a complaint.
    Convert(convert::Convert) = ConvertEnquiry,
    /// Pause the review.
    Pause(pause::Pause) = PauseComplaint,
    /// End the pause.
    Resume(pause::Resume) = ResumeComplaint,
    /// Propose an outcome.
    Propose(outcome::Propose) = ProposeOutcome,
    /// Record the customer's answer.
    Answer(outcome::Answer) = RecordCustomerAnswer,
    /// Confirm that the remedy was carried out.
    Implemented(outcome::Implemented) = ConfirmImplementation,
    /// Resolve the complaint at the first contact.
    Resolve(resolve::Resolve) = ResolveAtFirstContact,
    /// Escalate the complaint.
    Escalate(escalate::Escalate) = EscalateComplaint,
    /// Record a referral to the independent body.
    Refer(referral::Refer) = ReferComplaint,
    /// Record the customer's withdrawal.
    Withdraw(ending::Withdraw) = WithdrawComplaint,
    /// Close the complaint, or answer the enquiry.
    Close(ending::Close) = CloseComplaint,
    /// Reopen the complaint.
    Reopen(ending::Reopen) = ReopenComplaint,
}
