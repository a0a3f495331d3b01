use std::{io, path::PathBuf};

/// Why logging or exporting could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TelemetryError {
    /// `RUST_LOG` is not a filter.
    #[error(
        "RUST_LOG is invalid ({0}): use levels and targets, such as RUST_LOG=info,redress=debug"
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
        "the endpoint of an OTLP exporter contains a user name or password, which would not be sent: put credentials into OTEL_EXPORTER_OTLP_HEADERS"
    )]
    Credentials,
    /// A variable asks for another protocol than the one that is spoken.
    #[error(
        "{variable} names an unsupported protocol: set it to grpc or unset it, and use the collector's gRPC port, which is usually 4317"
    )]
    Protocol {
        /// Which.
        variable: String,
    },
    /// A variable does not hold headers. What it holds may be secret.
    #[error("{variable} is invalid: use name=value,name=value, with percent-encoded values")]
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
        "{variable} is incomplete: a client certificate needs both _CLIENT_CERTIFICATE and _CLIENT_KEY"
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
