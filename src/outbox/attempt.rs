//! A single delivery attempt: signs and posts the message, then classifies the response.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_TYPE, USER_AGENT},
};
use jiff::{SignedDuration, Timestamp};

use super::{
    attempts::Attempt,
    egress::{Destination, Egress, SendError},
    payload::Message,
    schedule,
};
use crate::standard_webhooks::{self, Secret};

static CLOUD_EVENT: HeaderValue = HeaderValue::from_static("application/cloudevents+json");
static US: HeaderValue = HeaderValue::from_static(concat!("redress/", env!("CARGO_PKG_VERSION")));

/// The outcome of an attempt.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    pub(super) attempt: Attempt,
    /// The start of the response body.
    pub(super) answer: Option<String>,
    /// How long to wait before the next request, from `Retry-After`.
    pub(super) retry_after: Option<SignedDuration>,
    /// Whether the receiver asks for less traffic.
    pub(super) throttles: bool,
    /// Whether the receiver says that the endpoint is gone.
    pub(super) gone: bool,
    /// Whether it rejects this message in particular: the endpoint works, and may accept others.
    pub(super) rejects: bool,
}

impl Outcome {
    pub(super) fn arrived(&self) -> bool {
        self.attempt.error.is_none()
    }

    /// The outcome as a metric label.
    pub(super) fn word(&self) -> &'static str {
        match (&self.attempt.error, self.attempt.status) {
            (None, _) => "delivered",
            (Some(_), Some(_)) => "refused",
            (Some(_), None) => "unanswered",
        }
    }

    /// An attempt for which nothing was sent, and why.
    pub(super) fn unsent(now: Timestamp, why: String) -> Self {
        Outcome {
            attempt: Attempt {
                at: now,
                status: None,
                error: Some(why),
            },
            answer: None,
            retry_after: None,
            throttles: false,
            gone: false,
            rejects: false,
        }
    }
}

/// Posts a message signed with these secrets.
pub(super) async fn send(
    egress: &Egress,
    endpoint: &str,
    secrets: &[Secret],
    message: Message,
    now: Timestamp,
    within: Duration,
) -> Outcome {
    let to = match Destination::parse(endpoint) {
        Ok(to) => to,
        Err(forbidden) => return Outcome::unsent(now, forbidden.to_string()),
    };
    let mut headers = standard_webhooks::headers(secrets, &message.id, now, &message.body);
    headers.insert(CONTENT_TYPE, CLOUD_EVENT.clone());
    headers.insert(USER_AGENT, US.clone());
    let answered = egress.post(&to, headers, message.body, within).await;
    match answered {
        Ok(answer) => {
            let status = answer.status;
            let retry_after = answer.retry_after.as_deref();
            Outcome {
                attempt: Attempt {
                    at: now,
                    status: Some(status.as_u16()),
                    error: error_of(status),
                },
                answer: Some(readable(&answer.body)),
                retry_after: retry_after.and_then(|value| schedule::retry_after(value, now)),
                throttles: schedule::throttles(status),
                gone: status == StatusCode::GONE,
                rejects: schedule::rejects(status),
            }
        }
        Err(error) => Outcome::unsent(now, worded(&error)),
    }
}

fn error_of(status: StatusCode) -> Option<String> {
    if status.is_success() {
        None
    } else if status.is_redirection() {
        Some("the answer leads elsewhere, which is not followed".to_owned())
    } else {
        Some(format!("the answer has the status {}", status.as_u16()))
    }
}

fn worded(error: &SendError) -> String {
    match error {
        SendError::Forbidden(why) => format!("it may not be sent there: {why}"),
        other => other.to_string(),
    }
}

/// Text that can be stored and shown; bytes that are not text become replacement characters.
fn readable(body: &Bytes) -> String {
    let text = String::from_utf8_lossy(body);
    let shown = |c: char| !c.is_control() || c == '\n' || c == '\t';
    text.chars()
        .map(|c| {
            if shown(c) {
                c
            } else {
                char::REPLACEMENT_CHARACTER
            }
        })
        .collect()
}
