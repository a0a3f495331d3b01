//! The stage of the story: a private Postgres in a temporary directory, and the service on a free port.

use std::{
    env,
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroU32,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use uuid::Uuid;

use super::{error::DemoError, home::Home, time::StoryTime};
use crate::{
    api::{
        auth::DevKey,
        grpc::{Allowance, CallerLimits},
        read_record::ReadRecordSettings,
    },
    app::{App, AppConfig, SecretKey, StaffConfig, StaffWays},
    dispatch::{
        mail::{MailSettings, Mailbox, Means},
        staff::DirectoryFile,
    },
    embedded::{Durability, EmbeddedError, PrivatePostgres, Settings},
    outbox::{
        OutboxSettings,
        egress::{EgressAllow, EgressRules, EgressSettings},
    },
    store::{DatabaseUrl, Limits, Storage},
    telemetry::Metrics,
    time_source::Stopwatch,
};

const DATABASE: &str = "redress";
/// Only the demo itself is connected when it ends.
const DRAIN: Duration = Duration::from_secs(5);

/// Three weeks of mail are sent within a minute.
const MAILS_PER_SECOND: NonZeroU32 = NonZeroU32::MAX;
/// Three weeks of retries also come due within a minute.
const LOOK_FOR_DELIVERIES: Duration = Duration::from_millis(25);
/// The staff do not change.
const LOOK_AT_STAFF: Duration = Duration::from_secs(3_600);
const HTTPS: u16 = 443;
const STAFF_FROM: &str = "redress@desk.example";
const COMPLAINT_URL: &str = "https://desk.example/complaints/{tracking_number}";

/// A Postgres whose directory is removed however the demo ends.
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
        // Created first, so that a failed start is cleaned up as well.
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
        // The server stops on drop; what cannot be removed now is left to the system's cleaning of temporary files.
        self.postgres = None;
        let _ = PrivatePostgres::remove(&self.directory);
    }
}

/// The settings of the service.
#[derive(Debug)]
pub(super) struct Props<'a> {
    pub(super) time: Arc<StoryTime>,
    pub(super) key: &'a DevKey,
    pub(super) secret_key: SecretKey,
    pub(super) home: &'a Home,
    /// Allowed destinations beyond the public internet.
    pub(super) allowed: Vec<EgressAllow>,
}

/// Starts the service in story time.
pub(super) async fn start_service(
    database_url: String,
    props: Props<'_>,
) -> Result<App, DemoError> {
    let url = COMPLAINT_URL.parse().ok();
    let config = AppConfig {
        staff: Some(StaffConfig {
            directory: DirectoryFile {
                file: props.home.staff(),
                look_every: LOOK_AT_STAFF,
            },
            url,
            ways: StaffWays::Own { webhook: None },
        }),
        staff_from: Some(Mailbox {
            name: None,
            address: STAFF_FROM.to_owned(),
        }),
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
        secret_key: Some(props.secret_key),
        // As set by `--egress-allow`.
        egress: EgressSettings {
            rules: EgressRules::new(props.allowed, vec![HTTPS]),
            authorities: None,
        },
        outbox: OutboxSettings {
            look_every: LOOK_FOR_DELIVERIES,
            ..OutboxSettings::default()
        },
        drain: DRAIN,
        issuers: vec![props.key.issuer()],
        client_subjects: None,
        // Three weeks of calls are made within a minute.
        callers: CallerLimits {
            people: Allowance::UNLIMITED,
            integrations: Allowance::UNLIMITED,
            ..CallerLimits::default()
        },
        mail: Some(MailSettings {
            means: Means::Folder(props.home.mail().to_path_buf()),
            per_second: MAILS_PER_SECOND,
        }),
        read_record: ReadRecordSettings::default(),
        kafka: None,
        time: props.time,
        uptime: Arc::new(Stopwatch::start()),
        metrics: Metrics::off(),
    };
    Ok(App::start(config).await?)
}
