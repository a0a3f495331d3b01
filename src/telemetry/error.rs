use std::{io, path::PathBuf};

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
    /// A variable asks for another protocol than the one that is spoken.
    #[error(
        "{variable} asks for a protocol that is not spoken: set it to grpc or leave it out, and name the collector's port for gRPC, which is usually 4317"
    )]
    Protocol {
        /// Which.
        variable: String,
    },
    /// A variable does not hold headers. What it holds may be secret.
    #[error(
        "{variable} cannot be understood: write name=value,name=value, with the values percent-encoded"
    )]
    Headers {
        /// Which.
        variable: String,
    },
    /// A file that a variable names cannot be read.
    #[error("{variable}: {}: {source}", file.display())]
    File {
        /// Which variable.
        variable: String,
        /// Which file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A certificate without its key, or the other way round.
    #[error(
        "{variable} is set alone: a certificate for the collector needs both _CLIENT_CERTIFICATE and _CLIENT_KEY"
    )]
    HalfIdentity {
        /// The one that is set.
        variable: String,
    },
    /// The exporters' connections live on a Tokio runtime.
    #[error("telemetry must be started inside a Tokio runtime")]
    NoRuntime,
    /// A process has one subscriber.
    #[error("logging has already been started: start telemetry once per process")]
    AlreadyStarted,
}
