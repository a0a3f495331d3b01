//! Why the demo failed.

use std::{io, path::PathBuf, time::Duration};

use crate::{
    api::auth::DevKeyError,
    app::{AppError, SecretKeyError},
    calendar::CalendarError,
    client::{CallError, NoToken},
    embedded::EmbeddedError,
    signals::Ending,
    store::UrlError,
};

/// Longer than any machine needs: a demo that hangs has failed.
pub(super) const AT_MOST: Duration = Duration::from_secs(300);
/// Why the demo failed.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The private Postgres failed.
    #[error("{0}")]
    Postgres(#[from] EmbeddedError),
    /// The service did not start, or did not stop in order.
    #[error("the service cannot run: {0}")]
    App(#[from] AppError),
    /// The private Postgres has an invalid URL.
    #[error("{0}")]
    Url(#[from] UrlError),
    /// A built-in calendar is invalid or missing.
    #[error("the calendar of the story cannot be used: {0}")]
    Calendar(String),
    /// A time of the script does not exist.
    #[error("the script uses a time that does not exist: {0}")]
    Time(#[from] jiff::Error),
    /// The service rejected an act of the script.
    #[error("{customer}: {what} was refused: {error}")]
    Refused {
        /// The customer.
        customer: &'static str,
        /// The act.
        what: String,
        /// The service's answer.
        error: Box<CallError>,
    },
    /// No token can be generated.
    #[error("{0}")]
    Key(#[from] DevKeyError),
    /// A generated token is invalid.
    #[error("a generated token is not valid: {0}")]
    Token(#[from] NoToken),
    /// A query to the service failed.
    #[error("{0}")]
    Call(#[from] CallError),
    /// The service ended its event stream.
    #[error("the stream of events ended before the story did")]
    StreamEnded,
    /// Committed events were missing from the stream.
    #[error("events of {complaints} complaints were committed but never streamed")]
    EventsMissing {
        /// The number of complaints affected.
        complaints: usize,
    },
    /// The scheduler did not do what the story is meant to show.
    #[error("the service should have done this by itself, but did not: {}", .0.join(", "))]
    NotCaused(Vec<&'static str>),
    /// The deliveries did not show what the story is meant to show.
    #[error("the story should have shown, and did not: {}", .0.join(", "))]
    NotShown(Vec<&'static str>),
    /// Something arrived that should not have, or in the wrong form.
    #[error("{0}")]
    Delivery(String),
    /// A receiver cannot listen.
    #[error("a receiver of events cannot listen: {0}")]
    Receiver(#[source] io::Error),
    /// A file or a folder cannot be used.
    #[error("{}: {source}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// No key can be generated for the service.
    #[error("{0}")]
    SecretKey(#[from] SecretKeyError),
    /// Signals cannot be handled.
    #[error("the program cannot listen for Ctrl-C and SIGTERM: {0}")]
    Signals(#[source] io::Error),
    /// A part of the program panicked. The message is left out, because it may contain anything.
    #[error("a part of the program ended unexpectedly")]
    BrokeOff(#[from] tokio::task::JoinError),
    /// A signal interrupted it.
    #[error("ended by {0}")]
    Ended(Ending),
    /// It took far too long.
    #[error("the story did not end within {} seconds", AT_MOST.as_secs())]
    TooSlow,
    /// The output cannot be written.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
}

impl From<CalendarError> for DemoError {
    fn from(error: CalendarError) -> Self {
        DemoError::Calendar(error.to_string())
    }
}
