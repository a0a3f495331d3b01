//! A bound on our side to every wait for an answer: where neither Postgres nor the kernel ends it, the watchdog closes the
//! socket, and whoever waits is told that the connection broke.

use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use diesel::{Connection as _, ConnectionError, PgConnection};

use super::{
    conninfo::with_defaults,
    limits::Limits,
    socket::{Socket, Sockets},
};
use crate::time_source::Stopwatch;

/// How often it looks. A wait may last longer by this much.
const LOOKS: Duration = Duration::from_millis(250);
/// How long one connection waits for another to be made.
const TURN: Duration = Duration::from_millis(200);
/// In place of the end of a wait: nothing is waited for.
const IDLE: u64 = u64::MAX;

/// Watches connections until it is dropped.
#[derive(Debug)]
pub(super) struct Watchdog {
    watched: Arc<Mutex<Vec<Weak<Watched>>>>,
    clock: Stopwatch,
    /// Held while a connection is made, so that the socket that appears meanwhile is its own.
    connecting: parking_lot::Mutex<()>,
    /// The thread ends when this is dropped.
    _owner: mpsc::Sender<()>,
}

impl Watchdog {
    /// Begins to watch.
    ///
    /// # Errors
    /// When the machine gives no thread.
    pub(super) fn start() -> io::Result<Watchdog> {
        let (owner, owned) = mpsc::channel();
        let watched = Arc::<Mutex<Vec<Weak<Watched>>>>::default();
        let clock = Stopwatch::start();
        let theirs = Arc::clone(&watched);
        thread::Builder::new()
            .name("watchdog".to_owned())
            .spawn(move || {
                while owned.recv_timeout(LOOKS) == Err(mpsc::RecvTimeoutError::Timeout) {
                    look(&mut locked(&theirs), clock);
                }
            })?;
        Ok(Watchdog {
            watched,
            clock,
            connecting: parking_lot::Mutex::default(),
            _owner: owner,
        })
    }

    /// Makes a connection, within these limits.
    ///
    /// # Errors
    /// What libpq says.
    pub(super) fn connect(
        &self,
        conninfo: &str,
        limits: &Limits,
    ) -> Result<(PgConnection, Arc<Watched>), ConnectionError> {
        // A host that does not answer must not hold up the connections to another. One of TCP is found all the same.
        let _alone = self.connecting.try_lock_for(TURN);
        let user_timeout = next_user_timeout();
        let conninfo = with_defaults(conninfo, &limits.for_libpq(user_timeout));
        let watched = Arc::new(Watched {
            clock: self.clock,
            user_timeout,
            until: AtomicU64::new(IDLE),
            ended: AtomicBool::new(false),
            // Without the list nothing can be found; the kernel and Postgres keep watch alone then.
            place: Mutex::new(Sockets::open().map_or(SocketState::Unknown, SocketState::Opening)),
        });
        locked(&self.watched).push(Arc::downgrade(&watched));
        watched.begin(limits.answer());
        let connection = PgConnection::establish(&conninfo);
        watched.end();
        let connection = connection?;
        watched.found();
        Ok((connection, watched))
    }
}

/// The milliseconds after which the kernel gives up a connection that nobody acknowledges. Hardly two connections have the same,
/// so that each is known by it.
fn next_user_timeout() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    8_000 + NEXT.fetch_add(1, Ordering::Relaxed) % 1_000
}

/// Ends the waits that last too long, and forgets the connections that are gone.
fn look(watched: &mut Vec<Weak<Watched>>, clock: Stopwatch) {
    let now = milliseconds(clock.elapsed());
    watched.retain(|watched| {
        let watched = watched.upgrade();
        if let Some(watched) = &watched {
            watched.end_if_late(now);
        }
        watched.is_some()
    });
}

/// What the watchdog knows of a connection.
#[derive(Debug)]
pub(super) struct Watched {
    clock: Stopwatch,
    /// When the present wait has lasted too long, in milliseconds on the clock.
    until: AtomicU64,
    user_timeout: u32,
    ended: AtomicBool,
    place: Mutex<SocketState>,
}

#[derive(Debug)]
enum SocketState {
    /// It is being made; these are not its socket.
    Opening(Sockets),
    Open(Socket),
    Unknown,
}

impl Watched {
    /// An answer is waited for, at most this long.
    pub(super) fn begin(&self, longest: Duration) {
        let until = milliseconds(self.clock.elapsed() + longest);
        self.until.store(until, Ordering::Relaxed);
    }

    /// It came.
    pub(super) fn end(&self) {
        self.until.store(IDLE, Ordering::Relaxed);
    }

    /// Whether the watchdog has closed the connection.
    pub(super) fn was_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    /// Whether the connection, on which nothing is waited for, still stands as far as this side can tell. No round trip.
    pub(super) fn stands(&self) -> bool {
        match &*locked(&self.place) {
            SocketState::Open(socket) => socket.is_quiet(),
            SocketState::Opening(_) | SocketState::Unknown => true,
        }
    }

    /// The connection is made.
    fn found(&self) {
        let mut place = locked(&self.place);
        if let SocketState::Opening(before) = &*place {
            let opened = before.opened_since(self.user_timeout).ok().flatten();
            if opened.is_none() {
                tracing::debug!(
                    "failed to find the socket of a database connection; a silent server will not be noticed on it"
                );
            }
            *place = opened.map_or(SocketState::Unknown, SocketState::Open);
        }
    }

    fn end_if_late(&self, now: u64) {
        let until = self.until.load(Ordering::Relaxed);
        // An answer that comes just now, or the next wait, is not ended for the sake of this one.
        let late = until <= now
            && self
                .until
                .compare_exchange(until, IDLE, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if !late {
            return;
        }
        let found;
        let place = locked(&self.place);
        let socket = match &*place {
            SocketState::Open(socket) => Some(socket),
            SocketState::Opening(before) => {
                found = before.opened_since(self.user_timeout).ok().flatten();
                found.as_ref()
            }
            SocketState::Unknown => None,
        };
        match socket {
            Some(socket) => {
                self.ended.store(true, Ordering::Relaxed);
                socket.shut();
                tracing::warn!("the database did not answer in time; closing the connection");
            }
            None => tracing::error!(
                "the database does not answer, and the connection cannot be closed from this side"
            ),
        }
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(IDLE - 1)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whole whatever panicked: what is behind these locks is only replaced.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::{
        net::TcpListener,
        os::unix::net::UnixListener,
        sync::mpsc::{Receiver, channel},
    };

    use super::*;

    /// Much longer than the watchdog's patience here, much shorter than libpq's.
    const SOON: Duration = Duration::from_secs(60);

    /// Says how an attempt ended to connect to what never answers.
    fn refused(conninfo: &str) -> Receiver<String> {
        let limits = Limits {
            connect: Duration::from_secs(600),
            statement: Duration::from_millis(200),
            grace: Duration::from_millis(100),
            ..Limits::default()
        };
        let conninfo = conninfo.to_owned();
        let (told, ended) = channel();
        thread::spawn(move || {
            let watchdog = Watchdog::start().unwrap();
            let refused = watchdog.connect(&conninfo, &limits).err().unwrap();
            told.send(refused.to_string())
        });
        ended
    }

    /// A process connects to one database: to several at once, it may not find which socket is which.
    static ONE_DATABASE: Mutex<()> = Mutex::new(());

    #[test]
    fn a_server_that_does_not_answer_holds_up_no_connection_to_another() {
        let _alone = locked(&ONE_DATABASE);
        let [silent, other] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let connect = |watchdog: &Watchdog, to: &TcpListener| {
            let port = to.local_addr().unwrap().port();
            let url = format!("postgres://127.0.0.1:{port}/x?sslmode=disable");
            let limits = Limits {
                connect: SOON,
                ..Limits::default()
            };
            watchdog.connect(&url, &limits).err().unwrap()
        };
        let watchdog = Watchdog::start().unwrap();
        thread::scope(|scope| {
            scope.spawn(|| connect(&watchdog, &silent));
            let held = silent.accept().unwrap();
            let stopwatch = Stopwatch::start();
            let refused = scope.spawn(|| connect(&watchdog, &other));
            drop(other.accept().unwrap());
            refused.join().unwrap();
            assert!(stopwatch.elapsed() < Limits::default().answer());
            drop(held);
        });
    }

    #[test]
    fn a_server_that_takes_connections_and_never_answers_is_given_up() {
        let _alone = locked(&ONE_DATABASE);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("postgres://127.0.0.1:{port}/x?sslmode=disable");
        for url in [url.clone(), format!("{url}&tcp_user_timeout=7000")] {
            let ended = refused(&url);
            let _taken = listener.accept().unwrap();
            ended.recv_timeout(SOON).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).unwrap();
        let ended = refused(&format!("host={} dbname=x", folder.path().display()));
        let _taken = listener.accept().unwrap();
        ended.recv_timeout(SOON).unwrap();
    }
}
