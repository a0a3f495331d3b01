//! The operating-system account that the server runs under.

use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::{Uid, User, geteuid};

use super::EmbeddedError;

/// Who runs the server, and who owns it.
#[derive(Debug)]
pub(super) struct Account {
    /// Who we are.
    owner: User,
    /// Who the server runs as: ourselves, unless we are root.
    server: User,
}

impl Account {
    /// Ourselves; or, since Postgres refuses to run as root, `postgres` and else `nobody`.
    pub(super) fn for_server() -> Result<Self, EmbeddedError> {
        let uid = geteuid();
        let owner = user_of(uid).ok_or(EmbeddedError::NamelessUser { uid: uid.as_raw() })?;
        let server = if uid.is_root() {
            ["postgres", "nobody"]
                .into_iter()
                .find_map(user_named)
                .ok_or(EmbeddedError::NoAccount)?
        } else {
            owner.clone()
        };
        Ok(Self { owner, server })
    }

    /// Whether the server runs as somebody else than us.
    pub(super) fn differs(&self) -> bool {
        self.owner.uid != self.server.uid
    }

    /// Everybody who may connect: the server's account and our own.
    pub(super) fn admitted(&self) -> impl Iterator<Item = &str> {
        let owner = self.differs().then_some(self.owner.name.as_str());
        std::iter::once(self.server.name.as_str()).chain(owner)
    }

    /// Makes a file or folder the server's own.
    pub(super) fn hand_over(&self, path: &Path) -> Result<(), EmbeddedError> {
        if self.differs() {
            chown(
                path,
                Some(self.server.uid.as_raw()),
                Some(self.server.gid.as_raw()),
            )
            .map_err(EmbeddedError::io("hand over to the server's account", path))?;
        }
        Ok(())
    }

    /// A program to be run under this account, in a folder, tied to the life of the thread that spawns it.
    ///
    /// It leads a process group, so that Ctrl-C in a terminal reaches us alone and we decide the order of ending.
    pub(super) fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(folder)
            .stdin(Stdio::null())
            .process_group(0)
            .env("LC_ALL", "C");
        // PGDATA, PGPORT and the like are meant for somebody else's server.
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_postgres_variable(name)) {
            command.env_remove(name);
        }
        if self.differs() {
            command
                .uid(self.server.uid.as_raw())
                .gid(self.server.gid.as_raw());
        }
        #[cfg(target_os = "linux")]
        end_with_the_spawning_thread(&mut command);
        command
    }

    /// The error for a program that could not be started in `folder` for `source`.
    pub(super) fn refused(
        &self,
        folder: &Path,
        program: &Path,
        source: io::Error,
    ) -> EmbeddedError {
        if source.kind() == io::ErrorKind::PermissionDenied {
            EmbeddedError::Unreachable {
                path: folder.to_owned(),
                account: self.server.name.clone(),
            }
        } else {
            EmbeddedError::Io {
                action: "run",
                path: program.to_owned(),
                source,
            }
        }
    }
}

fn user_of(uid: Uid) -> Option<User> {
    User::from_uid(uid).ok().flatten()
}

fn user_named(name: &str) -> Option<User> {
    User::from_name(name).ok().flatten()
}

fn is_postgres_variable(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b"PG")
}

/// Has the kernel ask the child to shut down in the very moment in which the thread that spawned it is gone.
#[cfg(target_os = "linux")]
fn end_with_the_spawning_thread(command: &mut Command) {
    use nix::sys::{prctl, signal::Signal};
    use nix::unistd::{getpid, getppid};

    let owner = getpid();
    let tie = move || {
        prctl::set_pdeathsig(Signal::SIGINT)?;
        // Had the owner died before that call, no signal would ever come.
        if getppid() == owner {
            Ok(())
        } else {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    };
    #[expect(
        unsafe_code,
        reason = "runs between fork and exec, where only async-signal-safe calls are sound: prctl and getppid are bare \
                  system calls, and neither error allocates"
    )]
    // SAFETY: see the reason above.
    unsafe {
        command.pre_exec(tie);
    }
}
