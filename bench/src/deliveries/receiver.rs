//! A receiver of webhooks: answers after a fixed time or not at all, and notes when each event arrived.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use redress::time_source::{Stopwatch, SystemTime, TimeSource as _};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use uuid::Uuid;

use super::commits::Key;
use crate::error::BenchError;

/// How long a receiver waits for the next event before it counts as never coming.
const PATIENCE: Duration = Duration::from_secs(90);
/// How often it is checked whether enough has arrived.
const LOOK: Duration = Duration::from_millis(5);
const ANSWER: &[u8] = b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n";

/// A receiver on loopback. It ends when it is dropped.
#[derive(Debug)]
pub(super) struct Receiver {
    pub(super) address: SocketAddr,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    answers_after: Duration,
    is_dead: AtomicBool,
    /// Distinct events.
    arrived: AtomicUsize,
    log: Mutex<Log>,
}

/// What arrived.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// When each event arrived first.
    pub(super) arrivals: HashMap<Key, Timestamp>,
    /// Of each complaint, the number of its last event.
    last: HashMap<Uuid, i64>,
    /// Events that came again.
    pub(super) repeated: usize,
    /// Complaints of which an event came before one that precedes it.
    pub(super) disordered: HashSet<Uuid>,
}

impl Receiver {
    pub(super) async fn start(answers_after: Duration) -> Result<Receiver, BenchError> {
        let failed = |source| BenchError::io("listen on", "127.0.0.1", source);
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let shared = Arc::new(Shared {
            answers_after,
            is_dead: AtomicBool::new(false),
            arrived: AtomicUsize::new(0),
            log: Mutex::default(),
        });
        let served = Arc::clone(&shared);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&served);
                tokio::spawn(async move { shared.serve(stream).await });
            }
        });
        Ok(Receiver {
            address,
            shared,
            serving,
        })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/hooks", self.address)
    }

    /// Takes connections and requests from now on, and never answers.
    pub(super) fn die(&self) {
        self.shared.is_dead.store(true, Ordering::Relaxed);
    }

    /// Answers again.
    pub(super) fn revive(&self) {
        self.shared.is_dead.store(false, Ordering::Relaxed);
    }

    /// How many distinct events have arrived.
    pub(super) fn arrived(&self) -> usize {
        self.shared.arrived.load(Ordering::Relaxed)
    }

    pub(super) fn log(&self) -> MutexGuard<'_, Log> {
        self.shared.log()
    }

    /// Waits until so many distinct events have arrived.
    pub(super) async fn until(&self, wanted: usize) -> Result<(), BenchError> {
        let mut since = (self.arrived(), Stopwatch::start());
        loop {
            let arrived = self.arrived();
            if arrived >= wanted {
                return Ok(());
            }
            if arrived > since.0 {
                since = (arrived, Stopwatch::start());
            }
            if since.1.elapsed() > PATIENCE {
                return Err(BenchError::NotDelivered { wanted, arrived });
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Shared {
    /// Each change of the log is whole, whoever panicked.
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers the requests of a connection, one after the other.
    async fn serve(&self, mut stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let mut buffer = Vec::new();
        while let Some(id) = request(&mut stream, &mut buffer).await {
            let at = SystemTime.now();
            if self.is_dead.load(Ordering::Relaxed) {
                // Until the sender gives up and closes the connection.
                while more(&mut stream, &mut buffer).await.is_some() {}
                return;
            }
            if let Some(event) = event(&id) {
                self.note(event, at);
            }
            tokio::time::sleep(self.answers_after).await;
            if stream.write_all(ANSWER).await.is_err() {
                return;
            }
        }
    }

    fn note(&self, event: Key, at: Timestamp) {
        let mut log = self.log();
        match log.arrivals.entry(event) {
            Entry::Occupied(_) => {
                log.repeated += 1;
                return;
            }
            Entry::Vacant(place) => {
                place.insert(at);
            }
        }
        let (complaint, sequence) = event;
        let last = log.last.insert(complaint, sequence);
        if last.is_some_and(|last| last > sequence) {
            log.disordered.insert(complaint);
        }
        self.arrived.fetch_add(1, Ordering::Relaxed);
    }
}

/// Reads a request, and returns its `webhook-id`.
async fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<String> {
    let head = loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        more(stream, buffer).await?;
    };
    let text = std::str::from_utf8(buffer.get(..head)?).ok()?;
    let header = |wanted: &str| {
        text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    };
    let id = header("webhook-id").unwrap_or_default().to_owned();
    let length: usize = header("content-length")?.parse().ok()?;
    let end = head + 4 + length;
    while buffer.len() < end {
        more(stream, buffer).await?;
    }
    buffer.drain(..end);
    Some(id)
}

async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    let read = stream.read_buf(buffer).await.ok()?;
    (read > 0).then_some(())
}

/// The complaint and the number that an id names; what verifies or tests an endpoint names none.
fn event(id: &str) -> Option<Key> {
    let (complaint, sequence) = id.rsplit_once('-')?;
    Some((Uuid::try_parse(complaint).ok()?, sequence.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_told_from_a_verification_by_its_id() {
        let complaint = Uuid::from_u128(7);
        assert_eq!(event(&format!("{complaint}-12")), Some((complaint, 12)));
        assert_eq!(event(&complaint.to_string()), None);
    }

    #[tokio::test]
    async fn repeats_and_a_wrong_order_are_noticed() {
        let receiver = Receiver::start(Duration::ZERO).await.unwrap();
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        for event in [(one, 1), (other, 2), (one, 2), (one, 2), (other, 1)] {
            receiver.shared.note(event, Timestamp::UNIX_EPOCH);
        }
        let log = receiver.log();
        assert_eq!((receiver.arrived(), log.repeated), (4, 1));
        assert_eq!(log.disordered, HashSet::from([other]));
    }
}
