//! The engine on a database of its own, with a time that stands still until it is moved.

use std::sync::Arc;

use diesel::{RunQueryDsl as _, dsl::sql};
use jiff::Timestamp;
use redress::{
    access::Scope,
    brand::BrandBook,
    calendar::CalendarBook,
    domain::{
        Clock, Command, Complaint, ComplaintRef, Customer, Filing, IssueCategory, NewIssue,
        notice::Language,
    },
    engine::{Committers, Engine, EngineError, Envelope, RequestKey, Rules, Work},
    policy::{Channel, CustomerType, ServiceKind},
    store::{EventContent, Extent, LogPlace, Position, Reader, Store, StoredEvent, StoredPolicy},
    telemetry::Metrics,
    time_source::{ManualTime, TimeSource as _},
};

use uuid::Uuid;

use super::{
    database::{LOOK, TestDatabase},
    policies::{trusting_book, trusting_policy},
};

/// A Tuesday morning in Toronto with no holiday near.
pub(crate) const START: &str = "2026-06-02T14:00:00Z";

pub(crate) fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

pub(crate) fn rules() -> Arc<Rules> {
    let calendars = CalendarBook::builtin().expect("the built-in calendars");
    let policies = trusting_book(&calendars);
    let brands = BrandBook::builtin().expect("the built-in brand");
    Arc::new(Rules::new(policies, calendars, brands))
}

pub(crate) struct Office {
    // The engine ends before the database that it works on.
    pub(crate) engine: Engine,
    pub(crate) reader: Reader,
    pub(crate) store: Store,
    pub(crate) time: Arc<ManualTime>,
    _committers: Committers,
    pub(crate) database: Arc<TestDatabase>,
}

impl Office {
    pub(crate) fn open() -> Office {
        Self::beside(
            Arc::new(TestDatabase::create()),
            Arc::new(ManualTime::at(instant(START))),
        )
    }

    /// Another one on the same database: a replica.
    pub(crate) fn beside(database: Arc<TestDatabase>, time: Arc<ManualTime>) -> Office {
        let office = Self::with_rules(database, time, rules());
        // As a service keeps what it serves by: whoever verifies reads it from there.
        let kept = StoredPolicy::of(&trusting_policy());
        let kept = office.store.keep_texts(&[kept], &[], office.time.now());
        kept.expect("the test database");
        office
    }

    /// A replica that has other policies.
    pub(crate) fn with_rules(
        database: Arc<TestDatabase>,
        time: Arc<ManualTime>,
        rules: Arc<Rules>,
    ) -> Office {
        let store = Store::connect(&database.url, 4, Metrics::off()).expect("the test database");
        Self::on(store, database, time, rules, Metrics::off())
    }

    /// One that reaches its database, or is measured, in a way of its own.
    pub(crate) fn on(
        store: Store,
        database: Arc<TestDatabase>,
        time: Arc<ManualTime>,
        rules: Arc<Rules>,
        metrics: Metrics,
    ) -> Office {
        let shared: Arc<ManualTime> = Arc::clone(&time);
        let (engine, committers) =
            Engine::start(store.clone(), rules, shared, metrics, 2).expect("threads");
        let reader = Reader::new(store.clone(), 3);
        Office {
            engine,
            reader,
            store,
            time,
            _committers: committers,
            database,
        }
    }

    pub(crate) async fn file(&self, filing: Filing) -> Complaint {
        self.submit(
            None,
            Work::File {
                filing: Box::new(filing),
                policy: None,
            },
        )
        .await
        .expect("filed")
    }

    pub(crate) async fn change(
        &self,
        complaint: &Complaint,
        command: Command,
    ) -> Result<Complaint, EngineError> {
        let work = Work::Change {
            complaint: ComplaintRef::Id(complaint.id),
            version: None,
            command: Box::new(command),
        };
        self.submit(None, work).await
    }

    pub(crate) async fn submit(
        &self,
        request: Option<RequestKey>,
        work: Work,
    ) -> Result<Complaint, EngineError> {
        self.engine
            .submit(Envelope {
                request,
                actor: "ada".to_owned().into(),
                scope: Scope::default(),
                work,
            })
            .await
    }

    /// Sweeps until nothing is due; how many steps fired.
    pub(crate) async fn drain(&self) -> usize {
        let engine = self.engine.clone();
        tokio::task::spawn_blocking(move || {
            let (mut fired, mut from) = (0, None);
            loop {
                let report = engine.sweep(from).expect("swept");
                fired += report.fired;
                if !report.more {
                    return fired;
                }
                from = report.up_to;
            }
        })
        .await
        .expect("the sweep did not panic")
    }

    pub(crate) async fn events(&self, complaint: &Complaint) -> Vec<StoredEvent> {
        let all = Extent {
            rows: 10_000,
            bytes: usize::MAX,
        };
        let listed = self.reader.events(complaint.id, 0, all, true).await;
        listed.expect("events").items
    }

    /// Every cycle of its clocks, those that live first.
    pub(crate) async fn clocks(&self, complaint: &Complaint) -> Vec<Clock> {
        let which = ComplaintRef::Id(complaint.id);
        let found = self.reader.clocks(which, &Scope::default()).await;
        let found = found.expect("the clocks").expect("there is one");
        let clocks = found.clocks.into_iter();
        clocks
            .map(|listed| listed.clock.expect("a clock"))
            .collect()
    }

    /// The complaints with a clock that would be swept at this instant.
    pub(crate) fn due_at(&self, now: &str) -> Vec<Uuid> {
        let due = self
            .store
            .transaction(|transaction| transaction.due(instant(now), None));
        due.expect("what is due").complaints.into_iter().collect()
    }

    pub(crate) fn count_complaints(&self) -> i64 {
        let count = sql::<diesel::sql_types::BigInt>("(select count(*) from complaint)");
        diesel::select(count)
            .get_result(&mut self.database.connect())
            .expect("a count")
    }

    /// Every event of every complaint, as its readers see the log after `after`, once there are `count` of them. Readers
    /// wait for the oldest transaction of the whole cluster, so what other tests do can hold them up; nobody signals when
    /// it has ended.
    pub(crate) async fn log(&self, after: i64, count: usize) -> Vec<StoredEvent> {
        let Position { branch, .. } = self.reader.log_end().await.expect("a log");
        let after = Position {
            branch,
            place: LogPlace::behind(after),
        };
        loop {
            let page = self
                .reader
                .log(after, 1_000_000, true)
                .await
                .expect("the log");
            if page.events.len() >= count {
                return page.events;
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// What an event says.
pub(crate) fn content(event: &StoredEvent) -> &EventContent {
    event.content.as_ref().expect("an event that can be read")
}

pub(crate) fn filing(channel: Channel) -> Filing {
    Filing {
        brand: "jive".to_owned(),
        channel,
        customer: Customer {
            full_name: "Sample Customer".to_owned(),
            ..Customer::default()
        },
        customer_type: CustomerType::Consumer,
        language: Language::English,
        issues: vec![NewIssue {
            service: ServiceKind::Internet,
            category: IssueCategory::ServiceDelivery,
            description: "The line drops every evening.".to_owned(),
            desired_outcome: None,
        }],
        case_references: Vec::new(),
        received_at: None,
        first_contact_at: None,
        enquiry: false,
        urgent: false,
        region: None,
        labels: Default::default(),
        assignee: None,
        acknowledgement: None,
    }
}
