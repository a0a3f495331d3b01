//! Log lines: readable ones for people, JSON objects for machines.

use std::{fmt, io::IsTerminal as _, str::FromStr};

use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FromEnvError, LevelFilter},
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{self, Writer},
    },
    registry::LookupSpan,
};

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// A readable line; coloured on a terminal, unless `NO_COLOR` is set.
    #[default]
    Text,
    /// One JSON object a line: `timestamp` (UTC), `level`, `target`, `message`, the event's fields, the innermost span as
    /// `span`, and `trace_id` and `span_id` if the line belongs to an exported trace.
    Json,
}

/// Not the name of a [`LogFormat`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no log format is called {0:?}: write text or json")]
pub struct UnknownLogFormat(String);

impl FromStr for LogFormat {
    type Err = UnknownLogFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err(UnknownLogFormat(name.to_owned())),
        }
    }
}

/// What `RUST_LOG` says; `info` if it is silent.
pub(super) fn filter_from_env() -> Result<EnvFilter, FromEnvError> {
    EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .from_env()
}

/// Writes lines in this format. Standard output is left to the commands that answer on it.
pub(super) fn layer<S>(log_format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match log_format {
        LogFormat::Text => {
            let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            lines
                .with_ansi(std::io::stderr().is_terminal() && !plain)
                .boxed()
        }
        LogFormat::Json => lines
            .with_ansi(false)
            .fmt_fields(format::JsonFields::new())
            .event_format(JsonLines::new())
            .boxed(),
    }
}

/// The subscriber's JSON, with the identity of the active trace.
struct JsonLines(format::Format<format::Json>);

impl JsonLines {
    fn new() -> Self {
        JsonLines(
            format::format()
                .json()
                .flatten_event(true)
                .with_current_span(true)
                .with_span_list(false),
        )
    }
}

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::new();
        self.0
            .format_event(context, Writer::new(&mut line), event)?;
        match (active_trace(event), line.trim_end().strip_suffix('}')) {
            (Some(active), Some(object)) => {
                let (trace, span) = (active.trace_id(), active.span_id());
                writeln!(
                    writer,
                    r#"{object},"trace_id":"{trace}","span_id":"{span}"}}"#
                )
            }
            _ => writer.write_str(&line),
        }
    }
}

fn active_trace(event: &Event<'_>) -> Option<SpanContext> {
    // OpenTelemetry logs about its context while it holds it; to ask for the context then would panic.
    if event.metadata().target().starts_with("opentelemetry") {
        return None;
    }
    opentelemetry::Context::map_current(|context| {
        context
            .has_active_span()
            .then(|| context.span().span_context().clone())
            .filter(SpanContext::is_valid)
    })
}
