//! What the story is played on: a Postgres of its own in a temporary directory, and the service on a free port.

use std::{
    env, fs,
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroU32,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use uuid::Uuid;

use super::{error::DemoError, time::StoryTime};
use crate::{
    api::{
        auth::DevKey,
        grpc::{Allowance, CallerLimits},
        read_record::ReadRecordSettings,
    },
    app::{App, AppConfig},
    dispatch::mail::{MailSettings, Means},
    embedded::{Durability, EmbeddedError, PrivatePostgres, Settings},
    outbox::{OutboxSettings, egress::EgressRules},
    store::{DatabaseUrl, Limits, Storage},
    telemetry::Metrics,
    time_source::Stopwatch,
};

const DATABASE: &str = "redress";
/// Nobody but the demo itself is connected when it ends.
const DRAIN: Duration = Duration::from_secs(5);

/// Three weeks of mail leave within a minute.
const MAILS_PER_SECOND: NonZeroU32 = NonZeroU32::MAX;

/// Where the story's mail goes in place of a relay.
#[derive(Debug)]
pub(super) struct MailFolder {
    path: PathBuf,
    temporary: bool,
}

impl MailFolder {
    /// A folder that stays, or else one that goes away with the demo.
    pub(super) fn at(stays: Option<PathBuf>) -> Self {
        let temporary = stays.is_none();
        let name = format!("redress-demo-mail-{}", Uuid::new_v4().simple());
        MailFolder {
            path: stays.unwrap_or_else(|| env::temp_dir().join(name)),
            temporary,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What is said of it.
    pub(super) fn described(&self) -> String {
        let goes = if self.temporary {
            ", which goes away with the demo; --mail-dir keeps it"
        } else {
            ""
        };
        format!("Mail to customers goes into {}{goes}.", self.path.display())
    }
}

impl Drop for MailFolder {
    fn drop(&mut self) {
        if self.temporary {
            // What cannot be removed now is left to the cleaning of temporary files.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// A Postgres whose directory goes away with it, however the demo ends.
#[derive(Debug)]
pub(super) struct TemporaryPostgres {
    postgres: Option<PrivatePostgres>,
    directory: PathBuf,
}

impl TemporaryPostgres {
    /// Blocks for a second or two.
    pub(super) fn start() -> Result<Self, EmbeddedError> {
        let directory = env::temp_dir().join(format!("redress-demo-{}", Uuid::new_v4().simple()));
        let settings = Settings {
            data_dir: directory.clone(),
            durability: Durability::None,
            extra: Vec::new(),
        };
        // Made first, so that a start that fails half-way is cleared away as well.
        let mut temporary = TemporaryPostgres {
            postgres: None,
            directory,
        };
        let postgres = temporary
            .postgres
            .insert(PrivatePostgres::start(&settings)?);
        postgres.create_database_if_missing(DATABASE)?;
        Ok(temporary)
    }

    pub(super) fn url(&self) -> String {
        self.postgres
            .as_ref()
            .map(|postgres| postgres.url(DATABASE))
            .unwrap_or_default()
    }

    pub(super) fn version(&self) -> &str {
        self.postgres.as_ref().map_or("", PrivatePostgres::version)
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Stops it and removes its directory.
    pub(super) fn clear_away(mut self) -> Result<(), EmbeddedError> {
        let stopped = self.postgres.take().map_or(Ok(()), PrivatePostgres::stop);
        stopped.and(PrivatePostgres::remove(&self.directory))
    }
}

impl Drop for TemporaryPostgres {
    fn drop(&mut self) {
        // The server stops when it is dropped; what cannot be removed now is left to the cleaning of temporary files.
        self.postgres = None;
        let _ = PrivatePostgres::remove(&self.directory);
    }
}

/// Starts the service on the story's time.
pub(super) async fn start_service(
    database_url: String,
    time: Arc<StoryTime>,
    key: &DevKey,
    mail: &MailFolder,
) -> Result<App, DemoError> {
    let config = AppConfig {
        staff: None,
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        tls: None,
        probes: None,
        database_url: DatabaseUrl::parse(&database_url)?,
        migrate: true,
        pool_size: 8,
        watchers: 100,
        heartbeat: Duration::from_secs(15),
        limits: Limits::default(),
        storage: Storage::default(),
        policy_dir: None,
        calendar_dir: None,
        brand_dir: None,
        secret_key: None,
        egress: EgressRules::default(),
        outbox: OutboxSettings::default(),
        drain: DRAIN,
        issuers: vec![key.issuer()],
        client_subjects: None,
        // Three weeks of calls come within a minute.
        callers: CallerLimits {
            people: Allowance::UNLIMITED,
            integrations: Allowance::UNLIMITED,
            ..CallerLimits::default()
        },
        mail: Some(MailSettings {
            means: Means::Folder(mail.path().to_path_buf()),
            per_second: MAILS_PER_SECOND,
        }),
        read_record: ReadRecordSettings::default(),
        kafka: None,
        time,
        uptime: Arc::new(Stopwatch::start()),
        metrics: Metrics::off(),
    };
    Ok(App::start(config).await?)
}
