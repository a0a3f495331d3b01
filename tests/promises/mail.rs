//! Notices leave by mail: what the message is, how it is passed over, and what becomes of it.

mod message;
mod others;
mod passing_on;
mod returning;
mod sending;
mod volume;

use redress::{
    dispatch::mail::{Mail, Mailbox},
    domain::notice::Language,
};

use crate::support::office::instant;

/// A mail that is plain and complete.
fn plain() -> Mail {
    Mail {
        id: "rd-dcnnm-y6g1w-7".to_owned(),
        from: Mailbox {
            name: Some("Jive".to_owned()),
            address: "complaints@jive.example".to_owned(),
        },
        reply_to: None,
        to: Mailbox {
            name: Some("Ada Sample".to_owned()),
            address: "ada@example.com".to_owned(),
        },
        return_path: "bounce+rd-dcnnm-y6g1w-7.0123456789abcdef@jive.example".to_owned(),
        subject: "Your complaint of June 3, 2026: internet".to_owned(),
        text: "Ada Sample\n\nHello,\n\nReach us:\n- by chat\n\nYours,\nJive\n".to_owned(),
        language: Language::English,
        at: instant("2026-06-03T14:00:00Z"),
    }
}
