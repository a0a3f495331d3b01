//! What the service says about itself: log lines, traces and metrics.
//!
//! Logs go to standard error. Traces and metrics go out over OTLP, and only if the environment names a collector
//! (`OTEL_EXPORTER_OTLP_ENDPOINT`); without one nothing is built, sampled or measured.
//!
//! No request content and no personal datum belongs in a span, a label or a log line: [`rpc`] and [`sql`] record names,
//! codes and durations alone.

mod collector;
mod error;
mod export;
mod logs;
mod metrics;
mod panics;
pub mod rpc;
pub mod sql;
#[cfg(test)]
pub(crate) mod test_writer;

pub use collector::{Collector, Endpoints};
pub use error::TelemetryError;
pub use export::Pipeline;
pub use logs::LogFormat;
pub use metrics::{ConnectionEnd, MailOutcome, Metrics, Quota};

use tracing_subscriber::{
    Layer as _, filter::FilterExt as _, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

/// What the operator chooses; the rest comes from `RUST_LOG` and the `OTEL_*` variables.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How log lines are written.
    pub log_format: LogFormat,
    /// The `service.name` of traces and metrics, unless `OTEL_SERVICE_NAME` or `OTEL_RESOURCE_ATTRIBUTES` names another.
    pub service_name: String,
}

/// Starts logging, and exporting if a collector is named. Once a process, inside a Tokio runtime, before anything is
/// measured.
///
/// `RUST_LOG` sets what is logged (`info` if unset); of other crates never more than `info`, because below that they log what
/// passes through them. Spans of this crate are exported at `info` whatever is logged, and
/// below that when `RUST_LOG` asks for it, as in `RUST_LOG=info,redress=debug`.
///
/// From then on a panic of this process is logged by its place alone: its words may be a customer's.
///
/// # Errors
/// If a variable cannot be understood, there is no Tokio runtime, or another subscriber has been installed already.
pub fn init(settings: &Settings) -> Result<Guard, TelemetryError> {
    let pipeline = Pipeline::new(&settings.service_name, &Endpoints::from_env()?)?;
    tracing_subscriber::registry()
        .with(
            logs::layer(settings.log_format)
                .with_filter(logs::filter_from_env()?.and(logs::nothing_of_others())),
        )
        .with(export::spans_at_least_info(&pipeline)?)
        .try_init()
        .map_err(|_| TelemetryError::AlreadyStarted)?;
    panics::log_without_words();
    Ok(Guard(pipeline))
}

/// Keeps the exporters; shut it down last, so that what other parts said while they stopped goes out too.
#[derive(Debug)]
#[must_use = "what was not exported yet is lost unless the guard is shut down"]
pub struct Guard(Pipeline);

impl Guard {
    /// The instruments: recording nothing, at no cost, if no collector for metrics is named.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.0.metrics()
    }

    /// Exports what is left and stops exporting. Takes five seconds at most: a collector that is gone does not keep the
    /// service from stopping.
    pub async fn shutdown(self) {
        self.0.shutdown().await;
    }
}
