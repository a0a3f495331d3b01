//! `redress subscriptions`.

mod act;
mod create;
mod list;

use clap::Subcommand;

pub(super) use self::act::subscription_name;
pub use self::{
    act::{RotateArgs, SubscriptionActArgs, TestArgs},
    create::CreateSubscriptionArgs,
    list::ListSubscriptionsArgs,
};
use super::Failure;
use crate::terminal::Terminal;

/// What can be done with subscriptions.
#[derive(Debug, Subcommand)]
pub enum SubscriptionsCommand {
    /// Have events sent to an endpoint, which is verified first.
    Create(CreateSubscriptionArgs),
    /// List subscriptions, and how they stand.
    List(ListSubscriptionsArgs),
    /// Send nothing until it is resumed.
    Pause(SubscriptionActArgs),
    /// Go on where one was paused or disabled.
    Resume(SubscriptionActArgs),
    /// End one. What has not arrived never will.
    Delete(SubscriptionActArgs),
    /// Make another secret; both are valid for a day.
    Rotate(RotateArgs),
    /// Send a test, and say what came of it.
    Test(TestArgs),
}

/// Does it.
pub(super) async fn run(
    command: SubscriptionsCommand,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    match command {
        SubscriptionsCommand::Create(args) => create::run(args, terminal).await,
        SubscriptionsCommand::List(args) => list::run(args, terminal).await,
        SubscriptionsCommand::Pause(args) => act::pause(args, terminal).await,
        SubscriptionsCommand::Resume(args) => act::resume(args, terminal).await,
        SubscriptionsCommand::Delete(args) => act::delete(args, terminal).await,
        SubscriptionsCommand::Rotate(args) => act::rotate(args, terminal).await,
        SubscriptionsCommand::Test(args) => act::test(args, terminal).await,
    }
}
