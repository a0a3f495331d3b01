//! Finding pgbench, running it, and reading what it says.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::{Filed, Statement, script};
use crate::error::BenchError;

/// How many complaints one run may number.
const NUMBERS_PER_RUN: u64 = 10_000_000;

/// pgbench, on one database, with one complaint for an example.
#[derive(Debug)]
pub(crate) struct Pgbench {
    program: PathBuf,
    url: String,
    folder: PathBuf,
    example: Filed,
    stock: usize,
    runs: u64,
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ran {
    pub(crate) per_second: f64,
    pub(crate) average: Duration,
    /// Of a single client; of several, pgbench is not asked for each transaction.
    pub(crate) median: Option<Duration>,
}

/// When a run ends.
#[derive(Debug, Clone, Copy)]
enum Until {
    Passed(Duration),
    Done(usize),
}

impl Pgbench {
    /// Fills the database with the stock.
    pub(crate) async fn prepare(
        program: PathBuf,
        url: String,
        folder: PathBuf,
        example: Filed,
        stock: usize,
    ) -> Result<Pgbench, BenchError> {
        let mut pgbench = Pgbench {
            program,
            url,
            folder,
            example,
            stock,
            runs: 0,
        };
        // The first run has one client, so that its ids have no gap.
        pgbench
            .start(Statement::AtOnce, 1, Until::Done(stock))
            .await?;
        Ok(pgbench)
    }

    /// A complaint of the stock.
    pub(crate) fn first_of_stock(&self) -> Option<Uuid> {
        script::nth(self.example.id, 1)
    }

    /// Runs a statement with so many clients for so long.
    pub(crate) async fn run(
        &mut self,
        statement: Statement,
        clients: usize,
        duration: Duration,
    ) -> Result<Ran, BenchError> {
        self.start(statement, clients, Until::Passed(duration))
            .await
    }

    async fn start(
        &mut self,
        statement: Statement,
        clients: usize,
        until: Until,
    ) -> Result<Ran, BenchError> {
        let made = statement.script(&self.example, self.stock);
        let path = self.folder.join("pgbench.sql");
        fs::write(&path, &made.text).map_err(|source| BenchError::io("write", &path, source))?;
        let threads = clients.min(std::thread::available_parallelism().map_or(1, usize::from));
        let mut command = Command::new(&self.program);
        // Prepared, and the tables of pgbench's own benchmark left alone.
        command.args(["--protocol=prepared", "--no-vacuum", "--file"]);
        command.arg(&path);
        let base = self.runs * NUMBERS_PER_RUN;
        self.runs += 1;
        command.args([
            format!("--client={clients}"),
            format!("--jobs={threads}"),
            match until {
                Until::Passed(duration) => format!("--time={}", duration.as_secs().max(1)),
                Until::Done(count) => format!("--transactions={count}"),
            },
        ]);
        let counters = [("n", 0), ("base", base), ("clients", clients as u64)];
        let counters = counters.map(|(name, value)| (name.to_owned(), value.to_string()));
        for (name, value) in counters.iter().chain(&made.variables) {
            command.arg(format!("--define={name}={value}"));
        }
        // Of one client alone: the log of many costs them something, and their middle is asked for nowhere.
        let log = (clients == 1).then(|| self.folder.join("pgbench.log"));
        if let Some(log) = &log {
            command.arg("--log").arg("--log-prefix").arg(log);
        }
        command.arg(&self.url).stdin(Stdio::null());
        let program = self.program.clone();
        let (id, output) = spawn_blocking(move || {
            let child = command.stdout(Stdio::piped()).stderr(Stdio::piped());
            let child = child.spawn()?;
            let id = child.id();
            Ok((id, child.wait_with_output()?))
        })
        .await?
        .map_err(|source| BenchError::io("run", program, source))?;
        let said = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            return Err(BenchError::Pgbench {
                what: statement.title(),
                output: format!("{said}{}", String::from_utf8_lossy(&output.stderr)),
            });
        }
        let mut ran = read(statement.title(), &said)?;
        if let Some(log) = log {
            let path = log.with_extension(format!("log.{id}"));
            ran.median = median(&path)?;
        }
        Ok(ran)
    }
}

/// The middle latency of the transactions in a log, which is removed: it may be long.
fn median(log: &Path) -> Result<Option<Duration>, BenchError> {
    let text = fs::read_to_string(log).map_err(|source| BenchError::io("read", log, source))?;
    fs::remove_file(log).map_err(|source| BenchError::io("remove", log, source))?;
    Ok(middle_of(&text))
}

/// The third word of each line of the log is what its transaction took, in microseconds.
fn middle_of(log: &str) -> Option<Duration> {
    let took = log.lines().filter_map(|line| line.split(' ').nth(2));
    let mut took: Vec<u64> = took.filter_map(|micros| micros.parse().ok()).collect();
    took.sort_unstable();
    let middle = took.get(took.len() / 2)?;
    Some(Duration::from_micros(*middle))
}

/// pgbench of the server's version: beside the server's programs, or else on the PATH.
pub(crate) fn find(server_version: &str) -> Result<PathBuf, BenchError> {
    let major = server_version.split('.').next().unwrap_or(server_version);
    let on_path = env::var_os("PATH").unwrap_or_default();
    let folders = match env::var_os("PG_BINDIR") {
        Some(folder) => vec![PathBuf::from(folder)],
        None => [
            PathBuf::from(format!("/usr/lib/postgresql/{major}/bin")),
            PathBuf::from(format!("/usr/pgsql-{major}/bin")),
        ]
        .into_iter()
        .chain(env::split_paths(&on_path))
        .collect(),
    };
    let mut programs = folders.into_iter().map(|folder| folder.join("pgbench"));
    programs
        .find(|program| program.is_file())
        .ok_or_else(|| BenchError::NoPgbench {
            major: major.to_owned(),
        })
}

fn read(what: &'static str, said: &str) -> Result<Ran, BenchError> {
    let number = |label: &'static str| {
        let line = said.lines().find_map(|line| line.strip_prefix(label));
        let first = line.and_then(|rest| rest.split_whitespace().next());
        let number: Option<f64> = first.and_then(|word| word.parse().ok());
        number.ok_or_else(|| BenchError::PgbenchSilent {
            what,
            missing: label,
            output: said.to_owned(),
        })
    };
    let failed = number("number of failed transactions: ")?;
    if failed != 0.0 {
        return Err(BenchError::Pgbench {
            what,
            output: said.to_owned(),
        });
    }
    Ok(Ran {
        per_second: number("tps = ")?,
        average: Duration::from_secs_f64(number("latency average = ")? / 1_000.0),
        median: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "pgbench (15.6)\n\
        number of transactions actually processed: 5032\n\
        number of failed transactions: 0 (0.000%)\n\
        latency average = 1.591 ms\n\
        initial connection time = 9.116 ms\n\
        tps = 5029.412019 (without initial connection time)\n";

    #[test]
    fn the_rate_and_the_average_are_read_from_what_pgbench_says() {
        let ran = read("file", SAID).unwrap();
        assert_eq!(ran.per_second, 5029.412019);
        assert_eq!(ran.average, Duration::from_micros(1_591));
    }

    #[test]
    fn the_middle_transaction_of_a_log_is_told_whatever_the_order() {
        let log = "0 1 900 0 1764405328 5\n0 2 40 0 1764405328 6\n0 3 100 0 1764405328 7\n";
        assert_eq!(middle_of(log), Some(Duration::from_micros(100)));
        assert_eq!(middle_of(""), None);
    }

    #[test]
    fn a_run_with_failures_and_one_without_a_rate_are_no_measurements() {
        let failed = SAID.replace("transactions: 0 (", "transactions: 3 (");
        assert!(matches!(
            read("file", &failed),
            Err(BenchError::Pgbench { .. })
        ));
        let silent = SAID.replace("tps", "speed");
        assert!(matches!(
            read("file", &silent),
            Err(BenchError::PgbenchSilent { .. })
        ));
    }
}
