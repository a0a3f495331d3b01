//! The composition root: builds everything, and takes it down in order.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    api::{
        ApiParts, ComplaintApi, EventTeller,
        auth::{Authentication, ClientSubjects, ClientSubjectsFile, TrustedIssuer},
        grpc::{self, CallerLimits, Callers, Listeners, Readiness, Tls, TlsFiles},
        read_record::{ReadRecordSettings, ReadRecorder},
        rules::Rules as MethodRules,
    },
    brand::BrandBook,
    calendar::CalendarBook,
    dispatch::{
        mail::{MailParts, MailSettings, MailWorker, Mailer, ReturnPaths, Schedule},
        staff::{StaffDirectory, StaffDispatcher, StaffParts},
    },
    engine::{Committers, Engine, Rules},
    outbox::{
        Outbox, OutboxParts, OutboxSettings, Vault,
        bus::{Bus, KafkaSettings},
        egress::{Egress, EgressRules},
    },
    policy::PolicyBook,
    scheduler::{LANES, Scheduler},
    store::{DatabaseUrl, Limits, Reader, Storage, Store, migrate, pending_migrations},
    telemetry::Metrics,
    time_source::{CheckedTime, SharedTime, Uptime},
};

mod brands;
mod bus;
mod calendars;
mod catalog;
mod error;
mod exposure;
mod folder;
mod log;
mod readiness;
mod secret_key;
mod staff;
mod text_file;
mod time;
mod zones;

use self::catalog::Catalog;
pub use self::error::AppError;
pub use self::exposure::Exposure;
pub use self::secret_key::{SecretKey, SecretKeyError};
pub use self::staff::{StaffConfig, StaffWays};
pub use self::zones::{ZonesError, zones_in};
pub(crate) use self::{folder::named_files, text_file::text_of};

/// How many threads commit. Two keep a small machine's database busy; more share out the same batches.
const COMMITTERS: usize = 2;
/// Who writes: the committers, the lanes of the sweeper, and a migration of complaints, each on one connection at a time.
const WRITERS: usize = COMMITTERS + LANES + 1;
/// Connections for those who send events: one follows the log, one claims and records.
const SENDERS: u32 = 2;

/// What the service is built from.
#[derive(Debug, Clone)]
pub struct AppConfig {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// With what it speaks TLS there; none to speak in the clear.
    pub tls: Option<TlsFiles>,
    /// Where it answers probes, which ask in the clear for its health and get nothing else; none to answer them only where it
    /// listens to callers.
    pub probes: Option<SocketAddr>,
    /// Where the database is.
    pub database_url: DatabaseUrl,
    /// Whether to bring the database to this program's schema first. Without it the database must have it, and a role
    /// that may not change the schema is enough.
    pub migrate: bool,
    /// Connections in the pool. One more looks from time to time whether the database is well, and one records who reads
    /// personal data; with a secret key, two send events.
    pub pool_size: u32,
    /// How long the database may take.
    pub limits: Limits,
    /// The disk that it lies on.
    pub storage: Storage,
    /// How many streams of events there are at the most.
    pub watchers: u32,
    /// How long a stream of events may be quiet before it tells how far it has come.
    pub heartbeat: Duration,
    /// A folder of policies, in place of the built-in ones of their names.
    pub policy_dir: Option<PathBuf>,
    /// A folder of further calendars.
    pub calendar_dir: Option<PathBuf>,
    /// A folder of brands, in place of the built-in one.
    pub brand_dir: Option<PathBuf>,
    /// Under what secrets are kept; none to keep none.
    pub secret_key: Option<SecretKey>,
    /// Where it may send events.
    pub egress: EgressRules,
    /// How it sends them.
    pub outbox: OutboxSettings,
    /// How long running calls get to end.
    pub drain: Duration,
    /// Whose tokens are believed. Without any, and without client subjects, whoever reaches the service may do everything, so it
    /// listens on loopback alone.
    pub issuers: Vec<TrustedIssuer>,
    /// Whom the certificates of callers prove; none if they prove nobody. TLS must ask for them.
    pub client_subjects: Option<ClientSubjectsFile>,
    /// How much callers may take.
    pub callers: CallerLimits,
    /// How it is recorded who reads personal data.
    pub read_record: ReadRecordSettings,
    /// The bus to which events are published, if there is one.
    pub kafka: Option<KafkaSettings>,
    /// How staff are told what they have to know; none to leave reminders in the log.
    pub staff: Option<StaffConfig>,
    /// How mail leaves; none to leave it to another system.
    pub mail: Option<MailSettings>,
    /// Where `now` comes from. A machine's time is checked against the database's.
    pub time: SharedTime,
    /// The time by which it is counted how often callers call: monotonic, whatever happens to the machine's clock.
    pub uptime: Arc<dyn Uptime>,
    /// What measures.
    pub metrics: Metrics,
}

impl AppConfig {
    fn senders(&self) -> u32 {
        self.secret_key.as_ref().map_or(0, |_| SENDERS)
    }

    fn exposure(&self) -> Exposure<'_> {
        Exposure {
            listen: self.listen,
            tls: self.tls.as_ref(),
            issuers: &self.issuers,
            client_subjects: self.client_subjects.as_ref(),
        }
    }
}

/// A service that is up. Dropping it starts shutting it down without waiting: it takes no more calls, and each part ends by
/// itself. [`App::stop`] shuts it down in order.
#[derive(Debug)]
pub struct App {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it answers probes, if that is elsewhere.
    pub probes: Option<SocketAddr>,
    /// The policies at hand that are in use, as `name@version`.
    pub policies: Vec<String>,
    server: JoinHandle<Result<(), grpc::ServeError>>,
    // Each of these ends what it stands for when it is dropped. In the order of `stop`: callers first.
    shutdown: DropGuard,
    outbox: Outbox,
    read_recorder: ReadRecorder,
    bus: Option<Bus>,
    mail: Option<MailWorker>,
    /// How long what is under way gets to end, apart from the calls.
    grace: Duration,
    scheduler: Scheduler,
    committers: Committers,
}

impl App {
    /// Loads the policies and serves.
    ///
    /// # Errors
    /// What was in the way. Nothing is left running then, nor if this future is dropped before it is done.
    pub async fn start(config: AppConfig) -> Result<App, AppError> {
        let method_rules = Arc::new(MethodRules::read()?);
        let exposure = config.exposure();
        exposure.check()?;
        let knows_callers = exposure.knows_callers();
        // Before anything else, so that a second service on one port fails before it touches the database.
        let (listener, address) = listen(config.listen).await?;
        let (probes, probes_address) = match config.probes {
            Some(probes) => listen(probes)
                .await
                .map(|(listener, address)| (Some(listener), Some(address)))?,
            None => (None, None),
        };
        if !knows_callers {
            tracing::warn!(
                "callers are not known: whoever reaches this machine may read and change everything, under any name; to know them, name the issuer of their tokens with --oidc-issuer, or the file of their certificates' subjects with --client-subjects, or try it with --dev-keys"
            );
        }
        let tls = config.tls.clone();
        let tls = tls.map(|files| Tls::load(files, Arc::clone(&config.time)));
        let tls = tls.transpose()?;
        let clients = config.client_subjects.clone().map(ClientSubjects::load);
        let clients = clients.transpose()?;

        let watchers = usize::try_from(config.watchers).unwrap_or(usize::MAX);
        let heartbeat = config.heartbeat;
        let metrics = config.metrics.clone();
        let (limits, issuers) = (config.callers.clone(), config.issuers.clone());
        let uptime = Arc::clone(&config.uptime);
        let ReadRecordSettings { keeping, kept } = config.read_record;
        let senders = usize::try_from(config.senders()).unwrap_or(0);
        let (egress, settings) = (config.egress.clone(), config.outbox);
        let kafka = config.kafka.clone().map(bus::open).transpose()?;
        let mailer = config.mail.clone().map(Mailer::start).transpose()?;
        let secret_key = config.secret_key.clone();
        if mailer.is_some() && secret_key.is_none() {
            tracing::warn!(
                "mail that cannot be delivered returns to the brands' senders, where nothing tells which notice it was; to have it return to addresses of its own, give a key with --secret-key-file"
            );
        }
        let staff = config.staff.clone();
        let prepared = tokio::task::spawn_blocking(move || prepare(&config))
            .await
            .map_err(|_| AppError::Lost)??;
        let Prepared {
            store,
            rules,
            directory,
            drain,
            time,
            storage,
        } = prepared;
        let authentication = Authentication::by_tokens(issuers, Arc::clone(&time)).await?;
        let authentication = authentication.and_by_certificates(clients.clone());
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
            kept,
        )
        .await?;
        let shutdown = CancellationToken::new();
        let guard = shutdown.clone().drop_guard();
        let lookout = store.lookout(storage);
        let (free, low) = (Arc::clone(store.space()), Arc::clone(store.space()));
        metrics.observe_disk(move || free.free(), move || low.is_low());
        let reader = Reader::new(store.clone(), WRITERS + senders);
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
        if let Some(tls) = &tls {
            let observed = tls.clone();
            metrics.observe_certificate(move || observed.expires_in());
            tokio::spawn(tls.clone().keep_current(shutdown.clone()));
        }
        if let Some(clients) = clients {
            tokio::spawn(clients.keep_current(shutdown.clone()));
        }
        if let Some((directory, staff)) = directory.zip(staff) {
            tokio::spawn(directory.clone().keep_current(shutdown.clone()));
            let dispatcher = StaffDispatcher::new(StaffParts {
                store: store.clone(),
                reader: reader.clone(),
                rules: Arc::clone(&rules),
                directory,
                post: staff.ways.post(mailer.clone()),
                url: staff.url,
                time: Arc::clone(&time),
                metrics: metrics.clone(),
            });
            tokio::spawn(dispatcher.run(news.clone(), shutdown.clone()));
        }
        let read_recorder = ReadRecorder::start(
            store.read_log(),
            keeping,
            Arc::clone(&time),
            metrics.clone(),
        );
        let teller = || EventTeller::new(read_recorder.record(), metrics.clone()).map(Arc::new);
        let outbox = match &secret_key {
            Some(key) => Outbox::start(
                OutboxParts {
                    store: store.clone(),
                    egress: Egress::new(egress, Arc::clone(&uptime)).map_err(AppError::Egress)?,
                    vault: Vault::new(&key.derive(Vault::PURPOSE))?,
                    teller: teller()?,
                    time: Arc::clone(&time),
                    metrics: metrics.clone(),
                    settings,
                },
                news.clone(),
            ),
            None => Outbox::without_key(store.clone(), Arc::clone(&time)),
        };
        let bus = match kafka {
            Some(topic) => Some(topic.follow(
                (store.clone(), reader.clone()),
                teller()?,
                news.clone(),
                Arc::clone(&time),
                metrics.clone(),
            )),
            None => None,
        };
        let mail = mailer.map(|mailer| {
            let key = secret_key
                .as_ref()
                .map(|key| key.derive(ReturnPaths::PURPOSE));
            MailWorker::start(MailParts {
                mailer,
                engine: engine.clone(),
                store: store.clone(),
                time: Arc::clone(&time),
                metrics: metrics.clone(),
                return_paths: key.map(ReturnPaths::new),
                schedule: Schedule::seeded(rand::random()),
            })
        });
        let api = ComplaintApi::new(ApiParts {
            rules: method_rules,
            engine,
            reader,
            time,
            news,
            shutdown,
            read_record: read_recorder.record(),
            subscriptions: outbox.subscriptions(),
            metrics: metrics.clone(),
            watchers,
            heartbeat,
        });
        let listeners = Listeners {
            callers: listener,
            tls,
            probes,
        };
        let callers = Callers {
            authentication,
            limits,
            uptime,
        };
        let server = tokio::spawn(grpc::serve(
            listeners, api, readiness, metrics, callers, drain,
        ));
        Ok(App {
            address,
            probes: probes_address,
            policies,
            server,
            shutdown: guard,
            outbox,
            read_recorder,
            bus,
            mail,
            grace: drain,
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
    /// that what they were promised is committed; then what is sent, and the record of what they were shown; then what follows the
    /// log, which goes on with the rest from wherever it is continued; then the schedule; last the engine.
    ///
    /// # Errors
    /// When a part did not end as it should. Everything is down all the same.
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
        self.scheduler.stop().await;
        let committers = self.committers;
        let joined = tokio::task::spawn_blocking(move || committers.join()).await;
        served.map_err(|_| AppError::Lost)??;
        joined.map_err(|_| AppError::Lost)
    }
}

async fn listen(on: SocketAddr) -> Result<(TcpListener, SocketAddr), AppError> {
    let failed = |source| AppError::Listen {
        address: on,
        source,
    };
    let listener = TcpListener::bind(on).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
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
    directory: Option<StaffDirectory>,
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
        config.pool_size.saturating_add(config.senders()),
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
    let directory = config
        .staff
        .as_ref()
        .map(|staff| StaffDirectory::load(staff.directory.clone(), calendars.clone()));
    let directory = directory.transpose()?;
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
        directory,
        drain: config.drain,
        time,
        storage: config.storage.clone(),
    })
}
