//! The program itself, as its own process that can be killed.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// A running `redress serve`. Killed when it is dropped, and when this process is gone.
pub(crate) struct Process {
    child: Child,
    leash: Child,
    /// Where it serves, as a URL.
    pub(crate) address: String,
    // It may go on to write.
    _output: BufReader<ChildStdout>,
}

impl Process {
    /// Starts to serve from this database, and waits until it does.
    pub(crate) fn serve(database_url: &str) -> Process {
        Process::serve_with(database_url, |command| {
            command.env("RUST_LOG", "off");
        })
    }

    /// Likewise, with more said about how.
    pub(crate) fn serve_with(database_url: &str, how: impl FnOnce(&mut Command)) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_redress"));
        command
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--database-url",
                database_url,
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        how(&mut command);
        let mut child = command.spawn().expect("the program starts");
        let leash = leash(&child);
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        output.read_line(&mut line).expect("its first line");
        let from = line
            .find("http://")
            .unwrap_or_else(|| panic!("it says where it listens, not {line:?}"));
        let address = line[from..]
            .split([',', ' ', '\n'])
            .next()
            .expect("an address")
            .to_owned();
        Process {
            child,
            leash,
            address,
            _output: output,
        }
    }

    /// Ends it without a warning.
    pub(crate) fn kill(mut self) {
        self.signal(Signal::SIGKILL);
        self.child.wait().expect("it is gone");
    }

    /// Asks it to end, and waits until it has.
    pub(crate) async fn terminate(mut self) -> ExitStatus {
        self.signal(Signal::SIGTERM);
        tokio::task::spawn_blocking(move || self.child.wait().expect("it is gone"))
            .await
            .expect("waited")
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().try_into().expect("a process id"));
        kill(pid, signal).expect("a signal to our own process");
    }
}

/// A test that is aborted drops nothing. So a shell waits for its input to close, which it does when this process is gone.
fn leash(child: &Child) -> Child {
    Command::new("sh")
        .args(["-c", r#"read -r _ || kill -KILL "$0""#])
        .arg(child.id().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell that waits")
}

impl Drop for Process {
    fn drop(&mut self) {
        // First, so that it never kills another process that has the same number by then.
        let _ = self.leash.kill();
        let _ = self.leash.wait();
        // It has ended already where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
