//! Filing through the engine, in this process, with a time of our own and nobody sweeping.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use indicatif::ProgressBar;
use jiff::Timestamp;
use redress::{
    app::AppError,
    brand::BrandBook,
    calendar::CalendarBook,
    domain::{Filing, IssueCategory, NewIssue, notice::Language},
    engine::{Committers, Engine, Envelope, Rules, Work},
    policy::{Channel, CustomerType, PolicyBook, ServiceKind},
    store::Store,
    telemetry::Metrics,
    time_source::ManualTime,
};
use tokio::task::{JoinSet, spawn_blocking};
use uuid::Uuid;

use super::{layout::Section, people::customer};
use crate::error::BenchError;

/// As many as the service has itself.
const COMMITTERS: usize = 2;
/// How many filings wait for their commit at once: full batches for all committers, and the next ones.
const IN_FLIGHT: usize = 1_024;
/// How many are filed in one millisecond of the book's time. Ids are ordered by it.
const A_MILLISECOND: usize = 8;

/// An engine on a book. Time stands still but for what is filed.
pub(super) struct Filling {
    engine: Engine,
    committers: Committers,
    time: Arc<ManualTime>,
    now: Timestamp,
    /// How many complaints it holds, by which their customers are numbered.
    filed: usize,
}

impl Filling {
    /// Opens a book of so many complaints to go on from an instant.
    pub(super) fn open(url: &str, from: Timestamp, filed: usize) -> Result<Filling, BenchError> {
        let time = Arc::new(ManualTime::at(from));
        let readers = 1;
        let connections = u32::try_from(COMMITTERS + readers).unwrap_or(u32::MAX);
        let store = Store::connect(url, connections, Metrics::off())?;
        let shared: Arc<ManualTime> = Arc::clone(&time);
        let (engine, committers) =
            Engine::start(store, rules()?, shared, Metrics::off(), COMMITTERS)
                .map_err(|source| BenchError::io("start", "the committers", source))?;
        Ok(Filling {
            engine,
            committers,
            time,
            now: from,
            filed,
        })
    }

    /// Files a section. Returns the least and the greatest id, if there is any.
    pub(super) async fn file(
        &mut self,
        section: Section,
        bar: &ProgressBar,
    ) -> Result<Option<(Uuid, Uuid)>, BenchError> {
        let (next, began) = (Arc::new(AtomicUsize::new(0)), self.now);
        let before = self.filed;
        self.filed += section.count;
        let mut clerks = JoinSet::new();
        for _ in 0..IN_FLIGHT.min(section.count) {
            let (engine, time, next) = (
                self.engine.clone(),
                Arc::clone(&self.time),
                Arc::clone(&next),
            );
            clerks.spawn(async move {
                let mut ids: Option<(Uuid, Uuid)> = None;
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= section.count {
                        return Ok::<_, BenchError>(ids);
                    }
                    time.set(later(began, MILLISECOND, number / A_MILLISECOND));
                    let received = section.received;
                    let received = received.map(|at| later(at, section.apart, number));
                    let filed = engine
                        .submit(envelope(section.channel, received, before + number))
                        .await?;
                    let (least, greatest) = ids.unwrap_or((filed.id, filed.id));
                    ids = Some((least.min(filed.id), greatest.max(filed.id)));
                }
            });
        }
        let mut all: Option<(Uuid, Uuid)> = None;
        while let Some(clerk) = clerks.join_next().await {
            if let Some((least, greatest)) = clerk?? {
                let (first, last) = all.unwrap_or((least, greatest));
                all = Some((first.min(least), last.max(greatest)));
            }
            bar.tick();
        }
        // The next section begins in a millisecond of its own, so that no id of it lies among these.
        self.now = later(began, MILLISECOND, section.count / A_MILLISECOND + 1);
        self.time.set(self.now);
        Ok(all)
    }

    /// Ends the engine and its connections. Returns the book's time.
    pub(super) async fn close(self) -> Result<Timestamp, BenchError> {
        let Filling {
            committers, now, ..
        } = self;
        spawn_blocking(move || committers.join()).await?;
        Ok(now)
    }
}

const MILLISECOND: Duration = Duration::from_millis(1);

/// So many times `apart` after an instant.
fn later(at: Timestamp, apart: Duration, times: usize) -> Timestamp {
    let after = apart.saturating_mul(u32::try_from(times).unwrap_or(u32::MAX));
    at.checked_add(after).unwrap_or(at)
}

/// Those that the service has by itself.
fn rules() -> Result<Arc<Rules>, AppError> {
    let calendars = CalendarBook::builtin()?;
    let policies = PolicyBook::builtin(&calendars)?;
    Ok(Arc::new(Rules::new(
        policies,
        calendars,
        BrandBook::builtin()?,
    )))
}

/// A filing as a contact form sends it, without the means to repeat it safely.
fn envelope(channel: Channel, received_at: Option<Timestamp>, number: usize) -> Envelope {
    let filing = Filing {
        brand: "jive".to_owned(),
        channel,
        customer: customer(number),
        customer_type: CustomerType::Consumer,
        language: Language::English,
        issues: vec![NewIssue {
            service: ServiceKind::Internet,
            category: IssueCategory::ServiceDelivery,
            description: "The line drops every evening between seven and nine. I have restarted the modem as I was \
                          told, and it makes no difference. This has gone on for three weeks now."
                .to_owned(),
            desired_outcome: Some("A line that works, and a credit for three weeks.".to_owned()),
        }],
        case_references: Vec::new(),
        received_at,
        first_contact_at: None,
        enquiry: false,
        urgent: false,
        region: None,
        labels: Default::default(),
        assignee: None,
        acknowledgement: None,
    };
    Envelope {
        request: None,
        actor: "bench".to_owned().into(),
        scope: Default::default(),
        work: Work::File {
            filing: Box::new(filing),
            policy: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_the_book_goes_on_with_what_is_filed() {
        let start = Timestamp::UNIX_EPOCH;
        let after = later(start, Duration::from_micros(4), 1_000_000);
        assert_eq!(after.as_second(), 4);
        assert_eq!(later(start, Duration::ZERO, 7), start);
    }
}
