//! How long it takes to find a complaint in a large book, for what few have and for what many have.

use std::path::Path;

use indicatif::ProgressBar;
use redress::{
    client::Client,
    proto::v1::{SearchComplaintsRequest, State},
    time_source::Stopwatch,
};
use tokio::task::spawn_blocking;

use crate::{
    book::{self, Shelf},
    error::BenchError,
    load::{Tally, connect},
    plan::SearchPlan,
    service::Service,
};

/// The database of the book.
const BOOK: &str = "searched";
/// How many ask at once.
const CALLERS: usize = 4;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    Phone,
    RareName,
    CommonName,
    CommonNames,
    /// What many have, beside what others have.
    NoneOfCommon,
    /// What many have, and a filter that none of them passes: as much as a search ever looks at.
    FilteredCommon,
    CustomerOf,
}

impl Question {
    pub(crate) const ALL: [Question; 7] = [
        Question::Phone,
        Question::RareName,
        Question::CommonName,
        Question::CommonNames,
        Question::NoneOfCommon,
        Question::FilteredCommon,
        Question::CustomerOf,
    ];

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Question::Phone => "a telephone number",
            Question::RareName => "a rare name",
            Question::CommonName => "the most common name",
            Question::CommonNames => "the most common first name and name together",
            Question::NoneOfCommon => "the most common name, and a postal code that others have",
            Question::FilteredCommon => "the most common name, closed, of which there is none",
            Question::CustomerOf => "all complaints of the customer of one",
        }
    }

    /// Whether something is found.
    const fn finds(self) -> bool {
        !matches!(self, Question::NoneOfCommon | Question::FilteredCommon)
    }

    /// The request of this number in a book of so many complaints.
    fn request(self, number: usize, complaints: usize, known: &str) -> SearchComplaintsRequest {
        // Not the first of its kind, which all others would be: those that are common have numbers of a kind.
        let someone = number.wrapping_mul(7_919) % complaints / 50 * 50 + 7;
        let mut request = SearchComplaintsRequest::default();
        match self {
            Question::Phone => request.phone = book::phone(someone),
            Question::RareName => request.name = book::family(someone),
            Question::CommonName => request.name = book::COMMON.to_owned(),
            Question::CommonNames => {
                request.name = format!("{} {}", book::COMMON_FIRST, book::COMMON);
            }
            Question::NoneOfCommon => {
                request.name = book::COMMON.to_owned();
                request.postal_code = "H1A 0A1".to_owned();
            }
            Question::FilteredCommon => {
                request.name = book::COMMON.to_owned();
                request.states = vec![State::Closed.into()];
            }
            Question::CustomerOf => known.clone_into(&mut request.customer_of),
        }
        request
    }
}

/// What all rounds came to, in their order.
#[derive(Debug)]
pub(crate) struct Searches {
    /// Of Postgres, such as `17.5`.
    pub(crate) server: String,
    pub(crate) complaints: usize,
    /// For each question, in their order.
    pub(crate) rounds: Vec<Vec<Asked>>,
}

/// What a question came to in a round.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) question: Question,
    pub(crate) tally: Tally,
    /// How many answers were not as they should be.
    pub(crate) wrong: usize,
}

/// Measures everything that is planned.
pub(crate) async fn run(
    folder: &Path,
    plan: &SearchPlan,
    bar: &ProgressBar,
) -> Result<Searches, BenchError> {
    let shelf = Shelf::put_up(folder, plan.complaints).await?;
    book::fill_one(&shelf, BOOK, plan.complaints, bar).await?;
    let (url, beside) = (shelf.url(BOOK), shelf.folder().to_owned());
    let service = spawn_blocking(move || Service::start(&url, &beside)).await??;
    let clients = connect(&service.address, CALLERS).await?;
    let known = known(&clients, plan.complaints).await?;
    let mut rounds = Vec::new();
    for _ in 0..plan.rounds {
        let mut round = Vec::new();
        for question in Question::ALL {
            bar.set_message(format!("searching for {}", question.title()));
            // As the service does it once it has done it before.
            ask(question, &clients, plan, plan.times / 10, &known).await?;
            round.push(ask(question, &clients, plan, plan.times, &known).await?);
            bar.inc(1);
        }
        rounds.push(round);
    }
    drop(clients);
    spawn_blocking(move || service.stop()).await??;
    let server = shelf.server_version().to_owned();
    shelf.take_down().await?;
    Ok(Searches {
        server,
        complaints: plan.complaints,
        rounds,
    })
}

/// A complaint of a customer.
async fn known(clients: &[Client], complaints: usize) -> Result<String, BenchError> {
    let request = Question::Phone.request(complaints / 2, complaints, "");
    let mut client = clients.first().cloned().ok_or(BenchError::NothingFound)?;
    let found = client.search_complaints(request).await;
    let found = found.map_err(|_| BenchError::NothingFound)?.into_inner();
    let first = found.complaints.into_iter().next();
    first.map(|it| it.name).ok_or(BenchError::NothingFound)
}

/// Asks so many times, by all callers at once.
async fn ask(
    question: Question,
    clients: &[Client],
    plan: &SearchPlan,
    times: usize,
    known: &str,
) -> Result<Asked, BenchError> {
    let mut callers = tokio::task::JoinSet::new();
    let each = times.div_ceil(CALLERS);
    for caller in 0..CALLERS {
        let Some(client) = clients.get(caller % clients.len()) else {
            continue;
        };
        let (mut client, known, complaints) = (client.clone(), known.to_owned(), plan.complaints);
        callers.spawn(async move {
            let (mut tally, mut wrong) = (Tally::new(), 0);
            let whole = Stopwatch::start();
            for number in 0..each {
                let request = question.request(caller * each + number, complaints, &known);
                let watch = Stopwatch::start();
                let answer = client.search_complaints(request).await;
                let took = watch.elapsed();
                let found = answer.map(|answer| !answer.into_inner().complaints.is_empty());
                wrong += usize::from(found.as_ref().is_ok_and(|found| *found != question.finds()));
                tally.record(took, &found.map(|_| ()));
            }
            tally.elapsed = whole.elapsed();
            (tally, wrong)
        });
    }
    let mut asked = Asked {
        question,
        tally: Tally::new(),
        wrong: 0,
    };
    while let Some(caller) = callers.join_next().await {
        let (tally, wrong) = caller?;
        asked.tally.join(&tally);
        asked.wrong += wrong;
    }
    Ok(asked)
}

impl Searches {
    /// What is wrong with the figures; empty: nothing.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for asked in self.rounds.iter().flatten() {
            let (failures, wrong) = (asked.tally.failures(), asked.wrong);
            if !failures.is_empty() || wrong > 0 {
                let title = asked.question.title();
                faults.push(format!(
                    "searching for {title}: {wrong} answers were wrong, and {failures:?} failed"
                ));
            }
        }
        faults
    }
}
