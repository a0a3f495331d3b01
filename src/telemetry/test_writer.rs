//! Keeps what was logged.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use tracing::Subscriber;
use tracing_subscriber::fmt::MakeWriter;

#[derive(Debug, Clone, Default)]
pub(crate) struct TestWriter(Arc<Mutex<Vec<u8>>>);

impl TestWriter {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    /// Writes plain lines here.
    pub(crate) fn subscriber(&self) -> impl Subscriber + Send + Sync {
        tracing_subscriber::fmt()
            .with_writer(self.clone())
            .with_ansi(false)
            .finish()
    }
}

impl io::Write for TestWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for TestWriter {
    type Writer = TestWriter;

    fn make_writer(&self) -> TestWriter {
        self.clone()
    }
}
