//! Mail: composing messages, and passing them to a relay.

pub mod bounce;
mod compose;
mod courier;
mod error;
mod folder;
mod html;
mod letter;
mod mailer;
mod pace;
mod relay;
mod relay_url;
mod return_path;
mod schedule;
mod worker;

pub use self::{
    compose::{Shown, shown},
    courier::MailParts,
    error::{MailError, Reply},
    letter::{Mail, Mailbox},
    mailer::{MailSettings, Mailer, MailerError, Means, Turn},
    relay::{Patience, RelaySettings},
    relay_url::{RelayUrl, RelayUrlError},
    return_path::{NoReturnPath, NoticeName, ReturnPaths, Returned},
    schedule::Schedule,
    worker::MailWorker,
};
