//! Where the kernel does not tell which files a process has open, connections cannot be closed from this side: the kernel and
//! Postgres keep watch alone.

use std::io;

#[derive(Debug, Default)]
pub(super) struct Sockets;

impl Sockets {
    pub(super) fn open() -> io::Result<Self> {
        Ok(Sockets)
    }

    pub(super) fn opened_since(&self, _: u32) -> io::Result<Option<Socket>> {
        Ok(None)
    }
}

/// There is none.
#[derive(Debug)]
pub(super) enum Socket {}

impl Socket {
    pub(super) fn shut(&self) {}

    pub(super) fn is_quiet(&self) -> bool {
        true
    }
}
