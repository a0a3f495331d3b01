//! Finding the socket of a connection. libpq keeps it to itself, and nothing else can end a wait for an answer that never
//! comes.
//!
//! The socket is a new one among the open files of this process once the connection stands. It is held under a descriptor of
//! our own: whatever becomes of libpq's, shutting ours never touches another socket.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::{
        fd::{AsRawFd as _, OwnedFd, RawFd},
        unix::net::UnixStream,
    },
};

use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    net::{
        RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, Shutdown, SocketAddrUnix,
        getpeername, recvmsg, shutdown, sockopt,
    },
};

/// The sockets that were open at some time, by what the kernel calls them.
#[derive(Debug, Default)]
pub(super) struct Sockets(BTreeSet<String>);

impl Sockets {
    /// Those that are open now.
    pub(super) fn open() -> io::Result<Self> {
        let open = each_open()?.map(|(_, name)| name).collect();
        Ok(Sockets(open))
    }

    /// The connection to a Postgres that was opened since, with this user timeout if it is one of TCP and the URL names no
    /// other. `None` if there is none, or if it cannot be told which of several it is.
    pub(super) fn opened_since(&self, user_timeout: u32) -> io::Result<Option<Socket>> {
        let mut others = Vec::new();
        for (fd, name) in each_open()? {
            if self.0.contains(&name) {
                continue;
            }
            // One that was closed meanwhile is not the one.
            let Ok(socket) = duplicate(fd) else { continue };
            match sockopt::tcp_user_timeout(&socket) {
                Ok(timeout) if timeout == user_timeout => return Ok(Some(Socket(socket))),
                Ok(1..) => others.push(socket),
                _ if is_postgres_socket(&socket) => others.push(socket),
                _ => {}
            }
        }
        let only = others.pop().filter(|_| others.is_empty());
        Ok(only.map(Socket))
    }
}

/// Whether the other end is a Unix socket with the name that Postgres gives its own.
fn is_postgres_socket(socket: &OwnedFd) -> bool {
    let peer = getpeername(socket).ok().flatten();
    let peer = peer.and_then(|peer| SocketAddrUnix::try_from(peer).ok());
    peer.as_ref()
        .and_then(SocketAddrUnix::path_bytes)
        .and_then(|path| path.rsplit(|byte| *byte == b'/').next())
        .is_some_and(|name| name.starts_with(b".s.PGSQL."))
}

/// The socket of a connection.
#[derive(Debug)]
pub(super) struct Socket(OwnedFd);

impl Socket {
    /// Ends the connection. Whoever waits for an answer is told at once that it was closed.
    pub(super) fn shut(&self) {
        // Fails only for one that is closed already.
        let _ = shutdown(&self.0, Shutdown::Both);
    }

    /// Whether nothing has come in. On a connection that nobody uses, anything that does is its end.
    pub(super) fn is_quiet(&self) -> bool {
        let mut ready = [PollFd::new(&self.0, PollFlags::IN | PollFlags::RDHUP)];
        let at_once = Timespec::default();
        !matches!(poll(&mut ready, Some(&at_once)), Ok(1..))
    }
}

/// The open sockets of this process, each with what the kernel calls it, such as `socket:[4711]`.
fn each_open() -> io::Result<impl Iterator<Item = (RawFd, String)>> {
    let open = fs::read_dir("/proc/self/fd")?;
    Ok(open.filter_map(|file| {
        let file = file.ok()?;
        let fd = file.file_name().to_str()?.parse().ok()?;
        let name = fs::read_link(file.path()).ok()?.to_str()?.to_owned();
        name.starts_with("socket:").then_some((fd, name))
    }))
}

/// Another descriptor for what an open one refers to. A message to ourselves carries it: the one way without unsafe code, and
/// one that containers allow.
fn duplicate(fd: RawFd) -> io::Result<OwnedFd> {
    let (there, here) = UnixStream::pair()?;
    let fds = [fd];
    sendmsg::<()>(
        there.as_raw_fd(),
        &[IoSlice::new(b"x")],
        &[ControlMessage::ScmRights(&fds)],
        MsgFlags::empty(),
        None,
    )?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut carried = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let into = &mut [IoSliceMut::new(&mut byte)];
    recvmsg(&here, into, &mut carried, RecvFlags::CMSG_CLOEXEC)?;
    let mut fds = carried.drain().flat_map(|message| match message {
        RecvAncillaryMessage::ScmRights(fds) => fds.collect(),
        _ => Vec::new(),
    });
    fds.next().ok_or_else(|| io::ErrorKind::NotFound.into())
}
