//! All runners with all kinds of jobs, a turn at a time.

use std::path::Path;

use indicatif::ProgressBar;
use tokio::task::spawn_blocking;

use super::{Kind, Runner, Runners};
use crate::{
    book::Shelf,
    error::BenchError,
    report::{self, Found, Job},
};

/// The database that a runner has to itself, while it runs.
const DATABASE: &str = "runner";

/// What the runners have done so far.
#[derive(Debug)]
pub(crate) struct Turns {
    /// None: why they cannot run here stands in `done`.
    runners: Option<Runners>,
    done: Found<Vec<report::Runner>>,
}

impl Turns {
    /// Installs them below a folder. A machine that lacks what they run on is measured without them.
    pub(crate) async fn install(folder: &Path) -> Result<Turns, BenchError> {
        let folder = folder.to_owned();
        match spawn_blocking(move || Runners::install(&folder)).await? {
            Ok(runners) => Ok(Turns {
                runners: Some(runners),
                done: Ok(Vec::new()),
            }),
            Err(error @ BenchError::NoNode(_)) => Ok(Turns {
                runners: None,
                done: Err(error.to_string()),
            }),
            Err(error) => Err(error),
        }
    }

    /// Has each of them do so many jobs of each kind, in a database of its own.
    pub(crate) async fn take(
        &mut self,
        shelf: &Shelf,
        jobs: usize,
        bar: &ProgressBar,
    ) -> Result<(), BenchError> {
        let (Some(runners), Ok(done)) = (&self.runners, &mut self.done) else {
            return Ok(());
        };
        let jobs = u32::try_from(jobs).unwrap_or(u32::MAX);
        for runner in Runner::ALL {
            for kind in Kind::ALL {
                bar.set_message(format!("{}: {jobs} {} jobs", runner.title(), kind.title()));
                match kind {
                    Kind::NoOp | Kind::Writing => shelf.bare(DATABASE).await?,
                    Kind::Logging => shelf.empty(DATABASE).await?,
                }
                let (runners, url) = (runners.clone(), shelf.url(DATABASE));
                let finished =
                    spawn_blocking(move || runners.run(runner, kind, jobs, &url)).await??;
                shelf.remove(DATABASE).await?;
                let name = format!("{} {}", runner.title(), finished.version);
                let job = match finished.kind {
                    Kind::NoOp => Job::Nothing,
                    Kind::Writing => Job::Writing,
                    Kind::Logging => Job::Logging,
                };
                let known = done
                    .iter_mut()
                    .find(|known| known.name == name && known.job == job);
                match known {
                    Some(known) => known.rates.push(finished.per_second),
                    None => done.push(report::Runner {
                        name,
                        job,
                        jobs: finished.jobs.into(),
                        rates: vec![finished.per_second],
                    }),
                }
            }
        }
        Ok(())
    }

    /// What they did, or why they did nothing.
    pub(crate) fn done(self) -> Found<Vec<report::Runner>> {
        self.done
    }
}
