//! Panics: where they happened, and never what they said, which may be a customer's words.

use std::{
    panic::{self, Location},
    thread,
};

/// Has every panic of the process logged as one line, instead of its words on standard error.
pub(super) fn log_without_words() {
    panic::set_hook(Box::new(|panic| report(panic.location())));
}

fn report(location: Option<&Location<'_>>) {
    let location = location.map_or_else(|| "unknown".to_owned(), Location::to_string);
    let thread = thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    tracing::error!(
        location,
        thread,
        "a thread panicked; its message is withheld, because it may hold personal data"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::test_writer::TestWriter;

    #[test]
    fn a_panic_is_told_by_its_place_and_thread_on_one_line() {
        let written = TestWriter::default();
        let here = Location::caller();
        tracing::subscriber::with_default(written.subscriber(), || report(Some(here)));
        let written = written.text();
        assert_eq!(written.lines().count(), 1, "{written}");
        for told in ["ERROR", &here.to_string(), "a_panic_is_told_by_its_place"] {
            assert!(written.contains(told), "{told}: {written}");
        }
    }
}
