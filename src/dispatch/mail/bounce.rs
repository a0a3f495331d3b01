//! Parses delivery status notifications (RFC 3464), which mail systems send to the return address of a mail.

use mail_parser::{HeaderValue, Message, MessageParser, MimeHeaders as _, PartType};

use super::return_path::{NoReturnPath, ReturnPaths, Returned};

/// The largest notification that is read, in bytes. Mail systems return at most the whole notice.
pub const LARGEST: usize = 1 << 20;
/// The deepest nesting of messages. A notification has two levels.
const MOST_WITHIN: usize = 20;

/// What happened to a notice, as reported by the last mail system that had it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounce {
    /// The notice, and the attempt that sent it.
    pub returned: Returned,
    /// The outcome.
    pub outcome: Outcome,
    /// The status code of RFC 3463, such as `5.1.1`. The text next to it is dropped, because it names the addressee.
    pub code: Option<String>,
}

/// What a mail system did with a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It gave up: the mail was not delivered.
    Failed,
    /// It keeps trying. Not final.
    Delayed,
    /// It put the mail into the addressee's mailbox.
    Delivered,
    /// It passed the mail on to another system, or to several people, and knows no more.
    Relayed,
}

/// Why a message is not usable. Does not reveal its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoBounce {
    /// It is too large.
    #[error("it has more than {} KiB, or too many nested messages", LARGEST >> 10)]
    TooLarge,
    /// A reply by a person or machine, or any other mail.
    #[error("it is not a delivery status notification (RFC 3464)")]
    NoReport,
    /// A notification without an action.
    #[error("it is a delivery status notification without an action")]
    NoAction,
    /// The return address is forged.
    #[error("it was returned to an address that was not made with this key")]
    Forged,
    /// None of its addresses is a return address of a notice.
    #[error("it does not belong to a notice: none of its addresses is a return address of one")]
    OfNoNotice,
}

/// Parses a delivered message. `recipient` is the address that it was delivered to, if the mail system provides it; otherwise it
/// is taken from the message's own headers.
///
/// # Errors
/// When it is not a notification, or not about one of our notices.
pub fn read(
    message: &[u8],
    recipient: Option<&str>,
    paths: &ReturnPaths,
) -> Result<Bounce, NoBounce> {
    // Dropping nested messages recurses, so the depth is limited.
    if message.len() > LARGEST || within(message) > MOST_WITHIN {
        return Err(NoBounce::TooLarge);
    }
    let message = MessageParser::new().parse(message);
    let message = message.ok_or(NoBounce::NoReport)?;
    let status = status(&message).ok_or(NoBounce::NoReport)?;
    let (outcome, code) = outcome(&status).ok_or(NoBounce::NoAction)?;
    let returned = returned(&message, recipient, paths)?;
    Ok(Bounce {
        returned,
        outcome,
        code,
    })
}

fn within(message: &[u8]) -> usize {
    let begin = b"message/";
    let windows = message.windows(begin.len());
    windows
        .filter(|window| window.eq_ignore_ascii_case(begin))
        .count()
}

/// The machine-readable part.
fn status(message: &Message<'_>) -> Option<String> {
    let is_report = |of: &Message<'_>| {
        let kind = of.content_type();
        kind.is_some_and(|kind| {
            kind.ctype() == "multipart" && kind.subtype().is_some_and(|it| it == "report")
        })
    };
    if !is_report(message) {
        return None;
    }
    let mut parts = message.parts.iter();
    let part = parts.find(|part| {
        part.content_type().is_some_and(|kind| {
            let status = ["delivery-status", "global-delivery-status"];
            kind.ctype() == "message" && kind.subtype().is_some_and(|it| status.contains(&it))
        })
    })?;
    match &part.body {
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
        PartType::Text(text) => Some(text.to_string()),
        _ => None,
    }
}

/// The action reported. A notice has one addressee; if the address is a list, the notice counts as delivered if anyone got it,
/// and as failed if someone did not and nothing is known about the others.
fn outcome(status: &str) -> Option<(Outcome, Option<String>)> {
    let status = status.replace("\r\n", "\n");
    let mut found: Vec<(Outcome, Option<String>)> = Vec::new();
    for group in status.split("\n\n") {
        let fields = fields(group);
        let field = |name: &str| {
            let mut fields = fields.iter();
            let found = fields.find(|(field, _)| field.eq_ignore_ascii_case(name));
            // Text in parentheses is a comment.
            found.map(|(_, value)| value.split('(').next().unwrap_or_default().trim())
        };
        let action = field("Action").map(str::to_ascii_lowercase);
        let outcome = match action.as_deref() {
            Some("failed") => Outcome::Failed,
            Some("delayed") => Outcome::Delayed,
            Some("delivered") => Outcome::Delivered,
            Some("relayed" | "expanded") => Outcome::Relayed,
            _ => continue,
        };
        let code = field("Status").filter(|code| is_code(code));
        found.push((outcome, code.map(str::to_owned)));
    }
    let order = [
        Outcome::Delivered,
        Outcome::Failed,
        Outcome::Relayed,
        Outcome::Delayed,
    ];
    let rank = |of: Outcome| order.iter().position(|outcome| *outcome == of);
    found.into_iter().min_by_key(|(outcome, _)| rank(*outcome))
}

/// The fields of a group. A line that starts with white space continues the field before it.
fn fields(group: &str) -> Vec<(&str, String)> {
    let mut fields: Vec<(&str, String)> = Vec::new();
    for line in group.lines() {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim(), value.trim().to_owned()));
        }
    }
    fields
}

fn is_code(code: &str) -> bool {
    let parts: Vec<&str> = code.split('.').collect();
    let is_number =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    parts.len() == 3 && parts.iter().all(is_number) && ["2", "4", "5"].contains(&parts[0])
}

/// Which notice it is about.
fn returned(
    message: &Message<'_>,
    recipient: Option<&str>,
    paths: &ReturnPaths,
) -> Result<Returned, NoBounce> {
    let mut none = NoBounce::OfNoNotice;
    let own = addresses(
        message,
        &["Delivered-To", "X-Original-To", "Envelope-To", "To"],
    );
    // The original mail, or its headers, may be attached.
    let within = message.parts.iter().filter_map(|part| match &part.body {
        PartType::Message(mail) => Some(addresses(mail, &["Return-Path"])),
        _ => None,
    });
    let recipient = recipient.map(str::to_owned);
    for address in recipient.into_iter().chain(own).chain(within.flatten()) {
        match paths.notice_of(address.trim().trim_matches(['<', '>'])) {
            Ok(returned) => return Ok(returned),
            Err(NoReturnPath::Forged) => none = NoBounce::Forged,
            Err(NoReturnPath::Other) => {}
        }
    }
    Err(none)
}

fn addresses(message: &Message<'_>, headers: &[&'static str]) -> Vec<String> {
    let mut found = Vec::new();
    for header in headers {
        for value in message.header_values(*header) {
            match value {
                HeaderValue::Address(list) => {
                    let written = list.iter().filter_map(|one| one.address());
                    found.extend(written.map(str::to_owned));
                }
                HeaderValue::Text(text) => found.push(text.to_string()),
                HeaderValue::TextList(texts) => found.extend(texts.iter().map(ToString::to_string)),
                _ => {}
            }
        }
    }
    found
}

#[cfg(test)]
#[path = "bounce_tests.rs"]
mod tests;
