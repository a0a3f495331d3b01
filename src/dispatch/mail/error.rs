//! Why a mail was not accepted, and whether a retry can help.

use std::{error::Error as _, fmt, io};

use lettre::transport::smtp;

/// A relay's reply: its code (RFC 5321), and the enhanced code (RFC 3463) if there is one. Without its text, in which most relays
/// repeat the address.
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

/// Why a mail was not sent. Contains no personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// A 5xx reply: permanent.
    #[error("the relay rejected the message: {0}")]
    Refused(Reply),
    /// A 4xx reply: transient.
    #[error("the relay deferred the message: {0}")]
    PutOff(Reply),
    /// The message cannot be encoded for a relay.
    #[error("the message cannot be sent: {0}")]
    Unfit(&'static str),
    /// The relay cannot be used for now: it is unreachable, has the wrong certificate, or rejects the sign-in. This is not the
    /// fault of the message.
    #[error("the relay cannot be used: {0}")]
    NoRelay(String),
    /// The relay did not answer in time.
    #[error("the relay did not answer within {0} s")]
    Silent(u64),
    /// The connection broke, or the reply was not SMTP. The relay may have accepted the message all the same.
    #[error("the relay broke off")]
    BrokeOff,
    /// The folder cannot be written to.
    #[error("the folder for mail cannot be written to: {0}")]
    Folder(io::ErrorKind),
}

impl MailError {
    /// Whether a retry would fail in the same way.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        matches!(self, MailError::Refused(_) | MailError::Unfit(_))
    }

    /// The code to store: the relay's enhanced code, or else its basic one, if it gave any.
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

    /// The error of a command that concerns one message.
    pub(super) fn of_message(error: &smtp::Error) -> Self {
        match Reply::of(error) {
            // A relay that requires sign-in says so for every message.
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

    /// The error of opening a session. A refusal there affects every message, so it is for the operator to fix, and no message is
    /// given up meanwhile.
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

/// The enhanced code at the start of a reply's text.
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
