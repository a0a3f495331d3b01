//! Messages to staff, as they arrive by mail.

use std::{sync::Arc, time::Duration};

use jiff::{Timestamp, ToSpan as _, civil::Time, tz::TimeZone};

use super::{letter::Letter, tally::Tally};
use crate::{
    calendar::Calendar,
    demo::{
        aside::Asides,
        error::DemoError,
        script::{END, START},
        time::StoryTime,
    },
    terminal::Tone,
    time_source::{Stopwatch, TimeSource as _},
};

/// The digest hour in the sample directory.
pub(super) const DIGESTS: Time = Time::constant(8, 45, 0, 0);
/// How long a digest may take in real time: the service checks once a second whose hour has come.
const AT_MOST: Duration = Duration::from_millis(1_200);
const TICK: Duration = Duration::from_millis(20);
/// The start of a digest's subject.
const DIGEST: &str = "Complaints: ";
/// How many lines of a digest are shown.
const SHOWN: usize = 18;
/// Subjects about a notice that was not delivered.
const NOT_TOLD: [&str; 2] = ["could not be told", "undelivered notice"];

/// Shows the mail of staff.
pub(super) struct Desk {
    pub(super) time: Arc<StoryTime>,
    pub(super) asides: Asides,
    pub(super) tally: Tally,
}

impl Desk {
    pub(super) fn reads(&self, letter: &Letter) {
        let now = self.time.now();
        let to = letter.to.split('@').next().unwrap_or_default();
        let file = letter.file.file_name().unwrap_or_default();
        if letter.subject.starts_with(DIGEST) {
            let first = self.tally.counts().digests == 0;
            self.tally.count(|counts| counts.digests += 1);
            let words = format!("digest for {to}: {}", lowered(&letter.subject));
            if !first {
                self.asides.tell(now, Tone::Strong, "staff", words);
                return;
            }
            let mut quoted = vec![file.to_string_lossy().into_owned(), String::new()];
            quoted.extend(shortened(&letter.text));
            self.asides.quote(now, Tone::Strong, "staff", words, quoted);
            return;
        }
        self.tally.count(|counts| counts.at_once += 1);
        if NOT_TOLD.iter().any(|words| letter.subject.contains(words)) {
            let words = format!("mail to {to}: {}", letter.subject);
            self.asides.tell(now, Tone::Warning, "staff", words);
        }
    }
}

fn lowered(subject: &str) -> &str {
    subject.trim_start_matches(DIGEST)
}

/// The part of a text that is shown.
fn shortened(text: &str) -> Vec<String> {
    let lines = text
        .trim_end()
        .lines()
        .map(|line| line.trim_end().to_owned());
    let mut lines: Vec<String> = lines.collect();
    if lines.len() > SHOWN {
        lines.truncate(SHOWN - 1);
        lines.push("…".to_owned());
    }
    lines
}

/// The digest times of the story.
pub(super) fn mornings(calendar: &Calendar) -> Result<Vec<Timestamp>, DemoError> {
    let zone: &TimeZone = calendar.zone();
    let (mut day, mut mornings) = (START.date(), Vec::new());
    while day <= END.date() {
        if calendar.intervals(day).next().is_some() {
            mornings.push(zone.to_timestamp(day.to_datetime(DIGESTS))?);
        }
        day = day.checked_add(1.day())?;
    }
    Ok(mornings)
}

/// Slows down the story each morning until a digest has arrived or none is expected.
pub(super) async fn wait_for_digests(mornings: Vec<Timestamp>, time: Arc<StoryTime>, tally: Tally) {
    for morning in mornings {
        time.reach(morning).await;
        let (since, before) = (Stopwatch::start(), tally.counts().digests);
        while since.elapsed() < AT_MOST && tally.counts().digests == before {
            time.attend(TICK * 5);
            tokio::time::sleep(TICK).await;
        }
    }
}
