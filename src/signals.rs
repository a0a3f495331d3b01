//! Ctrl-C and SIGTERM, and for what lives in a terminal its closing.

use std::{fmt, future::pending, io};

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Which signal asked for the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM, as an orchestrator sends it.
    Terminate,
    /// The terminal was closed.
    HangUp,
}

impl Ending {
    /// 128 and the signal's number, as shells have it.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Ending::Interrupt => 130,
            Ending::Terminate => 143,
            Ending::HangUp => 129,
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ending::Interrupt => "Ctrl-C",
            Ending::Terminate => "SIGTERM",
            Ending::HangUp => "the closing of its terminal",
        })
    }
}

/// Listens from its making on: a signal that comes while nobody waits is not lost.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Option<Signal>,
}

impl Signals {
    /// Takes the signals over from the system, which would end the program at once.
    ///
    /// # Errors
    /// When the system does not let it.
    pub fn listen() -> io::Result<Self> {
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: None,
        })
    }

    /// Likewise, and for the closing of the terminal. Not for a service, which `nohup` may have told to outlive it.
    ///
    /// # Errors
    /// As [`Signals::listen`].
    pub fn listen_in_terminal() -> io::Result<Self> {
        let hang_up = signal(SignalKind::hangup())?;
        Ok(Signals {
            hang_up: Some(hang_up),
            ..Signals::listen()?
        })
    }

    /// The next signal that asks for the end.
    pub async fn next(&mut self) -> Ending {
        let hang_up = async {
            match &mut self.hang_up {
                Some(hang_up) => hang_up.recv().await,
                None => pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => Ending::Interrupt,
            _ = self.terminate.recv() => Ending::Terminate,
            _ = hang_up => Ending::HangUp,
        }
    }
}
