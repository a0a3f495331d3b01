//! Connections to a relay, pooled for reuse.
//!
//! Each step has its own timeout here, because lettre limits only connecting. A connection is closed after any error: its next
//! user would otherwise read replies to earlier commands.

use std::{
    fs, io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use lettre::{
    address::Envelope,
    transport::smtp::{
        self,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, Certificate, TlsParameters, TlsParametersBuilder},
        commands::{Data, Mail, Noop, Quit, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
    },
};
use tokio::time::timeout;

use super::{
    compose::Composed,
    error::MailError,
    relay_url::{RelayUrl, Security},
};
use crate::time_source::Stopwatch;

/// How long an idle connection is kept. Relays close them after some minutes.
const IDLE: Duration = Duration::from_secs(30);
/// How long QUIT may take.
const GOODBYE: Duration = Duration::from_secs(2);
/// The largest password or certificate file, in bytes.
const LONGEST_FILE: u64 = 1 << 20;

/// The relay and its credentials.
#[derive(Debug, Clone)]
pub struct RelaySettings {
    /// Its URL.
    pub url: RelayUrl,
    /// A file with the user's password. Read for each new connection, so that a rotated password needs no restart.
    pub password_file: Option<PathBuf>,
    /// A PEM file of certificate authorities to trust in addition to the system's.
    pub ca_file: Option<PathBuf>,
    /// Timeouts.
    pub patience: Patience,
}

/// How long each step may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For connecting, the TLS handshake and signing in, each.
    pub connect: Duration,
    /// For a reply to a command.
    pub command: Duration,
    /// For accepting a message after its data was sent; some relays scan it before they reply.
    pub message: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience {
            connect: Duration::from_secs(15),
            command: Duration::from_secs(30),
            message: Duration::from_secs(90),
        }
    }
}

impl Patience {
    /// The longest time for sending a message.
    #[must_use]
    pub fn in_all(&self) -> Duration {
        // Up to the greeting, up to the end of STARTTLS, the sign-in; NOOP, MAIL, RCPT and DATA; the message.
        self.connect * 3 + self.command * 4 + self.message
    }
}

/// A relay.
#[derive(Debug, Clone)]
pub(super) struct Relay(Arc<Inner>);

struct Inner {
    settings: RelaySettings,
    tls: Option<TlsParameters>,
    name: ClientId,
    /// Idle connections, the most recently used last.
    rested: Mutex<Vec<Line>>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Relay").field(&self.settings).finish()
    }
}

struct Line {
    connection: AsyncSmtpConnection,
    since: Stopwatch,
}

impl Relay {
    /// Reads the certificates. Does not connect: an unreachable relay must not keep the service from starting.
    pub(super) fn prepare(settings: RelaySettings) -> io::Result<Self> {
        let tls = match settings.url.security {
            Security::None => None,
            Security::Tls | Security::StartTls => Some(tls(&settings)?),
        };
        if let Some(file) = &settings.password_file {
            password(file)?;
        }
        Ok(Relay(Arc::new(Inner {
            settings,
            tls,
            name: ClientId::default(),
            rested: Mutex::new(Vec::new()),
        })))
    }

    /// Closes idle connections until the relay is dropped.
    pub(super) fn tidy_up(&self) {
        let relay = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(IDLE / 2).await;
                let Some(idle) = idle(&relay) else { return };
                for line in idle {
                    goodbye(line.connection).await;
                }
            }
        });
    }

    /// Sends a message. `Ok`: the relay accepted it.
    pub(super) async fn send(&self, composed: &Composed) -> Result<(), MailError> {
        let mut connection = self.0.connection().await?;
        match self.0.pass(&mut connection, composed).await {
            Ok(()) => {
                self.0.rest(connection);
                Ok(())
            }
            Err(error) => {
                if matches!(error, MailError::Refused(_) | MailError::PutOff(_)) {
                    goodbye(connection).await;
                }
                Err(error)
            }
        }
    }
}

/// The connections that have been idle for too long. `None`: the relay was dropped.
fn idle(relay: &Weak<Inner>) -> Option<Vec<Line>> {
    let relay = relay.upgrade()?;
    let mut rested = relay.rested.lock().unwrap_or_else(PoisonError::into_inner);
    let is_idle = |line: &mut Line| line.since.elapsed() > IDLE;
    Some(rested.extract_if(.., is_idle).collect())
}

impl Inner {
    /// An idle connection that still responds, or a new one.
    async fn connection(&self) -> Result<AsyncSmtpConnection, MailError> {
        while let Some(mut line) = self.last() {
            let answered = timeout(self.settings.patience.command, line.command(Noop)).await;
            if matches!(answered, Ok(Ok(_))) {
                return Ok(line);
            }
        }
        self.open().await
    }

    fn last(&self) -> Option<AsyncSmtpConnection> {
        let mut rested = self.rested.lock().unwrap_or_else(PoisonError::into_inner);
        rested.pop().map(|line| line.connection)
    }

    fn rest(&self, connection: AsyncSmtpConnection) {
        let mut rested = self.rested.lock().unwrap_or_else(PoisonError::into_inner);
        rested.push(Line {
            connection,
            since: Stopwatch::start(),
        });
    }

    /// Connects, negotiates TLS and signs in.
    async fn open(&self) -> Result<AsyncSmtpConnection, MailError> {
        let RelaySettings { url, patience, .. } = &self.settings;
        let at_once = self.tls.clone().filter(|_| url.security == Security::Tls);
        let connecting = AsyncSmtpConnection::connect_tokio1(
            (url.host.as_str(), url.port),
            None,
            &self.name,
            at_once,
            None,
        );
        let mut connection = letting_in(patience.connect, connecting).await?;
        if url.security == Security::StartTls
            && let Some(tls) = self.tls.clone()
        {
            letting_in(patience.connect, connection.starttls(tls, &self.name)).await?;
        }
        if let Some(user) = &url.user {
            let password = self.password().await?;
            let credentials = Credentials::new(user.clone(), password);
            let signing_in = connection.auth(DEFAULT_MECHANISMS, &credentials);
            letting_in(patience.connect, signing_in).await?;
        }
        Ok(connection)
    }

    async fn password(&self) -> Result<String, MailError> {
        let Some(file) = self.settings.password_file.clone() else {
            return Ok(String::new());
        };
        let read = tokio::task::spawn_blocking(move || password(&file)).await;
        let read = read.map_err(|_| MailError::BrokeOff)?;
        read.map_err(|error| MailError::NoRelay(format!("the file of its password: {error}")))
    }

    async fn pass(
        &self,
        connection: &mut AsyncSmtpConnection,
        Composed { envelope, message }: &Composed,
    ) -> Result<(), MailError> {
        let patience = &self.settings.patience;
        let mail = Mail::new(
            envelope.from().cloned(),
            parameters(connection, envelope, message)?,
        );
        taking(patience.command, connection.command(mail)).await?;
        for to in envelope.to() {
            let rcpt = Rcpt::new(to.clone(), Vec::new());
            taking(patience.command, connection.command(rcpt)).await?;
        }
        taking(patience.command, connection.command(Data)).await?;
        taking(patience.message, connection.message(message)).await
    }
}

/// The parameters of MAIL that this message requires, if the relay supports them.
fn parameters(
    connection: &AsyncSmtpConnection,
    envelope: &Envelope,
    message: &[u8],
) -> Result<Vec<MailParameter>, MailError> {
    // Texts and names are encoded, so only addresses can need more than ASCII.
    let addresses = envelope.to().iter().chain(envelope.from());
    let plain = addresses.map(AsRef::<str>::as_ref).all(str::is_ascii);
    if plain && message.is_ascii() {
        return Ok(Vec::new());
    }
    let server = connection.server_info();
    let can = server.supports_feature(Extension::SmtpUtfEight)
        && server.supports_feature(Extension::EightBitMime);
    if !can {
        let why = "the relay takes no address with letters beyond ASCII";
        return Err(MailError::Unfit(why));
    }
    Ok(vec![
        MailParameter::SmtpUtfEight,
        MailParameter::Body(MailBodyParameter::EightBitMime),
    ])
}

async fn letting_in<T>(
    limit: Duration,
    step: impl Future<Output = Result<T, smtp::Error>>,
) -> Result<T, MailError> {
    let done = timeout(limit, step).await;
    let done = done.map_err(|_| MailError::Silent(limit.as_secs()))?;
    done.map_err(|error| MailError::of_session(&error))
}

async fn taking<T>(
    limit: Duration,
    step: impl Future<Output = Result<T, smtp::Error>>,
) -> Result<(), MailError> {
    let done = timeout(limit, step).await;
    let done = done.map_err(|_| MailError::Silent(limit.as_secs()))?;
    done.map(|_| ())
        .map_err(|error| MailError::of_message(&error))
}

/// Closes a connection with QUIT. Failures do not matter.
async fn goodbye(mut connection: AsyncSmtpConnection) {
    let _ = timeout(GOODBYE, connection.command(Quit)).await;
}

fn tls(settings: &RelaySettings) -> io::Result<TlsParameters> {
    let wrong = |error: smtp::Error| io::Error::new(io::ErrorKind::InvalidData, error.to_string());
    let mut tls = TlsParametersBuilder::new(settings.url.host.clone());
    if let Some(file) = &settings.ca_file {
        let authorities = Certificate::from_pem(&bytes_of(file)?).map_err(wrong)?;
        tls = tls.add_root_certificate(authorities);
    }
    tls.build().map_err(wrong)
}

fn password(file: &std::path::Path) -> io::Result<String> {
    let text = String::from_utf8(bytes_of(file)?);
    let text = text.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))?;
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is empty"));
    }
    Ok(password.to_owned())
}

fn bytes_of(file: &std::path::Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(
        &mut io::Read::take(fs::File::open(file)?, LONGEST_FILE),
        &mut bytes,
    )?;
    Ok(bytes)
}
