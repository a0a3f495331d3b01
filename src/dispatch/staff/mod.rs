//! Messages to staff: reminders, breaches and flags as they are recorded, and a daily digest.
//!
//! Committed events become rows that say who is to be sent what (`follow`). A row is claimed, its text is written from the state
//! at that time (`words`, `digest`), and it is sent by the addressee's means (`post`). A file says whom to notify and when
//! (`directory`).

mod attempt;
mod digest;
mod directory;
mod dispatcher;
mod follow;
mod link;
mod parts;
mod post;
mod schedule;
mod webhook;
mod words;

pub use self::{
    attempt::Turn,
    directory::{
        Addressee, Concern, Directory, DirectoryError, DirectoryFault, DirectoryFile,
        StaffDirectory,
    },
    dispatcher::StaffDispatcher,
    link::{ComplaintUrl, ComplaintUrlError},
    parts::StaffParts,
    post::{PostError, Posted, StaffLetter, StaffPost},
    webhook::{StaffWebhook, WebhookSecretError, webhook_secret},
};
pub(super) use self::{attempt::last_resort, words::how_to_resume};
