//! `redress demo`: three weeks of invented complaints in about a minute, over the real API, on the real database, with
//! the real scheduler. Only the time is not real.

mod cast;
mod director;
#[cfg(test)]
mod dry_run;
mod error;
mod feed;
mod perform;
mod script;
mod stage;
mod summary;
mod time;

use std::{path::PathBuf, sync::Arc, time::Duration};

use jiff::{SignedDuration, tz::TimeZone};
use tokio::sync::watch;

pub use self::error::DemoError;
use self::{
    director::Filed,
    error::AT_MOST,
    feed::{Feed, Shown},
    perform::Performer,
    script::Scenario,
    stage::{MailFolder, TemporaryPostgres},
    summary::Summary,
    time::StoryTime,
};
use crate::{
    access::Role,
    api::auth::{DevKey, Grant},
    app::App,
    calendar::{Calendar, CalendarBook},
    client::{self, CallError, Client, Target, Token, Zone},
    proto::v1,
    signals::Signals,
    terminal::{Terminal, Tone},
    time_source::TimeSource as _,
};

/// The calendar in which the story's policy counts.
const CALENDAR: &str = "ca-federal";
/// As whom the service knows the demo.
const DIRECTOR: &str = "demo";
/// For how long, in the story's time.
const PERIOD: SignedDuration = SignedDuration::from_hours(24 * 60);
/// How long the feed may take to show what is committed already.
const FEED_LAG: Duration = Duration::from_secs(15);

/// Plays the story. Whatever happens, and on Ctrl-C, nothing is left behind but mail, if there is a folder for it.
///
/// # Errors
/// When anything in it did not go as it should.
pub async fn run(mut terminal: Terminal, mail_dir: Option<PathBuf>) -> Result<(), DemoError> {
    // From here on a signal waits until it is asked for, so that no start is interrupted half-way.
    let mut signals = Signals::listen_in_terminal().map_err(DemoError::Signals)?;
    terminal.toned(
        Tone::Strong,
        "Redress: three weeks of complaints in about a minute",
    )?;
    terminal.toned(
        Tone::Quiet,
        "Everything is real but the people and the time. Starting a private Postgres …",
    )?;
    let postgres = tokio::task::spawn_blocking(TemporaryPostgres::start).await??;
    let mail = MailFolder::at(mail_dir);
    let played = play(&postgres, &mail, &mut signals, &mut terminal).await;
    let cleared = tokio::task::spawn_blocking(|| postgres.clear_away()).await?;
    played.and(cleared.map_err(DemoError::from))
}

/// Has the service up while the story is told. It goes down in order even when the story is broken off.
async fn play(
    postgres: &TemporaryPostgres,
    mail: &MailFolder,
    signals: &mut Signals,
    terminal: &mut Terminal,
) -> Result<(), DemoError> {
    let calendars = CalendarBook::builtin()?;
    let calendar = calendars
        .get(CALENDAR)
        .ok_or_else(|| DemoError::Calendar(format!("there is no {CALENDAR}")))?;
    let time = Arc::new(story_time(calendar)?);
    let key = DevKey::generate()?;
    let token = Token::of(&key.sign(&everything(), time.now()))?;
    let app = tokio::select! {
        app = stage::start_service(postgres.url(), Arc::clone(&time), &key, mail) => app?,
        ending = signals.next() => return Err(DemoError::Ended(ending)),
    };
    let told = tokio::select! {
        told = tokio::time::timeout(AT_MOST, tell(&app, &token, (postgres, mail), &time, calendar.zone(), terminal)) => {
            told.unwrap_or(Err(DemoError::TooSlow))
        }
        ending = signals.next() => Err(DemoError::Ended(ending)),
    };
    let stopped = app.stop().await;
    told.and(stopped.map_err(DemoError::from))
}

/// The whole story is told by one system, which acts for everybody in it.
fn everything() -> Grant {
    Grant {
        subject: DIRECTOR.to_owned(),
        roles: vec![Role::Integration, Role::Supervisor, Role::Administrator],
        brands: vec!["*".to_owned()],
        queues: Vec::new(),
        period: PERIOD,
    }
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
    token: &Token,
    (postgres, mail): (&TemporaryPostgres, &MailFolder),
    time: &StoryTime,
    zone: &TimeZone,
    terminal: &mut Terminal,
) -> Result<(), DemoError> {
    let server = format!("http://{}", app.address);
    let line = format!(
        "It listens on {server}, with {}, on Postgres {} in {}.\n{}\n",
        app.policies.join(", "),
        postgres.version(),
        postgres.directory().display(),
        mail.described()
    );
    terminal.toned(Tone::Quiet, line)?;
    let scenarios = cast::scenarios();
    let target = Target::at(&server, token.clone());
    let client = client::connect(&target).await?;
    serve_another_brand(&target).await?;
    let summary = {
        let mut feed = Feed::new(client.clone(), terminal, Zone::from(zone.clone()), time);
        let shown = feed.shown();
        // From the beginning, so that nothing is missed between here and the first filing.
        let watch = v1::WatchEventsRequest {
            from_beginning: true,
            kinds: Vec::new(),
            include_text: false,
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
            summary = act(&scenarios, client, zone, time, shown) => summary?,
        }
    };
    summary.print(terminal)?;
    summary.check()
}

/// Puts the other brand of the story into use beside the built-in one.
async fn serve_another_brand(target: &Target) -> Result<(), DemoError> {
    let request = v1::ActivateBrandRequest {
        brand_file: Some(v1::TextFile {
            file: "harbour.toml".to_owned(),
            text: script::HARBOUR_FILE.to_owned(),
        }),
        actor: DIRECTOR.to_owned(),
    };
    let mut brands = client::connect_brands(target).await?;
    let activated = brands.activate_brand(request).await;
    activated.map_err(CallError::from)?;
    Ok(())
}

async fn act<'a>(
    scenarios: &'a [Scenario],
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
    let filed: Vec<Filed<'a>> = director::play(scenarios, &mut performer, time).await?;
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
