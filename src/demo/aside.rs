//! Lines between the events: mail, webhooks and staff messages that the story shows.

use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::terminal::Tone;

/// A line to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Aside {
    pub(super) at: Timestamp,
    pub(super) tone: Tone,
    /// The subject, in a word or two.
    pub(super) who: &'static str,
    pub(super) words: String,
    /// Lines quoted below it verbatim.
    pub(super) quoted: Vec<String>,
}

/// Sends lines to the feed. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Asides(mpsc::UnboundedSender<Aside>);

impl Asides {
    /// With the receiving end.
    pub(super) fn new() -> (Self, mpsc::UnboundedReceiver<Aside>) {
        let (sender, heard) = mpsc::unbounded_channel();
        (Asides(sender), heard)
    }

    pub(super) fn tell(
        &self,
        at: Timestamp,
        tone: Tone,
        who: &'static str,
        words: impl Into<String>,
    ) {
        self.quote(at, tone, who, words, Vec::new());
    }

    pub(super) fn quote(
        &self,
        at: Timestamp,
        tone: Tone,
        who: &'static str,
        words: impl Into<String>,
        quoted: Vec<String>,
    ) {
        // Without a receiver, the demo is ending.
        let _ = self.0.send(Aside {
            at,
            tone,
            who,
            words: words.into(),
            quoted,
        });
    }
}
