//! What the service is built from.

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
    /// Where it may send events and webhooks to staff.
    pub egress: EgressSettings,
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
    /// From whom mail comes to staff, and to the contacts of subscriptions; none to send no such mail.
    pub staff_from: Option<Mailbox>,
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
    /// How many connections those take who send events.
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
