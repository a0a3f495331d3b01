//! A runner's script, and what it says in the end.

use std::{path::Path, process::Command};

use serde_json::Value;

use super::node::{last_lines, output};
use crate::error::BenchError;

/// A job runner on Postgres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runner {
    GraphileWorker,
    PgBoss,
}

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing: what the runner costs by itself.
    NoOp,
    /// Writes a row for the audit and one to be sent, the least that a due step asks for.
    Writing,
    /// Writes as its audit row the row that the service's log has of a step, and one to be sent.
    Logging,
}

/// Jobs that were all due, and that were all done, each exactly once.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finished {
    pub(crate) runner: Runner,
    /// Of the runner, such as `10.4.2`.
    pub(crate) version: String,
    pub(crate) kind: Kind,
    pub(crate) jobs: u32,
    /// From the start of the workers until the database knew the last job as done; neither the start of Node nor the
    /// making of the jobs is in it.
    pub(crate) per_second: f64,
}

impl Runner {
    pub(crate) const ALL: [Runner; 2] = [Runner::GraphileWorker, Runner::PgBoss];

    /// Its name, and that of its script.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Runner::GraphileWorker => "graphile-worker",
            Runner::PgBoss => "pg-boss",
        }
    }

    /// Runs the script to its end. Blocks.
    pub(super) fn run(
        self,
        node: &Path,
        folder: &Path,
        kind: Kind,
        jobs: u32,
        database_url: &str,
    ) -> Result<Finished, BenchError> {
        let script = format!("{}.mjs", self.title());
        let mut command = Command::new(node);
        command.args([&script, database_url, &jobs.to_string(), kind.title()]);
        command.current_dir(folder);
        let output = output(&mut command, node)?;
        let said = String::from_utf8_lossy(&output.stdout);
        let finished = output
            .status
            .success()
            .then(|| self.read(kind, jobs, &said));
        finished.flatten().ok_or_else(|| BenchError::Runner {
            runner: self.title(),
            kind: kind.title(),
            output: last_lines(&output),
        })
    }

    /// Reads the line that a script ends with. None: it is not that of these jobs.
    fn read(self, kind: Kind, jobs: u32, said: &str) -> Option<Finished> {
        let line: Value = serde_json::from_str(said.lines().next_back()?).ok()?;
        let seconds = line.get("seconds")?.as_f64()?;
        let version = line.get("version")?.as_str()?.to_owned();
        let same = line.get("runner")? == self.title()
            && line.get("kind")? == kind.title()
            && line.get("jobs")? == jobs;
        (same && seconds > 0.0).then(|| Finished {
            runner: self,
            version,
            kind,
            jobs,
            per_second: f64::from(jobs) / seconds,
        })
    }
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::NoOp, Kind::Writing, Kind::Logging];

    /// As the scripts take it, and as it may be told.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Kind::NoOp => "no-op",
            Kind::Writing => "writing",
            Kind::Logging => "logging",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const LINE: &str =
        r#"{"runner":"pg-boss","version":"10.4.2","kind":"writing","jobs":500,"seconds":0.25}"#;

    /// Runs a shell in Node's place, on a script that bears the runner's name.
    fn run(script: &str) -> Result<Finished, BenchError> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("pg-boss.mjs"), script).unwrap();
        let shell = Path::new("/bin/sh");
        Runner::PgBoss.run(shell, folder.path(), Kind::Writing, 500, "postgres:///x")
    }

    #[test]
    fn a_script_is_told_its_task_and_its_last_line_is_the_rate() {
        let script = format!(
            "[ \"$*\" = 'postgres:///x 500 writing' ] || exit 1\necho 'a word before'\necho '{LINE}'"
        );
        let finished = run(&script).unwrap();
        assert_eq!(finished.version, "10.4.2");
        assert_eq!(finished.per_second, 2_000.0);
    }

    #[test]
    fn a_script_that_fails_is_no_measurement_and_its_reason_is_told() {
        let script = format!("echo '{LINE}'; echo 'audit rows: 499, not 500' >&2; exit 1");
        let error = run(&script).unwrap_err();
        assert!(matches!(error, BenchError::Runner { .. }), "{error}");
        assert!(
            error.to_string().ends_with("audit rows: 499, not 500"),
            "{error}"
        );
    }

    #[test]
    fn a_script_has_its_input_open_as_long_as_it_runs() {
        // Not to wait for input: at its end dd succeeds, and where more may come it fails.
        let script = format!(
            "[ -p /dev/stdin ] || exit 1\n\
             dd iflag=nonblock bs=1 count=1 2>/dev/null && exit 1\n\
             echo '{LINE}'"
        );
        run(&script).unwrap();
    }

    #[test]
    fn a_line_about_other_jobs_is_no_answer() {
        let read = |line: &str| Runner::PgBoss.read(Kind::Writing, 500, line);
        assert!(read(LINE).is_some());
        for (from, to) in [
            ("500", "499"),
            ("writing", "no-op"),
            ("pg-boss", "graphile-worker"),
            ("0.25", "0"),
            ("0.25", "null"),
            ("seconds", "time"),
            ("version", "release"),
            ("}", ""),
        ] {
            assert_eq!(read(&LINE.replace(from, to)), None, "{from} -> {to}");
        }
        assert_eq!(read(""), None);
    }
}
