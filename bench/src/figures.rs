//! How long figures over a whole book take, and for how long they keep the database from cleaning up.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use diesel::{QueryableByName, RunQueryDsl as _, sql_query, sql_types::Double};
use indicatif::ProgressBar;
use redress::{
    client::{CallError, FigureClient, Target, Token, connect_figures},
    proto::v1::{self, FigureDimension, FigureMeasure, get_figures_response::Message},
    time_source::Stopwatch,
};
use tokio::task::spawn_blocking;

use crate::{
    book::{Library, Shelf, connect},
    error::BenchError,
    plan::{FiguresPlan, Options},
    service::Service,
};

/// How often it is looked how old the oldest snapshot is.
const LOOK: Duration = Duration::from_millis(10);
/// The month in which the book is filed.
const MONTH: &str = "2026-06";
const DATABASE: &str = "figures";

/// One answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Round {
    /// From the call to the figures.
    pub(crate) took: Duration,
    /// The greatest age of a snapshot meanwhile.
    pub(crate) snapshot: Duration,
    /// How many complaints were counted as received.
    pub(crate) received: u64,
}

/// What all answers came to.
#[derive(Debug)]
pub(crate) struct Figures {
    /// Of Postgres, such as `17.5`.
    pub(crate) server: String,
    /// How many complaints the book holds.
    pub(crate) complaints: usize,
    pub(crate) rounds: Vec<Round>,
}

impl Figures {
    /// What is wrong with them; empty: nothing.
    pub(crate) fn faults(&self) -> Vec<String> {
        let filed = u64::try_from(self.complaints).unwrap_or(u64::MAX);
        let wrong = self.rounds.iter().filter(|round| round.received != filed);
        let wrong =
            wrong.map(|round| format!("figures count {} of {filed} complaints", round.received));
        wrong.collect()
    }
}

/// Files a book, and asks for the figures of its month by clock and channel, and by everything that has no clock.
pub(crate) async fn run(
    options: &Options,
    plan: &FiguresPlan,
    bar: &ProgressBar,
) -> Result<Figures, BenchError> {
    bar.set_message("figures: filing a book");
    let shelf = Shelf::put_up(&options.folder, plan.complaints).await?;
    let night = Library::fill_plainly(&shelf, DATABASE, plan.complaints, bar).await?;
    let (url, folder) = (shelf.url(DATABASE), shelf.folder().to_owned());
    // Its time stands, so that nothing falls due.
    let service = {
        let url = url.clone();
        spawn_blocking(move || Service::start_standing(&url, &folder, night)).await??
    };
    let mut client = connect_figures(&Target::at(&service.address, Token::none())).await?;
    let mut rounds = Vec::new();
    for _ in 0..plan.rounds {
        bar.set_message("figures: a month, of a whole book");
        rounds.push(round(&mut client, &url).await?);
        bar.inc(1);
    }
    drop(service);
    let server = shelf.server_version().to_owned();
    shelf.take_down().await?;
    Ok(Figures {
        server,
        complaints: plan.complaints,
        rounds,
    })
}

async fn round(client: &mut FigureClient, url: &str) -> Result<Round, BenchError> {
    let over = Arc::new(AtomicBool::new(false));
    let watching = {
        let (over, url) = (Arc::clone(&over), url.to_owned());
        spawn_blocking(move || oldest_snapshot(&url, &over))
    };
    let watch = Stopwatch::start();
    let answered = ask(client).await;
    let took = watch.elapsed();
    over.store(true, Ordering::Relaxed);
    let snapshot = watching.await??;
    Ok(Round {
        took,
        snapshot,
        received: answered?,
    })
}

/// Asks for everything by channel and day. Returns how many complaints were received.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count is whole and not negative"
)]
async fn ask(client: &mut FigureClient) -> Result<u64, BenchError> {
    let question = v1::GetFiguresRequest {
        month: MONTH.to_owned(),
        time_zone: "America/Toronto".to_owned(),
        by: vec![FigureDimension::Channel.into(), FigureDimension::Day.into()],
        ..Default::default()
    };
    let begun = client.get_figures(question).await;
    let mut stream = begun.map_err(CallError::from)?.into_inner();
    let mut received = 0;
    while let Some(response) = stream.message().await.map_err(CallError::from)? {
        if let Some(Message::Figures(figures)) = response.message {
            let total = figures.total.into_iter().flat_map(|total| total.figures);
            let counted = total.filter(|figure| figure.measure() == FigureMeasure::Received);
            received = counted
                .filter_map(|figure| figure.value)
                .map(|value| value as u64)
                .sum();
        }
    }
    Ok(received)
}

#[derive(QueryableByName)]
struct Age {
    #[diesel(sql_type = Double)]
    seconds: f64,
}

/// The greatest age of a snapshot of the service's, until it is over. Blocks.
fn oldest_snapshot(url: &str, over: &AtomicBool) -> Result<Duration, BenchError> {
    let query = "select coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0)::float8 as seconds \
                 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() \
                 and backend_xmin is not null";
    let mut connection = connect(url)?;
    let mut oldest = Duration::ZERO;
    while !over.load(Ordering::Relaxed) {
        let Age { seconds } = sql_query(query).get_result(&mut connection)?;
        oldest = oldest.max(Duration::from_secs_f64(seconds.max(0.0)));
        std::thread::sleep(LOOK);
    }
    Ok(oldest)
}
