//! Certificates of every kind, made on the spot.

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    SanType, date_time_ymd,
};
use redress::api::grpc::{ClientAuthorities, TlsFiles};
use tempfile::TempDir;
use tonic::transport::{Certificate, Identity};

/// Whoever issues certificates.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate, in PEM.
    pub(crate) pem: String,
}

/// A certificate and its key, in PEM.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        // Known by a name of its own, so that none is taken for another.
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let name = format!("Authority {}", NEXT.fetch_add(1, Ordering::Relaxed));
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Authority {
            issuer: Issuer::new(params, key),
            pem,
        }
    }

    /// For a server on this machine.
    pub(crate) fn server(&self) -> Pair {
        self.issue(ExtendedKeyUsagePurpose::ServerAuth, |_| {})
    }

    /// For a caller of this name.
    pub(crate) fn client(&self, uri: &str) -> Pair {
        self.issue(ExtendedKeyUsagePurpose::ClientAuth, |params| {
            params.subject_alt_names = vec![SanType::URI(uri.try_into().unwrap())];
        })
    }

    /// One that has long been over.
    pub(crate) fn expired(&self, purpose: ExtendedKeyUsagePurpose) -> Pair {
        self.issue(purpose, |params| {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        })
    }

    pub(crate) fn issue(
        &self,
        purpose: ExtendedKeyUsagePurpose,
        otherwise: impl FnOnce(&mut CertificateParams),
    ) -> Pair {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(names).unwrap();
        params.extended_key_usages = vec![purpose];
        otherwise(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Pair {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }

    pub(crate) fn certificate(&self) -> Certificate {
        Certificate::from_pem(&self.pem)
    }
}

impl Pair {
    pub(crate) fn identity(&self) -> Identity {
        Identity::from_pem(&self.certificate, &self.key)
    }
}

/// The files of a service that speaks TLS.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn of(server: &Pair) -> Self {
        let folder = Folder(tempfile::tempdir().unwrap());
        folder.hold(server);
        folder
    }

    /// Exchanges the pair.
    pub(crate) fn hold(&self, server: &Pair) {
        self.write("tls.crt", &server.certificate);
        self.write("tls.key", &server.key);
    }

    /// Exchanges a file in one go.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let (new, file) = (self.path(&format!("{name}.new")), self.path(name));
        fs::write(&new, text).unwrap();
        fs::rename(new, &file).unwrap();
        file
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// As a service is given them, who looks at them all the time.
    pub(crate) fn files(&self, clients: Option<(&Authority, bool)>) -> TlsFiles {
        TlsFiles {
            certificate: self.path("tls.crt"),
            key: self.path("tls.key"),
            clients: clients.map(|(authority, required)| ClientAuthorities {
                file: self.write("ca.crt", &authority.pem),
                required,
            }),
            look_every: Duration::from_millis(10),
        }
    }

    /// As options of `redress serve`.
    pub(crate) fn options(&self) -> [(&'static str, PathBuf); 2] {
        [
            ("REDRESS_TLS_CERT_FILE", self.path("tls.crt")),
            ("REDRESS_TLS_KEY_FILE", self.path("tls.key")),
        ]
    }
}
