//! TLS as options: the service's certificate, and whether callers need one.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};

use crate::api::grpc::{ClientAuthorities, TlsFiles};

/// How often the files are read again.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(30);

/// The service's TLS settings.
#[derive(Debug, Args)]
pub struct TlsArgs {
    /// The service's certificate in PEM, followed by its intermediate certificates; if set, callers must use TLS. The TLS files
    /// are read again when their contents change, and apply to new connections.
    #[arg(
        long,
        env = "REDRESS_TLS_CERT_FILE",
        value_name = "FILE",
        requires = "tls_key_file"
    )]
    pub tls_cert_file: Option<PathBuf>,

    /// The private key of that certificate in PEM, not encrypted.
    #[arg(
        long,
        env = "REDRESS_TLS_KEY_FILE",
        value_name = "FILE",
        requires = "tls_cert_file"
    )]
    pub tls_key_file: Option<PathBuf>,

    /// The certificate authorities, in PEM, that issue callers' certificates; if set, callers must present one.
    #[arg(
        long,
        env = "REDRESS_CLIENT_CA_FILE",
        value_name = "FILE",
        requires = "tls_cert_file"
    )]
    pub client_ca_file: Option<PathBuf>,

    /// Whether callers must present a certificate. One that is presented is always verified.
    #[arg(
        long,
        env = "REDRESS_CLIENT_CERTS",
        value_name = "WHETHER",
        default_value = "required"
    )]
    pub client_certs: ClientCerts,
}

/// Whether callers must present a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ClientCerts {
    /// Callers without a certificate are refused.
    Required,
    /// Callers may also connect without one.
    Optional,
}

impl TlsArgs {
    /// The files, if TLS is enabled.
    #[must_use]
    pub fn files(self) -> Option<TlsFiles> {
        Some(TlsFiles {
            certificate: self.tls_cert_file?,
            key: self.tls_key_file?,
            clients: self.client_ca_file.map(|file| ClientAuthorities {
                file,
                required: self.client_certs == ClientCerts::Required,
            }),
            look_every: LOOK_EVERY,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        tls: TlsArgs,
    }

    fn read(words: &str) -> Result<Option<TlsFiles>, clap::Error> {
        let line = Line::try_parse_from(format!("serve {words}").split_whitespace());
        line.map(|line| line.tls.files())
    }

    #[test]
    fn a_certificate_and_its_key_are_given_together_or_not_at_all() {
        assert!(read("").unwrap().is_none());
        for alone in [
            "--tls-cert-file c",
            "--tls-key-file k",
            "--client-ca-file a",
            "--client-ca-file a --tls-key-file k",
        ] {
            assert!(read(alone).is_err(), "{alone}");
        }
        let pair = "--tls-cert-file c --tls-key-file k";
        assert!(read(pair).unwrap().unwrap().clients.is_none());
        for (more, required) in [("", true), ("--client-certs optional", false)] {
            let files = read(&format!("{pair} --client-ca-file a {more}"));
            let clients = files.unwrap().unwrap().clients.unwrap();
            assert_eq!(clients.required, required);
        }
    }
}
