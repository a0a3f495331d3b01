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

/// Why the service did not start, or did not run on.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The port.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The certificates.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] grpc::TlsError),
    /// Anybody on the network could read and change everything.
    #[error(
        "no way to authenticate callers is configured, so the service listens on loopback addresses only, and {address} is not one: \
         name the issuer of their tokens with --oidc-issuer and --oidc-audience, or the file of their certificates' subjects with \
         --client-subjects, or listen on 127.0.0.1"
    )]
    OpenToAll {
        /// Where it should have listened.
        address: SocketAddr,
    },
    /// Callers would never show what they are to be known by.
    #[error(
        "--client-subjects says who callers are by their certificates, but none are asked for: name the authorities that issue them \
         with --client-ca-file, beside --tls-cert-file and --tls-key-file"
    )]
    NoCertificates,
    /// The key under which secrets are kept.
    #[error("{file} cannot be used as the secret key: {source}", file = file.display())]
    SecretKey {
        /// Where it was to be.
        file: PathBuf,
        /// Why.
        source: SecretKeyError,
    },
    /// Who callers are by their certificates.
    #[error("the file of client subjects cannot be used: {0}")]
    ClientSubjects(#[from] ClientSubjectsError),
    /// Mail.
    #[error(transparent)]
    Mail(#[from] MailerError),
    /// Who staff are.
    #[error("the staff directory cannot be used: {0}")]
    Staff(#[from] DirectoryError),
    /// How callers are known.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// What is sent to subscriptions.
    #[error(transparent)]
    Teller(#[from] NoTeller),
    /// The secrets of subscriptions.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// What leaves the service by HTTP.
    #[error("https requests are not possible: {0}")]
    Egress(#[from] EgressError),
    /// Who may call which method.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database's schema is older than this program.
    #[error(
        "the database lacks {pending} migrations; run `redress migrate` first, or serve with --migrate"
    )]
    NotMigrated {
        /// How many.
        pending: usize,
    },
    /// A built-in calendar.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// A built-in policy.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The built-in brand.
    #[error(transparent)]
    Brand(#[from] BrandError),
    /// Nobody could file anything.
    #[error("no brand can be used: the log says what is wrong with each file")]
    NoBrand,
    /// A folder of policies, calendars or brands.
    #[error("the folder {folder} cannot be read: {source}")]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A thread.
    #[error("no thread could be started: {0}")]
    Thread(io::Error),
    /// The schedule.
    #[error("the scheduler could not be started: {0}")]
    Schedule(#[from] StartError),
    /// The bus.
    #[error("events cannot be published to Kafka: {0}")]
    Bus(SinkError),
    /// The server.
    #[error(transparent)]
    Serve(#[from] grpc::ServeError),
    /// A part of the service ended by a panic.
    #[error("a part of the service ended unexpectedly")]
    Lost,
}
