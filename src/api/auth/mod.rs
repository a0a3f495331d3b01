//! Authentication of callers.

mod cache;
mod certificate;
mod claims;
mod dev;
mod granted;
mod http;
mod key_set;
mod name;
mod problem;
mod ring;
mod source;
mod subjects;
mod tokens;

use std::sync::Arc;

use ::http::{HeaderMap, header::AUTHORIZATION};

pub(in crate::api) use self::{
    certificate::ClientCertificate,
    name::AlternativeName,
    problem::{BadToken, Unauthenticated, Wanted},
};
pub use self::{
    dev::{DevKey, DevKeyError, Grant},
    source::{KeySource, TrustedIssuer},
    subjects::{ClientSubjects, ClientSubjectsError, ClientSubjectsFault, ClientSubjectsFile},
};
use self::{http::Http, source::Issuer, tokens::Tokens};
use crate::{access::Caller, time_source::SharedTime};

/// Why authentication cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// TLS cannot be used for fetching keys.
    #[error(
        "no certificate is trusted on this machine, so the issuer's keys cannot be fetched: install the package ca-certificates, \
         or name a file of certificates in SSL_CERT_FILE ({0})"
    )]
    NoCertificates(std::io::Error),
    /// The issuer does not lead to a usable key address.
    #[error(
        "the keys of the issuer {issuer} cannot be discovered: {why}; set their location with --oidc-keys"
    )]
    Issuer {
        /// The issuer.
        issuer: String,
        /// The reason.
        why: String,
    },
    /// A key file cannot be used.
    #[error("the keys of the issuer {issuer} cannot be used: {why}")]
    Keys {
        /// The issuer.
        issuer: String,
        /// The reason.
        why: String,
    },
}

/// Authenticates callers. Without tokens and certificates configured, every caller is anonymous.
#[derive(Debug, Clone)]
pub struct Authentication {
    tokens: Option<Arc<Tokens>>,
    clients: Option<ClientSubjects>,
}

impl Authentication {
    /// No authentication: every caller is anonymous.
    #[must_use]
    pub fn off() -> Self {
        Authentication {
            tokens: None,
            clients: None,
        }
    }

    /// Authenticates callers by the tokens of these issuers, if there are any. An unreachable issuer does not delay startup: its
    /// callers are told to retry until it is back.
    ///
    /// # Errors
    /// When a setting is invalid.
    pub async fn by_tokens(
        trusted: Vec<TrustedIssuer>,
        time: SharedTime,
    ) -> Result<Self, AuthError> {
        if trusted.is_empty() {
            return Ok(Self::off());
        }
        ring::install();
        let mut issuers = Vec::new();
        for trusted in trusted {
            issuers.push(Arc::new(begin(trusted, &time).await?));
        }
        let tokens = Tokens::new(issuers, time);
        Ok(Authentication {
            tokens: Some(Arc::new(tokens)),
            ..Self::off()
        })
    }

    /// Whether a caller with these headers would be authenticated: measures the cost of authentication alone.
    pub async fn knows(&self, headers: &HeaderMap) -> bool {
        let always = || Ok::<(), Unauthenticated>(());
        self.caller(headers, None, always).await.is_ok()
    }

    /// Also authenticates callers without a token by their certificates.
    #[must_use]
    pub fn and_by_certificates(self, clients: Option<ClientSubjects>) -> Self {
        Authentication { clients, ..self }
    }

    /// The caller of a request with these headers, on a connection with this certificate. A token takes precedence over the
    /// certificate, and an invalid token is rejected in any case. Before verifying a token that was never valid so far, `may_try`
    /// is called.
    ///
    /// # Errors
    /// What `may_try` returns, or why the caller is not authenticated.
    pub(in crate::api) async fn caller<E: From<Unauthenticated>>(
        &self,
        headers: &HeaderMap,
        certificate: Option<&ClientCertificate>,
        may_try: impl FnOnce() -> Result<(), E>,
    ) -> Result<Caller, E> {
        let wanted = match (&self.tokens, &self.clients) {
            (None, None) => return Ok(Caller::Anyone),
            (Some(_), None) => Wanted::Token,
            (None, Some(_)) => Wanted::Certificate,
            (Some(_), Some(_)) => Wanted::Either,
        };
        let principal = match (
            bearer(headers).map_err(Unauthenticated::from)?,
            &self.tokens,
        ) {
            (Some(token), Some(tokens)) => tokens.principal(token, may_try).await?,
            (Some(_), None) => return Err(Unauthenticated::from(BadToken::NotTaken).into()),
            (None, _) => {
                let shown = self.clients.as_ref().zip(certificate);
                let (clients, certificate) = shown.ok_or(Unauthenticated::Nothing(wanted))?;
                clients
                    .principal(certificate)
                    .map_err(Unauthenticated::from)?
            }
        };
        Ok(Caller::Known(principal))
    }
}

async fn begin(trusted: TrustedIssuer, time: &SharedTime) -> Result<Issuer, AuthError> {
    let TrustedIssuer {
        issuer: name,
        audience,
        keys,
    } = trusted;
    let http = match &keys {
        KeySource::Address(_) | KeySource::Discovered => {
            Some(Http::new().map_err(AuthError::NoCertificates)?)
        }
        KeySource::File(_) | KeySource::Fixed(_) => None,
    };
    if matches!(keys, KeySource::Discovered) {
        let address = source::discovery_address(&name);
        address.map_err(|why| AuthError::Issuer {
            issuer: name.clone(),
            why,
        })?;
    }
    let comes_and_goes = http.is_some();
    let issuer = Issuer::new((name.clone(), audience), keys, http, Arc::clone(time));
    match issuer.begin().await {
        Ok(()) => {}
        Err(error) if comes_and_goes => {
            tracing::warn!(issuer = name, %error, "failed to fetch the issuer's keys; calls are refused until that succeeds");
        }
        Err(why) => return Err(AuthError::Keys { issuer: name, why }),
    }
    Ok(issuer)
}

/// The bearer token of a request, if it has one.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, BadToken> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = all.next() else {
        return Ok(None);
    };
    if all.next().is_some() {
        return Err(BadToken::Form);
    }
    let value = value.to_str().map_err(|_| BadToken::Form)?;
    let (scheme, token) = value.split_once(' ').ok_or(BadToken::Form)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(BadToken::Form);
    }
    Ok(Some(token.trim()))
}

#[cfg(test)]
mod tests;
