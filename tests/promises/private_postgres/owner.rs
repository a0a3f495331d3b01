//! Another process that owns a private Postgres: this test binary again, running [`body`] alone.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, geteuid};

use crate::support::database::ReachableFolder;

const DATA_DIR: &str = "REDRESS_TEST_OWNER_OF";
const READY: &str = "the server is at ";

pub(super) struct Owner {
    process: Child,
    /// Kept open: the harness of that process says a word at its end.
    _output: BufReader<ChildStdout>,
    /// Of the database `postgres`.
    pub(super) url: String,
}

impl Owner {
    pub(super) fn start(data_dir: &Path) -> Self {
        Self::spawn(Command::new(std::env::current_exe().unwrap()), data_dir)
    }

    /// As `nobody` if we are root, and else as ourselves.
    pub(super) fn start_unprivileged(folder: &ReachableFolder) -> Self {
        // The test binary may lie where only we can reach it.
        let program = folder.join("owner");
        // By another process: a child that any test forks while we write would hold the file open, and keep it from
        // being run ("text file busy").
        let copied = Command::new("cp")
            .arg(std::env::current_exe().unwrap())
            .arg(&program)
            .status();
        assert!(copied.unwrap().success());
        let writable = folder.join("unprivileged");
        fs::create_dir(&writable).unwrap();
        fs::set_permissions(&writable, fs::Permissions::from_mode(0o777)).unwrap();

        let mut command = Command::new(program);
        command.current_dir("/");
        if geteuid().is_root() {
            let nobody = User::from_name("nobody").unwrap().unwrap();
            command.uid(nobody.uid.as_raw()).gid(nobody.gid.as_raw());
        }
        Self::spawn(command, &writable.join("data"))
    }

    fn spawn(mut command: Command, data_dir: &Path) -> Self {
        let body = concat!(module_path!(), "::body")
            .split_once("::")
            .unwrap()
            .1;
        command
            .args([body, "--exact", "--ignored", "--nocapture"])
            .env(DATA_DIR, data_dir);
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let url = output
            .by_ref()
            .lines()
            .map(Result::unwrap)
            .find_map(|line| line.strip_prefix(READY).map(str::to_owned));
        Self {
            process,
            _output: output,
            url: url.expect("an owner whose server is ready"),
        }
    }

    /// Lets it end as it should.
    pub(super) fn stop(mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
    }

    pub(super) fn end_by(mut self, signal: Signal) {
        kill(Pid::from_raw(self.process.id().try_into().unwrap()), signal).unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // A test that failed before it came to the end of the owner.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
#[ignore = "the other process, which the tests start themselves"]
fn body() {
    let data_dir = PathBuf::from(std::env::var_os(DATA_DIR).expect("started by a test"));
    let postgres = super::start(data_dir);
    let url = postgres.url("postgres");
    assert_eq!(super::text(&url, "current_user::text"), "redress");
    // The harness has begun a line of its own.
    write!(std::io::stdout(), "\n{READY}{url}\n").unwrap();
    // Until the test ends us, or is gone itself.
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}
