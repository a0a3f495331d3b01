//! Log lines: readable ones for people, JSON objects for machines.

use std::{fmt, io::IsTerminal as _};

use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FromEnvError, LevelFilter, Targets},
    fmt::{
        FmtContext, FormatEvent, FormatFields, MakeWriter,
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

/// What is logged when `RUST_LOG` is silent. The cron scheduler tells at `info` how it starts up, which is nobody's
/// concern, and the client of Kafka each connection that it makes; whether it fails for good, the bus says.
const DEFAULT_FILTER: &str = "info,tokio_cron_scheduler=warn,rskafka=off";

/// What `RUST_LOG` says, if it says anything.
pub(super) fn filter_from_env() -> Result<EnvFilter, FromEnvError> {
    match std::env::var_os(EnvFilter::DEFAULT_ENV) {
        Some(asked) if !asked.is_empty() => EnvFilter::builder()
            .with_default_directive(LevelFilter::INFO.into())
            .from_env(),
        _ => Ok(EnvFilter::new(DEFAULT_FILTER)),
    }
}

/// Whatever `RUST_LOG` asks for, other crates are heard at `info` at most: below that, those of HTTP/2 log the frames that
/// they read and write, and others what they are given, so customers' names and telephone numbers.
pub(super) fn nothing_of_others() -> Targets {
    Targets::new()
        .with_target(env!("CARGO_PKG_NAME"), LevelFilter::TRACE)
        .with_default(LevelFilter::INFO)
}

/// Writes to standard error; standard output is left to the commands that answer on it.
pub(super) fn layer<S>(log_format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let colours = std::io::stderr().is_terminal() && !plain;
    lines(log_format, std::io::stderr, colours)
}

fn lines<S, W>(log_format: LogFormat, writer: W, colours: bool) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    match log_format {
        LogFormat::Text => lines.with_ansi(colours).boxed(),
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

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tracing_subscriber::{filter::FilterExt as _, layer::SubscriberExt as _};

    use super::*;
    use crate::telemetry::test_writer::TestWriter;

    #[test]
    fn a_json_line_is_one_object_with_its_message_fields_span_and_trace() {
        let written = TestWriter::default();
        let tracer = SdkTracerProvider::builder().build().tracer("test");
        let subscriber = tracing_subscriber::registry()
            .with(lines(LogFormat::Json, written.clone(), true))
            .with(tracing_opentelemetry::layer().with_tracer(tracer));
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!("outside");
            let _entered = tracing::info_span!("sweep", due = 3).entered();
            tracing::warn!(clock = "resolution", "late\nby \"far\"}}");
        });

        let written = written.text();
        let lines: Vec<serde_json::Value> = written
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let [outside, inside] = lines.as_slice() else {
            panic!("two lines: {written}")
        };
        assert_eq!(outside["message"], "outside");
        assert!(outside["timestamp"].as_str().unwrap().ends_with('Z'));
        assert_eq!(outside.get("trace_id"), None);
        assert_eq!(inside["level"], "WARN");
        assert_eq!(inside["target"], module_path!());
        assert_eq!(inside["message"], "late\nby \"far\"}");
        assert_eq!(inside["clock"], "resolution");
        assert_eq!(inside["span"]["due"], 3);
        assert_eq!(inside["trace_id"].as_str().unwrap().len(), 32);
        assert_eq!(inside["span_id"].as_str().unwrap().len(), 16);
    }

    #[test]
    fn no_more_of_other_crates_is_logged_than_what_they_tell_of_themselves() {
        let written = TestWriter::default();
        let all = lines(LogFormat::Text, written.clone(), false)
            .with_filter(EnvFilter::new("trace").and(nothing_of_others()));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(all), || {
            tracing::trace!("ours");
            tracing::trace!(target: "h2::codec", "a frame");
            tracing::debug!(target: "log", "a line of the other kind");
            tracing::info!(target: "h2::codec", "a word");
        });
        let written = written.text();
        assert!(
            written.contains("ours") && written.contains("a word"),
            "{written}"
        );
        assert_eq!(written.lines().count(), 2, "{written}");
    }

    #[test]
    fn a_text_line_is_coloured_for_a_terminal_alone() {
        for colours in [true, false] {
            let written = TestWriter::default();
            let subscriber = tracing_subscriber::registry().with(lines(
                LogFormat::Text,
                written.clone(),
                colours,
            ));
            tracing::subscriber::with_default(subscriber, || {
                tracing::info!(clock = "resolution", "met");
            });
            let written = written.text();
            assert!(
                written.contains("met") && written.contains("resolution"),
                "{written}"
            );
            assert_eq!(written.contains('\u{1b}'), colours, "{written}");
        }
    }
}
