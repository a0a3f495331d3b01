//! The composition root: starts all parts, and stops them in order.
//!
//! Each part starts itself from its own settings, in its own file; only the order is defined here.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio_util::{sync::DropGuard, task::TaskTracker};

use crate::{
    api::{ApiParts, ComplaintApi, EventTeller, read_record::ReadRecorder, rules::Rules},
    calendar::CalendarBook,
    dispatch::mail::MailWorker,
    engine::Committers,
    outbox::{Outbox, Teller, bus::Bus},
    policy::PolicyBook,
    scheduler::Scheduler,
    store::{Store, pending_migrations},
    telemetry::Metrics,
};

mod alerts;
mod base;
mod brands;
mod bus;
mod calendars;
mod catalog;
mod config;
mod egress;
mod entrance;
mod error;
mod exposure;
mod folder;
mod foundation;
mod log;
mod mail;
mod outbox;
mod readiness;
mod secret_key;
mod staff;
mod staff_ways;
mod text_file;
mod time;
mod zones;

pub use self::config::AppConfig;
pub use self::error::AppError;
pub use self::exposure::Exposure;
pub use self::secret_key::{SecretKey, SecretKeyError};
pub use self::staff_ways::{StaffConfig, StaffWays};
pub use self::zones::{ZonesError, zones_in};
use self::{
    base::Base,
    entrance::{Entrance, Server},
    foundation::Foundation,
};
pub(crate) use self::{folder::named_files, text_file::text_of};

/// A running service. Dropping it starts shutdown without waiting: it accepts no more calls, and each part ends by itself.
/// [`App::stop`] shuts it down in order.
#[derive(Debug)]
pub struct App {
    /// The address that it listens on.
    pub address: SocketAddr,
    /// The separate address for probes, if there is one.
    pub probes: Option<SocketAddr>,
    /// The active policies, as `name@version`.
    pub policies: Vec<String>,
    server: Server,
    // Each of these stops its part when dropped. In the order of `stop`: callers first.
    shutdown: DropGuard,
    outbox: Outbox,
    read_recorder: ReadRecorder,
    bus: Option<Bus>,
    mail: Option<MailWorker>,
    tasks: TaskTracker,
    /// How long work in progress may take to finish, apart from calls.
    grace: Duration,
    scheduler: Scheduler,
    committers: Committers,
}

impl App {
    /// Loads the policies and serves.
    ///
    /// # Errors
    /// Why it did not start. Nothing is left running then, nor if this future is dropped before it completes.
    pub async fn start(config: AppConfig) -> Result<App, AppError> {
        let config = Arc::new(config);
        let rules = Arc::new(Rules::read()?);
        // First, so that a second service on the same port fails before it touches the database.
        let entrance = Entrance::open(&config).await?;
        let topic = config.kafka.clone().map(bus::open).transpose()?;
        let mailer = mail::open(&config)?;
        let egress = egress::open(&config)?;
        let foundation = Foundation::lay(&config).await?;
        let authentication = entrance.authentication(&config, &foundation.time).await?;

        let (base, committers) = Base::start(&config, &foundation)?;
        let scheduler = Scheduler::start(
            base.engine.clone(),
            base.store.clone(),
            Arc::clone(&base.time),
            base.metrics.clone(),
            config.read_record.kept,
        )
        .await?;
        let shutdown = base.shutdown.clone().drop_guard();
        let readiness = readiness::start(&base, config.storage.clone()).await;
        log::start(&base);
        let policies = foundation.policies();
        let (staff, directory) = (config.staff.clone(), foundation.directory);
        let staff_mail = mailer.clone().zip(config.staff_from.clone());
        alerts::start(&base, staff_mail.clone(), directory.clone());
        staff::start(&base, staff, directory, (staff_mail, egress.clone()));
        let read_recorder = ReadRecorder::start(
            base.store.read_log(),
            config.read_record.keeping,
            Arc::clone(&base.time),
            base.metrics.clone(),
        );
        let teller = EventTeller::new(read_recorder.record(), base.metrics.clone())?;
        let teller: Arc<dyn Teller> = Arc::new(teller);
        let outbox = outbox::start(&base, &config, egress, Arc::clone(&teller))?;
        let bus = topic.map(|topic| topic.follow(&base, teller));
        let mail = mailer.map(|mailer| mail::start(&base, &config, mailer));

        let api = ComplaintApi::new(ApiParts {
            rules,
            engine: base.engine.clone(),
            reader: base.reader.clone(),
            time: Arc::clone(&base.time),
            news: base.news(),
            shutdown: base.shutdown.clone(),
            read_record: read_recorder.record(),
            subscriptions: outbox.subscriptions(),
            metrics: base.metrics.clone(),
            watchers: usize::try_from(config.watchers).unwrap_or(usize::MAX),
            heartbeat: config.heartbeat,
        });
        let tasks = base.tasks.clone();
        let (address, probes) = (entrance.address(), entrance.probes());
        let server = entrance.serve(&config, authentication, (api, readiness), &base);
        Ok(App {
            address,
            probes,
            policies,
            server,
            shutdown,
            outbox,
            read_recorder,
            bus,
            mail,
            tasks,
            grace: config.drain,
            scheduler,
            committers,
        })
    }

    /// Waits until the server ends, which happens only after [`App::stop`] or a failure.
    ///
    /// # Errors
    /// Why the server ended.
    pub async fn failed(&mut self) -> AppError {
        let ended = (&mut self.server).await;
        // A task can be awaited only once; for `stop`, which comes next, the server has ended.
        self.server = tokio::spawn(async { Ok(()) });
        match ended {
            Ok(Err(error)) => error.into(),
            _ => AppError::Lost,
        }
    }

    /// Accepts no new calls, lets running ones finish, commits accepted commands, and stops. The order: callers first, so that
    /// what they were promised is committed; then deliveries, and the record of reads; then the followers of the log, which
    /// resume at their positions later; then the scheduler; last the engine.
    ///
    /// # Errors
    /// When a part did not end as it should. Everything is stopped all the same.
    pub async fn stop(self) -> Result<(), AppError> {
        drop(self.shutdown);
        let served = self.server.await;
        self.outbox.stop().await;
        self.read_recorder.stop().await;
        if let Some(bus) = self.bus {
            bus.stop().await;
        }
        if let Some(mail) = self.mail {
            mail.stop(self.grace).await;
        }
        self.tasks.close();
        self.tasks.wait().await;
        self.scheduler.stop().await;
        let committers = self.committers;
        let joined = tokio::task::spawn_blocking(move || committers.join()).await;
        served.map_err(|_| AppError::Lost)??;
        joined.map_err(|_| AppError::Lost)
    }
}

/// Opens a database for reading, with every policy that its complaints can name. Changes nothing in it.
///
/// # Errors
/// When the database is unavailable, or its schema is older than this program.
pub fn open_to_read(database_url: &str) -> Result<(Store, PolicyBook), AppError> {
    let pending = pending_migrations(database_url)?;
    if pending > 0 {
        return Err(AppError::NotMigrated { pending });
    }
    let store = Store::connect_to_read(database_url, 1, Metrics::off())?;
    let calendars = CalendarBook::builtin()?;
    let policies = catalog::known(&store, &calendars)?;
    Ok((store, policies))
}
