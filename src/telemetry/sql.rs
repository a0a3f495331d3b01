//! Durations of SQL statements, by name; never their text or their values.

use std::fmt::{self, Write as _};

use diesel::connection::{Instrumentation, InstrumentationEvent};
use tracing::{Level, Span, field};

use super::Metrics;
use crate::time_source::Stopwatch;

/// What a name may be at most; a comment that is longer is no name.
const LONGEST_NAME: usize = 64;

/// Measures the statements of one connection: give each connection its own, through
/// [`Connection::set_instrumentation`](diesel::Connection::set_instrumentation).
///
/// A statement is named by a leading comment, `/* engine.load */ select …`, of letters, digits, `_`, `.` and `-`. One
/// without goes by what it does: `select.other`.
#[derive(Debug)]
pub struct SqlInstrumentation {
    metrics: Metrics,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    name: String,
    watch: Stopwatch,
    span: Span,
}

impl SqlInstrumentation {
    /// Records into these metrics, and as `db` spans at `debug`.
    #[must_use]
    pub fn new(metrics: Metrics) -> Self {
        SqlInstrumentation {
            metrics,
            running: None,
        }
    }

    fn start(&mut self, query: &dyn fmt::Display) {
        // Telling the name means to build the statement's text once more; not for nothing.
        if !self.metrics.is_on() && !tracing::span_enabled!(Level::DEBUG) {
            return;
        }
        let name = name_of(&beginning(query));
        let span = tracing::debug_span!(
            "db",
            otel.name = name,
            otel.kind = "client",
            otel.status_code = field::Empty,
            db.system.name = "postgresql",
            db.operation.name = name,
            error.r#type = field::Empty,
        );
        self.running = Some(Running {
            name,
            watch: Stopwatch::start(),
            span,
        });
    }

    fn finish(&mut self, error: Option<&diesel::result::Error>) {
        let Some(Running { name, watch, span }) = self.running.take() else {
            return;
        };
        self.metrics.sql(&name, watch.elapsed());
        if let Some(error) = error {
            span.record("otel.status_code", "ERROR");
            span.record("error.type", kind_of(error));
        }
    }
}

impl Instrumentation for SqlInstrumentation {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { query, .. } => self.start(query),
            InstrumentationEvent::FinishQuery { error, .. } => self.finish(error),
            _ => {}
        }
    }
}

/// What kind of error it was. Its text stays out: Postgres quotes values in it.
fn kind_of(error: &diesel::result::Error) -> String {
    match error {
        diesel::result::Error::DatabaseError(kind, _) => format!("{kind:?}"),
        diesel::result::Error::NotFound => "NotFound".to_owned(),
        _ => "Other".to_owned(),
    }
}

/// The first characters of a statement; as many as a name in a comment takes. Diesel writes the bound values after the
/// statement, so they are cut off, or, after a very short statement, overlooked by [`name_of`].
fn beginning(query: &dyn fmt::Display) -> String {
    struct Beginning(String);

    impl fmt::Write for Beginning {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let room = LONGEST_NAME + "/*  */".len() - self.0.len();
            let fits = text.floor_char_boundary(room);
            self.0.push_str(&text[..fits]);
            // An error is the way to tell a formatter that it need not go on.
            if fits < text.len() {
                Err(fmt::Error)
            } else {
                Ok(())
            }
        }
    }

    let mut beginning = Beginning(String::new());
    // Cut short, mostly; what came before is what is wanted.
    let _ = write!(beginning, "{query}");
    beginning.0
}

/// The name of a statement that begins like this: out of a comment or a list of keywords, so never a value.
fn name_of(sql: &str) -> String {
    let sql = sql.trim_start();
    if let Some((comment, _)) = sql
        .strip_prefix("/*")
        .and_then(|rest| rest.split_once("*/"))
    {
        let name = comment.trim();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if !name.is_empty() && name.chars().all(plain) {
            return name.to_owned();
        }
    }
    let keyword = sql
        .split(|c: char| !c.is_ascii_alphabetic())
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    match keyword.as_str() {
        "begin" | "commit" | "rollback" | "savepoint" | "release" | "set" | "listen" | "notify" => {
            keyword
        }
        "select" | "insert" | "update" | "delete" | "with" | "merge" | "create" | "alter"
        | "drop" | "truncate" | "copy" | "lock" | "vacuum" | "analyze" => {
            format!("{keyword}.other")
        }
        _ => "other".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use diesel::result::{DatabaseErrorKind, Error};
    use tracing_subscriber::fmt::format::FmtSpan;

    use super::*;
    use crate::telemetry::test_writer::TestWriter;

    #[test]
    fn a_statement_goes_by_its_comment() {
        assert_eq!(
            name_of(&beginning(
                &"/* engine.load */ SELECT * FROM complaint -- binds: [7]"
            )),
            "engine.load"
        );
        assert_eq!(name_of("/*sweep-due_2*/select 1"), "sweep-due_2");
    }

    #[test]
    fn the_longest_name_is_still_read_and_a_longer_one_is_no_name() {
        let longest = "n".repeat(LONGEST_NAME);
        assert_eq!(
            name_of(&beginning(&format!("/* {longest} */ SELECT 1"))),
            longest
        );
        assert_eq!(
            name_of(&beginning(&format!("/* {longest}nnn */ SELECT 1"))),
            "other"
        );
    }

    #[test]
    fn a_statement_without_a_comment_goes_by_what_it_does() {
        assert_eq!(
            name_of("INSERT INTO \"person\" (\"name\") VALUES ($1)"),
            "insert.other"
        );
        assert_eq!(name_of("COMMIT"), "commit");
        assert_eq!(name_of(""), "other");
    }

    #[test]
    fn no_value_becomes_a_name() {
        for sql in [
            "/* Ann O'Neill, 12 High St */ x",
            "'ann@example.org'",
            "ann -- binds: [\"ann\"]",
            "/* ann",
        ] {
            assert_eq!(name_of(&beginning(&sql)), "other", "{sql}");
        }
    }

    #[test]
    fn cutting_a_statement_keeps_characters_whole() {
        let accents = "é".repeat(LONGEST_NAME);
        assert!(accents.starts_with(&beginning(&accents)));
    }

    #[test]
    fn a_failed_statement_shows_its_name_and_the_kind_of_error_alone() {
        let written = TestWriter::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(Level::DEBUG)
            .with_span_events(FmtSpan::CLOSE)
            .with_ansi(false)
            .with_writer(written.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let mut statements = SqlInstrumentation::new(Metrics::off());
            statements.start(&"/* person.add */ INSERT -- binds: [\"ann@example.org\"]");
            let quoted = Box::new("Key (email)=(ann@example.org) already exists.".to_owned());
            statements.finish(Some(&Error::DatabaseError(
                DatabaseErrorKind::UniqueViolation,
                quoted,
            )));
        });
        let written = written.text();
        assert!(
            written.contains("person.add") && written.contains("UniqueViolation"),
            "{written}"
        );
        assert!(!written.contains("ann"), "{written}");
    }
}
