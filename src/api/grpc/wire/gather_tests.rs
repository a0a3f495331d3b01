#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    future::poll_fn,
    sync::atomic::{AtomicUsize, Ordering},
    task::{Wake, Waker},
};

use tokio::io::AsyncWriteExt as _;

use super::*;

/// Takes this many bytes at a time, or none; keeps them by the call.
#[derive(Debug, Default)]
struct Socket {
    taken: Vec<Vec<u8>>,
    room: Option<usize>,
    broken: bool,
}

impl AsyncWrite for &mut Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.broken {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let room = self.room.unwrap_or(usize::MAX).min(bytes.len());
        if room == 0 {
            return Poll::Pending;
        }
        self.taken.push(bytes[..room].to_vec());
        Poll::Ready(Ok(room))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[derive(Debug, Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Polls a connection that writes these when it is polled, and does not end; whether it wants to be polled again at once.
fn poll(gather: &mut Gather<&mut Socket>, pass_on: &PassOn<&mut Socket>, writes: &[&[u8]]) -> bool {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut connection = poll_fn(|context| {
        for bytes in writes {
            let written = Pin::new(&mut *gather).poll_write(context, bytes);
            assert!(matches!(written, Poll::Ready(Ok(size)) if size == bytes.len()));
            assert!(matches!(
                Pin::new(&mut *gather).poll_flush(context),
                Poll::Ready(Ok(()))
            ));
        }
        Poll::<()>::Pending
    });
    let ended = pass_on.poll(&mut connection, &mut Context::from_waker(&waker));
    assert!(ended.is_pending());
    woken.0.load(Ordering::Relaxed) > 0
}

#[test]
fn what_is_written_before_others_had_their_turn_is_passed_on_as_one() {
    let mut socket = Socket::default();
    let (mut gather, pass_on) = gather(&mut socket);
    assert!(poll(&mut gather, &pass_on, &[b"a", b"b"]));
    assert!(!poll(&mut gather, &pass_on, &[b"c"]));
    assert!(
        !poll(&mut gather, &pass_on, &[]),
        "there is nothing to pass on"
    );
    assert!(poll(&mut gather, &pass_on, &[b"d"]));
    assert!(!poll(&mut gather, &pass_on, &[]));
    drop((gather, pass_on));
    assert_eq!(socket.taken, [b"abc".to_vec(), b"d".to_vec()]);
}

#[test]
fn what_the_socket_takes_in_parts_arrives_once_and_in_order() {
    let mut socket = Socket {
        room: Some(2),
        ..Socket::default()
    };
    let (mut gather, pass_on) = gather(&mut socket);
    poll(&mut gather, &pass_on, &[b"abcde"]);
    gather.0.lock().inner.room = Some(0);
    poll(&mut gather, &pass_on, &[b"f"]);
    gather.0.lock().inner.room = Some(3);
    poll(&mut gather, &pass_on, &[]);
    drop((gather, pass_on));
    assert_eq!(socket.taken.concat(), b"abcdef");
}

#[test]
fn too_much_to_gather_is_passed_on_at_once() {
    let mut socket = Socket::default();
    let (mut gather, pass_on) = gather(&mut socket);
    let large = vec![b'x'; GATHERED];
    poll(&mut gather, &pass_on, &[&large]);
    assert_eq!(gather.0.lock().inner.taken.concat(), large);
    poll(&mut gather, &pass_on, &[b"a", &large, b"b"]);
    let passed = gather.0.lock().inner.taken.concat();
    assert_eq!(passed.len(), 2 * GATHERED + 1, "all but what came last");
}

#[tokio::test]
async fn what_is_left_at_the_end_is_passed_on_first() {
    let mut socket = Socket::default();
    let (mut gather, pass_on) = gather(&mut socket);
    gather.write_all(b"last words").await.unwrap();
    gather.shutdown().await.unwrap();
    drop((gather, pass_on));
    assert_eq!(socket.taken.concat(), b"last words");
}

#[tokio::test]
async fn a_connection_that_breaks_says_so_at_the_next_write() {
    let mut socket = Socket {
        broken: true,
        ..Socket::default()
    };
    let (mut gather, pass_on) = gather(&mut socket);
    poll(&mut gather, &pass_on, &[b"a"]);
    poll(&mut gather, &pass_on, &[]);
    let refused = gather.write_all(b"b").await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionReset);
}

/// Keeps what it takes until it is flushed, and then passes on what there is room for, as TLS does.
#[derive(Debug, Default)]
struct Holding {
    held: Vec<u8>,
    passed: Vec<u8>,
    room: usize,
}

impl AsyncWrite for Holding {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.held.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let part = self.room.min(self.held.len());
        let part: Vec<u8> = self.held.drain(..part).collect();
        self.room -= part.len();
        self.passed.extend(part);
        if self.held.is_empty() {
            Poll::Ready(Ok(()))
        } else {
            Poll::Pending
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}

#[test]
fn what_tls_holds_back_is_passed_on_as_soon_as_there_is_room() {
    let (mut gather, pass_on) = gather(Holding::default());
    let mut context = Context::from_waker(Waker::noop());
    let mut poll = |write: &[u8]| {
        let mut connection = poll_fn(|context| {
            if !write.is_empty() {
                let _ = Pin::new(&mut gather).poll_write(context, write);
            }
            Poll::<()>::Pending
        });
        assert!(pass_on.poll(&mut connection, &mut context).is_pending());
    };
    let large = vec![b'x'; GATHERED];
    for written in [&b"answer"[..], &large] {
        pass_on.0.lock().inner = Holding::default();
        poll(written);
        poll(&[]);
        for left in [written.len() - 2, 0] {
            let passed = pass_on.0.lock().inner.passed.len();
            pass_on.0.lock().inner.room = written.len() - left - passed;
            poll(&[]);
            assert_eq!(pass_on.0.lock().inner.held.len(), left);
        }
        assert_eq!(pass_on.0.lock().inner.passed, written);
        assert!(!pass_on.0.lock().unflushed);
    }
}
