//! The gRPC server: what stands around the handlers, and how it goes down.

use std::{any::Any, sync::Arc, time::Duration};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::{Status, body::Body, codec::CompressionEncoding, service::Routes};
use tower::Layer as _;
use tower_http::catch_panic::CatchPanicLayer;

use super::{
    health::Readiness,
    wire::{self, CallService, CallerLimits, Methods, MethodsError, Peer, Times},
};
use crate::{
    api::ComplaintApi,
    intake::Problem,
    proto::{
        DESCRIPTORS,
        v1::{
            brand_service_server::BrandServiceServer,
            complaint_service_server::ComplaintServiceServer,
            policy_service_server::PolicyServiceServer,
        },
    },
    telemetry::{Metrics, rpc::RpcLayer},
};

/// The largest question to reflection: it holds the name of a file or a symbol.
const LARGEST_QUESTION: usize = 4 * 1024;

/// Why the server did not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The compiled descriptors are not usable.
    #[error("gRPC reflection cannot be set up: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// Likewise.
    #[error("gRPC reflection cannot be set up: {0}")]
    Methods(#[from] MethodsError),
}

/// Serves until the API's shutdown token is cancelled, and then goes down: says that it is not ready, ends the streams,
/// takes no new connections, and gives the running calls `drain` to end.
///
/// # Errors
/// When it cannot serve.
pub async fn serve(
    listener: TcpListener,
    api: ComplaintApi,
    readiness: Readiness,
    metrics: Metrics,
    limits: CallerLimits,
    drain: Duration,
) -> Result<(), ServeError> {
    let shutdown = api.tail.shutdown().clone();
    let complaints =
        ComplaintServiceServer::new(api.clone()).send_compressed(CompressionEncoding::Gzip);
    let policies = PolicyServiceServer::new(api.clone()).send_compressed(CompressionEncoding::Gzip);
    let brands = BrandServiceServer::new(api).send_compressed(CompressionEncoding::Gzip);
    let services = Routes::new(complaints)
        .add_service(policies)
        .add_service(brands);
    let around = Around {
        readiness,
        metrics,
        limits,
        drain,
    };
    serve_until(shutdown, listener, services, around).await
}

/// What stands around the services.
struct Around {
    readiness: Readiness,
    metrics: Metrics,
    limits: CallerLimits,
    drain: Duration,
}

/// The server around the services of the API.
async fn serve_until(
    shutdown: CancellationToken,
    listener: TcpListener,
    services: Routes,
    around: Around,
) -> Result<(), ServeError> {
    let Around {
        readiness,
        metrics,
        limits,
        drain,
    } = around;
    let v1 = descriptions().build_v1()?;
    // Most command-line clients still ask for this one.
    let v1alpha = descriptions().build_v1alpha()?;
    let services = services
        .add_service(readiness.service())
        .add_service(v1.max_decoding_message_size(LARGEST_QUESTION))
        .add_service(v1alpha.max_decoding_message_size(LARGEST_QUESTION))
        .prepare();
    let methods = Arc::new(Methods::of(&[
        DESCRIPTORS,
        tonic_health::pb::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    ])?);
    let times = Times::from(&limits);
    let observed = RpcLayer::new(metrics.clone());
    let handlers = CatchPanicLayer::custom(panicked).layer(services);
    // Layers, the outermost first.
    let service = move |peer: Arc<Peer>| {
        let (handlers, methods) = (handlers.clone(), Arc::clone(&methods));
        observed.layer(CallService::new(handlers, methods, peer, times))
    };
    let server = wire::serve(listener, limits, metrics, shutdown.clone(), service);
    let drained = async {
        shutdown.cancelled().await;
        readiness.close().await;
        tokio::time::sleep(drain).await;
    };
    tokio::select! {
        () = server => Ok(()),
        () = drained => {
            tracing::warn!(?drain, "calls were still running when the time for draining was over; they were cut off");
            Ok(())
        }
    }
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
