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

/// The commands for subscriptions.
#[derive(Debug, Subcommand)]
pub enum SubscriptionsCommand {
    /// Create a subscription, after verifying its endpoint.
    Create(CreateSubscriptionArgs),
    /// List subscriptions and their states.
    List(ListSubscriptionsArgs),
    /// Stop sending until the subscription is resumed.
    Pause(SubscriptionActArgs),
    /// Continue where the subscription was paused or disabled.
    Resume(SubscriptionActArgs),
    /// Delete a subscription, with everything that was not delivered.
    Delete(SubscriptionActArgs),
    /// Create a new secret; the current one stays valid for a day.
    Rotate(RotateArgs),
    /// Send a test event, and show the result.
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
