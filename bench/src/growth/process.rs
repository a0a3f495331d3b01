//! What the kernel knows of processes.

use std::{collections::BTreeSet, fs, io, time::Duration};

use nix::unistd::{SysconfVar, sysconf};

use crate::error::BenchError;

/// Memory of a process, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Memory {
    pub(crate) resident: u64,
    /// The most that was resident at any time so far.
    pub(crate) peak: u64,
}

impl Memory {
    pub(super) fn of(process: u32) -> Result<Memory, BenchError> {
        let path = format!("/proc/{process}/status");
        let status =
            fs::read_to_string(&path).map_err(|source| BenchError::io("read", &path, source))?;
        Memory::parse(&status).ok_or_else(|| BenchError::io("make sense of", &path, unknown()))
    }

    fn parse(status: &str) -> Option<Memory> {
        let kibibytes = |name: &str| -> Option<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            let number: u64 = line.split_whitespace().next()?.parse().ok()?;
            Some(number * 1_024)
        };
        Some(Memory {
            resident: kibibytes("VmRSS:")?,
            peak: kibibytes("VmHWM:")?,
        })
    }
}

/// A line of `/proc/…/stat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stat {
    parent: u32,
    /// In ticks.
    own: u64,
    /// Of its children that have ended.
    ended_children: u64,
}

impl Stat {
    fn of(process: u32) -> Result<Stat, BenchError> {
        let path = format!("/proc/{process}/stat");
        let line =
            fs::read_to_string(&path).map_err(|source| BenchError::io("read", &path, source))?;
        Stat::parse(&line).ok_or_else(|| BenchError::io("make sense of", &path, unknown()))
    }

    fn parse(line: &str) -> Option<Stat> {
        // The name stands in parentheses and may hold anything; the fields after it are the third and on.
        let (_, fields) = line.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let number = |place: usize| -> Option<u64> { fields.get(place - 3)?.parse().ok() };
        Some(Stat {
            parent: u32::try_from(number(4)?).ok()?,
            own: number(14)? + number(15)?,
            ended_children: number(16)? + number(17)?,
        })
    }
}

/// The CPU time that a process has used by itself.
pub(super) fn used_by(process: u32) -> Result<Duration, BenchError> {
    time(Stat::of(process)?.own)
}

/// The CPU time that the server has used to which a backend belongs, with all its processes, those that have ended too.
pub(super) fn used_by_server(backend: u32) -> Result<Duration, BenchError> {
    let server = Stat::of(backend)?.parent;
    let of_server = Stat::of(server)?;
    let mut ticks = of_server.own + of_server.ended_children;
    for process in processes()? {
        // One that has ended since is counted with the ended ones next time.
        if let Some(stat) = Stat::of(process).ok().filter(|stat| stat.parent == server) {
            ticks += stat.own;
        }
    }
    time(ticks)
}

fn processes() -> Result<BTreeSet<u32>, BenchError> {
    let entries =
        fs::read_dir("/proc").map_err(|source| BenchError::io("list", "/proc", source))?;
    let names = entries
        .filter_map(Result::ok)
        .map(|entry| entry.file_name());
    Ok(names
        .filter_map(|name| name.to_str()?.parse().ok())
        .collect())
}

fn time(ticks: u64) -> Result<Duration, BenchError> {
    let asked = sysconf(SysconfVar::CLK_TCK);
    let asked = asked.map_err(|errno| BenchError::io("ask", "the kernel", errno.into()))?;
    let a_second = asked.and_then(|ticks| u32::try_from(ticks).ok());
    Ok(Duration::from_secs(ticks) / a_second.unwrap_or(100).max(1))
}

fn unknown() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "it is written otherwise than on Linux",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_bytes() {
        let status = "Name:\tbench\nVmPeak:\t  900 kB\nVmHWM:\t   24 kB\nVmRSS:\t   20 kB\n";
        let memory = Memory::parse(status);
        assert_eq!(
            memory,
            Some(Memory {
                resident: 20_480,
                peak: 24_576
            })
        );
        assert_eq!(Memory::parse("Name:\tbench\n"), None);
    }

    #[test]
    fn a_name_with_spaces_and_parentheses_moves_no_field() {
        let line = "7 (a) b (c) S 3 7 7 0 -1 4 5 6 7 8 120 30 40 2 20 0 4 0 99";
        let stat = Stat::parse(line);
        assert_eq!(
            stat,
            Some(Stat {
                parent: 3,
                own: 150,
                ended_children: 42
            })
        );
    }

    #[test]
    fn this_very_process_has_memory_and_a_parent() {
        let process = std::process::id();
        assert!(Memory::of(process).unwrap().peak > 0);
        assert!(Stat::of(process).unwrap().parent > 0);
    }
}
