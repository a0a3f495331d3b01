//! An OTLP collector that keeps what it receives.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use futures_util::future::BoxFuture;
use opentelemetry_proto::tonic::{
    collector::{
        metrics::v1::{
            ExportMetricsServiceRequest, ExportMetricsServiceResponse,
            metrics_service_server::{MetricsService, MetricsServiceServer},
        },
        trace::v1::{
            ExportTraceServiceRequest, ExportTraceServiceResponse,
            trace_service_server::{TraceService, TraceServiceServer},
        },
    },
    common::v1::{KeyValue, any_value::Value},
    metrics::v1::{HistogramDataPoint, Metric, NumberDataPoint, metric::Data, number_data_point},
    trace::v1::Span,
};
use prost::Message as _;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{
    Request, Response, Status,
    transport::{Channel, Server, ServerTlsConfig},
};

/// A server on a free port.
pub(super) struct Running {
    pub(super) url: String,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), tonic::transport::Error>>,
}

impl Running {
    pub(super) async fn start<F>(
        serve: impl FnOnce(TcpListenerStream, BoxFuture<'static, ()>) -> F,
    ) -> Self
    where
        F: Future<Output = Result<(), tonic::transport::Error>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let stopped = Box::pin(async { stopped.await.unwrap_or_default() });
        let served = tokio::spawn(serve(TcpListenerStream::new(listener), stopped));
        Running { url, stop, served }
    }

    pub(super) async fn channel(&self) -> Channel {
        Channel::from_shared(self.url.clone())
            .unwrap()
            .connect()
            .await
            .unwrap()
    }

    /// Returns when every call has ended.
    pub(super) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.served.await.unwrap().unwrap();
    }
}

/// What a collector received.
#[derive(Clone, Default)]
pub(super) struct Collected(Arc<Mutex<Received>>);

#[derive(Default)]
struct Received {
    /// What callers proved to be allowed by.
    authorizations: Vec<String>,
    traces: Vec<ExportTraceServiceRequest>,
    metrics: Vec<ExportMetricsServiceRequest>,
}

#[tonic::async_trait]
impl TraceService for Collected {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.note(&request);
        self.0.lock().unwrap().traces.push(request.into_inner());
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collected {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.note(&request);
        self.0.lock().unwrap().metrics.push(request.into_inner());
        Ok(Response::new(Default::default()))
    }
}

impl Collected {
    fn note<T>(&self, request: &Request<T>) {
        if let Some(authorization) = request.metadata().get("authorization") {
            let authorization = authorization.to_str().unwrap().to_owned();
            self.0.lock().unwrap().authorizations.push(authorization);
        }
    }

    /// Whether traces and metrics have come, each with this authorization.
    pub(super) fn is_complete_with(&self, authorization: &str) -> bool {
        let received = self.0.lock().unwrap();
        let exports = received.traces.len() + received.metrics.len();
        assert!(received.authorizations.iter().all(|it| it == authorization));
        assert_eq!(received.authorizations.len(), exports);
        !received.traces.is_empty() && !received.metrics.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        let received = self.0.lock().unwrap();
        received.traces.is_empty() && received.metrics.is_empty()
    }

    /// Serves as a collector for these.
    pub(super) async fn serve(&self) -> Running {
        self.serve_by(Server::builder()).await
    }

    /// Likewise over TLS.
    pub(super) async fn serve_tls(&self, tls: ServerTlsConfig) -> Running {
        let builder = Server::builder().tls_config(tls).unwrap();
        let mut running = self.serve_by(builder).await;
        running.url = running.url.replace("http://", "https://");
        running
    }

    async fn serve_by(&self, mut builder: Server) -> Running {
        let router = builder
            .add_service(TraceServiceServer::new(self.clone()))
            .add_service(MetricsServiceServer::new(self.clone()));
        Running::start(|connections, stop| router.serve_with_incoming_shutdown(connections, stop))
            .await
    }

    pub(super) fn spans_named(&self, name: &str) -> Vec<Span> {
        let received = self.0.lock().unwrap();
        let scopes = received
            .traces
            .iter()
            .flat_map(|export| &export.resource_spans)
            .flat_map(|of| &of.scope_spans);
        let mut spans: Vec<Span> = scopes
            .flat_map(|scope| &scope.spans)
            .filter(|span| span.name == name)
            .cloned()
            .collect();
        spans.sort_by_key(|span| span.start_time_unix_nano);
        spans
    }

    /// As it was reported last; instruments report sums since the start.
    pub(super) fn metric(&self, name: &str) -> Metric {
        let received = self.0.lock().unwrap();
        let scopes = received
            .metrics
            .iter()
            .flat_map(|export| &export.resource_metrics)
            .flat_map(|of| &of.scope_metrics);
        let mut metrics = scopes.flat_map(|scope| &scope.metrics);
        metrics
            .rfind(|metric| metric.name == name)
            .unwrap_or_else(|| panic!("{name} was not reported"))
            .clone()
    }

    /// All that was reported, by name; of each as it was last.
    pub(super) fn metrics(&self) -> BTreeMap<String, Metric> {
        let received = self.0.lock().unwrap();
        let scopes = received
            .metrics
            .iter()
            .flat_map(|export| &export.resource_metrics)
            .flat_map(|of| &of.scope_metrics);
        let metrics = scopes.flat_map(|scope| &scope.metrics);
        metrics
            .map(|metric| (metric.name.clone(), metric.clone()))
            .collect()
    }

    pub(super) fn histogram(&self, name: &str) -> Vec<HistogramDataPoint> {
        match self.metric(name).data {
            Some(Data::Histogram(histogram)) => histogram.data_points,
            other => panic!("{name} is no histogram: {other:?}"),
        }
    }

    /// The points of a counter.
    pub(super) fn counts(&self, name: &str) -> Vec<NumberDataPoint> {
        match self.metric(name).data {
            Some(Data::Sum(sum)) => sum.data_points,
            other => panic!("{name} is no counter: {other:?}"),
        }
    }

    pub(super) fn value(&self, name: &str) -> i64 {
        let points = match self.metric(name).data {
            Some(Data::Sum(sum)) => sum.data_points,
            Some(Data::Gauge(gauge)) => gauge.data_points,
            other => panic!("{name} is no number: {other:?}"),
        };
        match points.as_slice() {
            [point] => match point.value {
                Some(number_data_point::Value::AsInt(value)) => value,
                ref other => panic!("{name} is no whole number: {other:?}"),
            },
            other => panic!("{name} has not one series: {other:?}"),
        }
    }

    pub(super) fn assert_nothing_of(&self, private: &str) {
        let received = self.0.lock().unwrap();
        assert!(!received.traces.is_empty() && !received.metrics.is_empty());
        let traces = received.traces.iter().map(|export| export.encode_to_vec());
        let metrics = received.metrics.iter().map(|export| export.encode_to_vec());
        for exported in traces.chain(metrics) {
            assert!(!String::from_utf8_lossy(&exported).contains(private));
        }
    }
}

fn attribute<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    found.value.as_ref()?.value.as_ref()
}

pub(super) fn text(attributes: &[KeyValue], key: &str) -> String {
    match attribute(attributes, key) {
        Some(Value::StringValue(text)) => text.clone(),
        other => panic!("{key} is no text: {other:?}"),
    }
}

pub(super) fn number(attributes: &[KeyValue], key: &str) -> i64 {
    match attribute(attributes, key) {
        Some(Value::IntValue(number)) => *number,
        other => panic!("{key} is no number: {other:?}"),
    }
}
