//! A line to a database that can fall silent: it stays up, and nothing comes through.

use std::{
    io::{Read as _, Write as _},
    net::Shutdown,
    os::unix::net::{UnixListener, UnixStream},
    path::PathBuf,
    sync::{Arc, Condvar, Mutex},
    thread,
};

use diesel::{RunQueryDsl as _, dsl::sql, sql_types::Text};

use super::database::TestDatabase;

pub(crate) struct Line {
    /// Where libpq finds the database at the end of this line.
    pub(crate) url: String,
    silence: Arc<Silence>,
    _folder: tempfile::TempDir,
}

impl Line {
    pub(crate) fn to(database: &TestDatabase) -> Line {
        let setting = |name: &str| -> String {
            let setting = sql::<Text>(&format!("current_setting('{name}')"));
            let found: String = diesel::select(setting)
                .get_result(&mut database.connect())
                .expect("a setting");
            found.trim_matches('"').to_owned()
        };
        let name = format!(".s.PGSQL.{}", setting("port"));
        let target = PathBuf::from(setting("unix_socket_directories")).join(&name);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let listener = UnixListener::bind(folder.path().join(name)).expect("a socket");
        let (before, rest) = database.url.split_once("host=").expect("a host");
        let (_, after) = rest.split_once('&').expect("more settings");
        let url = format!("{before}host={}&{after}", folder.path().display());
        let silence = Arc::new(Silence::default());
        let ours = Arc::clone(&silence);
        // Ends with the process; each connection's threads end with the connection.
        thread::spawn(move || {
            for caller in listener.incoming().map_while(Result::ok) {
                let Ok(server) = UnixStream::connect(&target) else {
                    continue;
                };
                carry(&caller, &server, &ours);
                carry(&server, &caller, &ours);
            }
        });
        Line {
            url,
            silence,
            _folder: folder,
        }
    }

    /// From now on nothing comes through, in either direction.
    pub(crate) fn fall_silent(&self) {
        self.silence.set(true);
    }

    /// Everything comes through again, and what was held back first.
    pub(crate) fn speak(&self) {
        self.silence.set(false);
    }
}

impl Drop for Line {
    /// Whoever still waits for an answer would otherwise wait for ever, and the test that failed with it.
    fn drop(&mut self) {
        self.speak();
    }
}

fn carry(from: &UnixStream, to: &UnixStream, silence: &Arc<Silence>) {
    let silence = Arc::clone(silence);
    let mut from = from.try_clone().expect("a handle");
    let mut to = to.try_clone().expect("a handle");
    thread::spawn(move || {
        let mut buffer = [0; 8 * 1024];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            silence.wait_for_its_end();
            if to.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        // The other end hears that this one is gone.
        let _ = to.shutdown(Shutdown::Write);
    });
}

#[derive(Default)]
struct Silence {
    silent: Mutex<bool>,
    over: Condvar,
}

impl Silence {
    fn set(&self, silent: bool) {
        *self.silent.lock().expect("nobody panics with it") = silent;
        self.over.notify_all();
    }

    fn wait_for_its_end(&self) {
        let silent = self.silent.lock().expect("nobody panics with it");
        drop(self.over.wait_while(silent, |silent| *silent));
    }
}
