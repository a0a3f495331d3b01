//! Outgoing HTTP requests, and where they may go.
//!
//! The rules are checked against each address that is connected to, not against what a name resolved to when it was configured.
//! Redirects are not followed, and no proxy is taken from the environment.

mod connector;
mod networks;
mod rules;
mod trust;

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header::RETRY_AFTER};
use http_body_util::{BodyExt as _, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};

use self::connector::{Connector, Refused};
pub use self::{
    rules::{BadAllow, Destination, EgressAllow, EgressRules, Forbidden},
    trust::EgressError,
};
use crate::time_source::Uptime;

/// How long a request may take in total.
pub const WHOLE_REQUEST: Duration = Duration::from_secs(20);
/// How many bytes of a response body are read.
const READ: usize = 8 * 1024;
/// How many of them are kept.
const KEPT: usize = 1024;
/// How long connections are reused: the host's address may change.
const CONNECTIONS_LIVE: Duration = Duration::from_secs(90);

type HttpClient = Client<HttpsConnector<Connector>, Full<Bytes>>;

/// Where requests may go, and which certificates are trusted.
#[derive(Debug, Clone, Default)]
pub struct EgressSettings {
    /// Where requests may go.
    pub rules: EgressRules,
    /// A PEM file of certificate authorities to trust in addition to the system's.
    pub authorities: Option<PathBuf>,
}

/// Sends requests that the rules admit. Cheap to clone.
#[derive(Clone)]
pub struct Egress(Arc<Shared>);

struct Shared {
    connector: HttpsConnector<Connector>,
    uptime: Arc<dyn Uptime>,
    /// The client whose connections are reused, and since when.
    client: Mutex<(HttpClient, Duration)>,
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress").finish_non_exhaustive()
    }
}

/// A response.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its `Retry-After`.
    pub retry_after: Option<String>,
    /// The start of its body: at most 1 kB. For administrators only: others could use it to read what only the service can reach.
    pub body: Bytes,
}

/// Why there was no response. Unless no connection was made, the request may have arrived.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SendError {
    /// The rules forbid the destination.
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    /// The host name does not resolve.
    #[error("the host's name cannot be resolved")]
    Unresolved,
    /// No connection.
    #[error("no connection could be made: {0}")]
    Unconnected(String),
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// It took too long.
    #[error("there was no answer within {} s", .0.as_secs())]
    TimedOut(Duration),
}

impl Egress {
    /// An egress with these settings. Reads the file of certificate authorities.
    ///
    /// # Errors
    /// When the file cannot be used, or no certificate authority is trusted at all.
    pub fn new(settings: EgressSettings, uptime: Arc<dyn Uptime>) -> Result<Self, EgressError> {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(trust::config(settings.authorities.as_deref())?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(Connector::new(Arc::new(settings.rules)));
        let client = Mutex::new((client(&connector), uptime.uptime()));
        Ok(Egress(Arc::new(Shared {
            connector,
            uptime,
            client,
        })))
    }

    /// Posts these bytes and reads the response.
    ///
    /// # Errors
    /// When there is no response in time.
    pub async fn post(
        &self,
        to: &Destination,
        headers: HeaderMap,
        body: Bytes,
        within: Duration,
    ) -> Result<Answer, SendError> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = to.uri().clone();
        *request.headers_mut() = headers;
        let exchange = tokio::time::timeout(within, self.exchange(request)).await;
        exchange.unwrap_or(Err(SendError::TimedOut(within)))
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Answer, SendError> {
        let answer = self.client().request(request).await;
        let answer = answer.map_err(|error| reason(&error))?;
        let retry_after = answer.headers().get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok());
        let (status, retry_after) = (answer.status(), retry_after.map(str::to_owned));
        let body = beginning(answer.into_body()).await?;
        Ok(Answer {
            status,
            retry_after,
            body,
        })
    }

    /// The client; a new one once the connections of the last have been reused for long enough.
    fn client(&self) -> HttpClient {
        let Shared {
            connector,
            uptime,
            client: shared,
        } = &*self.0;
        let now = uptime.uptime();
        // Consistent even after a panic: it is replaced in one step.
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(shared.1) > CONNECTIONS_LIVE {
            *shared = (client(connector), now);
        }
        shared.0.clone()
    }
}

fn client(connector: &HttpsConnector<Connector>) -> HttpClient {
    Client::builder(TokioExecutor::new())
        .pool_timer(hyper_util::rt::TokioTimer::new())
        .pool_idle_timeout(Duration::from_secs(30))
        .build(connector.clone())
}

/// The start of a body. The rest is left unread, and the connection closed.
async fn beginning(mut body: hyper::body::Incoming) -> Result<Bytes, SendError> {
    let (mut read, mut kept) = (0, Vec::new());
    while read < READ
        && let Some(frame) = body.frame().await
    {
        let frame = frame.map_err(|error| SendError::Broken(innermost(&error)))?;
        if let Some(data) = frame.data_ref() {
            read += data.len();
            let room = KEPT.saturating_sub(kept.len());
            kept.extend_from_slice(data.get(..room.min(data.len())).unwrap_or_default());
        }
    }
    Ok(kept.into())
}

fn reason(error: &hyper_util::client::legacy::Error) -> SendError {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = source {
        match inner.downcast_ref::<Refused>() {
            Some(Refused::Forbidden(forbidden)) => return SendError::Forbidden(forbidden.clone()),
            Some(Refused::Unresolved) => return SendError::Unresolved,
            Some(Refused::Unconnected(why)) => return SendError::Unconnected(why.clone()),
            None => source = inner.source(),
        }
    }
    let why = innermost(error);
    if error.is_connect() {
        SendError::Unconnected(why)
    } else {
        SendError::Broken(why)
    }
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut reason = error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    reason.to_string()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
