//! Where the service may listen, which depends on whether it knows its callers.

use std::net::SocketAddr;

use super::error::AppError;
use crate::api::{
    auth::{ClientSubjectsFile, TrustedIssuer},
    grpc::TlsFiles,
};

/// Where a service is to listen, and by what it is to know its callers.
#[derive(Debug, Clone, Copy)]
pub struct Exposure<'c> {
    /// Where it is to listen.
    pub listen: SocketAddr,
    /// With what it speaks TLS.
    pub tls: Option<&'c TlsFiles>,
    /// Whose tokens it believes.
    pub issuers: &'c [TrustedIssuer],
    /// By what it knows the certificates of callers.
    pub client_subjects: Option<&'c ClientSubjectsFile>,
}

impl Exposure<'_> {
    /// Whether callers are to be known. Where they are, whoever proves nothing gets nothing.
    #[must_use]
    pub fn knows_callers(&self) -> bool {
        !self.issuers.is_empty() || self.client_subjects.is_some()
    }

    /// Refuses what would open the service to everybody, or could not let in anybody. Reads no file and opens no port.
    ///
    /// # Errors
    /// Why it must not be.
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
