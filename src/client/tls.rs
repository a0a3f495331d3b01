//! How a client knows a service by its certificate, and shows one of its own.

use std::{fs, path::PathBuf};

use tonic::transport::{Certificate, ClientTlsConfig, Identity};

use super::error::CallError;

/// Where a client finds what it needs to speak TLS. All files are PEM; without any, services are known by the authorities
/// that the machine trusts.
#[derive(Debug, Clone, Default)]
pub struct TlsFiles {
    /// The authorities by which the service's certificate is known, instead of those that the machine trusts.
    pub authorities: Option<PathBuf>,
    /// The certificate of this client and its private key, for services that ask for one.
    pub identity: Option<(PathBuf, PathBuf)>,
}

impl TlsFiles {
    pub(super) fn read(&self) -> Result<ClientTlsConfig, CallError> {
        let mut config = ClientTlsConfig::new();
        config = match &self.authorities {
            Some(file) => config.ca_certificate(Certificate::from_pem(read(file)?)),
            None => config.with_native_roots(),
        };
        if let Some((certificate, key)) = &self.identity {
            config = config.identity(Identity::from_pem(read(certificate)?, read(key)?));
        }
        Ok(config)
    }
}

fn read(file: &PathBuf) -> Result<Vec<u8>, CallError> {
    fs::read(file).map_err(|source| CallError::Unreadable {
        file: file.clone(),
        source,
    })
}
