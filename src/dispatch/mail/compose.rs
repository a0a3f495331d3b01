//! A mail as a message (RFC 5322, MIME), and its envelope.

use std::time::SystemTime;

use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        self, MultiPart, SinglePart,
        header::{HeaderName, HeaderValue},
    },
};
use sha2::{Digest as _, Sha256};

use super::{
    error::MailError,
    html,
    letter::{Mail, Mailbox},
};
use crate::{
    domain::{
        Notice,
        notice::{Language, subject_of},
    },
    writing,
};

/// A mail ready to send.
#[derive(Debug)]
pub(super) struct Composed {
    pub(super) envelope: Envelope,
    pub(super) message: Vec<u8>,
}

impl Composed {
    /// The message as it appears in a mailbox: with `Return-Path`, which the last mail system adds (RFC 5321, 4.4).
    pub(super) fn as_delivered(&self) -> Vec<u8> {
        let return_path = self.envelope.from().map(ToString::to_string);
        let line = format!("Return-Path: <{}>\r\n", return_path.unwrap_or_default());
        [line.as_bytes(), &self.message].concat()
    }
}

/// The content of a mail as its reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same text as HTML.
    pub html: String,
}

impl Shown {
    fn of(subject: &str, text: &str, language: Language) -> Self {
        let subject = writing::seen_alone(subject);
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        Shown {
            html: html::page(&subject, &text, language),
            subject,
            text,
        }
    }
}

/// The mail that a customer of this brand gets for a notice.
#[must_use]
pub fn shown(brand: &str, tracking_number: &str, notice: &Notice) -> Shown {
    let subject = subject(brand, tracking_number, notice);
    Shown::of(&subject, &notice.letter(), notice.language)
}

/// The subject of a notice: that of its text, or else one with the tracking number.
pub(super) fn subject(brand: &str, tracking_number: &str, notice: &Notice) -> String {
    let said = subject_of(&notice.text, notice.language);
    said.map_or_else(|| format!("{brand}: {tracking_number}"), str::to_owned)
}

/// Composes the message. Deterministic: the same mail always gives the same message.
///
/// # Errors
/// When an address is invalid.
pub(super) fn compose(mail: &Mail) -> Result<Composed, MailError> {
    let (from, to) = (mailbox(&mail.from)?, mailbox(&mail.to)?);
    let return_path = address(&mail.return_path)?;
    let envelope = Envelope::new(Some(return_path), vec![to.email.clone()])
        .map_err(|_| MailError::Unfit("it has no addressee"))?;
    let Shown {
        subject,
        text,
        html,
    } = Shown::of(&mail.subject, &mail.text, mail.language);
    let body = MultiPart::alternative()
        .boundary(boundary(&mail.id, &text))
        .singlepart(SinglePart::plain(text))
        .singlepart(SinglePart::html(html));
    let id = format!("<{}>", mail.message_id());
    let mut builder = Message::builder().from(from);
    if let Some(reply_to) = &mail.reply_to {
        builder = builder.reply_to(mailbox(reply_to)?);
    }
    let message = builder
        .to(to)
        .subject(subject)
        .date(SystemTime::from(mail.at))
        .message_id(Some(id))
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("Content-Language", mail.language.code()))
        .envelope(envelope.clone())
        .multipart(body)
        .map_err(|_| MailError::Unfit("it has no sender"))?;
    Ok(Composed {
        envelope,
        message: message.formatted(),
    })
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// The MIME boundary. The same for the same mail, and in none of its texts, because it is derived from all of them.
fn boundary(id: &str, text: &str) -> String {
    let digest = Sha256::new()
        .chain_update(id)
        .chain_update([0])
        .chain_update(text)
        .finalize();
    base16ct::lower::encode_string(&digest[..16])
}

fn mailbox(of: &Mailbox) -> Result<message::Mailbox, MailError> {
    let name = of.name.as_deref().map(writing::seen_alone);
    let name = name.filter(|name| !name.trim().is_empty());
    Ok(message::Mailbox::new(name, address(&of.address)?))
}

/// An address with its domain in ASCII form, so that the relay needs SMTPUTF8 only if the local part does.
fn address(text: &str) -> Result<Address, MailError> {
    const NONE: MailError = MailError::Unfit("an address of it is none");
    let (user, domain) = text.rsplit_once('@').ok_or(NONE)?;
    let domain = idna::domain_to_ascii(domain).map_err(|_| NONE)?;
    Address::new(user, domain).map_err(|_| NONE)
}
