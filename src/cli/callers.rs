//! How `redress serve` authenticates its callers, as options.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;

use super::{Failure, tls::LOOK_EVERY};
use crate::api::auth::{ClientSubjectsFile, DevKey, KeySource, TrustedIssuer};

/// How callers are authenticated. Without any of these options the service serves everybody, but listens on loopback only.
#[derive(Debug, Clone, Default, Args)]
pub struct CallerArgs {
    /// The OpenID Connect issuer whose tokens are accepted: exactly their `iss` claim.
    #[arg(
        long,
        env = "REDRESS_OIDC_ISSUER",
        value_name = "ISSUER",
        requires = "oidc_audience"
    )]
    pub oidc_issuer: Option<String>,

    /// The `aud` claim of tokens that are meant for this service.
    #[arg(
        long,
        env = "REDRESS_OIDC_AUDIENCE",
        value_name = "AUDIENCE",
        requires = "oidc_issuer"
    )]
    pub oidc_audience: Option<String>,

    /// The issuer's public keys: a file with a JSON Web Key Set, or its address [default: the address that the issuer
    /// publishes].
    #[arg(
        long = "oidc-keys",
        env = "REDRESS_OIDC_KEYS",
        value_name = "FILE|ADDRESS",
        requires = "oidc_issuer",
        value_parser = KeySource::parse
    )]
    pub oidc_jwks: Option<KeySource>,

    /// A TOML file that maps the names in callers' certificates to subjects and their roles; README.md describes it. Needs
    /// --client-ca-file. It is read again when its contents change. If a call carries a token, only the token counts.
    #[arg(long, env = "REDRESS_CLIENT_SUBJECTS", value_name = "FILE")]
    pub client_subjects: Option<PathBuf>,

    /// A key made by `redress token`, whose tokens are accepted too, on loopback addresses only: for a first try.
    #[arg(long = "dev-keys", env = "REDRESS_DEV_KEYS", value_name = "FILE")]
    pub dev_file: Option<PathBuf>,
}

impl CallerArgs {
    /// The file that maps callers' certificates to subjects.
    pub(super) fn client_subjects(&self) -> Option<ClientSubjectsFile> {
        let file = self.client_subjects.clone()?;
        Some(ClientSubjectsFile {
            file,
            look_every: LOOK_EVERY,
        })
    }

    /// The issuers whose tokens are accepted.
    pub(super) fn issuers(self, listen: SocketAddr) -> Result<Vec<TrustedIssuer>, Failure> {
        let mut issuers = Vec::new();
        if let Some((issuer, audience)) = self.oidc_issuer.zip(self.oidc_audience) {
            issuers.push(TrustedIssuer {
                issuer,
                audience,
                keys: self.oidc_jwks.unwrap_or(KeySource::Discovered),
            });
        }
        if let Some(file) = self.dev_file {
            if !listen.ip().is_loopback() {
                return Err(Failure::DevKeysElsewhere(listen));
            }
            issuers.push(DevKey::read(&file)?.issuer());
        }
        Ok(issuers)
    }
}
