//! What is known of one connection, and of the calls open on it.

use std::{
    net::IpAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::{
    methods::Kind,
    quota::Taken,
    share::{Held, Share},
};
use crate::api::{auth::ClientCertificate, grpc::call_error::CallError};

/// What a call takes up besides its headers and its message: its tasks, its span, its place in HTTP/2.
const CALL: usize = 4 * 1024;
/// Answers of this size are not counted: most are, and those of calls that change something always are.
const SMALL_ANSWER: usize = 16 * 1024;
/// How long a list waits for room for its page.
const ANSWER_WAIT: Duration = Duration::from_secs(5);
const ANSWERS_WAIT: CallError = CallError::NoRoom("too many answers are waiting to be taken");
/// Generations of answers that are told apart: the present one, two that may still wait, and one that has waited too long.
const GENERATIONS: usize = 4;

/// One connection.
#[derive(Debug)]
pub(in crate::api) struct Peer {
    /// By which it is counted, if it is.
    pub(super) address: Option<IpAddr>,
    /// What it has shown of itself.
    certificate: OnceLock<ClientCertificate>,
    /// Ends the connection at once.
    pub(super) cut: CancellationToken,
    /// Ends its streams.
    pub(super) old: CancellationToken,
    pub(super) bytes: Share,
    pub(super) answers: Share,
    watches: Share,
    exchanges: Share,
    /// Ticks whenever a connection comes or a call begins or ends: what orders connections by their last use.
    ticks: Arc<AtomicU64>,
    used: AtomicU64,
    calls: AtomicUsize,
    generation: AtomicUsize,
    /// How many answers wait to be taken, by generation.
    waiting: [AtomicUsize; GENERATIONS],
}

/// What a connection has of what all have.
#[derive(Debug)]
pub(super) struct Shares {
    pub(super) bytes: Share,
    pub(super) answers: Share,
    pub(super) watches: Share,
    pub(super) exchanges: Share,
}

impl Peer {
    pub(super) fn new(address: Option<IpAddr>, shares: Shares, ticks: &Arc<AtomicU64>) -> Self {
        let Shares {
            bytes,
            answers,
            watches,
            exchanges,
        } = shares;
        let peer = Peer {
            address,
            certificate: OnceLock::new(),
            cut: CancellationToken::new(),
            old: CancellationToken::new(),
            bytes,
            answers,
            watches,
            exchanges,
            ticks: Arc::clone(ticks),
            used: AtomicU64::new(0),
            calls: AtomicUsize::new(0),
            generation: AtomicUsize::new(0),
            waiting: Default::default(),
        };
        peer.touch();
        peer
    }

    /// It has proved to hold this certificate; before its first call.
    pub(super) fn shows(&self, certificate: ClientCertificate) {
        // There is one handshake.
        let _ = self.certificate.set(certificate);
    }

    /// The certificate that it has proved to hold.
    pub(super) fn certificate(&self) -> Option<&ClientCertificate> {
        self.certificate.get()
    }

    /// A call that begins, with headers of this size.
    pub(super) fn open(
        self: &Arc<Self>,
        kind: Kind,
        headers: usize,
    ) -> Result<OpenCall, CallError> {
        let stream = match kind {
            Kind::Unary | Kind::Stream => None,
            Kind::Watch => Some(&self.watches),
            Kind::Exchange => Some(&self.exchanges),
        };
        let taken = |share: &Share| {
            let taken = share.take(1);
            taken.ok_or(CallError::NoRoom("too many such streams are open"))
        };
        let stream = stream.map(taken).transpose()?;
        let bytes = self.bytes.take(CALL + headers);
        let bytes = bytes.ok_or(CallError::NoRoom("too much is being received"))?;
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.touch();
        Ok(OpenCall {
            peer: Arc::clone(self),
            kind,
            bytes,
            answer: None,
            answered: None,
            _stream: stream,
            taken: None,
        })
    }

    fn touch(&self) {
        let now = self.ticks.fetch_add(1, Ordering::Relaxed);
        self.used.store(now, Ordering::Relaxed);
    }

    /// Since when it has had no call; none while it has one.
    pub(super) fn idle_since(&self) -> Option<u64> {
        let idle = self.calls.load(Ordering::Relaxed) == 0;
        idle.then(|| self.used.load(Ordering::Relaxed))
    }

    /// Begins a new generation of answers. Whether one of three generations ago is still waiting to be taken.
    pub(super) fn stalls(&self) -> bool {
        let next = self.generation.load(Ordering::Relaxed) + 1;
        self.generation.store(next, Ordering::Relaxed);
        self.waiting[(next + 1) % GENERATIONS].load(Ordering::Relaxed) > 0
    }
}

/// A call, until its answer has been handed over or it is given up.
#[derive(Debug)]
pub(super) struct OpenCall {
    peer: Arc<Peer>,
    kind: Kind,
    pub(super) bytes: Held,
    /// Room for its answer.
    answer: Option<Held>,
    /// The generation of its answer.
    answered: Option<usize>,
    _stream: Option<Held>,
    /// What it takes of what its caller may have.
    pub(super) taken: Option<Taken>,
}

impl OpenCall {
    /// Of a call that may go on for as long as its connection: when that has to end.
    pub(super) fn ends(&self) -> Option<WaitForCancellationFutureOwned> {
        let streams = matches!(self.kind, Kind::Stream | Kind::Watch);
        streams.then(|| self.peer.old.clone().cancelled_owned())
    }

    /// Keeps room for an answer of this size, before it is made.
    pub(super) async fn reserve_answer(&mut self, bytes: usize) -> Result<(), CallError> {
        let room = self.peer.answers.reserve(bytes, ANSWER_WAIT).await;
        self.answer = Some(room.ok_or(ANSWERS_WAIT)?);
        Ok(())
    }

    /// Keeps room for an answer of this size, and no more.
    pub(super) fn hold_answer(&mut self, bytes: usize) -> Result<(), CallError> {
        match &mut self.answer {
            Some(held) => held.keep(bytes),
            None if bytes > SMALL_ANSWER => {
                self.answer = Some(self.peer.answers.take(bytes).ok_or(ANSWERS_WAIT)?);
            }
            None => {}
        }
        Ok(())
    }

    /// There is an answer, and no need of the request any more.
    pub(super) fn answers(&mut self) {
        match self.kind {
            Kind::Unary | Kind::Exchange => {
                let now = self.peer.generation.load(Ordering::Relaxed) % GENERATIONS;
                self.peer.waiting[now].fetch_add(1, Ordering::Relaxed);
                self.answered = Some(now);
                self.bytes.keep(CALL);
            }
            Kind::Stream => self.bytes.keep(CALL),
            // Counted by its own share.
            Kind::Watch => self.bytes.keep(0),
        }
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        if let Some(generation) = self.answered {
            self.peer.waiting[generation].fetch_sub(1, Ordering::Relaxed);
        }
        self.peer.touch();
        self.peer.calls.fetch_sub(1, Ordering::Relaxed);
    }
}
