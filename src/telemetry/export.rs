//! Traces and metrics over OTLP, to the collectors that the environment names.

use std::{thread, time::Duration};

use opentelemetry::{KeyValue, metrics::MeterProvider as _, trace::TracerProvider as _};
use opentelemetry_otlp::{
    MetricExporter, SpanExporter, WithExportConfig as _, WithTonicConfig as _,
};
use opentelemetry_sdk::{
    Resource,
    metrics::SdkMeterProvider,
    resource::{EnvResourceDetector, TelemetryResourceDetector},
    trace::SdkTracerProvider,
};
use tokio::sync::oneshot;
use tracing::Subscriber;
use tracing_subscriber::{
    Layer,
    filter::{FilterExt as _, LevelFilter, Targets},
    registry::LookupSpan,
};

use super::{
    Metrics, TelemetryError,
    collector::{Collector, Endpoints},
    logs,
};

/// The name of this crate's spans (their target) and of its instruments' scope.
const SCOPE: &str = env!("CARGO_PKG_NAME");

/// How long the last export may take.
const LAST_EXPORT: Duration = Duration::from_secs(5);

/// The exporters, each batching on a thread of its own. Dropping the pipeline without a [shutdown](Pipeline::shutdown)
/// may lose what has not gone out yet.
#[derive(Debug)]
pub struct Pipeline {
    traces: Option<SdkTracerProvider>,
    metrics: Option<SdkMeterProvider>,
}

impl Pipeline {
    /// Sets up an exporter for each endpoint, on the current Tokio runtime. Connections are made at the first export, so
    /// that a collector that is away delays nothing.
    ///
    /// Timeouts, headers, compression, batching, the sampler, the interval of metrics and resource attributes follow
    /// OpenTelemetry's `OTEL_*` variables.
    ///
    /// # Errors
    /// If an exporter refuses its settings, or outside of a Tokio runtime.
    pub fn new(service_name: &str, to: &Endpoints) -> Result<Self, TelemetryError> {
        if to.traces.is_none() && to.metrics.is_none() {
            return Ok(Pipeline {
                traces: None,
                metrics: None,
            });
        }
        let collectors = [&to.traces, &to.metrics];
        if collectors
            .into_iter()
            .flatten()
            .any(|collector| collector.endpoint.contains('@'))
        {
            return Err(TelemetryError::Credentials);
        }
        tokio::runtime::Handle::try_current().map_err(|_| TelemetryError::NoRuntime)?;
        let resource = resource(service_name);
        let traces = to
            .traces
            .as_ref()
            .map(|collector| tracer_provider(collector, resource.clone()))
            .transpose()?;
        let metrics = to
            .metrics
            .as_ref()
            .map(|collector| meter_provider(collector, resource))
            .transpose()?;
        Ok(Pipeline { traces, metrics })
    }

    /// The instruments that this pipeline exports.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.metrics.as_ref().map_or_else(Metrics::off, |provider| {
            Metrics::new(&provider.meter(SCOPE))
        })
    }

    /// A layer that exports the spans it is shown, if traces are exported.
    pub fn spans<S>(&self) -> Option<impl Layer<S> + Send + Sync + use<S>>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        let tracer = self.traces.as_ref()?.tracer(SCOPE);
        Some(
            tracing_opentelemetry::layer()
                .with_tracer(tracer)
                .with_location(false)
                .with_threads(false),
        )
    }

    /// Exports what is left and stops. Takes five seconds at most.
    pub async fn shutdown(self) {
        let (done, finished) = oneshot::channel();
        // The exporters block while they wait for their own threads. Not `spawn_blocking`: the runtime would wait for it
        // when it is dropped, however long it took.
        let exporting = thread::Builder::new()
            .name("last-export".to_owned())
            .spawn(move || {
                let traces = self
                    .traces
                    .map(|provider| provider.shutdown_with_timeout(LAST_EXPORT));
                let metrics = self
                    .metrics
                    .map(|provider| provider.shutdown_with_timeout(LAST_EXPORT));
                // Nobody listens if the time was up.
                let _ = done.send([traces, metrics]);
            });
        if let Err(error) = exporting {
            tracing::warn!(%error, "failed to export the last traces and metrics");
            return;
        }
        match tokio::time::timeout(LAST_EXPORT, finished).await {
            Ok(Ok(outcomes)) => {
                for error in outcomes.into_iter().flatten().filter_map(Result::err) {
                    tracing::warn!(%error, "failed to export the last traces or metrics");
                }
            }
            Ok(Err(_)) | Err(_) => {
                tracing::warn!(
                    "gave up exporting the last traces and metrics; the collector did not accept them in time"
                );
            }
        }
    }
}

/// The layer for the process: this crate's spans, at `info` or as far down as `RUST_LOG` asks. Spans of the libraries
/// stay out: the exporter's own calls go through them, and would be exported in turn.
pub(super) fn spans_at_least_info<S>(
    pipeline: &Pipeline,
) -> Result<Option<impl Layer<S> + Send + Sync + use<S>>, TelemetryError>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    let Some(spans) = pipeline.spans() else {
        return Ok(None);
    };
    let own = Targets::new().with_target(SCOPE, LevelFilter::TRACE);
    Ok(Some(spans.with_filter(
        LevelFilter::INFO.or(logs::filter_from_env()?).and(own),
    )))
}

/// Names the service; what the environment says comes later and so wins.
fn resource(service_name: &str) -> Resource {
    let resource = Resource::builder_empty()
        .with_service_name(service_name.to_owned())
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_detectors(&[
            Box::new(TelemetryResourceDetector),
            Box::new(EnvResourceDetector::new()),
        ]);
    match std::env::var("OTEL_SERVICE_NAME") {
        Ok(name) if !name.is_empty() => resource.with_service_name(name).build(),
        _ => resource.build(),
    }
}

fn tracer_provider(
    collector: &Collector,
    resource: Resource,
) -> Result<SdkTracerProvider, TelemetryError> {
    let mut exporter = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(&collector.endpoint);
    if collector.speaks_tls() {
        exporter = exporter.with_tls_config(collector.tls.clone());
    }
    let exporter = exporter
        .build()
        .map_err(|source| TelemetryError::Exporter {
            signal: "traces",
            source,
        })?;
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource)
        .build())
}

fn meter_provider(
    collector: &Collector,
    resource: Resource,
) -> Result<SdkMeterProvider, TelemetryError> {
    let mut exporter = MetricExporter::builder()
        .with_tonic()
        .with_endpoint(&collector.endpoint);
    if collector.speaks_tls() {
        exporter = exporter.with_tls_config(collector.tls.clone());
    }
    let exporter = exporter
        .build()
        .map_err(|source| TelemetryError::Exporter {
            signal: "metrics",
            source,
        })?;
    Ok(SdkMeterProvider::builder()
        .with_periodic_exporter(exporter)
        .with_resource(resource)
        .build())
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
    fn exporting_outside_of_a_runtime_is_refused() {
        let to = Endpoints {
            traces: Some(Collector::at("http://localhost:4317")),
            metrics: None,
        };
        assert!(matches!(
            Pipeline::new("redress", &to),
            Err(TelemetryError::NoRuntime)
        ));
    }

    #[test]
    fn an_endpoint_with_a_password_is_refused_without_it() {
        let to = Endpoints {
            traces: Some(Collector::at("http://ada:s3cret@[collector:4317")),
            metrics: None,
        };
        let refused = Pipeline::new("redress", &to).unwrap_err();
        assert!(!refused.to_string().contains("s3cret"), "{refused}");
        assert!(!format!("{refused:?}").contains("s3cret"), "{refused}");
    }

    #[tokio::test]
    async fn a_collector_that_cannot_be_used_is_refused_with_its_variables() {
        let to = Endpoints {
            traces: None,
            metrics: Some(Collector::at("http://[collector:4317")),
        };
        let refused = Pipeline::new("redress", &to).unwrap_err().to_string();
        assert!(
            refused.contains("metrics") && refused.contains("OTEL_EXPORTER_OTLP_"),
            "{refused}"
        );
    }
}
