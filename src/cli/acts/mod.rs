//! The acts on a complaint, each a command. An act is a file: its options, its help, and its request ([`act::Act`]). Beside
//! that it has a row here and one in [`requests`].

pub(in crate::cli) mod ack;
mod act;
mod adding;
mod assign;
mod attach;
mod carry_out;
mod contact;
pub(in crate::cli) mod convert;
mod correct;
pub(in crate::cli) mod ending;
pub(in crate::cli) mod escalate;
mod label;
mod linking;
mod next_step;
mod note;
pub(in crate::cli) mod outcome;
pub(in crate::cli) mod pause;
pub(in crate::cli) mod referral;
mod report;
mod requests;
pub(in crate::cli) mod resolve;
mod typed;
pub(in crate::cli) mod update;
mod verify_identity;

use clap::Subcommand;

pub(super) use self::{
    act::{Act, Head, Mutation, Said},
    carry_out::unclear,
};
pub use self::{
    act::{ActArgs, CommonArgs},
    requests::ACTS,
};
use super::Failure;
use crate::terminal::Terminal;

/// The commands of acts, by what they do, with the options of each.
macro_rules! commands {
    ($(#[$about:meta])* $name:ident { $($(#[$variant_about:meta])* $variant:ident($options:ty),)+ }) => {
        $(#[$about])*
        #[derive(Debug, Subcommand)]
        pub enum $name {
            $($(#[$variant_about])* $variant(Box<ActArgs<$options>>),)+
        }

        impl $name {
            /// Carries it out, and says what came of it.
            pub(super) async fn run(self, terminal: &mut Terminal) -> Result<(), Failure> {
                match self {
                    $($name::$variant(args) => carry_out::run(*args, terminal).await,)+
                }
            }
        }
    };
}

commands! {
    /// An act on a complaint.
    ActCommand {
        /// Acknowledge the complaint, or its escalation.
        #[command(visible_alias = "acknowledge", after_help = ack::HELP)]
        Ack(ack::Acknowledge),
        /// Record a contact with the customer, in either direction.
        #[command(after_help = contact::HELP)]
        Contact(contact::Contact),
        /// Tell the customer where the review stands, and optionally a different date.
        #[command(after_help = update::HELP)]
        Update(update::Update),
        /// Record that the customer's identity was checked.
        #[command(after_help = verify_identity::HELP)]
        VerifyIdentity(verify_identity::VerifyIdentity),
        /// Turn an enquiry into a complaint.
        #[command(after_help = convert::HELP)]
        Convert(convert::Convert),
        /// Pause the clocks that the policy allows to be paused.
        #[command(after_help = pause::PAUSE_HELP)]
        Pause(pause::Pause),
        /// End the pause.
        #[command(after_help = pause::RESUME_HELP)]
        Resume(pause::Resume),
        /// Assign the complaint to a person or a team.
        #[command(after_help = assign::ASSIGN_HELP)]
        Assign(assign::Assign),
        /// Take the complaint from its handler, and assign it to nobody.
        #[command(after_help = assign::UNASSIGN_HELP)]
        Unassign(assign::Unassign),
        /// Record the conclusion of the review before the customer is told.
        #[command(after_help = outcome::CONCLUDE_HELP)]
        Conclude(outcome::Conclude),
        /// Tell the customer the outcome of the review, for acceptance.
        #[command(after_help = outcome::PROPOSE_HELP)]
        Propose(outcome::Propose),
        /// Record whether the customer accepts the outcome.
        #[command(after_help = outcome::ANSWER_HELP)]
        Answer(outcome::Answer),
        /// Confirm that the remedy was carried out.
        #[command(after_help = outcome::IMPLEMENTED_HELP)]
        Implemented(outcome::Implemented),
        /// Resolve and close the complaint while the customer is on the call or chat.
        #[command(after_help = resolve::HELP)]
        Resolve(resolve::Resolve),
        /// Escalate the complaint to a higher level, as the customer asks.
        #[command(after_help = escalate::HELP)]
        Escalate(escalate::Escalate),
        /// Record that the customer withdrew the complaint.
        #[command(after_help = ending::WITHDRAW_HELP)]
        Withdraw(ending::Withdraw),
        /// Close the complaint, or answer the enquiry.
        #[command(after_help = ending::CLOSE_HELP)]
        Close(ending::Close),
        /// Reopen a complaint that was closed or withdrawn.
        #[command(after_help = ending::REOPEN_HELP)]
        Reopen(ending::Reopen),
        /// Add an internal note.
        #[command(after_help = note::HELP)]
        Note(note::Note),
        /// Add and remove labels.
        #[command(after_help = label::HELP)]
        Label(label::Label),
        /// Correct the data of the customer and the complaint.
        #[command(after_help = correct::HELP)]
        Correct(correct::Correct),
        /// Add an issue.
        #[command(after_help = adding::ISSUE_HELP)]
        AddIssue(adding::AddIssue),
        /// Add a reference to a case in another system.
        #[command(after_help = adding::REFERENCE_HELP)]
        AddReference(adding::AddReference),
        /// Add a reference to a document that is stored elsewhere.
        #[command(after_help = attach::HELP)]
        Attach(attach::Attach),
        /// Link the complaint to another one.
        #[command(after_help = linking::LINK_HELP)]
        Link(linking::Link),
        /// Remove the link between two complaints.
        #[command(after_help = linking::UNLINK_HELP)]
        Unlink(linking::Unlink),
        /// Record that the complaint was taken to the independent body.
        #[command(after_help = referral::REFER_HELP)]
        Refer(referral::Refer),
    }
}

commands! {
    /// What happens while a complaint is with the independent body.
    ReferralCommand {
        /// Record that the body's process reached a later stage.
        #[command(after_help = referral::STAGE_HELP)]
        Stage(referral::Stage),
        /// Record that the provider submitted its report.
        #[command(after_help = referral::REPORT_HELP)]
        Report(referral::Report),
        /// Record that the body asked for documents, or for another report.
        #[command(after_help = referral::REQUEST_HELP)]
        Request(referral::DocumentRequest),
        /// Record that documents were submitted.
        #[command(after_help = referral::DOCUMENTS_HELP)]
        Documents(referral::Documents),
        /// Record the body's findings.
        #[command(after_help = referral::FINDINGS_HELP)]
        Findings(referral::Findings),
        /// Record that the findings were carried out.
        #[command(after_help = referral::CARRIED_OUT_HELP)]
        CarriedOut(referral::CarriedOut),
    }
}
