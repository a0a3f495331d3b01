//! Why a mail was not taken, and whether it makes sense to try again.

use std::{error::Error as _, fmt, io};

use lettre::transport::smtp;

/// What a relay answered: its code (RFC 5321), and the enhanced one (RFC 3463) where it gave one. Not its words, in which most
/// relays repeat the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Such as 550.
    pub code: u16,
    /// Such as `5.1.1`.
    pub enhanced: Option<String>,
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        self.enhanced
            .iter()
            .try_for_each(|code| write!(f, " {code}"))
    }
}

/// Why a mail was not sent. Names nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// A 5xx: this mail will not be taken however often it is tried.
    #[error("the relay rejected the message: {0}")]
    Refused(Reply),
    /// A 4xx: it may be taken later.
    #[error("the relay deferred the message: {0}")]
    PutOff(Reply),
    /// It cannot be put into a form that a relay takes.
    #[error("the message cannot be sent: {0}")]
    Unfit(&'static str),
    /// The relay takes nothing from us for now: it cannot be reached, proves to be somebody else, or does not let us in. That is
    /// no fault of the message.
    #[error("the relay cannot be used: {0}")]
    NoRelay(String),
    /// The relay was silent for too long.
    #[error("the relay did not answer within {0} s")]
    Silent(u64),
    /// The line broke, or what came was no SMTP. The relay may have taken the message all the same.
    #[error("the relay broke off")]
    BrokeOff,
    /// The folder takes nothing.
    #[error("the folder for mail cannot be written to: {0}")]
    Folder(io::ErrorKind),
}

impl MailError {
    /// Whether another try would end in the same way.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        matches!(self, MailError::Refused(_) | MailError::Unfit(_))
    }

    /// A code for it that is kept: the relay's own where it gave one, the enhanced before the other.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            MailError::Refused(reply) | MailError::PutOff(reply) => match &reply.enhanced {
                Some(enhanced) => enhanced.clone(),
                None => reply.code.to_string(),
            },
            MailError::Unfit(_) => "unfit".to_owned(),
            MailError::NoRelay(_) => "no_relay".to_owned(),
            MailError::Silent(_) => "silent".to_owned(),
            MailError::BrokeOff => "broke_off".to_owned(),
            MailError::Folder(_) => "folder".to_owned(),
        }
    }

    /// What became of a command of a message.
    pub(super) fn of_message(error: &smtp::Error) -> Self {
        match Reply::of(error) {
            // Whoever is to sign in first is told so for every message.
            Some(
                reply @ Reply {
                    code: 530 | 538, ..
                },
            ) => MailError::NoRelay(reply.to_string()),
            Some(reply) if error.is_permanent() => MailError::Refused(reply),
            Some(reply) => MailError::PutOff(reply),
            None => MailError::of_line(error),
        }
    }

    /// What became of an attempt to be let in. A refusal there concerns every message, so it is for whoever runs the service to
    /// see to, and meanwhile none of them is given up.
    pub(super) fn of_session(error: &smtp::Error) -> Self {
        match Reply::of(error) {
            Some(reply) => MailError::NoRelay(reply.to_string()),
            None if error.is_response() => MailError::BrokeOff,
            None => MailError::NoRelay(innermost(error)),
        }
    }

    fn of_line(error: &smtp::Error) -> Self {
        if error.is_client() {
            MailError::NoRelay(innermost(error))
        } else {
            MailError::BrokeOff
        }
    }
}

impl Reply {
    fn of(error: &smtp::Error) -> Option<Self> {
        let code = error.status()?;
        let words = error.source().map(ToString::to_string).unwrap_or_default();
        Some(Reply {
            code: code.into(),
            enhanced: enhanced(&words),
        })
    }
}

/// The enhanced code that a reply's words begin with.
fn enhanced(words: &str) -> Option<String> {
    let code = words.split_whitespace().next()?;
    let parts: Vec<&str> = code.split('.').collect();
    let is_number = |part: &&str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    match parts.as_slice() {
        ["2" | "4" | "5", subject, detail] if is_number(subject, 3) && is_number(detail, 3) => {
            Some(code.to_owned())
        }
        _ => None,
    }
}

fn innermost(error: &smtp::Error) -> String {
    let mut reason: &dyn std::error::Error = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    reason.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_codes_are_kept_of_what_a_relay_says() {
        for (words, code) in [
            (
                "5.1.1 <ada@example.com>: Recipient address rejected",
                Some("5.1.1"),
            ),
            ("4.7.500 Server busy", Some("4.7.500")),
            ("<ada@example.com> unknown", None),
            ("5.1 odd", None),
            ("5.1.1.1 odd", None),
            ("3.1.1 odd", None),
            ("5.1.ada@example.com", None),
            ("5..1", None),
            ("", None),
        ] {
            assert_eq!(enhanced(words).as_deref(), code, "{words}");
        }
    }
}
