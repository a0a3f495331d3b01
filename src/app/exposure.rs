//! Where the service may listen, depending on whether it authenticates callers.

use std::net::SocketAddr;

use super::error::AppError;
use crate::api::{
    auth::{ClientSubjectsFile, TrustedIssuer},
    grpc::TlsFiles,
};

/// Where a service listens, and how it authenticates callers.
#[derive(Debug, Clone, Copy)]
pub struct Exposure<'c> {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// TLS for that address.
    pub tls: Option<&'c TlsFiles>,
    /// The trusted token issuers.
    pub issuers: &'c [TrustedIssuer],
    /// Maps client certificates to callers.
    pub client_subjects: Option<&'c ClientSubjectsFile>,
}

impl Exposure<'_> {
    /// Whether callers are authenticated. If so, anonymous calls are rejected.
    #[must_use]
    pub fn knows_callers(&self) -> bool {
        !self.issuers.is_empty() || self.client_subjects.is_some()
    }

    /// Rejects settings that would open the service to everybody, or lock everybody out. Reads no file and opens no port.
    ///
    /// # Errors
    /// Why the settings are not allowed.
    pub fn check(&self) -> Result<(), AppError> {
        let asks_for_certificates = self.tls.is_some_and(|tls| tls.clients.is_some());
        if self.client_subjects.is_some() && !asks_for_certificates {
            return Err(AppError::NoCertificates);
        }
        if !self.knows_callers() && !self.listen.ip().is_loopback() {
            return Err(AppError::OpenToAll {
                address: self.listen,
            });
        }
        Ok(())
    }
}
