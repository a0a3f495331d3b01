//! `redress demo`: three weeks of fictional complaints in about a minute, through the real API, on a real database, with the real
//! scheduler. Only the time is simulated.

mod aside;
mod cast;
mod delivery;
mod director;
#[cfg(test)]
mod dry_run;
mod error;
mod feed;
mod home;
mod perform;
mod script;
mod stage;
mod summary;
mod time;

use std::{path::PathBuf, sync::Arc, time::Duration};

use jiff::SignedDuration;
use tokio::sync::watch;

pub use self::error::DemoError;
use self::{
    aside::Asides,
    delivery::{Deliveries, Receivers, Setting, UnderWay},
    director::Filed,
    error::AT_MOST,
    feed::{Feed, Shown},
    home::Home,
    perform::Performer,
    script::Scenario,
    stage::{Props, TemporaryPostgres},
    summary::Summary,
    time::StoryTime,
};
use crate::{
    access::Role,
    api::auth::{DevKey, Grant},
    app::{App, SecretKey},
    calendar::{Calendar, CalendarBook},
    client::{self, CallError, Target, Token, Zone},
    proto::v1,
    signals::Signals,
    terminal::{Terminal, Tone},
    time_source::TimeSource as _,
};

/// The calendar of the story's policy.
const CALENDAR: &str = "ca-federal";
/// The name by which the service knows the demo.
const DIRECTOR: &str = "demo";
/// How long the token is valid, in story time.
const PERIOD: SignedDuration = SignedDuration::from_hours(24 * 60);
/// How long the feed may take to show what is committed.
const FEED_LAG: Duration = Duration::from_secs(15);

/// Plays the story. Whatever happens, including Ctrl-C, only the folder with the mail is left behind.
///
/// # Errors
/// When anything went wrong.
pub async fn run(mut terminal: Terminal, mail_dir: Option<PathBuf>) -> Result<(), DemoError> {
    // From here on signals are deferred until they are polled, so that no start is interrupted half-way.
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
    let played = match Home::open(mail_dir) {
        Ok(home) => play(&postgres, &home, &mut signals, &mut terminal).await,
        Err(error) => Err(error),
    };
    let cleared = tokio::task::spawn_blocking(|| postgres.clear_away()).await?;
    played.and(cleared.map_err(DemoError::from))
}

/// Runs the service during the story, and shuts it down in order even if the story is interrupted.
async fn play(
    postgres: &TemporaryPostgres,
    home: &Home,
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
    let receivers = Receivers::start(&time).await?;
    let secret_key = SecretKey::generate()?;
    let props = Props {
        time: Arc::clone(&time),
        key: &key,
        secret_key: secret_key.clone(),
        home,
        allowed: receivers.allowed()?,
    };
    let app = tokio::select! {
        app = stage::start_service(postgres.url(), props) => app?,
        ending = signals.next() => return Err(DemoError::Ended(ending)),
    };
    let telling = Telling {
        app: &app,
        token: &token,
        postgres,
        home,
        key: &secret_key,
        time: &time,
        calendar,
    };
    let told = tokio::select! {
        told = tokio::time::timeout(AT_MOST, telling.tell(receivers, terminal)) => {
            told.unwrap_or(Err(DemoError::TooSlow))
        }
        ending = signals.next() => Err(DemoError::Ended(ending)),
    };
    let stopped = app.stop().await;
    told.and(stopped.map_err(DemoError::from))
}

/// One system, which acts for everybody, plays the whole story.
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

/// The dependencies of the story.
struct Telling<'a> {
    app: &'a App,
    token: &'a Token,
    postgres: &'a TemporaryPostgres,
    home: &'a Home,
    key: &'a SecretKey,
    time: &'a Arc<StoryTime>,
    calendar: &'a Calendar,
}

impl Telling<'_> {
    /// Plays the story, then prints the summary.
    async fn tell(&self, receivers: Receivers, terminal: &mut Terminal) -> Result<(), DemoError> {
        let server = format!("http://{}", self.app.address);
        terminal.toned(Tone::Quiet, self.opening(&server))?;
        let scenarios = cast::scenarios();
        let target = Target::at(&server, self.token.clone());
        let client = client::connect(&target).await?;
        serve_another_brand(&target).await?;
        let (asides, heard) = Asides::new();
        let setting = Setting {
            target: &target,
            key: self.key,
            home: self.home,
            time: Arc::clone(self.time),
            calendar: self.calendar,
            asides,
            actor: DIRECTOR,
        };
        let mut deliveries = Deliveries::begin(&setting, receivers).await?;
        let tally = deliveries.tally();
        let summary = {
            let zone = Zone::from(self.calendar.zone().clone());
            let mut feed = Feed::new((client.clone(), heard), terminal, zone, self.time);
            let shown = feed.shown();
            // From the beginning of the log, so that nothing is missed before the first filing.
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
            let performer = Performer {
                client,
                dispatches: client::connect_dispatches(&target).await?,
                zone: self.calendar.zone().clone(),
            };
            let under_way = deliveries.under_way();
            let summary = tokio::select! {
                failed = feed.follow(events) => match failed? {},
                failed = deliveries.failed() => return Err(failed),
                summary = act(&scenarios, performer, self.time, (shown, under_way)) => summary?,
            };
            feed.finish()?;
            summary
        };
        let arrived = tally.counts();
        summary.print(&arrived, self.home.mail(), terminal)?;
        summary.check(&arrived)
    }

    fn opening(&self, server: &str) -> String {
        format!(
            "It listens on {server}, with\n{},\non Postgres {} in\n{}.\nMail goes into this folder, which stays:\n{}\n",
            self.app.policies.join(", "),
            self.postgres.version(),
            self.postgres.directory().display(),
            self.home.mail().display()
        )
    }
}

/// Activates the other brand of the story in addition to the built-in one.
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
    mut performer: Performer,
    time: &StoryTime,
    (shown, under_way): (watch::Receiver<Shown>, UnderWay),
) -> Result<Summary<'a>, DemoError> {
    time.begin();
    let filed: Vec<Filed<'a>> = director::play(scenarios, &mut performer, time).await?;
    under_way.arrives().await?;
    let summary = Summary::gather(filed, performer.client).await?;
    await_feed(shown, &summary.last_events(), FEED_LAG).await?;
    Ok(summary)
}

/// Waits until the feed has shown every committed event.
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
