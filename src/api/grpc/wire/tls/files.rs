//! The files that TLS is made of, read and understood.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tokio_rustls::rustls::{
    self, RootCertStore, ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{
        CertificateDer, PrivateKeyDer, UnixTime,
        pem::{self, PemObject as _},
    },
    server::{NoServerSessionStorage, WebPkiClientVerifier},
    time_provider::TimeProvider,
};
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

use crate::time_source::SharedTime;

/// The one protocol that is spoken, as ALPN names it.
pub(super) const HTTP2: &[u8] = b"h2";
/// The longest file that is read, in bytes.
const LONGEST: u64 = 1 << 20;

/// Where the service finds what it needs to speak TLS. All files are PEM.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The service's certificate, followed by those between it and the root.
    pub certificate: PathBuf,
    /// Its private key, not encrypted.
    pub key: PathBuf,
    /// Who issues certificates to callers; none to ask for none.
    pub clients: Option<ClientAuthorities>,
    /// How often the files are looked at again.
    pub look_every: Duration,
}

/// Whose certificates callers show.
#[derive(Debug, Clone)]
pub struct ClientAuthorities {
    /// The certificates of the authorities.
    pub file: PathBuf,
    /// Whether a caller without a certificate is turned away.
    pub required: bool,
}

/// Why TLS cannot be spoken with these files.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{}: {source}", file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not PEM, or does not hold what it should.
    #[error("{}: {wanted} is expected in PEM: {source}", file.display())]
    Pem {
        /// Which.
        file: PathBuf,
        /// What should be in it.
        wanted: &'static str,
        /// What is wrong.
        source: pem::Error,
    },
    /// A certificate cannot be read or used.
    #[error("{}: a certificate in it cannot be used: {reason}", file.display())]
    Certificate {
        /// Where it stands.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The certificate is over.
    #[error("{}: the certificate expired at {at}", file.display())]
    Expired {
        /// Which file.
        file: PathBuf,
        /// Since when.
        at: Timestamp,
    },
    /// The key is of another certificate, or of no use.
    #[error(
        "{} and {} do not belong together: {source}", certificate.display(), key.display()
    )]
    Pair {
        /// The certificate.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
        /// What does not fit.
        source: rustls::Error,
    },
}

/// The contents of the files, as they were at one look.
pub(super) struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    clients: Option<Vec<u8>>,
}

impl Contents {
    pub(super) fn read(files: &TlsFiles) -> Result<Self, TlsError> {
        Ok(Contents {
            certificate: read(&files.certificate)?,
            key: read(&files.key)?,
            clients: files
                .clients
                .as_ref()
                .map(|clients| read(&clients.file))
                .transpose()?,
        })
    }

    /// By which contents are told apart, without keeping the key once more.
    pub(super) fn digest(&self) -> [u8; 32] {
        let parts = [
            Some(&self.certificate),
            Some(&self.key),
            self.clients.as_ref(),
        ];
        let mut all = Sha256::new();
        for part in parts.into_iter().flatten() {
            all.update(Sha256::digest(part));
        }
        all.finalize().into()
    }

    /// What new connections are met with.
    pub(super) fn understand(
        &self,
        files: &TlsFiles,
        time: &SharedTime,
    ) -> Result<Identity, TlsError> {
        let chain = certificates(&files.certificate, &self.certificate)?;
        let expires = chain
            .iter()
            .map(|certificate| expiry(&files.certificate, certificate))
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .min()
            .unwrap_or(Timestamp::MAX);
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|source| TlsError::Pem {
            file: files.key.clone(),
            wanted: "an unencrypted private key",
            source,
        })?;
        let provider = Arc::new(ring::default_provider());
        let clock = Arc::new(Clock(Arc::clone(time)));
        let pair = |source| TlsError::Pair {
            certificate: files.certificate.clone(),
            key: files.key.clone(),
            source,
        };
        let config = ServerConfig::builder_with_details(Arc::clone(&provider), clock)
            .with_safe_default_protocol_versions()
            .map_err(pair)?;
        let config = match (&files.clients, &self.clients) {
            (Some(clients), Some(text)) => {
                let roots = roots(&clients.file, text)?;
                config.with_client_cert_verifier(verifier(clients, roots, provider)?)
            }
            _ => config.with_no_client_auth(),
        };
        let mut config = config.with_single_cert(chain, key).map_err(pair)?;
        config.alpn_protocols = vec![HTTP2.to_vec()];
        // Nothing is resumed: a certificate that a caller once showed is not looked at then, and connections are few and long.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Identity {
            config: Arc::new(config),
            expires,
        })
    }
}

/// What the service shows of itself, and what it asks of callers.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) config: Arc<ServerConfig>,
    /// The last instant at which the whole chain is valid.
    pub(super) expires: Timestamp,
}

/// The one time source, as rustls reads it.
#[derive(Debug)]
struct Clock(SharedTime);

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

fn read(file: &Path) -> Result<Vec<u8>, TlsError> {
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|opened| opened.take(LONGEST).read_to_end(&mut bytes))
        .map_err(|source| TlsError::Unreadable {
            file: file.to_owned(),
            source,
        })?;
    Ok(bytes)
}

/// At least one.
fn certificates(file: &Path, text: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let unreadable = |source| TlsError::Pem {
        file: file.to_owned(),
        wanted: "a certificate",
        source,
    };
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    let found = found.map_err(unreadable)?;
    if found.is_empty() {
        return Err(unreadable(pem::Error::NoItemsFound));
    }
    Ok(found)
}

fn expiry(file: &Path, certificate: &CertificateDer<'_>) -> Result<Timestamp, TlsError> {
    let unusable = |reason: String| TlsError::Certificate {
        file: file.to_owned(),
        reason,
    };
    let (_, read) =
        X509Certificate::from_der(certificate).map_err(|error| unusable(error.to_string()))?;
    let seconds = read.validity().not_after.timestamp();
    // One that never expires is dated to the end of the year 9999.
    Ok(Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX))
}

fn roots(file: &Path, text: &[u8]) -> Result<Arc<RootCertStore>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file, text)? {
        roots
            .add(certificate)
            .map_err(|error| TlsError::Certificate {
                file: file.to_owned(),
                reason: error.to_string(),
            })?;
    }
    Ok(Arc::new(roots))
}

fn verifier(
    clients: &ClientAuthorities,
    roots: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn rustls::server::danger::ClientCertVerifier>, TlsError> {
    let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
    let verifier = if clients.required {
        verifier
    } else {
        verifier.allow_unauthenticated()
    };
    verifier.build().map_err(|error| TlsError::Certificate {
        file: clients.file.clone(),
        reason: error.to_string(),
    })
}
