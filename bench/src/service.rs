//! The service as a process of its own.

use std::{
    env,
    fs::{self, File},
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::error::BenchError;

/// The first argument that makes this program the service.
pub(crate) const WORD: &str = "redress";

/// A running `redress serve`, with the settings that it has by itself. Killed on drop.
#[derive(Debug)]
pub(crate) struct Service {
    child: Child,
    /// Where it serves, as a URL.
    pub(crate) address: String,
    /// Kept open: it may go on to write.
    output: BufReader<ChildStdout>,
}

impl Service {
    /// Starts it on a database, and waits until it serves. Blocks.
    pub(crate) fn start(database_url: &str, folder: &Path) -> Result<Service, BenchError> {
        let program =
            env::current_exe().map_err(|source| BenchError::io("find", "this program", source))?;
        let log = folder.join("service.log");
        let log_file =
            File::create(&log).map_err(|source| BenchError::io("create", &log, source))?;
        let mut child = Command::new(&program)
            .args([WORD, "serve", "--listen", "127.0.0.1:0"])
            .env("REDRESS_DATABASE_URL", database_url)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log_file)
            .spawn()
            .map_err(|source| BenchError::io("run", &program, source))?;
        let Some(output) = child.stdout.take() else {
            return Err(ended(&log));
        };
        // Owned from here on, so that it is killed where its first line does not come.
        let mut service = Service {
            child,
            address: String::new(),
            output: BufReader::new(output),
        };
        let mut line = String::new();
        let read = service.output.read_line(&mut line);
        read.map_err(|source| BenchError::io("read from", &program, source))?;
        let address = line.find("http://").and_then(|from| {
            let end = line[from..].find([',', ' ', '\n'])?;
            Some(line[from..from + end].to_owned())
        });
        service.address = address.ok_or_else(|| ended(&log))?;
        Ok(service)
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
