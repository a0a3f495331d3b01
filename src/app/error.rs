//! Why the service does not run.

use std::{io, net::SocketAddr, path::PathBuf};

use super::secret_key::SecretKeyError;
use crate::{
    api::{
        NoTeller,
        auth::{AuthError, ClientSubjectsError},
        grpc,
        rules::RulesError,
    },
    brand::BrandError,
    calendar::CalendarError,
    dispatch::{mail::MailerError, staff::DirectoryError},
    outbox::{VaultError, bus::SinkError, egress::EgressError},
    policy::PolicyError,
    scheduler::StartError,
    store::StoreError,
};

/// Why the service did not start, or stopped running.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] grpc::TlsError),
    /// Anybody on the network could read and change everything.
    #[error(
        "no way to authenticate callers is configured, so the service listens on loopback addresses only, and {address} is not one: \
         name the issuer of their tokens with --oidc-issuer and --oidc-audience, or the file of their certificates' subjects with \
         --client-subjects, or listen on 127.0.0.1"
    )]
    OpenToAll {
        /// The configured address.
        address: SocketAddr,
    },
    /// Client certificates would never be requested.
    #[error(
        "--client-subjects says who callers are by their certificates, but none are asked for: name the authorities that issue them \
         with --client-ca-file, beside --tls-cert-file and --tls-key-file"
    )]
    NoCertificates,
    /// The secret key cannot be used.
    #[error("{file} cannot be used as the secret key: {source}", file = file.display())]
    SecretKey {
        /// Its file.
        file: PathBuf,
        /// The cause.
        source: SecretKeyError,
    },
    /// The file of client subjects cannot be used.
    #[error("the file of client subjects cannot be used: {0}")]
    ClientSubjects(#[from] ClientSubjectsError),
    /// Mail cannot be sent.
    #[error(transparent)]
    Mail(#[from] MailerError),
    /// The staff directory cannot be used.
    #[error("the staff directory cannot be used: {0}")]
    Staff(#[from] DirectoryError),
    /// Authentication cannot be set up.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// Deliveries to subscriptions are not possible.
    #[error(transparent)]
    Teller(#[from] NoTeller),
    /// The secrets of subscriptions cannot be used.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Outgoing HTTP is not possible.
    #[error("https requests are not possible: {0}")]
    Egress(#[from] EgressError),
    /// The access rules are invalid.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database's schema is older than this program.
    #[error(
        "the database lacks {pending} migrations; run `redress migrate` first, or serve with --migrate"
    )]
    NotMigrated {
        /// How many migrations are pending.
        pending: usize,
    },
    /// A built-in calendar is invalid.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// A built-in policy is invalid.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The built-in brand is invalid.
    #[error(transparent)]
    Brand(#[from] BrandError),
    /// No brand can be used, so nothing could be filed.
    #[error("no brand can be used: the log says what is wrong with each file")]
    NoBrand,
    /// A folder of policies, calendars or brands cannot be read.
    #[error("the folder {folder} cannot be read: {source}")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A thread could not be started.
    #[error("no thread could be started: {0}")]
    Thread(io::Error),
    /// The scheduler could not be started.
    #[error("the scheduler could not be started: {0}")]
    Schedule(#[from] StartError),
    /// The bus cannot be used.
    #[error("events cannot be published to Kafka: {0}")]
    Bus(SinkError),
    /// The server failed.
    #[error(transparent)]
    Serve(#[from] grpc::ServeError),
    /// A part of the service panicked.
    #[error("a part of the service ended unexpectedly")]
    Lost,
}
