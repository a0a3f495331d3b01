//! TLS as it is spoken at present, from the handshake of a connection on.

use std::{io, sync::Arc};

use parking_lot::RwLock;
use tokio::net::TcpStream;
use tokio_rustls::{LazyConfigAcceptor, rustls::server::Acceptor, server::TlsStream};
use tokio_util::sync::CancellationToken;

use super::{
    certificate,
    files::{Contents, HTTP2, Identity, TlsError, TlsFiles},
    handshakes::Handshakes,
};
use crate::{
    api::auth::ClientCertificate,
    looks::{LastLook, keep_looking},
    time_source::SharedTime,
};

/// TLS with what the files held when they were last good. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tls(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    files: TlsFiles,
    time: SharedTime,
    served: RwLock<Identity>,
    last: LastLook,
    handshakes: Handshakes,
}

impl Tls {
    /// Reads the files. A certificate that has expired is served nevertheless, and said to be so: what is due must fire,
    /// whoever can call.
    ///
    /// # Errors
    /// When a file cannot be read or used.
    pub fn load(files: TlsFiles, time: SharedTime) -> Result<Self, TlsError> {
        let contents = Contents::read(&files)?;
        let served = contents.understand(&files, &time)?;
        if let Err(error) = in_time(&served, &files, &time) {
            tracing::error!(%error, "callers will not accept the certificate: replace it");
        }
        Ok(Tls(Arc::new(Inner {
            last: LastLook::at(contents.digest()),
            served: RwLock::new(served),
            handshakes: Handshakes::new(),
            files,
            time,
        })))
    }

    /// Looks at the files again and again until shutdown, and serves what they hold if that has changed and is good.
    /// Connections that are open keep what they began with.
    pub async fn keep_current(self, shutdown: CancellationToken) {
        let every = self.0.files.look_every;
        keep_looking(every, shutdown, move || self.look()).await;
    }

    fn look(&self) {
        let Inner { files, time, .. } = &*self.0;
        let read = Contents::read(files);
        let seen = match &read {
            Ok(contents) => Ok(contents.digest()),
            Err(error) => Err(error.to_string()),
        };
        if !self.0.last.differs(seen) {
            return;
        }
        let understood = read.and_then(|contents| {
            let identity = contents.understand(files, time)?;
            in_time(&identity, files, time)?;
            Ok(identity)
        });
        match understood {
            Ok(identity) => {
                let expires = identity.expires;
                *self.0.served.write() = identity;
                tracing::info!(%expires, "reloaded the TLS certificate for new connections");
            }
            Err(error) => {
                tracing::error!(%error, "failed to reload the TLS files; the previous certificate stays in use");
            }
        }
    }

    /// In how many seconds the certificate that is served expires; negative once it has.
    #[must_use]
    pub fn expires_in(&self) -> f64 {
        let expires = self.0.served.read().expires;
        expires.duration_since(self.0.time.now()).as_secs_f64()
    }

    /// The connection, once both ends know each other, and the certificate that the caller has shown.
    pub(in crate::api::grpc::wire) async fn accept(
        &self,
        socket: TcpStream,
    ) -> io::Result<(TlsStream<TcpStream>, Option<ClientCertificate>)> {
        // Whoever says nothing takes up nothing but the connection.
        let hello = LazyConfigAcceptor::new(Acceptor::default(), socket).await?;
        let place = self.0.handshakes.enter().await;
        let place = place.ok_or(io::ErrorKind::ConnectionAborted)?;
        let config = Arc::clone(&self.0.served.read().config);
        let stream = tokio::select! {
            stream = hello.into_stream(config) => stream?,
            () = place.is_wanted() => return Err(io::ErrorKind::TimedOut.into()),
        };
        let (_, session) = stream.get_ref();
        if session.alpn_protocol() != Some(HTTP2) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the caller does not offer h2 by ALPN",
            ));
        }
        let shown = session.peer_certificates().and_then(<[_]>::first);
        let certificate = shown.map(certificate::read);
        Ok((stream, certificate))
    }
}

fn in_time(identity: &Identity, files: &TlsFiles, time: &SharedTime) -> Result<(), TlsError> {
    if identity.expires < time.now() {
        return Err(TlsError::Expired {
            file: files.certificate.clone(),
            at: identity.expires,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::{fs, path::Path, time::Duration};

    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;
    use crate::{telemetry::test_writer::TestWriter, time_source::ManualTime};

    fn write(folder: &Path, last_year: i32) -> (String, String) {
        let mut params = CertificateParams::default();
        params.not_after = date_time_ymd(last_year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().pem();
        fs::write(folder.join("tls.crt"), &certificate).unwrap();
        fs::write(folder.join("tls.key"), key.serialize_pem()).unwrap();
        (certificate, key.serialize_pem())
    }

    fn files(folder: &Path) -> TlsFiles {
        TlsFiles {
            certificate: folder.join("tls.crt"),
            key: folder.join("tls.key"),
            clients: None,
            look_every: Duration::from_secs(30),
        }
    }

    fn noon() -> SharedTime {
        Arc::new(ManualTime::at("2030-01-01T00:00:00Z".parse().unwrap()))
    }

    #[test]
    fn what_cannot_be_used_is_said_once_with_its_file_and_the_former_is_served_on() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        write(folder, 2031);
        let tls = Tls::load(files(folder), noon()).unwrap();
        let year = 365.0 * 86_400.0;
        assert_eq!(tls.expires_in(), year);
        // What is said of what stands in a file then.
        let said_of = |file: &str, text: &str| {
            let written = TestWriter::default();
            tracing::subscriber::with_default(written.subscriber(), || {
                fs::write(folder.join(file), text).unwrap();
                tls.look();
                tls.look();
            });
            assert_eq!(tls.expires_in(), year, "{text}");
            written.text()
        };
        let (certificate, key) = {
            let elsewhere = tempfile::tempdir().unwrap();
            write(elsewhere.path(), 2040)
        };
        for (file, text, says) in [
            ("tls.crt", certificate.as_str(), "do not belong together"),
            (
                "tls.crt",
                "nothing of the kind",
                "a certificate is expected",
            ),
            (
                "tls.key",
                "nothing of the kind",
                "a certificate is expected",
            ),
        ] {
            let said = said_of(file, text);
            assert_eq!(said.lines().count(), 1, "{said}");
            assert!(said.contains("ERROR") && said.contains("tls.crt"), "{said}");
            assert!(said.contains(says), "{said}");
        }
        fs::write(folder.join("tls.key"), key).unwrap();
        fs::write(folder.join("tls.crt"), certificate).unwrap();
        tls.look();
        assert!(tls.expires_in() > 9.0 * year);
        // One that has expired does not take the place of one that has not.
        write(folder, 2029);
        tls.look();
        assert!(tls.expires_in() > 9.0 * year);
        fs::remove_file(folder.join("tls.key")).unwrap();
        tls.look();
        assert!(tls.expires_in() > 9.0 * year);
    }

    #[test]
    fn a_service_starts_with_a_certificate_that_has_expired_and_not_without_one() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let refused = Tls::load(files(folder), noon()).unwrap_err();
        assert!(refused.to_string().contains("tls.crt"), "{refused}");
        write(folder, 2029);
        let tls = Tls::load(files(folder), noon()).unwrap();
        assert!(tls.expires_in() < 0.0);
    }
}
