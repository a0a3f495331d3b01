//! Who was shown whose personal data is on record.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use diesel::{QueryableByName, RunQueryDsl as _, sql_query, sql_types::Text};
use jiff::SignedDuration;
use redress::{
    access::Role,
    api::{
        auth::{DevKey, Grant},
        read_record::{Keeping, ReadRecordSettings},
    },
    app::{App, AppConfig},
    client::{self, Client, PrivacyClient, Target, Token},
    proto::v1,
    time_source::{ManualTime, TimeSource as _},
};

use crate::support::{
    database::TestDatabase,
    office::{START, instant},
    service::{Service, act, config, connect, filing},
};

mod erased;
mod listing;
mod outage;
mod purpose;
mod shown;

/// Whoever reads last is called so.
const LAST: &str = "the last one";

/// A service that knows its callers.
pub(crate) struct Known {
    pub(crate) service: Service,
    key: DevKey,
}

/// A read as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, QueryableByName)]
struct Recorded {
    #[diesel(sql_type = Text)]
    reader: String,
    #[diesel(sql_type = Text)]
    complaint: String,
    #[diesel(sql_type = Text)]
    method: String,
    #[diesel(sql_type = Text)]
    shown: String,
    #[diesel(sql_type = Text)]
    purpose: String,
}

impl Known {
    pub(crate) async fn start() -> Self {
        Self::keeping(Keeping::Required).await
    }

    async fn keeping(keeping: Keeping) -> Self {
        let database = Arc::new(TestDatabase::create());
        let time = Arc::new(ManualTime::at(instant(START)));
        let key = DevKey::generate().unwrap();
        let app = App::start(AppConfig {
            issuers: vec![key.issuer()],
            read_record: ReadRecordSettings {
                keeping,
                ..ReadRecordSettings::default()
            },
            // So that notices wait to be sent, and are shown to whoever claims them.
            policy_dir: None,
            ..config(&database.url, Arc::clone(&time))
        });
        let app = app.await.unwrap();
        let client = connect(&app).await;
        let service = Service {
            app,
            client,
            time,
            database,
        };
        Known { service, key }
    }

    fn token(&self, subject: &str, role: Role) -> String {
        let grant = Grant {
            subject: subject.to_owned(),
            roles: vec![role],
            brands: vec!["*".to_owned()],
            queues: Vec::new(),
            period: SignedDuration::from_hours(8),
        };
        self.key.sign(&grant, self.service.time.now())
    }

    fn target(&self, subject: &str, role: Role) -> Target {
        let server = format!("http://{}", self.service.app.address);
        Target::at(&server, Token::of(&self.token(subject, role)).unwrap())
    }

    pub(crate) async fn client(&self, subject: &str, role: Role) -> Client {
        client::connect(&self.target(subject, role)).await.unwrap()
    }

    async fn privacy(&self, subject: &str, role: Role) -> PrivacyClient {
        let target = self.target(subject, role);
        client::connect_privacy(&target).await.unwrap()
    }

    /// A complaint with everything that is personal, of a customer whose identity was checked.
    pub(crate) async fn complaint(&self) -> v1::Complaint {
        let mut ada = self.client("ada", Role::Adviser).await;
        let mut filed = filing(v1::Channel::Form);
        filed.acknowledgement = Some(v1::Acknowledgement::default());
        let customer = filed.customer.as_mut().unwrap();
        customer.account_number = "A-4711".to_owned();
        customer.postal_address = "1 Main Street, Toronto".to_owned();
        let complaint = ada.file_complaint(filed).await.unwrap().into_inner();
        let name = complaint.name.as_str();
        act!(
            ada,
            name,
            add_note(AddNoteRequest {
                note: "Call after six."
            })
        )
        .unwrap();
        act!(
            ada,
            name,
            verify_identity(VerifyIdentityRequest {
                method: "security questions"
            })
        )
        .unwrap();
        complaint
    }

    /// What is on record, as soon as something of this reader is.
    async fn recorded_of(&self, reader: &str) -> Vec<Recorded> {
        let there = format!("exists (select from personal_read where reader = '{reader}')");
        self.service.database.until(&there).await;
        let mut all = recorded(&self.service.database);
        all.retain(|read| read.reader == reader);
        all
    }

    /// What is on record of all that was read up to now: one more reads, and is written last. That is not told.
    async fn recorded(&self, complaint: &str) -> Vec<Recorded> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let last = format!("{LAST} {}", NEXT.fetch_add(1, Ordering::Relaxed));
        let mut client = self.client(&last, Role::Adviser).await;
        client.get_complaint(get(complaint)).await.unwrap();
        self.recorded_of(&last).await;
        let mut all = recorded(&self.service.database);
        all.retain(|read| !read.reader.starts_with(LAST));
        all
    }
}

/// What is on record now.
fn recorded(database: &TestDatabase) -> Vec<Recorded> {
    sql_query(
        "select reader, 'complaints/' || complaint_id as complaint, method, array_to_string(shown, ' ') as shown, purpose \
         from personal_read order by at, id",
    )
    .load(&mut database.connect())
    .unwrap()
}

/// The kinds that are on record of each complaint, however many rows there are of it.
fn by_complaint(reads: &[Recorded]) -> BTreeMap<String, BTreeSet<String>> {
    let mut shown: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for read in reads {
        let kinds = shown.entry(read.complaint.clone()).or_default();
        kinds.extend(read.shown.split(' ').map(str::to_owned));
    }
    shown
}

fn get(name: &str) -> v1::GetComplaintRequest {
    v1::GetComplaintRequest {
        name: name.to_owned(),
        read_mask: None,
    }
}

fn masked(name: &str, paths: &[&str]) -> v1::GetComplaintRequest {
    v1::GetComplaintRequest {
        read_mask: Some(mask(paths)),
        ..get(name)
    }
}

fn mask(paths: &[&str]) -> prost_types::FieldMask {
    prost_types::FieldMask {
        paths: paths.iter().map(|&path| path.to_owned()).collect(),
    }
}

fn all_with(paths: &[&str]) -> v1::ListComplaintsRequest {
    v1::ListComplaintsRequest {
        read_mask: Some(mask(paths)),
        ..Default::default()
    }
}
