//! What leaves the service by HTTP, and where it may go.
//!
//! The rules are held against each address that is connected to, and not against what a name stood for when it was configured.
//! An answer that leads elsewhere is an answer, and is not followed; nothing in the environment names a proxy.

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

/// How long a request may take, all in all.
pub const WHOLE_REQUEST: Duration = Duration::from_secs(20);
/// How many bytes of an answer are read.
const READ: usize = 8 * 1024;
/// How many of them are kept.
const KEPT: usize = 1024;
/// For how long connections are used again: a host may get another address.
const CONNECTIONS_LIVE: Duration = Duration::from_secs(90);

type HttpClient = Client<HttpsConnector<Connector>, Full<Bytes>>;

/// Where requests may go, and which receivers are trusted there.
#[derive(Debug, Clone, Default)]
pub struct EgressSettings {
    /// Where they may go.
    pub rules: EgressRules,
    /// A file with the certificates of authorities, in PEM, that are trusted beside those that the machine trusts.
    pub authorities: Option<PathBuf>,
}

/// Sends requests where the rules let it. Cheap to clone.
#[derive(Clone)]
pub struct Egress(Arc<Shared>);

struct Shared {
    connector: HttpsConnector<Connector>,
    uptime: Arc<dyn Uptime>,
    /// The client whose connections are used again, and since when.
    client: Mutex<(HttpClient, Duration)>,
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress").finish_non_exhaustive()
    }
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// When to come again, as it says: its `Retry-After`.
    pub retry_after: Option<String>,
    /// How its body begins: at most 1 kB. For administrators alone: shown to others, it would let them read what only the service
    /// reaches.
    pub body: Bytes,
}

/// Why nothing was answered. Whether the request arrived is not known, but where nothing was connected to.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SendError {
    /// It may not be sent there.
    #[error("{0}")]
    Forbidden(#[from] Forbidden),
    /// The name of the host.
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
    /// Sends by these settings. Reads the authorities' file.
    ///
    /// # Errors
    /// When the file cannot be used, or no authority is trusted at all.
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

    /// Posts these bytes, and reads the answer.
    ///
    /// # Errors
    /// When nothing is answered in time.
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

    /// The client, a new one where the connections of the one before have been used for long enough.
    fn client(&self) -> HttpClient {
        let Shared {
            connector,
            uptime,
            client: shared,
        } = &*self.0;
        let now = uptime.uptime();
        // Whole whatever panicked: it is replaced in one step.
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

/// How a body begins. What is longer is left unread, and its connection closed.
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
