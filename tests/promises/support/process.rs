//! The program itself, as its own process that can be killed.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    time::Duration,
};

use super::policies::trusting_dir;

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
        Self::start(
            Command::new(env!("CARGO_BIN_EXE_redress")),
            database_url,
            how,
        )
    }

    /// Likewise, with no more than so many open files.
    pub(crate) fn serve_with_files(database_url: &str, files: u32) -> Process {
        let mut shell = Command::new("sh");
        let limited = format!(r#"ulimit -n {files} && exec "$0" "$@""#);
        shell.args(["-c", &limited, env!("CARGO_BIN_EXE_redress")]);
        Self::start(shell, database_url, |command| {
            command.env("RUST_LOG", "off");
        })
    }

    fn start(mut command: Command, database_url: &str, how: impl FnOnce(&mut Command)) -> Process {
        command
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--database-url",
                database_url,
            ])
            .env("REDRESS_POLICY_DIR", trusting_dir())
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        how(&mut command);
        let mut child = command.spawn().expect("the program starts");
        let leash = leash(&child);
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        output.read_line(&mut line).expect("its first line");
        let from = line
            .find("http")
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

    /// The most memory that it has had at once, in MiB.
    pub(crate) fn most_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("its status");
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = most.and_then(|most| most.split_whitespace().next());
        let kilobytes: u64 = kilobytes.expect("a size").parse().expect("a number");
        kilobytes / 1024
    }

    /// How long it has computed.
    pub(crate) fn computed(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.expect("its statistics");
        let (_, stat) = stat.rsplit_once(") ").expect("a name in brackets");
        let ticks = stat.split(' ').skip(11).take(2);
        let ticks: u64 = ticks
            .map(|ticks| ticks.parse::<u64>().expect("ticks"))
            .sum();
        // A hundred a second wherever Linux runs.
        Duration::from_millis(10 * ticks)
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
