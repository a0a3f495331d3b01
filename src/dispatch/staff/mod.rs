//! What staff have to know reaches them: reminders, breaches and flags as they are recorded, and a digest a day.
//!
//! The committed log is followed, and what it says becomes rows that say who is to be told what (`follow`). A row is claimed,
//! its words are made from what is true then (`words`, `digest`), and it is sent by whatever the addressee has (`post`). Whom and
//! when, a file says (`directory`).

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
