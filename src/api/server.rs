//! The gRPC server: what stands around the handlers, and how it goes down.

use std::{any::Any, time::Duration};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::{
    body::Body,
    codec::CompressionEncoding,
    service::Routes,
    transport::{Server, server::TcpIncoming},
};
use tower_http::catch_panic::CatchPanicLayer;

use super::{ComplaintApi, health::Readiness, status};
use crate::{
    proto::{
        DESCRIPTORS,
        v1::{
            complaint_service_server::ComplaintServiceServer,
            policy_service_server::PolicyServiceServer,
        },
    },
    telemetry::{Metrics, rpc::RpcLayer},
};

/// The largest request. The largest filing that is valid, 20 issues of 12 000 characters of four bytes each, fits.
/// tonic refuses a larger one with OUT_OF_RANGE, or with RESOURCE_EXHAUSTED when it only shows on decompressing.
const LARGEST_REQUEST: usize = 1024 * 1024;
/// The largest headers of a request.
const LARGEST_HEADERS: u32 = 16 * 1024;
/// Calls at once on one connection; further ones wait at the client.
const CALLS_PER_CONNECTION: u32 = 1_000;
/// How often a silent connection is asked whether it still stands, and how long it has to answer.
const KEEPALIVE: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(10));

/// Why the server did not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The compiled descriptors are not usable.
    #[error("the API cannot describe itself: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The listener failed.
    #[error("the gRPC server failed: {0}")]
    Transport(#[from] tonic::transport::Error),
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
    drain: Duration,
) -> Result<(), ServeError> {
    let shutdown = api.tail.shutdown().clone();
    let complaints = ComplaintServiceServer::new(api.clone())
        .max_decoding_message_size(LARGEST_REQUEST)
        .accept_compressed(CompressionEncoding::Gzip)
        .send_compressed(CompressionEncoding::Gzip);
    let policies = PolicyServiceServer::new(api)
        .max_decoding_message_size(LARGEST_REQUEST)
        .accept_compressed(CompressionEncoding::Gzip)
        .send_compressed(CompressionEncoding::Gzip);
    let services = Routes::new(complaints).add_service(policies);
    serve_until(shutdown, listener, services, readiness, metrics, drain).await
}

/// The server around the services of the API.
async fn serve_until(
    shutdown: CancellationToken,
    listener: TcpListener,
    services: Routes,
    readiness: Readiness,
    metrics: Metrics,
    drain: Duration,
) -> Result<(), ServeError> {
    let incoming = TcpIncoming::from(listener)
        .with_nodelay(Some(true))
        .with_keepalive(Some(KEEPALIVE.0));
    let server = Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE.0))
        .http2_keepalive_timeout(Some(KEEPALIVE.1))
        .http2_max_header_list_size(LARGEST_HEADERS)
        .max_concurrent_streams(CALLS_PER_CONNECTION)
        // Layers, the outermost first.
        .layer(RpcLayer::new(metrics))
        .layer(CatchPanicLayer::custom(panicked))
        .add_routes(services)
        .add_service(readiness.service())
        .add_service(descriptions().build_v1()?)
        // Most command-line clients still ask for this one.
        .add_service(descriptions().build_v1alpha()?)
        .serve_with_incoming_shutdown(incoming, shutdown.clone().cancelled_owned());
    let drained = async {
        shutdown.cancelled().await;
        readiness.close().await;
        tokio::time::sleep(drain).await;
    };
    tokio::select! {
        result = server => Ok(result?),
        () = drained => {
            tracing::warn!(?drain, "calls were still running at the end of the drain");
            Ok(())
        }
    }
}

fn descriptions() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

/// What a caller hears of a handler that panicked: that the fault is ours. The panic's words are dropped: they may be a
/// customer's, and where it happened stands in the log already.
fn panicked(_: Box<dyn Any + Send>) -> http::Response<Body> {
    status::internal(&"a handler panicked").into_http()
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
