//! The events as the service streams them, line by line, with the story's date below.

use std::{collections::BTreeMap, convert::Infallible, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::watch;
use tonic::Streaming;

use super::{error::DemoError, time::StoryTime};
use crate::{
    client::{CallError, Client, Description, Zone, describe, instant, word, words},
    proto::v1,
    terminal::{Terminal, Tone, shortened},
    time_source::TimeSource as _,
};

/// How often the date at the bottom is drawn.
const TICK: Duration = Duration::from_millis(100);

/// The number of the last event shown, by complaint.
pub(super) type Shown = BTreeMap<String, i64>;

/// Prints the stream of events.
#[derive(Debug)]
pub(super) struct Feed<'a> {
    client: Client,
    terminal: &'a mut Terminal,
    zone: Zone,
    time: &'a StoryTime,
    bar: ProgressBar,
    known: BTreeMap<String, v1::Complaint>,
    shown: watch::Sender<Shown>,
}

impl<'a> Feed<'a> {
    pub(super) fn new(
        client: Client,
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
            terminal,
            zone,
            time,
            bar,
            known: BTreeMap::new(),
            shown: watch::Sender::new(Shown::new()),
        }
    }

    /// Tells how far the feed has come.
    pub(super) fn shown(&self) -> watch::Receiver<Shown> {
        self.shown.subscribe()
    }

    /// Prints events until it is dropped; returns only with what went wrong.
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
                        self.show(event).await?;
                    }
                }
                _ = tick.tick() => self.draw_date(),
            }
        }
    }

    async fn show(&mut self, event: v1::Event) -> Result<(), DemoError> {
        let Description { tone, mut words } = describe(&event, |at| self.zone.short_or_dash(at));
        let complaint = self.complaint(&event.complaint).await?;
        let (number, language) = (
            complaint.tracking_number.clone(),
            word::<v1::Language>(complaint.language),
        );

        if event.sequence == 1 {
            words = format!("{words}: {}", who_and_what(complaint));
        }
        let at = instant(event.event_time)
            .map(|at| self.zone.short(at))
            .unwrap_or_default();
        let (at, words) = (
            self.terminal.paint(Tone::Quiet, at),
            self.terminal.paint(tone, words),
        );
        let line = format!("{at}  {number}  {language}  {words}");
        self.bar.suspend(|| self.terminal.line(line))?;
        self.shown.send_modify(|shown| {
            shown.insert(event.complaint, event.sequence);
        });
        Ok(())
    }

    /// The stream names complaints; whose they are is asked once for each.
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
