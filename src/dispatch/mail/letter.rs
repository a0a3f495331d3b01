//! What a mail says, and to whom.

use jiff::Timestamp;

use crate::domain::notice::Language;

/// Somebody with a mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// What the person or the brand is called; shown beside the address.
    pub name: Option<String>,
    /// The address, such as `ada@example.com`.
    pub address: String,
}

/// One mail. What other people wrote may stand in any part of it: it is made harmless where the message is composed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// What names this mail and no other: letters, digits, hyphens and full stops. The same on every try, so that whoever gets it
    /// twice can tell. With the sender's domain it is the `Message-ID`.
    pub id: String,
    /// Who writes.
    pub from: Mailbox,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<Mailbox>,
    /// Who is written to.
    pub to: Mailbox,
    /// The address to which a mail system returns what it cannot deliver.
    pub return_path: String,
    /// What it is about, on one line.
    pub subject: String,
    /// What it says: paragraphs between empty lines; a line that begins with `- ` is an item of a list.
    pub text: String,
    /// The language of the text.
    pub language: Language,
    /// When it is sent.
    pub at: Timestamp,
}

impl Mail {
    /// Its `Message-ID`, without the brackets.
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
