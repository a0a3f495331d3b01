//! What it costs to know one's callers, and what one of them can take from another.

mod files;
mod proving;
mod rsa;

use std::{path::Path, sync::Arc, time::Duration};

use indicatif::ProgressBar;
use redress::{access::Role, client::Client, embedded::PrivatePostgres};
use tempfile::TempDir;
use tokio::task::spawn_blocking;

use self::{files::Files, proving::Proving};
use crate::{
    error::BenchError,
    load::{
        ACTOR, Arrivals, Flow, Stock, Tally, Until, Work, closed, connect, connect_to, file_within,
        flow, open,
    },
    overload::{Answers, DEADLINE, MOST_WAITING},
    plan::{AccessPlan, Options},
    service::Service,
    stage,
};

/// How many callers file, each of which waits for its answer.
pub(crate) const CALLERS: usize = 64;
/// The databases of the service that knows nobody, and of the one that knows its callers.
const DATABASES: [&str; 2] = ["open", "known"];
/// How long each kind of call is made before it is measured.
const WARMING: Duration = Duration::from_millis(300);
/// Whoever does not flood, and everybody else who files, may have what there is.
const UNLIMITED: [&str; 4] = [
    "--max-rate-per-integration",
    "0",
    "--max-calls-per-integration",
    "0",
];

/// What one round came to.
#[derive(Debug)]
pub(crate) struct Round {
    /// Filings of [`CALLERS`] callers in the clear, of whom nobody is known.
    pub(crate) open: Tally,
    /// The same with mutual TLS and tokens.
    pub(crate) known: Tally,
    /// How long it takes to know a caller by a token that was verified before.
    pub(crate) verified: Duration,
    /// By one that is new, and signed with RS256.
    pub(crate) new: Duration,
    /// Filings of one caller on schedule, while nobody else calls.
    pub(crate) alone: Tally,
    /// The same while another caller floods.
    pub(crate) beside: Tally,
    /// What that one is told.
    pub(crate) flood: Answers,
    pub(crate) flow: Flow,
}

/// What all rounds came to, in their order.
#[derive(Debug)]
pub(crate) struct Access {
    /// Of Postgres, such as `17.5`.
    pub(crate) server: String,
    /// Filings a second of the caller that does not flood.
    pub(crate) rate: u32,
    pub(crate) rounds: Vec<Round>,
}

/// Measures everything that is planned.
pub(crate) async fn run(
    options: &Options,
    plan: &AccessPlan,
    bar: &ProgressBar,
) -> Result<Access, BenchError> {
    bar.set_message("access: starting Postgres and the services");
    let parent = options.folder.clone();
    let stage = spawn_blocking(move || Stage::set(&parent)).await??;
    let nobody = connect(&stage.open.address, CALLERS).await?;
    let known = stage.clients("crm", Role::Integration, CALLERS).await?;
    let other = stage.clients("other", Role::Integration, CALLERS).await?;
    // Has the limits that the service has by itself, and may file under its own name alone.
    let flooding = stage.clients(ACTOR, Role::Adviser, CALLERS).await?;
    let proving = Proving::prepare(plan.tokens).await?;
    let stock = Arc::new(Stock::default());
    let mut rounds = Vec::new();
    for _ in 0..plan.rounds {
        bar.set_message("access: filing in the clear, and with mutual TLS and tokens");
        let file = async |clients: &[Client]| {
            stage.settle().await?;
            closed(Work::File, clients, CALLERS, Until::Passed(WARMING), &stock).await?;
            let until = Until::Passed(plan.duration);
            Ok::<_, BenchError>(closed(Work::File, clients, CALLERS, until, &stock).await?)
        };
        let (in_the_open, with_proof) = (file(&nobody).await?, file(&known).await?);
        bar.inc(1);
        bar.set_message("access: knowing callers by their tokens");
        let (verified, new) = proving.measure().await?;
        bar.inc(1);
        bar.set_message("access: one caller while another floods");
        stage.settle().await?;
        let (rate, period) = (plan.rate, plan.duration);
        open(Work::File, &other, rate, WARMING, &stock).await?;
        let alone = open(Work::File, &other, rate, period, &stock).await?;
        let flood = flood(&flooding, &stock, plan.flood, period);
        let beside = async {
            let tally = open(Work::File, &other, rate, period, &stock).await?;
            Ok::<_, BenchError>(tally)
        };
        let (beside, (flow, flood)) = tokio::try_join!(beside, flood)?;
        bar.inc(1);
        rounds.push(Round {
            open: in_the_open,
            known: with_proof,
            verified,
            new,
            alone,
            beside,
            flood,
            flow,
        });
    }
    drop((nobody, known, other, flooding));
    let server = stage.postgres.version().to_owned();
    spawn_blocking(move || stage.strike()).await??;
    Ok(Access {
        server,
        rate: plan.rate,
        rounds,
    })
}

/// Files so often a second, whether or not it is let in.
async fn flood(
    clients: &[Client],
    stock: &Arc<Stock>,
    rate: u32,
    period: Duration,
) -> Result<(Flow, Answers), BenchError> {
    let arrivals = Arrivals {
        rate,
        until: Until::Passed(period),
        most_waiting: MOST_WAITING,
    };
    let stock = Arc::clone(stock);
    let call = move |mut client: Client| {
        let stock = Arc::clone(&stock);
        async move { Some(file_within(DEADLINE, &mut client, &stock).await) }
    };
    let mut answers = Answers::new();
    let record = |latency, answer: &_| answers.record(latency, answer);
    let flow = flow(arrivals, clients, call, record).await?;
    answers.served.elapsed = flow.elapsed;
    answers.refused.elapsed = flow.elapsed;
    Ok((flow, answers))
}

/// A Postgres with two services: one that knows nobody, and one that knows its callers by mutual TLS and tokens.
#[derive(Debug)]
struct Stage {
    // Fields drop in this order: the services before their databases, and those before their folder.
    open: Service,
    known: Service,
    files: Files,
    postgres: PrivatePostgres,
    _folder: TempDir,
}

impl Stage {
    /// Blocks.
    fn set(parent: &Path) -> Result<Stage, BenchError> {
        let (folder, postgres) = stage::postgres(parent, &DATABASES)?;
        let files = Files::make(folder.path())?;
        let [open, known] = DATABASES.map(|database| postgres.url(database));
        let open = Service::start(&open, folder.path())?;
        let options = [files.options(), UNLIMITED.map(str::to_owned).into()].concat();
        let known = Service::start_with(&known, folder.path(), &options)?;
        Ok(Stage {
            open,
            known,
            files,
            postgres,
            _folder: folder,
        })
    }

    /// Connections of somebody who is known, enough for so many callers.
    async fn clients(
        &self,
        subject: &str,
        role: Role,
        callers: usize,
    ) -> Result<Vec<Client>, BenchError> {
        let target = self.files.target(&self.known.address, subject, role)?;
        Ok(connect_to(&target, callers).await?)
    }

    async fn settle(&self) -> Result<(), BenchError> {
        let urls = DATABASES.map(|database| self.postgres.url(database));
        stage::execute("checkpoint", urls).await
    }

    /// Takes everything down, in order. Blocks.
    fn strike(self) -> Result<(), BenchError> {
        self.open.stop()?;
        self.known.stop()?;
        Ok(self.postgres.stop()?)
    }
}

impl Access {
    /// What is wrong with the figures; empty: nothing.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for round in &self.rounds {
            for (what, tally) in [
                ("in the clear", &round.open),
                ("with mutual TLS and tokens", &round.known),
                ("alone", &round.alone),
                ("beside a flood", &round.beside),
            ] {
                let failures = tally.failures();
                if tally.per_second() == 0.0 || !failures.is_empty() {
                    faults.push(format!(
                        "access, {what}: not all calls succeeded: {failures:?}"
                    ));
                }
            }
            let flood = &round.flood;
            if flood.refused.calls() <= flood.served.calls() {
                let (served, refused) = (flood.served.calls(), flood.refused.calls());
                faults.push(format!(
                    "access: of the flood {served} calls were served and {refused} refused, so it was none"
                ));
            }
            if flood.without_retry_info > 0 || !flood.other().is_empty() {
                faults.push(format!(
                    "access: the flood was answered otherwise than by refusals that say when to go on: {:?}",
                    flood.other()
                ));
            }
        }
        faults
    }
}
