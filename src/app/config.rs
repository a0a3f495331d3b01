//! The configuration of the service.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use super::{exposure::Exposure, secret_key::SecretKey, staff_ways::StaffConfig};
use crate::{
    api::{
        auth::{ClientSubjectsFile, TrustedIssuer},
        grpc::{CallerLimits, TlsFiles},
        read_record::ReadRecordSettings,
    },
    dispatch::mail::{MailSettings, Mailbox},
    outbox::{OutboxSettings, bus::KafkaSettings, egress::EgressSettings},
    store::{DatabaseUrl, Limits, Storage},
    telemetry::Metrics,
    time_source::{SharedTime, Uptime},
};

/// Connections for delivering events: one follows the log, one claims and records.
const SENDERS: u32 = 2;

/// The configuration of the service.
#[derive(Debug, Clone)]
pub struct AppConfig {
    /// The address to listen on; port 0 picks a free one.
    pub listen: SocketAddr,
    /// TLS for that address. `None`: plaintext.
    pub tls: Option<TlsFiles>,
    /// A separate plaintext address for health probes, and nothing else. `None`: probes are answered only at the main address.
    pub probes: Option<SocketAddr>,
    /// The database.
    pub database_url: DatabaseUrl,
    /// Whether to migrate the database to this program's schema first. Otherwise it must be up to date, and a role without schema
    /// privileges suffices.
    pub migrate: bool,
    /// Connections in the pool. In addition, one checks the health of the database, and one records reads of personal data; with
    /// a secret key, two deliver events.
    pub pool_size: u32,
    /// Timeouts for the database.
    pub limits: Limits,
    /// The disk of the database.
    pub storage: Storage,
    /// The most concurrent event streams.
    pub watchers: u32,
    /// How long an event stream may be quiet before it reports its position.
    pub heartbeat: Duration,
    /// A folder of policies, which replace built-in ones of the same names.
    pub policy_dir: Option<PathBuf>,
    /// A folder of additional calendars.
    pub calendar_dir: Option<PathBuf>,
    /// A folder of brands, which replace the built-in one.
    pub brand_dir: Option<PathBuf>,
    /// Encrypts stored secrets. `None`: no secrets can be stored.
    pub secret_key: Option<SecretKey>,
    /// Where events and staff webhooks may be sent.
    pub egress: EgressSettings,
    /// Settings of the outbox.
    pub outbox: OutboxSettings,
    /// How long running calls get to finish at shutdown.
    pub drain: Duration,
    /// The trusted token issuers. Without issuers and client subjects, anyone who can reach the service may do everything, so it
    /// listens on loopback only.
    pub issuers: Vec<TrustedIssuer>,
    /// Maps client certificates to callers, if there are any. TLS must request them.
    pub client_subjects: Option<ClientSubjectsFile>,
    /// Rate limits for callers.
    pub callers: CallerLimits,
    /// Settings of the record of reads.
    pub read_record: ReadRecordSettings,
    /// The bus to publish events to, if there is one.
    pub kafka: Option<KafkaSettings>,
    /// Settings for staff messages. `None`: reminders stay in the log.
    pub staff: Option<StaffConfig>,
    /// The sender of mail to staff and to subscription contacts. `None`: no such mail is sent.
    pub staff_from: Option<Mailbox>,
    /// Settings for sending mail. `None`: another system sends it.
    pub mail: Option<MailSettings>,
    /// Where `now` comes from. A machine's clock is checked against the database's.
    pub time: SharedTime,
    /// The time for rate limiting: monotonic, whatever happens to the machine's clock.
    pub uptime: Arc<dyn Uptime>,
    /// Where metrics are recorded.
    pub metrics: Metrics,
}

impl AppConfig {
    /// How many connections delivering events takes.
    pub(super) fn senders(&self) -> u32 {
        self.secret_key.as_ref().map_or(0, |_| SENDERS)
    }

    pub(super) fn exposure(&self) -> Exposure<'_> {
        Exposure {
            listen: self.listen,
            tls: self.tls.as_ref(),
            issuers: &self.issuers,
            client_subjects: self.client_subjects.as_ref(),
        }
    }
}
