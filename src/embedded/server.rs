//! The server process: started, awaited, stopped.

use std::convert::Infallible;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::EmbeddedError;
use super::data_dir::DataDir;

/// Between two looks at something that is awaited.
pub(super) const PAUSE: Duration = Duration::from_millis(10);
/// Long enough to recover a large cluster from its log.
const READY_SECONDS: u64 = 120;
const STOP_SECONDS: u64 = 30;

/// How many looks, a [`PAUSE`] apart, fill so many seconds.
pub(super) fn tries(seconds: u64) -> u64 {
    seconds * 100
}

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    /// Keeps the spawning thread alive, whose end would end the server.
    _keeper: mpsc::Sender<Infallible>,
}

impl Server {
    /// Runs the command, which is to be a Postgres server on the directory's cluster, and waits until it is ready.
    pub(super) fn start(mut command: Command, data_dir: &DataDir) -> Result<Self, EmbeddedError> {
        let program = Path::new(command.get_program()).to_owned();
        let log = data_dir.open_log()?;
        let log_too = log
            .try_clone()
            .map_err(EmbeddedError::io("open", &data_dir.log()))?;
        command.stdout(log).stderr(log_too);
        let mut server = spawn(command).map_err(EmbeddedError::io("run", &program))?;
        server.await_readiness(data_dir)?;
        Ok(server)
    }

    fn await_readiness(&mut self, data_dir: &DataDir) -> Result<(), EmbeddedError> {
        for _ in 0..tries(READY_SECONDS) {
            if is_ready(&data_dir.cluster(), self.child.id()) {
                return Ok(());
            }
            if let Some(status) = self.exit_status() {
                return Err(ended(status, data_dir));
            }
            thread::sleep(PAUSE);
        }
        self.end();
        Err(EmbeddedError::NotReady {
            seconds: READY_SECONDS,
            log: data_dir.log(),
            tail: data_dir.log_tail(),
        })
    }

    pub(super) fn is_running(&mut self) -> bool {
        self.exit_status().is_none()
    }

    /// Shuts it down. When this returns, the process is gone.
    pub(super) fn stop(&mut self, data_dir: &DataDir) -> Result<(), EmbeddedError> {
        if let Some(status) = self.exit_status() {
            return Err(ended(status, data_dir));
        }
        match self.end() {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(ended(status, data_dir)),
            None => Err(EmbeddedError::StopForced {
                seconds: STOP_SECONDS,
            }),
        }
    }

    /// Ends the process, and tells how it ended if asking was enough.
    fn end(&mut self) -> Option<ExitStatus> {
        // Postgres reads SIGINT as `roll back, write out, end`, and SIGQUIT as `end`.
        for (signal, seconds) in [(Signal::SIGINT, STOP_SECONDS), (Signal::SIGQUIT, 5)] {
            self.signal(signal);
            for _ in 0..tries(seconds) {
                if let Some(status) = self.exit_status() {
                    return Some(status).filter(|_| signal == Signal::SIGINT);
                }
                thread::sleep(PAUSE);
            }
        }
        self.signal(Signal::SIGKILL);
        // It cannot fail: the child is ours and not yet waited for.
        let _ = self.child.wait();
        None
    }

    fn signal(&self, signal: Signal) {
        // Until we wait for it, its number stays its own; a failure means that it has ended.
        if let Ok(pid) = i32::try_from(self.child.id()) {
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }

    fn exit_status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }
}

/// Spawns from a thread of its own, which lives until the [`Server`] is dropped: the kernel ends a child that is tied to
/// its parent with the *thread* that spawned it, and our callers' threads come and go.
fn spawn(mut command: Command) -> io::Result<Server> {
    let (keeper, server_dropped) = mpsc::channel::<Infallible>();
    let (hand_over, spawned) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("private-postgres".to_owned())
        .spawn(move || {
            if hand_over.send(command.spawn()).is_ok() {
                let _ = server_dropped.recv();
            }
        })?;
    let child = spawned.recv().map_err(io::Error::other)??;
    Ok(Server {
        child,
        _keeper: keeper,
    })
}

/// Line 1 of `postmaster.pid` names the server, line 8 says how it is.
fn is_ready(cluster: &Path, pid: u32) -> bool {
    let text = fs::read_to_string(cluster.join("postmaster.pid")).unwrap_or_default();
    let mut lines = text.lines();
    lines.next().and_then(|line| line.trim().parse().ok()) == Some(pid)
        && lines.nth(6).is_some_and(|line| line.trim() == "ready")
}

fn ended(status: ExitStatus, data_dir: &DataDir) -> EmbeddedError {
    EmbeddedError::ServerEnded {
        status: status.to_string(),
        log: data_dir.log(),
        tail: data_dir.log_tail(),
    }
}
