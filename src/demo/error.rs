//! Why the demonstration did not go as it should.

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

/// Longer than any machine needs: a demo that hangs is a demo that failed.
pub(super) const AT_MOST: Duration = Duration::from_secs(300);
/// Why the demonstration did not go as it should.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The private Postgres did not do what was asked.
    #[error("{0}")]
    Postgres(#[from] EmbeddedError),
    /// The service did not start, or did not stop in order.
    #[error("the service cannot run: {0}")]
    App(#[from] AppError),
    /// The private Postgres has a URL that is none.
    #[error("{0}")]
    Url(#[from] UrlError),
    /// A built-in calendar is wrong, or missing.
    #[error("the calendar of the story cannot be used: {0}")]
    Calendar(String),
    /// A time of the script does not exist.
    #[error("the script uses a time that does not exist: {0}")]
    Time(#[from] jiff::Error),
    /// The service refused what the script asks for.
    #[error("{customer}: {what} was refused: {error}")]
    Refused {
        /// Whose complaint.
        customer: &'static str,
        /// What was asked.
        what: String,
        /// The service's answer.
        error: Box<CallError>,
    },
    /// No token can be made.
    #[error("{0}")]
    Key(#[from] DevKeyError),
    /// Likewise.
    #[error("a generated token is not valid: {0}")]
    Token(#[from] NoToken),
    /// A question to the service failed.
    #[error("{0}")]
    Call(#[from] CallError),
    /// The service ended its stream of events.
    #[error("the stream of events ended before the story did")]
    StreamEnded,
    /// Committed events did not come through the stream.
    #[error("events of {complaints} complaints were committed but never streamed")]
    EventsMissing {
        /// Of how many complaints.
        complaints: usize,
    },
    /// The scheduler did not do what the story is there to show.
    #[error("the service should have done this by itself, but did not: {}", .0.join(", "))]
    NotCaused(Vec<&'static str>),
    /// Nor did those who deliver.
    #[error("the story should have shown, and did not: {}", .0.join(", "))]
    NotShown(Vec<&'static str>),
    /// Something arrived otherwise than it should.
    #[error("{0}")]
    Delivery(String),
    /// A receiver of the story has nowhere to listen.
    #[error("a receiver of events cannot listen: {0}")]
    Receiver(#[source] io::Error),
    /// A file or a folder cannot be used.
    #[error("{}: {source}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The service can be given no key.
    #[error("{0}")]
    SecretKey(#[from] SecretKeyError),
    /// The signals of the system cannot be listened to.
    #[error("the program cannot listen for Ctrl-C and SIGTERM: {0}")]
    Signals(#[source] io::Error),
    /// A part of it ended unexpectedly. Its own words stay out: those of a panic may be anything.
    #[error("a part of the program ended unexpectedly")]
    BrokeOff(#[from] tokio::task::JoinError),
    /// A signal ended it before it was done.
    #[error("ended by {0}")]
    Ended(Ending),
    /// It took far too long.
    #[error("the story did not end within {} seconds", AT_MOST.as_secs())]
    TooSlow,
    /// The output is gone.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
}

impl From<CalendarError> for DemoError {
    fn from(error: CalendarError) -> Self {
        DemoError::Calendar(error.to_string())
    }
}
