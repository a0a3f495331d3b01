//! Notices that leave by mail.

use std::time::Duration;

use opentelemetry::KeyValue;

use super::Metrics;

impl Metrics {
    /// One attempt to send a notice by mail, and what came of it.
    pub fn mail_attempted(&self, outcome: MailOutcome) {
        if let Some(on) = &self.0 {
            let labels = [KeyValue::new("outcome", outcome.as_str())];
            on.mail_attempts.add(1, &labels);
        }
    }

    /// For how long the notice by this means has been waiting to be sent that has waited for longest; zero where none waits.
    pub fn oldest_dispatch(&self, means: &'static str, waits: Duration) {
        if let Some(on) = &self.0 {
            let labels = [KeyValue::new("means", means)];
            on.dispatch_oldest.record(waits.as_secs_f64(), &labels);
        }
    }
}

/// What came of an attempt to send a notice by mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailOutcome {
    /// The relay has it.
    Sent,
    /// It was not taken, and is tried again.
    Later,
    /// The relay could not be used; it is tried again.
    NoRelay,
    /// It was refused for good.
    Refused,
    /// It was tried for long enough.
    GivenUp,
    /// There was no address any more.
    NoAddress,
    /// Its words were erased.
    Erased,
}

impl MailOutcome {
    fn as_str(self) -> &'static str {
        match self {
            MailOutcome::Sent => "sent",
            MailOutcome::Later => "later",
            MailOutcome::NoRelay => "no_relay",
            MailOutcome::Refused => "refused",
            MailOutcome::GivenUp => "given_up",
            MailOutcome::NoAddress => "no_address",
            MailOutcome::Erased => "erased",
        }
    }
}
