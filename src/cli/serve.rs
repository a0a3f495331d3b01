//! `redress serve`.

use std::{
    env,
    io::{self, IsTerminal as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::Args;

use super::{
    CallerArgs, DatabaseArgs, Failure, KafkaArgs, MailArgs, ReadRecordArgs, StaffArgs, WebhookArgs,
    limits::{LimitArgs, raise_open_files},
    tls::TlsArgs,
};
use crate::{
    app::{App, AppConfig, AppError, Exposure, SecretKey},
    embedded::{Durability, PrivatePostgres, Settings},
    signals::{Ending, Signals},
    store::{DatabaseUrl, Limits, Storage, Volume},
    telemetry::{self, LogFormat, Metrics},
    terminal::Terminal,
    time_source::{Stopwatch, SystemTime, Uptime},
};

/// How the service runs.
#[derive(Debug, Args)]
#[command(after_help = "\
Without a database URL, the service runs a private Postgres, for trying it out and for development, not for production. Its \
data are in --data-dir and survive restarts. If started by root, Postgres runs as the user `postgres` or `nobody`, who must \
have access to that directory.

On Ctrl-C or SIGTERM the service drains: it takes no new calls, finishes those in progress, and commits what it has accepted. \
A second signal stops it at once.

Examples:
  redress serve
  redress serve --database-url-file /run/secrets/database-url
  redress serve --listen 0.0.0.0:50051 --oidc-issuer https://login.example/ --oidc-audience redress
  redress serve --tls-cert-file tls.crt --tls-key-file tls.key --client-ca-file ca.crt
  redress serve --listen 0.0.0.0:50051 --tls-cert-file tls.crt --tls-key-file tls.key --client-ca-file ca.crt \\
      --client-subjects client-subjects.toml
  redress serve --brand-dir /etc/redress/brands --policy-dir /etc/redress/policies
  redress serve --calendar-dir /etc/redress/calendars
  redress serve --mail-relay smtps://redress@mail.example --mail-relay-password-file mail-password --secret-key-file key
  redress serve --mail-dir mail
  redress serve --secret-key-file /run/secrets/redress-key")]
pub struct ServeArgs {
    /// Where to listen; port 0 takes a free one.
    #[arg(
        long,
        env = "REDRESS_LISTEN",
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:50051"
    )]
    pub listen: SocketAddr,

    #[command(flatten)]
    pub tls: TlsArgs,

    /// A second address for health checks only, without TLS. For a kubelet, which speaks no TLS; do not expose it to others.
    #[arg(long, env = "REDRESS_HEALTH_LISTEN", value_name = "ADDRESS:PORT")]
    pub health_listen: Option<SocketAddr>,

    /// The database. Without one the service runs a private Postgres.
    #[command(flatten)]
    pub database: DatabaseArgs,

    /// The data directory of the private Postgres [default: /var/lib/redress/postgres for root, else redress/postgres in
    /// $XDG_DATA_HOME or ~/.local/share].
    #[arg(long, env = "REDRESS_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,

    /// Migrate the database to this program's schema before serving. The private Postgres is always migrated.
    #[arg(long, env = "REDRESS_MIGRATE")]
    pub migrate: bool,

    /// The number of connections to the database, beside one that checks its health, one that records reads of personal data
    /// and, with a secret key, two that send events. Five are for writers (one of them only while much falls due at once, one only
    /// during a migration to another version of a policy), the others, at least one, for readers. With fewer than six, readers
    /// share one with the writers.
    #[arg(long, env = "REDRESS_POOL_SIZE", value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(4..=1000))]
    pub pool_size: u32,

    /// The size in GiB of the volume that Postgres has to itself; the private Postgres measures its own. Without it, complaints
    /// are filed until Postgres reports that its disk is full. To measure exactly, the role must be a member of pg_monitor.
    #[arg(long, env = "REDRESS_DATABASE_VOLUME_GIB", value_name = "GIB", value_parser = clap::value_parser!(u32).range(1..))]
    pub database_volume_gib: Option<u32>,

    /// The percentage of that volume to keep free: with less, new complaints are refused, while existing ones can be worked on
    /// and what is due still fires. 0: complaints are filed until the disk is full.
    #[arg(long, env = "REDRESS_MIN_FREE_PERCENT", value_name = "PERCENT", default_value_t = 5, value_parser = clap::value_parser!(u8).range(0..=50))]
    pub min_free_percent: u8,

    /// The maximum number of event streams; further ones are refused.
    #[arg(long, env = "REDRESS_MAX_WATCHERS", value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub max_watchers: u32,

    /// How many seconds a stream of events may be quiet before it reports how far it has read, so that its reader can resume from
    /// there.
    #[arg(long, env = "REDRESS_HEARTBEAT_SECONDS", value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub heartbeat_seconds: u32,

    /// A folder of policies; each replaces the built-in policy of the same name, and the others remain.
    #[arg(long, env = "REDRESS_POLICY_DIR", value_name = "DIR")]
    pub policy_dir: Option<PathBuf>,

    /// A folder of calendars, each file named after its calendar; each replaces the built-in calendar of the same name, and the
    /// others remain. If a file is invalid, the last valid version stays in use.
    #[arg(long, env = "REDRESS_CALENDAR_DIR", value_name = "DIR")]
    pub calendar_dir: Option<PathBuf>,

    /// A folder of brands, each file named after its brand, which replace the built-in one. If a file is invalid, the last valid
    /// version stays in use.
    #[arg(long, env = "REDRESS_BRAND_DIR", value_name = "DIR")]
    pub brand_dir: Option<PathBuf>,

    /// A file with the key that encrypts secrets in the database, such as those that sign deliveries: 32 random bytes in base64,
    /// as made by `openssl rand -base64 32`, the same on every replica. Keep a copy: without it, those secrets are lost.
    #[arg(long, env = "REDRESS_SECRET_KEY_FILE", value_name = "FILE")]
    pub secret_key_file: Option<PathBuf>,

    /// How many seconds calls in progress may take to finish when the service drains.
    #[arg(
        long,
        env = "REDRESS_DRAIN_SECONDS",
        value_name = "SECONDS",
        default_value_t = 20,
        value_parser = clap::value_parser!(u32).range(0..=3600)
    )]
    pub drain_seconds: u32,

    #[command(flatten)]
    pub known: CallerArgs,

    #[command(flatten)]
    pub callers: LimitArgs,

    #[command(flatten)]
    pub reads: ReadRecordArgs,

    #[command(flatten)]
    pub kafka: KafkaArgs,

    #[command(flatten)]
    pub webhooks: WebhookArgs,

    #[command(flatten)]
    pub mail: MailArgs,

    #[command(flatten)]
    pub told: StaffArgs,

    /// How log lines are written [default: text on a terminal, else json].
    #[arg(long, env = "REDRESS_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}

pub(super) async fn run(args: ServeArgs, terminal: &mut Terminal) -> Result<(), Failure> {
    let mut signals = Signals::listen().map_err(Failure::Signals)?;
    let telemetry = telemetry::init(&telemetry::Settings {
        log_format: args.log_format.unwrap_or_else(default_log_format),
        service_name: "redress".to_owned(),
    })?;
    let result = serve(args, telemetry.metrics(), &mut signals, terminal).await;
    telemetry.shutdown().await;
    result
}

async fn serve(
    args: ServeArgs,
    metrics: Metrics,
    signals: &mut Signals,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let (tls, client_subjects) = (args.tls.files(), args.known.client_subjects());
    let issuers = args.known.issuers(args.listen)?;
    let secret_key = args.secret_key_file.as_deref().map(secret_key);
    let secret_key = secret_key.transpose()?;
    let uptime: Arc<dyn Uptime> = Arc::new(Stopwatch::start());
    let staff = args.told.config()?;
    // Before anything is started that would have to go down again.
    let exposure = Exposure {
        listen: args.listen,
        tls: tls.as_ref(),
        issuers: &issuers,
        client_subjects: client_subjects.as_ref(),
    };
    exposure.check()?;
    let mail = args.mail.settings()?;
    let (egress, outbox) = args.webhooks.settings();
    let database = Database::open(args.database.named()?, args.data_dir).await?;
    let volume = match (&database.own, args.database_volume_gib) {
        (Some(own), _) => Volume::of_directory(own.data_dir()),
        (None, Some(gib)) => Volume::of_bytes(u64::from(gib) << 30),
        (None, None) => Volume::unknown(),
    };
    let callers = match raise_open_files() {
        Ok(files) => args.callers.limits().within_files(files, args.pool_size),
        Err(error) => {
            tracing::warn!(%error, "failed to read the limit of open files");
            args.callers.limits()
        }
    };
    let result = serve_on(
        &database,
        AppConfig {
            listen: args.listen,
            tls,
            probes: args.health_listen,
            database_url: database.url.clone(),
            pool_size: args.pool_size,
            watchers: args.max_watchers,
            heartbeat: Duration::from_secs(args.heartbeat_seconds.into()),
            limits: Limits::default(),
            storage: Storage {
                volume,
                least_free: f64::from(args.min_free_percent) / 100.0,
            },
            policy_dir: args.policy_dir,
            calendar_dir: args.calendar_dir,
            brand_dir: args.brand_dir,
            secret_key,
            egress,
            outbox,
            drain: Duration::from_secs(args.drain_seconds.into()),
            issuers,
            client_subjects,
            callers,
            read_record: args.reads.settings(),
            kafka: args.kafka.settings(),
            staff,
            staff_from: args.told.staff_from,
            mail,
            migrate: args.migrate || database.own.is_some(),
            time: Arc::new(SystemTime),
            uptime,
            metrics,
        },
        signals,
        terminal,
    )
    .await;
    // Whatever became of the service, its database goes down after it.
    let closed = tokio::task::spawn_blocking(move || database.close()).await?;
    result.and(closed)
}

fn secret_key(file: &Path) -> Result<SecretKey, AppError> {
    SecretKey::from_file(file).map_err(|source| AppError::SecretKey {
        file: file.to_owned(),
        source,
    })
}

async fn serve_on(
    database: &Database,
    config: AppConfig,
    signals: &mut Signals,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let scheme = if config.tls.is_some() {
        "https"
    } else {
        "http"
    };
    let mut app = tokio::select! {
        app = App::start(config) => app?,
        ending = signals.next() => return Err(Failure::Ended(ending)),
    };
    // Nobody need read this line for the service to serve.
    let _ = terminal.line(format_args!(
        "Redress {} listens on {scheme}://{}, keeps its data in {}, with {}",
        env!("CARGO_PKG_VERSION"),
        app.address,
        database.described,
        app.policies.join(", ")
    ));
    let failure = tokio::select! {
        first = signals.next() => {
            tracing::info!(signal = %first, "shutting down; finishing calls in flight");
            None
        }
        error = app.failed() => {
            tracing::error!(%error, "the server failed; shutting down");
            Some(error)
        }
    };
    // After a failure too: what was taken is committed before its database goes down.
    tokio::select! {
        stopped = app.stop() => Ok(failure.map_or(stopped, Err)?),
        second = signals.next() => Err(Failure::Ended(forced(second))),
    }
}

fn forced(second: Ending) -> Ending {
    tracing::warn!(signal = %second, "stopped before all calls had finished");
    second
}

/// Where the data are: somebody else's Postgres, or our own.
#[derive(Debug)]
struct Database {
    url: DatabaseUrl,
    /// For people; without a password.
    described: String,
    own: Option<PrivatePostgres>,
}

impl Database {
    async fn open(url: Option<DatabaseUrl>, data_dir: Option<PathBuf>) -> Result<Self, Failure> {
        if let Some(url) = url {
            let described = url.place().to_owned();
            return Ok(Database {
                url,
                described,
                own: None,
            });
        }
        let data_dir = data_dir
            .or_else(default_data_dir)
            .ok_or(Failure::NoDataDirectory)?;
        let settings = Settings {
            data_dir,
            durability: Durability::Full,
            extra: Vec::new(),
        };
        tokio::task::spawn_blocking(move || {
            let own = PrivatePostgres::start(&settings)?;
            own.create_database_if_missing("redress")?;
            let described = format!(
                "a private Postgres {} in {}",
                own.version(),
                own.data_dir().display()
            );
            Ok(Database {
                url: DatabaseUrl::parse(&own.url("redress"))?,
                described,
                own: Some(own),
            })
        })
        .await?
    }

    fn close(self) -> Result<(), Failure> {
        match self.own {
            Some(own) => Ok(own.stop()?),
            None => Ok(()),
        }
    }
}

/// Where the private Postgres lives when nothing is said: where the system keeps such data, and a server that runs as
/// another user than root can reach it.
fn default_data_dir() -> Option<PathBuf> {
    if nix::unistd::geteuid().is_root() {
        return Some(PathBuf::from("/var/lib/redress/postgres"));
    }
    let folder = |name: &str| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    folder("XDG_DATA_HOME")
        .or_else(|| folder("HOME").map(|home| home.join(".local/share")))
        .map(|data| data.join("redress/postgres"))
}

fn default_log_format() -> LogFormat {
    if io::stderr().is_terminal() {
        LogFormat::Text
    } else {
        LogFormat::Json
    }
}
