//! `redress serve`.

use std::{
    env,
    io::{self, IsTerminal as _},
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use clap::Args;

use super::{
    DatabaseArgs, Failure,
    limits::{LimitArgs, raise_open_files},
};
use crate::{
    app::{App, AppConfig},
    embedded::{Durability, PrivatePostgres, Settings},
    signals::{Ending, Signals},
    store::{DatabaseUrl, Limits, Storage, Volume},
    telemetry::{self, LogFormat, Metrics},
    terminal::Terminal,
    time_source::SystemTime,
};

/// How the service runs.
#[derive(Debug, Args)]
#[command(after_help = "\
Unless a database is named, the service runs a Postgres of its own: good for a try and for development, not for production.
Its data lie in --data-dir, which another run finds again. When it is started by root, Postgres runs as the user
`postgres` or `nobody`, who must be able to reach that directory.

Ctrl-C and SIGTERM drain: no new calls, the running ones end, what was taken is committed. A second one ends at once.

Examples:
  redress serve
  redress serve --database-url-file /run/secrets/database-url --listen 0.0.0.0:50051
  redress serve --brand-dir /etc/redress/brands --policy-dir /etc/redress/policies
  redress serve --calendar-dir /etc/redress/calendars")]
pub struct ServeArgs {
    /// Where to listen; port 0 takes a free one.
    #[arg(
        long,
        env = "REDRESS_LISTEN",
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:50051"
    )]
    pub listen: SocketAddr,

    /// The database. Without one the service runs a Postgres of its own.
    #[command(flatten)]
    pub database: DatabaseArgs,

    /// Where that Postgres keeps its data [default: /var/lib/redress/postgres for root, else redress/postgres in
    /// $XDG_DATA_HOME or ~/.local/share].
    #[arg(long, env = "REDRESS_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,

    /// Bring the database to this program's schema before serving. The private one always is.
    #[arg(long, env = "REDRESS_MIGRATE")]
    pub migrate: bool,

    /// How many connections to the database are kept: five for those who write (one of them only while much falls due at
    /// once, one only while complaints are moved to another version of their policy), the others for those who read, at
    /// least one. Of fewer than six, those who read share one with those who write.
    #[arg(long, env = "REDRESS_POOL_SIZE", value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(4..=1000))]
    pub pool_size: u32,

    /// How large the disk is that Postgres has for itself, in GiB; the private one sees for itself. Without it new complaints
    /// are taken until Postgres says that its disk is full. For an exact figure the role must be a member of pg_monitor.
    #[arg(long, env = "REDRESS_DATABASE_VOLUME_GIB", value_name = "GIB", value_parser = clap::value_parser!(u32).range(1..))]
    pub database_volume_gib: Option<u32>,

    /// The share of that disk, in percent, that is kept free: with less, no complaints are filed, while those on record are
    /// still worked on and what is due still fires. 0: complaints are filed until the disk is full.
    #[arg(long, env = "REDRESS_MIN_FREE_PERCENT", value_name = "PERCENT", default_value_t = 5, value_parser = clap::value_parser!(u8).range(0..=50))]
    pub min_free_percent: u8,

    /// How many streams of events there may be at once; a further one is refused.
    #[arg(long, env = "REDRESS_MAX_WATCHERS", value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub max_watchers: u32,

    /// A folder of codes of practice; they stand in place of the built-in ones of their names, beside the others.
    #[arg(long, env = "REDRESS_POLICY_DIR", value_name = "DIR")]
    pub policy_dir: Option<PathBuf>,

    /// A folder of calendars to load beside the built-in ones, each file called as its calendar is; one of the same name
    /// takes the place of a built-in one. Of a file that is wrong the last good version stays in use.
    #[arg(long, env = "REDRESS_CALENDAR_DIR", value_name = "DIR")]
    pub calendar_dir: Option<PathBuf>,

    /// A folder of brands, each file called as its brand is; without it the built-in one is served. Of a file that is wrong
    /// the last good version stays in use.
    #[arg(long, env = "REDRESS_BRAND_DIR", value_name = "DIR")]
    pub brand_dir: Option<PathBuf>,

    /// How many seconds running calls get to end.
    #[arg(
        long,
        env = "REDRESS_DRAIN_SECONDS",
        value_name = "SECONDS",
        default_value_t = 20
    )]
    pub drain_seconds: u32,

    #[command(flatten)]
    pub callers: LimitArgs,

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
            database_url: database.url.clone(),
            pool_size: args.pool_size,
            watchers: args.max_watchers,
            limits: Limits::default(),
            storage: Storage {
                volume,
                least_free: f64::from(args.min_free_percent) / 100.0,
            },
            policy_dir: args.policy_dir,
            calendar_dir: args.calendar_dir,
            brand_dir: args.brand_dir,
            drain: Duration::from_secs(args.drain_seconds.into()),
            callers,
            migrate: args.migrate || database.own.is_some(),
            time: Arc::new(SystemTime),
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

async fn serve_on(
    database: &Database,
    config: AppConfig,
    signals: &mut Signals,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let mut app = tokio::select! {
        app = App::start(config) => app?,
        ending = signals.next() => return Err(Failure::Ended(ending)),
    };
    // Nobody need read this line for the service to serve.
    let _ = terminal.line(format_args!(
        "Redress {} listens on http://{}, keeps its data in {}, with {}",
        env!("CARGO_PKG_VERSION"),
        app.address,
        database.described,
        app.policies.join(", ")
    ));
    let failure = tokio::select! {
        first = signals.next() => {
            tracing::info!(signal = %first, "shutting down: finishing the calls under way");
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
    tracing::warn!(signal = %second, "stopped before all calls were finished");
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
