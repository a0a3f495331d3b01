//! `redress demo`: three weeks of invented complaints in about a minute, over the real API, on the real database, with
//! the real scheduler. Only the time is not real.

mod cast;
mod director;
#[cfg(test)]
mod dry_run;
mod feed;
mod perform;
mod script;
mod stage;
mod summary;
mod time;

use std::{io, sync::Arc, time::Duration};

use jiff::tz::TimeZone;
use tokio::sync::watch;

use self::{
    director::Filed,
    feed::{Feed, Shown},
    perform::Performer,
    script::Case,
    stage::TemporaryPostgres,
    summary::Summary,
    time::StoryTime,
};
use crate::{
    app::{App, AppError},
    calendar::{Calendar, CalendarBook, CalendarError},
    cli::{Failure, Signals},
    client::{self, CallError, Client, Zone},
    embedded::EmbeddedError,
    proto::v1,
    store::UrlError,
    terminal::{Terminal, Tone},
};

/// The calendar in which the story's policy counts.
const CALENDAR: &str = "ca-federal";
/// Longer than any machine needs: a demo that hangs is a demo that failed.
const AT_MOST: Duration = Duration::from_secs(300);
/// How long the feed may take to show what is committed already.
const FEED_LAG: Duration = Duration::from_secs(15);

/// Why the demonstration did not go as it should.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The private Postgres did not do what was asked.
    #[error("{0}")]
    Postgres(#[from] EmbeddedError),
    /// The service did not start.
    #[error("the service did not start: {0}")]
    App(#[from] AppError),
    /// The private Postgres has a URL that is none.
    #[error("{0}")]
    Url(#[from] UrlError),
    /// A built-in calendar is wrong, or missing.
    #[error("the calendar of the story cannot be used: {0}")]
    Calendar(String),
    /// A time of the script does not exist.
    #[error("the script names a time that does not exist: {0}")]
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
    #[error("by itself the service should have caused, and did not: {}", .0.join(", "))]
    NotCaused(Vec<&'static str>),
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

/// Plays the story. Whatever happens, and on Ctrl-C, nothing is left behind.
///
/// # Errors
/// When anything in it did not go as it should.
pub async fn run(mut terminal: Terminal) -> Result<(), Failure> {
    // From here on a signal waits until it is asked for, so that no start is interrupted half-way.
    let mut signals = Signals::listen_in_terminal()?;
    terminal.toned(
        Tone::Strong,
        "Redress: three weeks of complaints in about a minute",
    )?;
    terminal.toned(
        Tone::Quiet,
        "Everything is real but the people and the time. Starting a private Postgres …",
    )?;
    let postgres = tokio::task::spawn_blocking(TemporaryPostgres::start)
        .await?
        .map_err(DemoError::from)?;
    let played = play(&postgres, &mut signals, &mut terminal).await;
    let cleared = tokio::task::spawn_blocking(|| postgres.clear_away()).await?;
    match played {
        // Told as such, so that a closed pipe is no failure of the demo.
        Err(Failure::Demo(DemoError::Output(error))) => Err(Failure::Output(error)),
        Err(failure) => Err(failure),
        Ok(()) => Ok(cleared.map_err(DemoError::from)?),
    }
}

/// Has the service up while the story is told. It goes down in order even when the story is broken off.
async fn play(
    postgres: &TemporaryPostgres,
    signals: &mut Signals,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let calendars = CalendarBook::builtin()?;
    let calendar = calendars
        .get(CALENDAR)
        .ok_or_else(|| DemoError::Calendar(format!("there is no {CALENDAR}")))?;
    let time = Arc::new(story_time(calendar)?);
    let app = tokio::select! {
        app = stage::start_service(postgres.url(), Arc::clone(&time)) => app?,
        ending = signals.next() => return Err(Failure::Ended(ending)),
    };
    let told = tokio::select! {
        told = tokio::time::timeout(AT_MOST, tell(&app, postgres, &time, calendar.zone(), terminal)) => {
            told.unwrap_or(Err(DemoError::TooSlow)).map_err(Failure::from)
        }
        ending = signals.next() => Err(Failure::Ended(ending)),
    };
    let stopped = app.stop().await;
    told.and(stopped.map_err(Failure::from))
}

fn story_time(calendar: &Calendar) -> Result<StoryTime, DemoError> {
    let zone = calendar.zone();
    let (start, end) = (
        zone.to_timestamp(script::START)?,
        zone.to_timestamp(script::END)?,
    );
    Ok(StoryTime::new(start, end, calendar))
}

/// The story, and then what became of it.
async fn tell(
    app: &App,
    postgres: &TemporaryPostgres,
    time: &StoryTime,
    zone: &TimeZone,
    terminal: &mut Terminal,
) -> Result<(), DemoError> {
    let server = format!("http://{}", app.address);
    let line = format!(
        "It listens on {server}, with {}, on Postgres {} in {}.\n",
        app.policies.join(", "),
        postgres.version(),
        postgres.directory().display()
    );
    terminal.toned(Tone::Quiet, line)?;
    let cases = cast::cases();
    let client = client::connect(&server).await?;
    let summary = {
        let mut feed = Feed::new(client.clone(), terminal, Zone::from(zone.clone()), time);
        let shown = feed.shown();
        // From the beginning, so that nothing is missed between here and the first filing.
        let watch = v1::WatchEventsRequest {
            from_beginning: true,
            kinds: Vec::new(),
            ..Default::default()
        };
        let events = client
            .clone()
            .watch_events(watch)
            .await
            .map_err(CallError::from)?
            .into_inner();
        tokio::select! {
            failed = feed.follow(events) => match failed? {},
            summary = act(&cases, client, zone, time, shown) => summary?,
        }
    };
    summary.print(terminal)?;
    summary.check()
}

async fn act<'a>(
    cases: &'a [Case],
    client: Client,
    zone: &TimeZone,
    time: &StoryTime,
    shown: watch::Receiver<Shown>,
) -> Result<Summary<'a>, DemoError> {
    time.begin();
    let mut performer = Performer {
        client: client.clone(),
        zone: zone.clone(),
    };
    let filed: Vec<Filed<'a>> = director::play(cases, &mut performer, time).await?;
    let summary = Summary::gather(filed, client).await?;
    await_feed(shown, &summary.last_events(), FEED_LAG).await?;
    Ok(summary)
}

/// Waits until the feed has shown every event that is committed.
async fn await_feed(
    mut shown: watch::Receiver<Shown>,
    committed: &Shown,
    lag: Duration,
) -> Result<(), DemoError> {
    let missing = |shown: &Shown| {
        committed
            .iter()
            .filter(|(name, last)| shown.get(*name) < Some(*last))
            .count()
    };
    let complete = tokio::time::timeout(lag, shown.wait_for(|shown| missing(shown) == 0))
        .await
        .is_ok_and(|seen| seen.is_ok());
    if complete {
        return Ok(());
    }
    let complaints = missing(&shown.borrow());
    Err(DemoError::EventsMissing { complaints })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_story_ends_only_when_all_that_was_committed_was_shown() {
        let committed = Shown::from([("complaints/a".to_owned(), 3)]);
        let (sender, receiver) = watch::channel(Shown::new());
        sender.send_replace(Shown::from([("complaints/a".to_owned(), 2)]));
        let result = await_feed(receiver.clone(), &committed, Duration::ZERO).await;
        assert!(matches!(
            result,
            Err(DemoError::EventsMissing { complaints: 1 })
        ));
        sender.send_replace(Shown::from([("complaints/a".to_owned(), 4)]));
        assert!(await_feed(receiver, &committed, FEED_LAG).await.is_ok());
    }
}
