//! The program's own commands, run within the test.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use clap::Parser as _;
use redress::{
    cli::{self, Cli, Failure},
    terminal::Terminal,
};

use super::watchdog;

/// What was printed.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Runs a command of the program, and returns what it printed beside how it ended.
pub(crate) async fn command(words: &[&str]) -> (Result<(), Failure>, String) {
    watchdog::watch();
    let printed = Printed::default();
    let cli = Cli::try_parse_from([&["redress"], words].concat()).unwrap();
    let done = cli::run(cli, Terminal::plain(printed.clone())).await;
    let text = printed.0.lock().unwrap().clone();
    (done, String::from_utf8(text).unwrap())
}
