//! Which authorities vouch for receivers: those that the machine trusts, and further ones from a file, for receivers whose
//! certificates come from an organisation's own authority.

use std::path::{Path, PathBuf};

use tokio_rustls::rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};

/// Why nothing can be sent over TLS.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// Nobody vouches for any receiver.
    #[error("this machine trusts no certificate authorities, and none are configured")]
    NoAuthorities,
    /// The file with further authorities.
    #[error("{file} cannot be used as a file of certificate authorities: {reason}", file = file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        reason: String,
    },
}

/// How TLS is spoken to receivers. `authorities`: a file with those that are trusted beside the machine's.
pub(super) fn config(authorities: Option<&Path>) -> Result<ClientConfig, EgressError> {
    let native = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // What the machine trusts may hold certificates that are of no use; the others are.
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
