//! Every RPC as a span and a measurement: method, status, duration; never its content.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{HeaderMap, Request, Response};
use opentelemetry::{
    propagation::{Extractor, TextMapPropagator as _},
    trace::{Status, TraceContextExt as _},
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tonic::{Code, Status as GrpcStatus, codegen::Body};
use tonic_types::StatusExt as _;
use tower::{Layer, Service};
use tracing::{Instrument as _, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::Metrics;
use crate::time_source::Stopwatch;

/// The label of methods that the service does not have: a caller can make up any number of them.
const NO_SUCH_METHOD: &str = "_OTHER";

/// The header in which a caller is told how its call ended.
const STATUS: &str = "grpc-status";

/// A tower layer for tonic servers that observes every call to its very end: the trailers of a stream, or the caller's
/// going away. A caller's `traceparent` and `tracestate` become the span's parent.
///
/// Calls of health and reflection are spans at `debug`, all others at `info`.
#[derive(Debug, Clone)]
pub struct RpcLayer(Metrics);

impl RpcLayer {
    /// Records into these metrics.
    #[must_use]
    pub fn new(metrics: Metrics) -> Self {
        RpcLayer(metrics)
    }
}

impl<S> Layer<S> for RpcLayer {
    type Service = RpcService<S>;

    fn layer(&self, inner: S) -> RpcService<S> {
        RpcService {
            inner,
            metrics: self.0.clone(),
        }
    }
}

/// The service that [`RpcLayer`] makes.
#[derive(Debug, Clone)]
pub struct RpcService<S> {
    inner: S,
    metrics: Metrics,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for RpcService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    S::Future: Send + 'static,
{
    type Response = Response<ObservedBody<ResBody>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let mut call = Call::begin(
            request.uri().path(),
            request.headers(),
            self.metrics.clone(),
        );
        let span = call.span.clone();
        let response = span.in_scope(|| self.inner.call(request));
        let observed = async move {
            let response = response.await.inspect_err(|_| call.end(Code::Unknown))?;
            // A call without a message to answer has its status in the headers, and no trailers.
            if response.headers().contains_key(STATUS) {
                call.end_with(response.headers());
            }
            Ok(response.map(|body| ObservedBody { body, call }))
        };
        Box::pin(observed.instrument(span))
    }
}

/// A response body that is watched for its end.
#[derive(Debug)]
pub struct ObservedBody<B> {
    body: B,
    call: Call,
}

impl<B: Body + Unpin> Body for ObservedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
        let Self { body, call } = &mut *self;
        let frame = {
            let _entered = call.span.enter();
            ready!(Pin::new(body).poll_frame(context))
        };
        match &frame {
            Some(Ok(frame)) => {
                if let Some(trailers) = frame.trailers_ref() {
                    call.end_with(trailers);
                }
            }
            Some(Err(_)) => call.end(Code::Internal),
            // A stream that ends without a status is one that its caller cannot understand.
            None => call.end(Code::Unknown),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

/// One call under observation. It ends once; dropped before that, it was given up.
#[derive(Debug)]
struct Call {
    span: Span,
    method: String,
    watch: Stopwatch,
    metrics: Metrics,
    /// Why it failed, in the service's own words for it.
    reason: Option<String>,
    ended: bool,
}

impl Call {
    fn begin(path: &str, headers: &HeaderMap, metrics: Metrics) -> Self {
        let (service, method) =
            service_and_method(path).unwrap_or((NO_SUCH_METHOD, NO_SUCH_METHOD));
        let span = span(service, method);
        if !span.is_disabled() {
            continue_trace(&span, headers);
        }
        Call {
            span,
            method: method.to_owned(),
            watch: Stopwatch::start(),
            metrics,
            reason: None,
            ended: false,
        }
    }

    /// Ends it with the status that its caller is told.
    fn end_with(&mut self, told: &HeaderMap) {
        let code = status_in(told).unwrap_or(Code::Unknown);
        if code == Code::Ok || self.ended {
            return self.end(code);
        }
        let info = GrpcStatus::from_header_map(told).and_then(|it| it.get_details_error_info());
        self.reason = info.map(|info| info.reason);
        self.end(code);
    }

    fn end(&mut self, code: Code) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        // Past the log, which would write all of the span's fields anew for a line that comes no more.
        let number = i64::from(i32::from(code));
        self.span.set_attribute("rpc.grpc.status_code", number);
        if is_fault(code) {
            self.span.set_status(Status::error(""));
        }
        let method = if code == Code::Unimplemented {
            NO_SUCH_METHOD
        } else {
            &self.method
        };
        self.metrics.rpc_served(method, code, self.watch.elapsed());
        if code != Code::Ok {
            self.metrics
                .call_failed(method, code, self.reason.as_deref());
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.end(if std::thread::panicking() {
            Code::Internal
        } else {
            Code::Cancelled
        });
    }
}

fn span(service: &str, method: &str) -> Span {
    macro_rules! span {
        ($level:ident) => {
            tracing::span!(
                tracing::Level::$level,
                "rpc",
                otel.name = %format_args!("{service}/{method}"),
                otel.kind = "server",
                rpc.system = "grpc",
                rpc.service = service,
                rpc.method = method,
            )
        };
    }
    if service.starts_with("grpc.") {
        span!(DEBUG)
    } else {
        span!(INFO)
    }
}

/// Makes the span a child of the caller's, if the caller names one.
fn continue_trace(span: &Span, headers: &HeaderMap) {
    // Most do not, and need not pay for a context.
    if !headers.contains_key("traceparent") {
        return;
    }
    let caller = TraceContextPropagator::new()
        .extract_with_context(&opentelemetry::Context::new(), &Headers(headers));
    if caller.span().span_context().is_valid() {
        // Refused only if spans are not exported, and then nobody asks for the parent.
        let _ = span.set_parent(caller);
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

/// Splits `/redress.v1.ComplaintService/GetComplaint`. None if the path is not of that kind: a caller may write anything
/// into it, and it would be seen in traces.
fn service_and_method(path: &str) -> Option<(&str, &str)> {
    let (service, method) = path.strip_prefix('/')?.split_once('/')?;
    let is_name = |name: &str| {
        (1..=100).contains(&name.len())
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
    };
    (is_name(service) && is_name(method)).then_some((service, method))
}

fn status_in(headers: &HeaderMap) -> Option<Code> {
    headers
        .get(STATUS)
        .map(|code| Code::from_bytes(code.as_bytes()))
}

/// Whether the server is to blame, by OpenTelemetry's conventions for gRPC servers.
fn is_fault(code: Code) -> bool {
    matches!(
        code,
        Code::Unknown
            | Code::DeadlineExceeded
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss
    )
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use super::*;

    #[test]
    fn only_names_of_methods_are_taken_from_a_path() {
        assert_eq!(
            service_and_method("/redress.v1.ComplaintService/GetComplaint"),
            Some(("redress.v1.ComplaintService", "GetComplaint"))
        );
        let long = format!("/redress.v1.ComplaintService/{}", "x".repeat(101));
        for path in [
            "/",
            "//",
            "/a",
            "/a/",
            "/a/b/c",
            "/a/ann@example.org",
            "/a/Ann%20O",
            "a/b",
            &long,
        ] {
            assert_eq!(service_and_method(path), None, "{path}");
        }
    }
}
