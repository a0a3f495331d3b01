//! What is told between the events: of the mail, the webhooks and the staff that the story shows.

use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::terminal::Tone;

/// Something to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Aside {
    pub(super) at: Timestamp,
    pub(super) tone: Tone,
    /// Who is heard of: in a word or two.
    pub(super) who: &'static str,
    pub(super) words: String,
    /// Lines to be shown below it as they are.
    pub(super) quoted: Vec<String>,
}

/// Where it is told. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Asides(mpsc::UnboundedSender<Aside>);

impl Asides {
    /// And where it is heard.
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
        // Once nobody listens, the demo is ending.
        let _ = self.0.send(Aside {
            at,
            tone,
            who,
            words: words.into(),
            quoted,
        });
    }
}
