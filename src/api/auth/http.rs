//! Fetches the documents that an issuer publishes.

use std::{net::IpAddr, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, Uri, header::CACHE_CONTROL};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

/// How long a response may take in total.
const PATIENCE: Duration = Duration::from_secs(5);
/// The largest response, in bytes.
const LARGEST: usize = 256 * 1024;

/// Fetches documents of an issuer. Does not follow redirects.
#[derive(Debug, Clone)]
pub(super) struct Http(Client<HttpsConnector<HttpConnector>, Empty<Bytes>>);

/// A fetched document.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) bytes: Bytes,
    /// How long it may be cached, if the issuer says so.
    pub(super) max_age: Option<Duration>,
}

/// Why a document could not be fetched.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("it did not answer within {} s", PATIENCE.as_secs())]
    TooSlow,
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    #[error("it answered with status {}", .0.as_u16())]
    Refused(StatusCode),
    #[error("its response was truncated, or has more than {} KiB", LARGEST / 1024)]
    Body,
}

impl Http {
    /// # Errors
    /// When this machine trusts no certificates at all.
    pub(super) fn new() -> std::io::Result<Self> {
        let connector = HttpsConnectorBuilder::new()
            .with_native_roots()?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Http(Client::builder(TokioExecutor::new()).build(connector)))
    }

    pub(super) async fn get(&self, uri: &Uri) -> Result<Fetched, FetchError> {
        let fetched = tokio::time::timeout(PATIENCE, self.fetch(uri)).await;
        fetched.unwrap_or(Err(FetchError::TooSlow))
    }

    async fn fetch(&self, uri: &Uri) -> Result<Fetched, FetchError> {
        let unreachable = |error: &dyn std::error::Error| FetchError::Unreachable(innermost(error));
        let request = Request::get(uri)
            .header(http::header::ACCEPT, "application/json")
            .body(Empty::new());
        let request = request.map_err(|error| unreachable(&error))?;
        let answer = self.0.request(request).await;
        let answer = answer.map_err(|error| unreachable(&error))?;
        if answer.status() != StatusCode::OK {
            return Err(FetchError::Refused(answer.status()));
        }
        let max_age = max_age(answer.headers());
        let body = Limited::new(answer.into_body(), LARGEST).collect().await;
        let bytes = body.map_err(|_| FetchError::Body)?.to_bytes();
        Ok(Fetched { bytes, max_age })
    }
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut reason = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    reason.to_string()
}

/// How long a response may be cached.
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all(CACHE_CONTROL).iter();
    let directives = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    let mut shortest: Option<Duration> = None;
    for directive in directives {
        let directive = directive.trim().to_ascii_lowercase();
        let age = match directive.split_once('=') {
            None if directive == "no-store" || directive == "no-cache" => Some(0),
            Some(("max-age", seconds)) => seconds.trim_matches('"').parse().ok(),
            _ => None,
        };
        let age = age.map(Duration::from_secs);
        shortest = shortest.into_iter().chain(age).min();
    }
    shortest
}

/// The address of a document of an issuer: https, unless it is on this machine.
pub(super) fn trusted_address(text: &str) -> Option<Uri> {
    let uri: Uri = text.parse().ok()?;
    let host = uri.host().filter(|host| !host.is_empty())?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let here = bare == "localhost" || bare.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    let plain = uri
        .authority()
        .is_some_and(|all| !all.as_str().contains('@'));
    match uri.scheme_str() {
        Some("https") if plain => Some(uri),
        Some("http") if here && plain => Some(uri),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn keys_come_over_tls_or_from_this_machine() {
        for address in [
            "https://issuer.example/jwks",
            "http://127.0.0.1:8080/jwks",
            "http://[::1]/jwks",
            "http://localhost:8080/jwks",
        ] {
            assert!(trusted_address(address).is_some(), "{address}");
        }
        for address in [
            "http://issuer.example/jwks",
            "http://10.0.0.7/jwks",
            "http://localhost.example/jwks",
            "https://ada:s3cret@issuer.example/jwks",
            "ftp://127.0.0.1/jwks",
            "/jwks",
            "",
        ] {
            assert!(trusted_address(address).is_none(), "{address}");
        }
    }

    #[test]
    fn the_shortest_age_that_an_issuer_states_holds() {
        let age = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CACHE_CONTROL, value.parse().unwrap());
            }
            max_age(&headers).map(|age| age.as_secs())
        };
        assert_eq!(age(&[]), None);
        assert_eq!(age(&["public"]), None);
        assert_eq!(age(&["public, max-age=600"]), Some(600));
        assert_eq!(age(&["Max-Age=\"60\"", "max-age=10"]), Some(10));
        assert_eq!(age(&["max-age=600, no-store"]), Some(0));
        assert_eq!(age(&["max-age=ten"]), None);
    }
}
