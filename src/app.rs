//! The composition root: builds everything, and takes it down in order.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    api::{
        ApiParts, ComplaintApi,
        grpc::{self, CallerLimits, Readiness},
    },
    brand::BrandBook,
    calendar::CalendarBook,
    engine::{Committers, Engine, Rules},
    policy::PolicyBook,
    scheduler::{LANES, Scheduler},
    store::{DatabaseUrl, Limits, Reader, Storage, Store, migrate, pending_migrations},
    telemetry::Metrics,
    time_source::{CheckedTime, SharedTime},
};

mod brands;
mod calendars;
mod catalog;
mod error;
mod folder;
mod log;
mod readiness;
mod time;
mod zones;

use self::catalog::Catalog;
pub use self::error::AppError;
pub(crate) use self::folder::named_files;
pub use self::zones::{ZonesError, zones_in};

/// How many threads commit. Two keep a small machine's database busy; more share out the same batches.
const COMMITTERS: usize = 2;
/// Who writes: the committers, the lanes of the sweeper, and a migration of complaints, each on one connection at a time.
const WRITERS: usize = COMMITTERS + LANES + 1;

/// What the service is built from.
#[derive(Debug, Clone)]
pub struct AppConfig {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the database is.
    pub database_url: DatabaseUrl,
    /// Whether to bring the database to this program's schema first. Without it the database must have it, and a role
    /// that may not change the schema is enough.
    pub migrate: bool,
    /// Connections in the pool. One more looks from time to time whether the database is well.
    pub pool_size: u32,
    /// How long the database may take.
    pub limits: Limits,
    /// The disk that it lies on.
    pub storage: Storage,
    /// How many streams of events there are at the most.
    pub watchers: u32,
    /// A folder of policies, in place of the built-in ones of their names.
    pub policy_dir: Option<PathBuf>,
    /// A folder of further calendars.
    pub calendar_dir: Option<PathBuf>,
    /// A folder of brands, in place of the built-in one.
    pub brand_dir: Option<PathBuf>,
    /// How long running calls get to end.
    pub drain: Duration,
    /// How much callers may take.
    pub callers: CallerLimits,
    /// Where `now` comes from. A machine's time is checked against the database's.
    pub time: SharedTime,
    /// What measures.
    pub metrics: Metrics,
}

/// A service that is up. Dropping it starts shutting it down without waiting: it takes no more calls, and each part ends by
/// itself. [`App::stop`] shuts it down in order.
#[derive(Debug)]
pub struct App {
    /// Where it listens.
    pub address: SocketAddr,
    /// The policies at hand that are in use, as `name@version`.
    pub policies: Vec<String>,
    server: JoinHandle<Result<(), grpc::ServeError>>,
    // Each of these ends what it stands for when it is dropped. In the order of `stop`: callers first.
    shutdown: DropGuard,
    scheduler: Scheduler,
    committers: Committers,
}

impl App {
    /// Loads the policies and serves.
    ///
    /// # Errors
    /// What was in the way. Nothing is left running then, nor if this future is dropped before it is done.
    pub async fn start(config: AppConfig) -> Result<App, AppError> {
        // Before anything else, so that a second service on one port fails before it touches the database.
        let listener =
            TcpListener::bind(config.listen)
                .await
                .map_err(|source| AppError::Listen {
                    address: config.listen,
                    source,
                })?;
        let address = listener.local_addr().map_err(|source| AppError::Listen {
            address: config.listen,
            source,
        })?;

        let watchers = usize::try_from(config.watchers).unwrap_or(usize::MAX);
        let metrics = config.metrics.clone();
        let callers = config.callers.clone();
        let prepared = tokio::task::spawn_blocking(move || prepare(&config))
            .await
            .map_err(|_| AppError::Lost)??;
        let Prepared {
            store,
            rules,
            drain,
            time,
            storage,
        } = prepared;
        let observed = Arc::clone(&time);
        metrics.observe_time_offset(move || observed.offset().as_secs_f64());
        let book = rules.policies();
        let names = book.names();
        let policies = book
            .current()
            .filter(|policy| names.contains(policy.name()))
            .map(|policy| policy.reference().to_string())
            .collect();

        let (engine, committers) = Engine::start(
            store.clone(),
            Arc::clone(&rules),
            Arc::clone(&time),
            metrics.clone(),
            COMMITTERS,
        )
        .map_err(AppError::Thread)?;
        let scheduler = Scheduler::start(
            engine.clone(),
            store.clone(),
            Arc::clone(&time),
            metrics.clone(),
        )
        .await?;
        let shutdown = CancellationToken::new();
        let guard = shutdown.clone().drop_guard();
        let lookout = store.lookout(storage);
        let (free, low) = (Arc::clone(store.space()), Arc::clone(store.space()));
        metrics.observe_disk(move || free.free(), move || low.is_low());
        let reader = Reader::new(store.clone(), WRITERS);
        let readiness = Readiness::new().await;
        // Ready from the first moment: the database answered just now.
        readiness.set(time.check().is_ok()).await;
        let (pulse, down) = (Arc::clone(engine.pulse()), shutdown.clone());
        tokio::spawn(readiness::look_out(lookout, Arc::clone(&pulse), down));
        tokio::spawn(readiness::tell(
            pulse,
            Arc::clone(&time),
            readiness.clone(),
            shutdown.clone(),
        ));
        let news = engine.committed();
        tokio::spawn(log::settle(store.clone(), news.clone(), shutdown.clone()));
        let api = ComplaintApi::new(ApiParts {
            engine,
            reader,
            time,
            news,
            shutdown,
            metrics: metrics.clone(),
            watchers,
        });
        let server = tokio::spawn(grpc::serve(
            listener, api, readiness, metrics, callers, drain,
        ));
        Ok(App {
            address,
            policies,
            server,
            shutdown: guard,
            scheduler,
            committers,
        })
    }

    /// Waits until the server ends, which it does only after [`App::stop`] or a failure.
    ///
    /// # Errors
    /// Why the server ended.
    pub async fn failed(&mut self) -> AppError {
        let ended = (&mut self.server).await;
        // A task is awaited once; to `stop`, which comes next, the server has ended.
        self.server = tokio::spawn(async { Ok(()) });
        match ended {
            Ok(Err(error)) => error.into(),
            _ => AppError::Lost,
        }
    }

    /// Takes no new calls, lets the running ones end, commits what was taken, and stops. In this order: callers first, so
    /// that what they were promised is committed; then the schedule; last the engine.
    ///
    /// # Errors
    /// When a part did not end as it should. Everything is down all the same.
    pub async fn stop(self) -> Result<(), AppError> {
        drop(self.shutdown);
        let served = self.server.await;
        self.scheduler.stop().await;
        let committers = self.committers;
        let joined = tokio::task::spawn_blocking(move || committers.join()).await;
        served.map_err(|_| AppError::Lost)??;
        joined.map_err(|_| AppError::Lost)
    }
}

/// A database to read, with every policy that its complaints can name. Changes nothing in it.
///
/// # Errors
/// When the database is away, or its schema is older than this program.
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

/// What is ready before anything runs.
struct Prepared {
    store: Store,
    rules: Arc<Rules>,
    drain: Duration,
    time: SharedTime,
    storage: Storage,
}

fn prepare(config: &AppConfig) -> Result<Prepared, AppError> {
    let database_url = config.database_url.expose();
    if config.migrate {
        migrate(database_url)?;
    }
    let pending = pending_migrations(database_url)?;
    if pending > 0 {
        return Err(AppError::NotMigrated { pending });
    }
    let store = Store::connect_within(
        config.limits,
        database_url,
        config.pool_size,
        config.metrics.clone(),
    )?;
    // A database that was restored from another one is refused here, and not reader by reader.
    if let Err(error) = store.settle_log()
        && !error.passes()
    {
        return Err(error.into());
    }
    let time: SharedTime = if config.time.is_machine_time() {
        let machine = Arc::clone(&config.time);
        Arc::new(CheckedTime::new(machine, store.time().clone()))
    } else {
        Arc::clone(&config.time)
    };
    let Catalog {
        calendars,
        policies,
    } = catalog::load(
        &store,
        config.policy_dir.as_deref(),
        config.calendar_dir.as_deref(),
        time.now(),
    )?;
    let rules = Rules::new(policies, calendars, BrandBook::default());
    // What was activated goes before what came with the program.
    rules.learn(&store.activated_after(0)?);
    let known = rules.policies();
    let brands = brands::load(&store, config.brand_dir.as_deref(), &known, time.now())?;
    rules.take_up_brands(brands);
    if rules.brands().current().next().is_none() {
        return Err(AppError::NoBrand);
    }
    Ok(Prepared {
        store,
        rules: Arc::new(rules),
        drain: config.drain,
        time,
        storage: config.storage.clone(),
    })
}
