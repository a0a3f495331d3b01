//! A test that hangs does not hang the run.

use std::{
    os::unix::process::ExitStatusExt as _,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::support::watchdog::{self, LONGEST_VARIABLE};

#[test]
fn a_test_that_hangs_is_named_and_ends_the_run() {
    let hung = concat!(module_path!(), "::body")
        .split_once("::")
        .unwrap()
        .1;
    let run = Command::new(std::env::current_exe().unwrap())
        .args([hung, "--exact", "--ignored"])
        .env(LONGEST_VARIABLE, "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = Pid::from_raw(run.id().try_into().unwrap());
    let (told, ended) = mpsc::channel();
    thread::spawn(move || told.send(run.wait_with_output()));
    // Not left to the watchdog, which may be what is broken.
    let ended = ended.recv_timeout(Duration::from_secs(60));
    let ended = ended.inspect_err(|_| kill(pid, Signal::SIGKILL).unwrap());
    let ended = ended.expect("an end").unwrap();
    assert_eq!(ended.status.signal(), Some(Signal::SIGABRT as i32));
    let said = String::from_utf8(ended.stderr).unwrap();
    let named = format!("test {hung} has not ended within 1 s");
    assert!(said.contains(&named), "{said}");
}

#[test]
#[ignore = "hangs, in a process that the test above starts"]
fn body() {
    std::env::var(LONGEST_VARIABLE).expect("started by a test");
    watchdog::watch();
    loop {
        thread::park();
    }
}
