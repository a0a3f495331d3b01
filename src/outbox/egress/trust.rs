//! Which certificate authorities are trusted: the system's, and more from a file, for receivers with certificates from an
//! organisation's own authority.

use std::path::{Path, PathBuf};

use tokio_rustls::rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};

/// Why TLS cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// No certificate authority is trusted.
    #[error("this machine trusts no certificate authorities, and none are configured")]
    NoAuthorities,
    /// The file of further certificate authorities.
    #[error("{file} cannot be used as a file of certificate authorities: {reason}", file = file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// The TLS configuration for receivers. `authorities`: a file of certificate authorities to trust in addition to the system's.
pub(super) fn config(authorities: Option<&Path>) -> Result<ClientConfig, EgressError> {
    let native = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // The system's store may hold unusable certificates; skip them.
    roots.add_parsable_certificates(native.certs);
    if let Some(file) = authorities {
        for authority in certificates(file)? {
            let added = roots.add(authority);
            added.map_err(|error| unusable(file, error))?;
        }
    }
    if roots.is_empty() {
        return Err(EgressError::NoAuthorities);
    }
    let builder = ClientConfig::builder().with_root_certificates(roots);
    Ok(builder.with_no_client_auth())
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, EgressError> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    let read: Vec<CertificateDer<'static>> = read.map_err(|error| unusable(file, error))?;
    if read.is_empty() {
        return Err(unusable(file, "it holds no certificate in PEM"));
    }
    Ok(read)
}

fn unusable(file: &Path, reason: impl std::fmt::Display) -> EgressError {
    EgressError::File {
        file: file.to_owned(),
        reason: reason.to_string(),
    }
}
