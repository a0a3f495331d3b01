//! The gRPC server: what stands around the handlers, and how it goes down.

use std::{any::Any, sync::Arc, time::Duration};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::{Status, body::Body, codec::CompressionEncoding, service::Routes};
use tower::Layer as _;
use tower_http::catch_panic::CatchPanicLayer;

use super::{
    health::Readiness,
    wire::{self, CallService, CallerLimits, Methods, MethodsError, Peer, Quotas, Times, Tls},
};
use crate::{
    api::{ComplaintApi, auth::Authentication, rules::Rules},
    intake::Problem,
    proto::{
        DESCRIPTORS,
        v1::{
            brand_service_server::BrandServiceServer,
            complaint_service_server::ComplaintServiceServer,
            dispatch_service_server::DispatchServiceServer,
            figure_service_server::FigureServiceServer, policy_service_server::PolicyServiceServer,
            privacy_service_server::PrivacyServiceServer,
            subscription_service_server::SubscriptionServiceServer,
        },
    },
    telemetry::{Metrics, rpc::RpcLayer},
    time_source::Uptime,
};

/// The largest question to reflection: it holds the name of a file or a symbol.
const LARGEST_QUESTION: usize = 4 * 1024;

/// How many connections of probes there are at once. Each is without a call most of the time, and gives way to others.
const PROBES: usize = 64;

/// Where the server is found.
#[derive(Debug)]
pub struct Listeners {
    /// By callers.
    pub callers: TcpListener,
    /// How callers speak TLS; none if they do not.
    pub tls: Option<Tls>,
    /// By probes: without TLS, and for the health service alone.
    pub probes: Option<TcpListener>,
}

/// Why the server did not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The compiled descriptors are not usable.
    #[error("gRPC reflection cannot be set up: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The methods cannot be served.
    #[error(transparent)]
    Methods(#[from] MethodsError),
}

/// Serves until the API's shutdown token is cancelled, and then goes down: says that it is not ready, ends the streams,
/// takes no new connections, and gives the running calls `drain` to end.
///
/// # Errors
/// When it cannot serve.
pub async fn serve(
    listeners: Listeners,
    api: ComplaintApi,
    readiness: Readiness,
    metrics: Metrics,
    callers: Callers,
    drain: Duration,
) -> Result<(), ServeError> {
    let shutdown = api.tail.shutdown().clone();
    let rules = Arc::clone(&api.rules);
    let complaints =
        ComplaintServiceServer::new(api.clone()).send_compressed(CompressionEncoding::Gzip);
    let policies = PolicyServiceServer::new(api.clone()).send_compressed(CompressionEncoding::Gzip);
    let brands = BrandServiceServer::new(api.clone()).send_compressed(CompressionEncoding::Gzip);
    let subscriptions =
        SubscriptionServiceServer::new(api.clone()).send_compressed(CompressionEncoding::Gzip);
    let dispatches =
        DispatchServiceServer::new(api.clone()).send_compressed(CompressionEncoding::Gzip);
    let figures = FigureServiceServer::new(api.clone()).send_compressed(CompressionEncoding::Gzip);
    let privacy = PrivacyServiceServer::new(api).send_compressed(CompressionEncoding::Gzip);
    let services = Routes::new(complaints)
        .add_service(policies)
        .add_service(brands)
        .add_service(dispatches)
        .add_service(figures)
        .add_service(privacy)
        .add_service(subscriptions);
    let around = Around {
        rules,
        readiness,
        metrics,
        callers,
        drain,
    };
    serve_until(shutdown, listeners, services, around).await
}

/// How callers are known, and how much they may take.
#[derive(Debug, Clone)]
pub struct Callers {
    /// How they are known.
    pub authentication: Authentication,
    /// How much they may take.
    pub limits: CallerLimits,
    /// The time by which it is counted how often they call.
    pub uptime: Arc<dyn Uptime>,
}

/// What stands around the services.
struct Around {
    rules: Arc<Rules>,
    readiness: Readiness,
    metrics: Metrics,
    callers: Callers,
    drain: Duration,
}

/// The server around the services of the API.
async fn serve_until(
    shutdown: CancellationToken,
    listeners: Listeners,
    services: Routes,
    around: Around,
) -> Result<(), ServeError> {
    let Around {
        rules,
        readiness,
        metrics,
        callers,
        drain,
    } = around;
    let Listeners {
        callers: listener,
        tls,
        probes,
    } = listeners;
    let Callers {
        authentication,
        limits,
        uptime,
    } = callers;
    let v1 = descriptions().build_v1()?;
    // Most command-line clients still ask for this one.
    let v1alpha = descriptions().build_v1alpha()?;
    let services = services
        .add_service(readiness.service())
        .add_service(v1.max_decoding_message_size(LARGEST_QUESTION))
        .add_service(v1alpha.max_decoding_message_size(LARGEST_QUESTION))
        .prepare();
    let descriptors = [
        DESCRIPTORS,
        tonic_health::pb::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    ];
    let methods = Arc::new(Methods::of(&descriptors, &rules)?);
    let times = Times::from(&limits);
    let quotas = Arc::new(Quotas::new(&limits, Arc::clone(&uptime), metrics.clone()));
    let observed = RpcLayer::new(metrics.clone());
    let handlers = CatchPanicLayer::custom(panicked).layer(services);
    // Layers, the outermost first.
    let service = move |peer: Arc<Peer>| {
        let (handlers, methods) = (handlers.clone(), Arc::clone(&methods));
        let (callers, quotas) = (authentication.clone(), Arc::clone(&quotas));
        let calls = CallService::new(handlers, methods, callers, quotas, peer, times);
        observed.layer(calls)
    };
    let server = wire::serve(listener, tls, limits, metrics, shutdown.clone(), service);
    let probes = serve_probes(probes, &rules, readiness.clone(), uptime);
    let drained = async {
        shutdown.cancelled().await;
        readiness.close().await;
        tokio::time::sleep(drain).await;
    };
    tokio::select! {
        () = server => Ok(()),
        // Probes are answered until the end; only a failure comes out of this.
        Err(error) = probes => Err(error),
        () = drained => {
            tracing::warn!(?drain, "calls were still running at the end of the drain period; they were cut off");
            Ok(())
        }
    }
}

/// Tells probes whether the process lives and wants calls, for as long as this is not dropped.
async fn serve_probes(
    listener: Option<TcpListener>,
    rules: &Rules,
    readiness: Readiness,
    uptime: Arc<dyn Uptime>,
) -> Result<(), ServeError> {
    let Some(listener) = listener else {
        return Ok(());
    };
    let limits = CallerLimits {
        connections: PROBES,
        connections_per_address: 0,
        ..CallerLimits::default()
    };
    let methods = Methods::of(&[tonic_health::pb::FILE_DESCRIPTOR_SET], rules)?;
    let (methods, times) = (Arc::new(methods), Times::from(&limits));
    // Nobody is known there, so nobody has any.
    let quotas = Arc::new(Quotas::new(&limits, uptime, Metrics::off()));
    let health = Routes::new(readiness.service()).prepare();
    let service = move |peer: Arc<Peer>| {
        let (health, methods) = (health.clone(), Arc::clone(&methods));
        let (callers, quotas) = (Authentication::off(), Arc::clone(&quotas));
        CallService::new(health, methods, callers, quotas, peer, times)
    };
    let never = CancellationToken::new();
    wire::serve(listener, None, limits, Metrics::off(), never, service).await;
    Ok(())
}

fn descriptions() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        // What the details of errors are.
        .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
}

/// What a caller hears of a handler that panicked: that the fault is ours. The panic's words are dropped: they may be a
/// customer's, and where it happened stands in the log already.
fn panicked(_: Box<dyn Any + Send>) -> http::Response<Body> {
    Status::from(Problem::internal(&"a handler panicked")).into_http()
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
