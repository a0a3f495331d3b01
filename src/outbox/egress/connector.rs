//! Opens connections. The host name is resolved here, and only addresses that the rules admit are connected to. A host written as
//! an address is checked in the same way.

use std::{
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower::Service;

use super::rules::{Destination, EgressRules, Forbidden};

/// How long connecting may take, without the TLS handshake.
const CONNECT: Duration = Duration::from_secs(5);

/// Connects to admitted addresses only.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    rules: Arc<EgressRules>,
}

/// Why no connection was made.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    #[error("the host's name cannot be resolved")]
    Unresolved,
    #[error("{0}")]
    Unconnected(String),
}

impl Connector {
    pub(super) fn new(rules: Arc<EgressRules>) -> Self {
        Connector { rules }
    }

    async fn connect(self, uri: Uri) -> Result<TcpStream, Refused> {
        let to = Destination::parse(&uri.to_string())?;
        let connected = tokio::time::timeout(CONNECT, async {
            let admitted = self.admitted(&to).await?;
            first_of(&admitted).await
        });
        let late = || Refused::Unconnected(format!("not within {} s", CONNECT.as_secs()));
        let stream = connected.await.map_err(|_| late())??;
        // Messages are small, and each is waited for.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }

    /// The admitted addresses of a host; at least one.
    async fn admitted(&self, to: &Destination) -> Result<Vec<SocketAddr>, Refused> {
        let addresses: Vec<IpAddr> = match to.host().parse::<IpAddr>() {
            Ok(address) => vec![address],
            Err(_) => {
                let found = tokio::net::lookup_host((to.host(), to.port())).await;
                let found = found.map_err(|_| Refused::Unresolved)?;
                found.map(|address| address.ip()).collect()
            }
        };
        let mut why = Refused::Unresolved;
        let mut admitted = Vec::new();
        for address in addresses {
            let address = address.to_canonical();
            match self.rules.admit(to, address) {
                Ok(()) => admitted.push(SocketAddr::new(address, to.port())),
                Err(forbidden) => why = forbidden.into(),
            }
        }
        if admitted.is_empty() {
            return Err(why);
        }
        Ok(admitted)
    }
}

/// Connects to the first address that accepts.
async fn first_of(addresses: &[SocketAddr]) -> Result<TcpStream, Refused> {
    let mut why = String::new();
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => why = worded(&error),
        }
    }
    Err(Refused::Unconnected(why))
}

fn worded(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "it was refused".to_owned(),
        _ => error.to_string(),
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = Refused;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move { connector.connect(uri).await.map(TokioIo::new) })
    }
}
