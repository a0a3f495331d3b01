//! A line to a database on which faults can be made: it can fall silent, forget its connections, or break.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
};

use diesel::{Connection as _, PgConnection, RunQueryDsl as _, dsl::sql, sql_types::Text};
use nix::{
    libc::linger,
    sys::socket::{setsockopt, sockopt::Linger},
};

use super::database::TestDatabase;

pub(crate) struct Line {
    /// Where libpq finds the database at the end of this line.
    pub(crate) url: String,
    port: u16,
    state: Arc<State>,
}

impl Line {
    pub(crate) fn to(database: &TestDatabase) -> Line {
        Self::to_url(&database.url)
    }

    /// To a private Postgres, which listens on a Unix socket alone.
    pub(crate) fn to_url(url: &str) -> Line {
        let mut connection = PgConnection::establish(url).expect("a connection to the database");
        let mut setting = |name: &str| -> String {
            let setting = sql::<Text>(&format!("current_setting('{name}')"));
            let found: String = diesel::select(setting)
                .get_result(&mut connection)
                .expect("a setting");
            found.trim_matches('"').to_owned()
        };
        let name = format!(".s.PGSQL.{}", setting("port"));
        let target = PathBuf::from(setting("unix_socket_directories")).join(name);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (before, _) = url.split_once('?').expect("settings");
        let url = format!("{before}?host=127.0.0.1&port={port}&gssencmode=disable&sslmode=disable");
        let state = Arc::<State>::default();
        let ours = Arc::clone(&state);
        // Ends with the process; the threads of each connection end with the connection.
        thread::spawn(move || {
            for caller in listener.incoming().map_while(Result::ok) {
                let Ok(server) = UnixStream::connect(&target) else {
                    continue;
                };
                State::carry(&ours, caller, server);
            }
        });
        Line { url, port, state }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// From now on nothing comes through, in either direction.
    pub(crate) fn fall_silent(&self) {
        self.state.change(|now| now.silent = true);
    }

    /// Everything comes through again, and what was held back first.
    pub(crate) fn speak(&self) {
        self.state.change(|now| now.silent = false);
    }

    /// Nothing gets through on the open connections any more, and nobody is told; new ones work. This is what a middlebox does
    /// that has lost its table.
    pub(crate) fn forget(&self) {
        self.state.change(|now| {
            now.silent = false;
            now.forgotten = now.last;
        });
    }

    /// Resets the open connections, as a host does that does not know them.
    pub(crate) fn reset(&self) {
        self.state.change(|now| {
            for (caller, server) in now.open.values() {
                let at_once = linger {
                    l_onoff: 1,
                    l_linger: 0,
                };
                setsockopt(&**caller, Linger, &at_once).expect("an option");
                // Wakes those who carry; the last one closes the socket.
                let _ = (
                    caller.shutdown(Shutdown::Read),
                    server.shutdown(Shutdown::Both),
                );
            }
        });
    }
}

impl Drop for Line {
    /// Whoever still waits for an answer would otherwise wait for ever, and the test that failed with it.
    fn drop(&mut self) {
        self.state.change(|now| {
            now.silent = false;
            now.forgotten = 0;
        });
    }
}

#[derive(Default)]
struct State {
    now: Mutex<Now>,
    changed: Condvar,
}

#[derive(Default)]
struct Now {
    silent: bool,
    /// Of the connections, counted from 1.
    last: u64,
    forgotten: u64,
    open: BTreeMap<u64, (Arc<TcpStream>, Arc<UnixStream>)>,
}

impl State {
    fn carry(state: &Arc<State>, caller: TcpStream, server: UnixStream) {
        let (caller, server) = (Arc::new(caller), Arc::new(server));
        let mut now = state.now();
        now.last += 1;
        let number = now.last;
        let ends = (Arc::clone(&caller), Arc::clone(&server));
        now.open.insert(number, ends);
        drop(now);
        let (state_there, caller_there, server_there) =
            (Arc::clone(state), Arc::clone(&caller), Arc::clone(&server));
        thread::spawn(move || {
            state_there.carry_one_way(number, &*caller_there, &*server_there);
            let _ = server_there.shutdown(Shutdown::Write);
        });
        let state = Arc::clone(state);
        thread::spawn(move || {
            state.carry_one_way(number, &*server, &*caller);
            // Its own handles first, so that the last one to go closes the socket.
            state.now().open.remove(&number);
            let _ = caller.shutdown(Shutdown::Write);
        });
    }

    fn carry_one_way(&self, number: u64, mut from: impl Read, mut to: impl Write) {
        let mut buffer = [0; 8 * 1024];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            self.wait_for_the_end_of_silence(number);
            if to.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        // Nor does anybody hear that the other end is gone.
        self.wait_for_the_end_of_silence(number);
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().expect("nobody panics with it")
    }

    fn change(&self, change: impl FnOnce(&mut Now)) {
        change(&mut self.now());
        self.changed.notify_all();
    }

    fn wait_for_the_end_of_silence(&self, number: u64) {
        let silent = |now: &mut Now| now.silent || number <= now.forgotten;
        drop(self.changed.wait_while(self.now(), silent));
    }
}
