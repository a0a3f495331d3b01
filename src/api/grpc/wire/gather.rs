//! The writes of a connection, gathered into few. Callers share connections, and those who are answered at the same moment are
//! answered by a task each; HTTP/2 alone would hand over every answer to the system by itself.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use parking_lot::Mutex;
use tokio::io::AsyncWrite;

/// How much is gathered before it is passed on in any case.
const GATHERED: usize = 16 * 1024;

/// A writer that keeps what is written, and what passes it on.
pub(super) fn gather<W>(inner: W) -> (Gather<W>, PassOn<W>) {
    let gathered = Arc::new(Mutex::new(Gathered {
        inner,
        bytes: Vec::new(),
        passed: 0,
        others_had_their_turn: false,
        unflushed: false,
        failed: None,
    }));
    (Gather(Arc::clone(&gathered)), PassOn(gathered))
}

/// Keeps what is written. A flush does nothing: whoever drives the connection has it passed on.
#[derive(Debug)]
pub(super) struct Gather<W>(Arc<Mutex<Gathered<W>>>);

/// Passes on what was written.
#[derive(Debug)]
pub(super) struct PassOn<W>(Arc<Mutex<Gathered<W>>>);

impl<W: AsyncWrite + Unpin> PassOn<W> {
    /// Polls a connection that writes into the [`Gather`], and passes on what it has written once the tasks that are about to
    /// run, which may answer on it too, have had their turn.
    pub(super) fn poll<C: Future + Unpin>(
        &self,
        connection: &mut C,
        context: &mut Context<'_>,
    ) -> Poll<C::Output> {
        let ended = Pin::new(connection).poll(context);
        if ended.is_pending() {
            self.0.lock().pass_on(context);
        }
        ended
    }
}

#[derive(Debug)]
struct Gathered<W> {
    inner: W,
    bytes: Vec<u8>,
    /// How many of them have been passed on.
    passed: usize,
    others_had_their_turn: bool,
    /// Whether the inner writer may hold something back: TLS does what its socket does not take at once.
    unflushed: bool,
    failed: Option<io::Error>,
}

impl<W: AsyncWrite + Unpin> Gathered<W> {
    fn pass_on(&mut self, context: &mut Context<'_>) {
        if self.bytes.is_empty() && !self.unflushed {
            return;
        }
        if !self.bytes.is_empty() && !std::mem::replace(&mut self.others_had_their_turn, true) {
            // A task that wakes itself comes after those that wait already.
            context.waker().wake_by_ref();
            return;
        }
        if let Poll::Ready(Err(error)) = self.poll_pass(context) {
            // The connection is told when it writes next.
            self.failed = Some(error);
            self.unflushed = false;
            self.empty();
        }
    }

    fn poll_pass(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.passed < self.bytes.len() {
            let left = &self.bytes[self.passed..];
            self.unflushed = true;
            match ready!(Pin::new(&mut self.inner).poll_write(context, left))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.passed += written,
            }
        }
        self.empty();
        if self.unflushed {
            ready!(Pin::new(&mut self.inner).poll_flush(context))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// A connection on which nothing is written holds no memory.
    fn empty(&mut self) {
        self.bytes = Vec::new();
        self.passed = 0;
        self.others_had_their_turn = false;
    }

    /// Makes room for as much as there may be.
    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(error) = self.failed.take() {
            return Poll::Ready(Err(error));
        }
        if self.bytes.len() >= GATHERED {
            ready!(self.poll_pass(context))?;
        }
        Poll::Ready(Ok(()))
    }

    fn add(&mut self, bytes: &[u8]) {
        if self.bytes.is_empty() {
            self.bytes.reserve(GATHERED);
        }
        self.bytes.extend_from_slice(bytes);
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Gather<W> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut gathered = self.0.lock();
        ready!(gathered.poll_room(context))?;
        let size = pieces.iter().map(|piece| piece.len()).sum();
        if size >= GATHERED && gathered.bytes.is_empty() {
            gathered.unflushed = true;
            return Pin::new(&mut gathered.inner).poll_write_vectored(context, pieces);
        }
        for piece in pieces {
            gathered.add(piece);
        }
        Poll::Ready(Ok(size))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.0.lock().failed.take().map_or(Ok(()), Err))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut gathered = self.0.lock();
        ready!(gathered.poll_pass(context))?;
        Pin::new(&mut gathered.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
#[path = "gather_tests.rs"]
mod tests;
