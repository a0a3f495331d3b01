//! A server that an earlier, dead owner left running.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::EmbeddedError;
use super::server::{PAUSE, tries};

/// Shuts down whatever server still runs in the cluster. Only for the owner of the data directory.
pub(super) fn stop(cluster: &Path) -> Result<(), EmbeddedError> {
    let pid_file = cluster.join("postmaster.pid");
    let Some(pid) = pid_in(&pid_file) else {
        return Ok(());
    };
    for (signal, seconds) in [(Signal::SIGINT, 20), (Signal::SIGQUIT, 10)] {
        if !is_server_of(cluster, pid) {
            break;
        }
        // It may end before the signal reaches it.
        let _ = kill(pid, signal);
        for _ in 0..tries(seconds) {
            if !is_server_of(cluster, pid) {
                break;
            }
            thread::sleep(PAUSE);
        }
    }
    if is_server_of(cluster, pid) {
        return Err(EmbeddedError::LeftoverRuns {
            pid: pid.as_raw(),
            cluster: cluster.to_owned(),
        });
    }
    if kill(pid, None) != Err(Errno::ESRCH) && pid_file.exists() {
        // The number belongs to another process by now, as after a restart of a container, and Postgres would take that one
        // for its own. A number that is free is left to Postgres, which also looks for orphans that share the memory.
        fs::remove_file(&pid_file).map_err(EmbeddedError::io("remove", &pid_file))?;
    }
    Ok(())
}

fn pid_in(pid_file: &Path) -> Option<Pid> {
    let text = fs::read_to_string(pid_file).ok()?;
    // A negative number would name a process group.
    text.lines()
        .next()?
        .trim()
        .parse()
        .ok()
        .filter(|&pid| pid > 1)
        .map(Pid::from_raw)
}

/// Whether the process runs in this cluster, under the account that owns it. A number alone proves nothing: it may have been
/// given to another process since.
#[cfg(target_os = "linux")]
fn is_server_of(cluster: &Path, pid: Pid) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    let process = PathBuf::from(format!("/proc/{pid}"));
    let owner = |path: &Path| fs::metadata(path).map(|metadata| metadata.uid()).ok();
    // A server makes its cluster its working directory.
    fs::read_link(process.join("cwd")).is_ok_and(|folder| folder == cluster)
        && owner(&process) == owner(cluster)
}

#[cfg(not(target_os = "linux"))]
fn is_server_of(cluster: &Path, pid: Pid) -> bool {
    use std::process::{Command, Stdio};

    let mut listing = Command::new("ps");
    listing
        .args(["-ww", "-o", "command=", "-p", &pid.to_string()])
        .stderr(Stdio::null());
    let command = listing
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    command.contains("postgres") && command.contains(&format!(" -D {}", cluster.display()))
}
