/// Why logging or exporting could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TelemetryError {
    /// `RUST_LOG` is not a filter.
    #[error(
        "RUST_LOG cannot be understood ({0}): write levels and targets, such as RUST_LOG=info,redress=debug"
    )]
    Filter(#[from] tracing_subscriber::filter::FromEnvError),
    /// An exporter refused its settings.
    #[error(
        "the OTLP exporter for {signal} cannot be set up ({source}): check the OTEL_EXPORTER_OTLP_* variables, or unset the endpoint to export nothing"
    )]
    Exporter {
        /// `traces` or `metrics`.
        signal: &'static str,
        /// What the exporter objects to.
        source: opentelemetry_otlp::ExporterBuildError,
    },
    /// An endpoint holds an `@`. Other errors show the endpoint, so this comes first.
    #[error(
        "the endpoint of an OTLP exporter has a user or a password, which are never sent: give credentials in OTEL_EXPORTER_OTLP_HEADERS"
    )]
    Credentials,
    /// The exporters' connections live on a Tokio runtime.
    #[error("telemetry must be started inside a Tokio runtime")]
    NoRuntime,
    /// A process has one subscriber.
    #[error("logging has already been started: start telemetry once per process")]
    AlreadyStarted,
}
