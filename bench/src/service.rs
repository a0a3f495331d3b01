//! The service as a process of its own.

use std::{
    env,
    fs::{self, File},
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use redress::time_source::Stopwatch;

use crate::{error::BenchError, shifted};

/// The first argument that makes this program the service.
pub(crate) const WORD: &str = "redress";

/// A running `redress serve`, with the settings that it has by itself. Killed on drop.
#[derive(Debug)]
pub(crate) struct Service {
    child: Child,
    /// Where it serves, as a URL.
    pub(crate) address: String,
    /// From its start to its first line, which says that it serves.
    pub(crate) came_up: Duration,
    /// What tells it to let its time go on; of no use where that stands not.
    input: Option<ChildStdin>,
    /// Kept open: it may go on to write.
    output: BufReader<ChildStdout>,
}

impl Service {
    /// Starts it on a database, and waits until it serves. Blocks.
    pub(crate) fn start(database_url: &str, folder: &Path) -> Result<Service, BenchError> {
        Service::run(&[WORD], &[], database_url, folder)
    }

    /// Likewise, with these options. Blocks.
    pub(crate) fn start_with(
        database_url: &str,
        folder: &Path,
        options: &[String],
    ) -> Result<Service, BenchError> {
        Service::run(&[WORD], options, database_url, folder)
    }

    /// Likewise, in a time that stands at this instant until [`Service::let_go`]. Blocks.
    pub(crate) fn start_standing(
        database_url: &str,
        folder: &Path,
        at: Timestamp,
    ) -> Result<Service, BenchError> {
        let at = at.to_string();
        Service::run(&[shifted::WORD, &at], &[], database_url, folder)
    }

    /// Lets its time go on, so much ahead of the machine's.
    pub(crate) fn let_go(&mut self, ahead: SignedDuration) -> Result<(), BenchError> {
        let told = self
            .input
            .as_mut()
            .map(|input| writeln!(input, "{}", ahead.as_micros()));
        told.transpose()
            .map(|_| ())
            .map_err(|source| BenchError::io("write to", "the service", source))
    }

    fn run(
        words: &[&str],
        options: &[String],
        database_url: &str,
        folder: &Path,
    ) -> Result<Service, BenchError> {
        let watch = Stopwatch::start();
        let program =
            env::current_exe().map_err(|source| BenchError::io("find", "this program", source))?;
        let log = folder.join("service.log");
        let log_file =
            File::create(&log).map_err(|source| BenchError::io("create", &log, source))?;
        let mut child = Command::new(&program)
            .args(words)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(options)
            .env("REDRESS_DATABASE_URL", database_url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log_file)
            .spawn()
            .map_err(|source| BenchError::io("run", &program, source))?;
        let Some(output) = child.stdout.take() else {
            return Err(ended(&log));
        };
        // Owned from here on, so that it is killed where its first line does not come.
        let mut service = Service {
            input: child.stdin.take(),
            child,
            address: String::new(),
            came_up: Duration::ZERO,
            output: BufReader::new(output),
        };
        let mut line = String::new();
        let read = service.output.read_line(&mut line);
        read.map_err(|source| BenchError::io("read from", &program, source))?;
        let from = line.find("http://").or_else(|| line.find("https://"));
        let address = from.and_then(|from| {
            let end = line[from..].find([',', ' ', '\n'])?;
            Some(line[from..from + end].to_owned())
        });
        service.came_up = watch.elapsed();
        service.address = address.ok_or_else(|| ended(&log))?;
        Ok(service)
    }

    /// The number of its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end, and waits until it has. Blocks.
    pub(crate) fn stop(mut self) -> Result<(), BenchError> {
        let failed = |source| BenchError::io("end", PathBuf::from("the service"), source);
        if let Ok(id) = self.child.id().try_into() {
            kill(Pid::from_raw(id), Signal::SIGTERM).map_err(|errno| failed(errno.into()))?;
        }
        self.child.wait().map(|_| ()).map_err(failed)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It has ended already where the run went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ended(log: &Path) -> BenchError {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    BenchError::ServiceEnded(lines[lines.len().saturating_sub(10)..].join("\n"))
}
