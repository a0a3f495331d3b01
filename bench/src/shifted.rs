//! The service at another time: everything as `redress serve` has it, but a time source that is ahead of the machine's time,
//! or behind it. So what falls due on another day can be watched today, at the pace at which it happens.

use std::{
    ffi::OsString,
    future::Future,
    io,
    pin::Pin,
    sync::{Arc, OnceLock},
    time::Duration,
};

use clap::Parser as _;
use jiff::{SignedDuration, Timestamp};
use redress::{
    app::{App, AppConfig},
    cli::{Cli, Command},
    outbox::{OutboxSettings, egress::EgressSettings},
    signals::Signals,
    store::{Limits, Storage},
    telemetry::{self, LogFormat, Metrics},
    terminal::Terminal,
    time_source::{Stopwatch, SystemTime, TimeSource},
};

use crate::error::BenchError;

/// The first argument that makes this program the service at another time. The instant at which its time stands comes next,
/// then the words of the service's own command line. A line on its standard input says by how many microseconds its time is
/// ahead of the machine's, from then on: so however long it takes to come up, it is up in time.
pub(crate) const WORD: &str = "redress-shifted";

/// A time that stands still at first, and then goes on as the machine's does.
#[derive(Debug)]
pub(crate) struct Shifted {
    stands_at: Timestamp,
    ahead: OnceLock<SignedDuration>,
}

impl Shifted {
    fn standing(at: Timestamp) -> Shifted {
        Shifted {
            stands_at: at,
            ahead: OnceLock::new(),
        }
    }

    /// Lets it go on; once.
    fn let_go(&self, ahead: SignedDuration) {
        let _ = self.ahead.set(ahead);
    }
}

impl TimeSource for Shifted {
    fn now(&self) -> Timestamp {
        match self.ahead.get() {
            Some(ahead) => ahead_of_machine(*ahead),
            None => self.stands_at,
        }
    }

    /// While it stands, as if it went on from now: whoever is back early looks again.
    fn past(&self, at: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let machine = SystemTime.now();
        let wait = at.duration_since(self.now());
        Box::pin(async move {
            SystemTime
                .past(machine.saturating_add(wait).unwrap_or(machine))
                .await;
        })
    }
}

/// The machine's time and so much.
pub(crate) fn ahead_of_machine(ahead: SignedDuration) -> Timestamp {
    let now = SystemTime.now();
    now.saturating_add(ahead).unwrap_or(now)
}

/// Serves until it is asked to end.
pub(crate) async fn serve(mut words: impl Iterator<Item = OsString>) -> Result<(), BenchError> {
    let stands_at = words.next().unwrap_or_default();
    let stands_at = stands_at.to_str().and_then(|at| at.parse().ok());
    let time = Arc::new(Shifted::standing(stands_at.unwrap_or_default()));
    tokio::task::spawn_blocking({
        let time = Arc::clone(&time);
        move || wait_for_word(&time)
    });
    // The service's own reading of its command line and environment, with its own defaults.
    let cli = Cli::parse_from([OsString::from(WORD)].into_iter().chain(words));
    let Command::Serve(args) = cli.command else {
        return Ok(());
    };
    let mut signals = Signals::listen().map_err(BenchError::Signals)?;
    let telemetry = telemetry::init(&telemetry::Settings {
        log_format: args.log_format.unwrap_or(LogFormat::Json),
        service_name: "redress".to_owned(),
    })?;
    let app = App::start(AppConfig {
        listen: args.listen,
        tls: None,
        probes: None,
        database_url: args.database.required()?,
        migrate: args.migrate,
        pool_size: args.pool_size,
        watchers: args.max_watchers,
        heartbeat: Duration::from_secs(args.heartbeat_seconds.into()),
        limits: Limits::default(),
        storage: Storage::default(),
        policy_dir: args.policy_dir,
        calendar_dir: args.calendar_dir,
        brand_dir: args.brand_dir,
        secret_key: None,
        egress: EgressSettings::default(),
        outbox: OutboxSettings::default(),
        drain: Duration::from_secs(args.drain_seconds.into()),
        issuers: Vec::new(),
        client_subjects: None,
        callers: args.callers.limits(),
        mail: None,
        read_record: args.reads.settings(),
        kafka: None,
        staff: None,
        staff_from: None,
        time: Arc::<Shifted>::clone(&time),
        uptime: Arc::new(Stopwatch::start()),
        metrics: Metrics::off(),
    })
    .await?;
    let line = format!(
        "Redress listens on http://{}, at {}",
        app.address,
        time.now()
    );
    let said = Terminal::stdout().line(line);
    said.map_err(|source| BenchError::io("write", "standard output", source))?;
    signals.next().await;
    app.stop().await?;
    telemetry.shutdown().await;
    Ok(())
}

/// Blocks until its input says how to go on. Without a word it stands.
fn wait_for_word(time: &Shifted) {
    let mut line = String::new();
    let read = io::stdin().read_line(&mut line);
    if let Some(micros) = read.ok().and_then(|_| line.trim().parse().ok()) {
        time.let_go(SignedDuration::from_micros(micros));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stands_until_it_is_let_go_and_then_keeps_its_distance_from_the_machines() {
        let time = Shifted::standing(Timestamp::UNIX_EPOCH);
        assert_eq!(time.now(), Timestamp::UNIX_EPOCH);
        let ahead = SignedDuration::from_hours(-30);
        time.let_go(ahead);
        let before = SystemTime.now();
        let shifted = time.now();
        let after = SystemTime.now();
        assert!(before + ahead <= shifted && shifted <= after + ahead);
    }

    #[tokio::test]
    async fn what_lies_behind_the_shifted_time_is_not_waited_for() {
        let time = Shifted::standing(Timestamp::UNIX_EPOCH);
        time.let_go(SignedDuration::from_hours(30));
        // A day ahead of the machine's time, hours behind the shifted one.
        let at = SystemTime.now() + SignedDuration::from_hours(24);
        let waited = tokio::time::timeout(Duration::from_secs(5), time.past(at));
        waited.await.unwrap();
    }
}
