//! Whether this process wants calls, for load balancers and the kubelet.

use std::{pin::Pin, sync::Arc};

use futures_util::{Stream, StreamExt, stream};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, server::NamedService};
use tonic_health::{
    ServingStatus,
    pb::{
        HealthCheckRequest, HealthCheckResponse, health_check_response,
        health_server::{Health, HealthServer},
    },
    server::{HealthReporter, HealthService},
};

use crate::{
    api::ComplaintApi,
    proto::v1::{
        brand_service_server::BrandServiceServer, complaint_service_server::ComplaintServiceServer,
        policy_service_server::PolicyServiceServer, privacy_service_server::PrivacyServiceServer,
        subscription_service_server::SubscriptionServiceServer,
    },
};

/// The name under which the process says that it lives, whatever its database does.
pub const LIVENESS: &str = "liveness";
/// The names under which it says whether it wants calls: the whole server, and its services.
const READINESS: [&str; 6] = [
    "",
    ComplaintServiceServer::<ComplaintApi>::NAME,
    PolicyServiceServer::<ComplaintApi>::NAME,
    BrandServiceServer::<ComplaintApi>::NAME,
    PrivacyServiceServer::<ComplaintApi>::NAME,
    SubscriptionServiceServer::<ComplaintApi>::NAME,
];

/// Says whether calls are wanted. Cheap to clone; not ready at first.
#[derive(Debug, Clone)]
pub struct Readiness {
    reporter: HealthReporter,
    /// Held while the state is written, so that nobody makes a process ready again that is going down.
    closed: Arc<Mutex<bool>>,
    ended: CancellationToken,
}

impl Readiness {
    /// Alive, and not ready.
    pub async fn new() -> Self {
        let readiness = Readiness {
            reporter: HealthReporter::new(),
            closed: Arc::default(),
            ended: CancellationToken::new(),
        };
        let reporter = &readiness.reporter;
        reporter
            .set_service_status(LIVENESS, ServingStatus::Serving)
            .await;
        readiness.report(ServingStatus::NotServing).await;
        readiness
    }

    /// Calls are wanted, or not for now. Without effect once the process is going down.
    pub async fn set(&self, ready: bool) {
        let closed = self.closed.lock().await;
        if !*closed {
            self.report(if ready {
                ServingStatus::Serving
            } else {
                ServingStatus::NotServing
            })
            .await;
        }
    }

    /// No more calls, ever. Whoever watches is told so, and the watching ends.
    pub(super) async fn close(&self) {
        let mut closed = self.closed.lock().await;
        *closed = true;
        self.report(ServingStatus::NotServing).await;
        self.ended.cancel();
    }

    async fn report(&self, status: ServingStatus) {
        for name in READINESS {
            self.reporter.set_service_status(name, status).await;
        }
    }

    /// The standard service over it.
    pub(super) fn service(&self) -> HealthServer<impl Health> {
        HealthServer::new(EndingHealth {
            service: HealthService::from_health_reporter(self.reporter.clone()),
            ended: self.ended.clone(),
        })
    }
}

/// The standard health service, whose watches end with the process: an open one would hold up the drain.
#[derive(Debug)]
struct EndingHealth {
    service: HealthService,
    ended: CancellationToken,
}

#[tonic::async_trait]
impl Health for EndingHealth {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        self.service.check(request).await
    }

    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let statuses = self.service.watch(request).await?.into_inner();
        let last = HealthCheckResponse {
            status: health_check_response::ServingStatus::NotServing.into(),
        };
        // The end may overtake the last change on its way.
        let statuses = statuses
            .take_until(self.ended.clone().cancelled_owned())
            .chain(stream::iter([Ok(last)]));
        Ok(Response::new(Box::pin(statuses)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use tonic_health::pb::health_check_response::ServingStatus;

    use super::*;

    #[tokio::test]
    async fn what_goes_down_is_never_ready_again() {
        let readiness = Readiness::new().await;
        let check = async || {
            let health = HealthService::from_health_reporter(readiness.reporter.clone());
            let request = Request::new(HealthCheckRequest::default());
            health.check(request).await.unwrap().into_inner().status()
        };
        readiness.set(true).await;
        assert_eq!(check().await, ServingStatus::Serving);
        readiness.close().await;
        readiness.set(true).await;
        assert_eq!(check().await, ServingStatus::NotServing);
    }
}
