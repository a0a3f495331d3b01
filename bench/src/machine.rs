//! What the figures were measured on.

use std::{
    fs, io,
    path::Path,
    process::{Command, Stdio},
    thread::available_parallelism,
};

use nix::sys::{
    statfs::{TMPFS_MAGIC, statfs},
    utsname::uname,
};
use redress::time_source::{SystemTime, TimeSource as _};

use crate::error::BenchError;

/// The machine and the tree, as they were when the run began.
#[derive(Debug)]
pub(crate) struct Machine {
    /// The date, in UTC.
    pub(crate) date: String,
    pub(crate) cores: usize,
    pub(crate) processor: String,
    pub(crate) memory: String,
    pub(crate) kernel: String,
    /// How many wanted to run in the minute before the run: anything but near 0 disturbs the figures.
    pub(crate) load: String,
    pub(crate) commit: String,
    pub(crate) optimised: bool,
}

impl Machine {
    pub(crate) fn look() -> Result<Machine, BenchError> {
        let kernel = uname().map_err(|errno| BenchError::io("ask", "the kernel", errno.into()))?;
        let cores = available_parallelism()
            .map_err(|source| BenchError::io("count", "the cores", source))?;
        Ok(Machine {
            date: SystemTime.now().strftime("%Y-%m-%d").to_string(),
            cores: cores.get(),
            processor: field("/proc/cpuinfo", "model name").unwrap_or_else(unknown),
            memory: format!("{:.1} GiB", memory() as f64 / 1_048_576.0),
            kernel: format!(
                "{} {}",
                kernel.sysname().display(),
                kernel.release().display()
            ),
            load: load(),
            commit: commit().unwrap_or_else(unknown),
            optimised: !cfg!(debug_assertions),
        })
    }
}

/// How many want to run, on average over the last minute.
pub(crate) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let first = text.split_whitespace().next();
    first.map_or_else(unknown, str::to_owned)
}

/// Refuses a folder that is no disk.
pub(crate) fn ensure_on_disk(folder: &Path) -> Result<(), BenchError> {
    let lies_on = statfs(folder)
        .map_err(|errno| BenchError::io("look at", folder, io::Error::from(errno)))?
        .filesystem_type();
    if lies_on == TMPFS_MAGIC {
        return Err(BenchError::InMemory(folder.to_owned()));
    }
    Ok(())
}

fn unknown() -> String {
    "unknown".to_owned()
}

/// The first value of a name in a file of `name : value` lines.
fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(key, _)| key.trim() == name)?;
    Some(value.trim().to_owned())
}

/// The memory of the machine, in KiB; where the kernel does not say, of a small one.
pub(crate) fn memory() -> u64 {
    const SMALL: u64 = 4 * 1_048_576;
    let total = field("/proc/meminfo", "MemTotal");
    let kibibytes = total.and_then(|total| total.split_whitespace().next()?.parse().ok());
    kibibytes.unwrap_or(SMALL)
}

/// The commit of the tree, and whether the tree has changed since.
fn commit() -> Option<String> {
    let git = |words: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-C", env!("CARGO_MANIFEST_DIR")]).args(words);
        let output = git.stderr(Stdio::null()).output().ok()?;
        let said = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| said.trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no"])?;
    Some(if changed.is_empty() {
        commit
    } else {
        format!("{commit}, with changes")
    })
}
