//! Prints the service's event stream line by line, with the story's date at the bottom.

use std::{collections::BTreeMap, convert::Infallible, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tonic::Streaming;

use super::{
    aside::Aside,
    error::DemoError,
    time::{ATTENTION, StoryTime},
};
use crate::{
    client::{CallError, Client, Description, Zone, describe, instant, word, words},
    proto::v1::{self, event::Fact},
    terminal::{Terminal, Tone, shortened},
    time_source::TimeSource as _,
};

/// The longest line.
const WIDTH: usize = 80;
/// The column of the event text, after the time, the number and the language.
const INDENT: usize = 26;
/// The indent of quoted text.
const QUOTED: usize = 2;
/// How often the date at the bottom is redrawn.
const TICK: Duration = Duration::from_millis(100);

/// The number of the last event shown, by complaint.
pub(super) type Shown = BTreeMap<String, i64>;

/// Prints the event stream.
#[derive(Debug)]
pub(super) struct Feed<'a> {
    client: Client,
    asides: mpsc::UnboundedReceiver<Aside>,
    terminal: &'a mut Terminal,
    zone: Zone,
    time: &'a StoryTime,
    bar: ProgressBar,
    /// The day of the last line.
    day: String,
    known: BTreeMap<String, v1::Complaint>,
    shown: watch::Sender<Shown>,
}

impl<'a> Feed<'a> {
    pub(super) fn new(
        (client, asides): (Client, mpsc::UnboundedReceiver<Aside>),
        terminal: &'a mut Terminal,
        zone: Zone,
        time: &'a StoryTime,
    ) -> Self {
        let bar = if terminal.is_interactive() {
            bar(time)
        } else {
            ProgressBar::hidden()
        };
        Feed {
            client,
            asides,
            terminal,
            zone,
            time,
            bar,
            day: String::new(),
            known: BTreeMap::new(),
            shown: watch::Sender::new(Shown::new()),
        }
    }

    /// Reports how far the feed has come.
    pub(super) fn shown(&self) -> watch::Receiver<Shown> {
        self.shown.subscribe()
    }

    /// Prints events until dropped; returns only on failure.
    pub(super) async fn follow(
        &mut self,
        mut events: Streaming<v1::WatchEventsResponse>,
    ) -> Result<Infallible, DemoError> {
        let mut tick = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                next = events.message() => {
                    let next = next.map_err(CallError::from)?.ok_or(DemoError::StreamEnded)?;
                    if let Some(event) = next.event {
                        self.time.attend(ATTENTION);
                        self.show(event).await?;
                    }
                }
                Some(aside) = self.asides.recv() => self.say(&aside)?,
                _ = tick.tick() => self.draw_date(),
            }
        }
    }

    /// Prints what is left.
    pub(super) fn finish(&mut self) -> Result<(), DemoError> {
        while let Ok(aside) = self.asides.try_recv() {
            self.say(&aside)?;
        }
        Ok(())
    }

    async fn show(&mut self, event: v1::Event) -> Result<(), DemoError> {
        let Description { tone, mut words } = describe(&event, |at| self.zone.short_or_dash(at));
        let complaint = self.complaint(&event.complaint).await?;
        let whose = format!(
            "{} {}",
            complaint.tracking_number,
            word::<v1::Language>(complaint.language),
        );
        if event.sequence == 1 {
            words = format!("{words}: {}", who_and_what(complaint));
        }
        if !is_said_by_another(&event) {
            let at = instant(event.event_time).unwrap_or_default();
            self.line(at, &whose, tone, &words)?;
        }
        self.shown.send_modify(|shown| {
            shown.insert(event.complaint, event.sequence);
        });
        Ok(())
    }

    fn say(&mut self, aside: &Aside) -> Result<(), DemoError> {
        let Aside {
            at,
            tone,
            who,
            words,
            quoted,
        } = aside;
        self.line(*at, who, *tone, words)?;
        for line in quoted {
            for part in quotation(line) {
                let line = self.terminal.paint(Tone::Quiet, part);
                self.bar.suspend(|| self.terminal.line(line))?;
            }
        }
        Ok(())
    }

    /// Prints a line, wrapped if necessary, under the heading of its day.
    fn line(&mut self, at: Timestamp, who: &str, tone: Tone, words: &str) -> Result<(), DemoError> {
        let (day, time) = self.zone.day_and_time(at);
        if day != self.day {
            let heading = self.terminal.paint(Tone::Strong, format!("\n{day}"));
            self.bar.suspend(|| self.terminal.line(heading))?;
            self.day = day;
        }
        for (place, part) in wrapped(words, WIDTH - INDENT).iter().enumerate() {
            let before = if place == 0 {
                format!("{time}  {who:<18} ")
            } else {
                " ".repeat(INDENT)
            };
            let before = self.terminal.paint(Tone::Quiet, before);
            let line = format!("{before}{}", self.terminal.paint(tone, part));
            self.bar.suspend(|| self.terminal.line(line))?;
        }
        Ok(())
    }

    /// The stream only names complaints; each one is fetched once.
    async fn complaint(&mut self, name: &str) -> Result<&v1::Complaint, DemoError> {
        if !self.known.contains_key(name) {
            let request = v1::GetComplaintRequest {
                name: name.to_owned(),
                read_mask: None,
            };
            let complaint = self
                .client
                .get_complaint(request)
                .await
                .map_err(CallError::from)?
                .into_inner();
            self.known.insert(name.to_owned(), complaint);
        }
        self.known.get(name).ok_or(DemoError::StreamEnded)
    }

    fn draw_date(&self) {
        self.bar.set_position(self.time.progress().0);
        self.bar.set_message(self.zone.short(self.time.now()));
    }
}

impl Drop for Feed<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn bar(time: &StoryTime) -> ProgressBar {
    let bar = ProgressBar::new(time.progress().1);
    match ProgressStyle::with_template("{msg}  {bar:50}  {percent}%") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Whether adjacent lines say the same: that a text was written, next to the act that it is about and its sending; and the
/// assignment of a complaint that was just filed.
fn is_said_by_another(event: &v1::Event) -> bool {
    match &event.fact {
        Some(Fact::NoticeIssued(issued)) => issued.kind() != v1::NoticeKind::Recourse,
        Some(Fact::Assigned(_)) => event.sequence == 2,
        _ => false,
    }
}

/// A quoted line, wrapped if necessary.
fn quotation(line: &str) -> Vec<String> {
    let width = WIDTH - QUOTED;
    let lines = if line.chars().count() <= width {
        vec![line.to_owned()]
    } else {
        wrapped(line, width)
    };
    let indented = lines
        .into_iter()
        .map(|line| format!("{:QUOTED$}{line}", ""));
    indented.map(|line| line.trim_end().to_owned()).collect()
}

/// Wraps a text at this width, between words.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(line) = lines.last_mut() else { break };
        let taken = line.chars().count();
        if taken > 0 && taken + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if taken > 0 {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

fn who_and_what(complaint: &v1::Complaint) -> String {
    let name = complaint
        .customer
        .as_ref()
        .map_or("", |customer| customer.full_name.as_str());
    match complaint.issues.first() {
        Some(issue) => format!(
            "{name}, {}, {}: “{}”",
            words::<v1::ServiceKind>(issue.service),
            words::<v1::IssueCategory>(issue.category),
            shortened(&issue.description, 60),
        ),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_broken_between_words() {
        assert_eq!(wrapped("über zwei Zeilen", 9), ["über zwei", "Zeilen"]);
        assert_eq!(wrapped("short", 9), ["short"]);
        assert_eq!(wrapped("", 9), [""]);
        assert_eq!(wrapped("unbreakable or not", 9), ["unbreakable", "or not"]);
    }

    #[test]
    fn what_is_quoted_keeps_its_columns_if_it_fits() {
        assert_eq!(quotation("a    b"), ["  a    b"]);
        assert_eq!(quotation(""), [""]);
        let long = quotation(&"word ".repeat(20));
        assert_eq!(long.len(), 2);
        assert!(long.iter().all(|line| line.chars().count() <= WIDTH));
    }
}
