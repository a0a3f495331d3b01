//! Set-based SQL on a copy of the book, run by pgbench: prepared, one statement a transaction.

use std::{
    fs,
    process::{Command, Stdio},
};

use redress::time_source::Stopwatch;
use tokio::task::spawn_blocking;

use super::{
    example::Example,
    record::{self, Fired, Mark},
    script::script,
};
use crate::{
    book::{Library, Scale, Shelf, Wave, connect, sql_instant},
    error::BenchError,
    pgbench::shape,
};

/// How plain SQL is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) clients: usize,
    /// Steps a transaction.
    pub(crate) batch: usize,
}

impl Setting {
    /// Every pair that is planned.
    pub(super) fn all(scale: &Scale) -> Vec<Setting> {
        let of = |clients: usize| {
            let batches = scale.batches.iter();
            batches.map(move |batch| Setting {
                clients,
                batch: *batch,
            })
        };
        scale.clients.iter().copied().flat_map(of).collect()
    }

    /// Enough transactions for each client, and one more that finds nothing left.
    fn transactions(self, steps: u64) -> u64 {
        let a_round = u64::try_from(self.clients * self.batch)
            .unwrap_or(u64::MAX)
            .max(1);
        steps.div_ceil(a_round) + 1
    }
}

/// Fires a wave of the copy, which the service has fired in its own book before, and makes sure that a complaint is left with
/// the same rows on both sides.
pub(super) async fn fire(
    shelf: &Shelf,
    library: &Library,
    wave: Wave,
    setting: Setting,
    scale: &Scale,
) -> Result<Fired, BenchError> {
    shelf.settle(library.plain).await?;
    let (ours, plain) = (shelf.url(library.service), shelf.url(library.plain));
    let (program, file) = (shelf.pgbench.clone(), shelf.folder().join("firing.sql"));
    let patience = scale.patience;
    spawn_blocking(move || {
        let (mut fired, mut copy) = (connect(&ours)?, connect(&plain)?);
        wave.ensure_next(&mut copy)?;
        wave.warm(&mut copy)?;
        let example = Example::read(&mut fired, &mut copy, wave.example)?;
        let made = script(&example, &sql_instant(wave.last), setting.batch);
        fs::write(&file, &made.text).map_err(|source| BenchError::io("write", &file, source))?;
        let mark = Mark::now(&mut copy)?;
        let watch = Stopwatch::start();
        let mut left = wave.steps;
        // Seldom more than once: where clients came upon what others had fired, some batches were smaller.
        while left > 0 {
            if watch.elapsed() > patience {
                return Err(BenchError::NotFired {
                    wave: wave.first,
                    steps: wave.steps,
                    left,
                    waited: patience.as_secs(),
                });
            }
            let threads = std::thread::available_parallelism().map_or(1, usize::from);
            let mut command = Command::new(&program);
            command
                .args(["--protocol=prepared", "--no-vacuum", "--file"])
                .arg(&file)
                .args([
                    format!("--client={}", setting.clients),
                    format!("--jobs={}", setting.clients.min(threads)),
                    format!("--transactions={}", setting.transactions(left)),
                ]);
            for (name, value) in &made.variables {
                command.arg(format!("--define={name}={value}"));
            }
            let output = command.arg(&plain).stdin(Stdio::null()).output();
            let output = output.map_err(|source| BenchError::io("run", &program, source))?;
            if !output.status.success() {
                return Err(BenchError::Pgbench {
                    what: "fire what is due",
                    output: String::from_utf8_lossy(&output.stderr).into_owned(),
                });
            }
            left = wave.left(&mut copy)?;
        }
        let (service, pgbench) = (
            shape(&mut fired, wave.example)?,
            shape(&mut copy, wave.example)?,
        );
        if service != pgbench {
            return Err(BenchError::OtherRows { service, pgbench });
        }
        record::read(&mut copy, &mark, &wave, None)
    })
    .await?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_share_the_steps() {
        let setting = Setting {
            clients: 2,
            batch: 500,
        };
        assert_eq!(setting.transactions(10_000), 11);
        assert_eq!(setting.transactions(1), 2);
        assert_eq!(Setting::all(&Scale::full(None)).len(), 6);
    }
}
