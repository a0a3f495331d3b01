//! The content of a mail, and its addresses.

use jiff::Timestamp;

use crate::domain::notice::Language;

/// A mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The display name of the person or brand.
    pub name: Option<String>,
    /// The address, such as `ada@example.com`.
    pub address: String,
}

/// One mail. Any part may hold text from other people: it is sanitized when the message is composed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// A unique id: letters, digits, hyphens and full stops. The same for every attempt, so that recipients can detect
    /// duplicates. With the sender's domain it is the `Message-ID`.
    pub id: String,
    /// The sender.
    pub from: Mailbox,
    /// Where replies go, if not to the sender.
    pub reply_to: Option<Mailbox>,
    /// The recipient.
    pub to: Mailbox,
    /// The address to which mail systems return undeliverable mail.
    pub return_path: String,
    /// The subject, on one line.
    pub subject: String,
    /// The text: paragraphs separated by empty lines; a line that begins with `- ` is a list item.
    pub text: String,
    /// The language of the text.
    pub language: Language,
    /// The time of sending.
    pub at: Timestamp,
}

impl Mail {
    /// Its `Message-ID`, without angle brackets.
    #[must_use]
    pub fn message_id(&self) -> String {
        let domain = self.from.address.rsplit_once('@');
        format!(
            "{}@{}",
            self.id,
            domain.map_or("localhost", |(_, domain)| domain)
        )
    }
}
