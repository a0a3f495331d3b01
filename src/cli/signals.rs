//! Ctrl-C and SIGTERM.

use std::fmt;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Failure;

/// Which signal asked for the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM, as an orchestrator sends it.
    Terminate,
}

impl Ending {
    /// 128 and the signal's number, as shells have it.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Ending::Interrupt => 130,
            Ending::Terminate => 143,
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ending::Interrupt => "Ctrl-C",
            Ending::Terminate => "SIGTERM",
        })
    }
}

/// Listens from its making on: a signal that comes while nobody waits is not lost.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Takes the signals over from the system, which would end the program at once.
    ///
    /// # Errors
    /// When the system does not let it.
    pub fn listen() -> Result<Self, Failure> {
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt()).map_err(Failure::Signals)?,
            terminate: signal(SignalKind::terminate()).map_err(Failure::Signals)?,
        })
    }

    /// The next signal that asks for the end.
    pub async fn next(&mut self) -> Ending {
        tokio::select! {
            _ = self.interrupt.recv() => Ending::Interrupt,
            _ = self.terminate.recv() => Ending::Terminate,
        }
    }
}
