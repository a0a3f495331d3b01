//! The entrance for callers: listening addresses, TLS and authentication.

use std::{net::SocketAddr, sync::Arc};

use tokio::{net::TcpListener, task::JoinHandle};

use super::{AppError, base::Base, config::AppConfig};
use crate::{
    api::{
        ComplaintApi,
        auth::{Authentication, ClientSubjects},
        grpc::{self, Callers, Listeners, Readiness, Tls},
    },
    time_source::SharedTime,
};

/// The running server.
pub(super) type Server = JoinHandle<Result<(), grpc::ServeError>>;

/// The entrance for callers. No calls are accepted before [`Entrance::serve`].
pub(super) struct Entrance {
    callers: (TcpListener, SocketAddr),
    probes: Option<(TcpListener, SocketAddr)>,
    tls: Option<Tls>,
    clients: Option<ClientSubjects>,
}

impl Entrance {
    /// Listens, and reads the TLS files.
    ///
    /// # Errors
    /// When an address is in use, a file cannot be used, or the service would be open to anybody.
    pub(super) async fn open(config: &AppConfig) -> Result<Self, AppError> {
        let exposure = config.exposure();
        exposure.check()?;
        let callers = listen(config.listen).await?;
        let probes = match config.probes {
            Some(probes) => Some(listen(probes).await?),
            None => None,
        };
        if !exposure.knows_callers() {
            tracing::warn!(
                "callers are not authenticated: anyone who can reach this machine may read and change everything, under any name; authenticate them with --oidc-issuer (tokens) or --client-subjects (certificates), or try it with --dev-keys"
            );
        }
        let tls = config.tls.clone();
        let tls = tls.map(|files| Tls::load(files, Arc::clone(&config.time)));
        let clients = config.client_subjects.clone().map(ClientSubjects::load);
        Ok(Entrance {
            callers,
            probes,
            tls: tls.transpose()?,
            clients: clients.transpose()?,
        })
    }

    /// The address for callers.
    pub(super) fn address(&self) -> SocketAddr {
        self.callers.1
    }

    /// The separate address for probes, if there is one.
    pub(super) fn probes(&self) -> Option<SocketAddr> {
        self.probes.as_ref().map(|(_, address)| *address)
    }

    /// Sets up authentication.
    ///
    /// # Errors
    /// When an issuer's keys cannot be used.
    pub(super) async fn authentication(
        &self,
        config: &AppConfig,
        time: &SharedTime,
    ) -> Result<Authentication, AppError> {
        let by_tokens = Authentication::by_tokens(config.issuers.clone(), Arc::clone(time)).await?;
        Ok(by_tokens.and_by_certificates(self.clients.clone()))
    }

    /// Starts accepting calls.
    pub(super) fn serve(
        self,
        config: &AppConfig,
        authentication: Authentication,
        (api, readiness): (ComplaintApi, Readiness),
        base: &Base,
    ) -> Server {
        self.keep_current(base);
        let listeners = Listeners {
            callers: self.callers.0,
            tls: self.tls,
            probes: self.probes.map(|(listener, _)| listener),
        };
        let callers = Callers {
            authentication,
            limits: config.callers.clone(),
            uptime: Arc::clone(&config.uptime),
        };
        let metrics = base.metrics.clone();
        tokio::spawn(grpc::serve(
            listeners,
            api,
            readiness,
            metrics,
            callers,
            config.drain,
        ))
    }

    /// Rereads the files when they change.
    fn keep_current(&self, base: &Base) {
        if let Some(tls) = &self.tls {
            let observed = tls.clone();
            base.metrics
                .observe_certificate(move || observed.expires_in());
            tokio::spawn(tls.clone().keep_current(base.shutdown.clone()));
        }
        if let Some(clients) = &self.clients {
            tokio::spawn(clients.clone().keep_current(base.shutdown.clone()));
        }
    }
}

async fn listen(on: SocketAddr) -> Result<(TcpListener, SocketAddr), AppError> {
    let failed = |source| AppError::Listen {
        address: on,
        source,
    };
    let listener = TcpListener::bind(on).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}
