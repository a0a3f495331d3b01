//! An office whose staff are told what they have to know, with somebody who takes what is sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use diesel::{
    RunQueryDsl as _,
    dsl::sql,
    sql_types::{Array, BigInt, Text},
};
use redress::{
    calendar::CalendarBook,
    dispatch::staff::{
        DirectoryFile, PostError, Posted, StaffDirectory, StaffDispatcher, StaffLetter, StaffParts,
        StaffPost, Turn,
    },
    domain::Filing,
    policy::Channel,
    store::StoreError,
    telemetry::Metrics,
    time_source::SharedTime,
};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::support::{
    database::LOOK,
    office::{Office, filing, instant},
};

/// Ana is told at once, in her waking hours; Ben by digest alone; Cora supervises, and starts late. Dan is away.
pub(super) const STAFF: &str = r#"
fallback = "desk"

[[person]]
name = "Ana"
mail = "ana@example.org"
calendar = "ca-federal"
at_once = true

[[person]]
name = "Ben"
mail = "ben@example.org"
calendar = "ca-federal"
digest = "08:30"

[[person]]
name = "Cora"
mail = "cora@example.org"
calendar = "ca-federal"
quiet = "16:00-09:00"
at_once = true

[[person]]
name = "Dan"
mail = "dan@example.org"
calendar = "ca-federal"
at_once = true
digest = "08:30"
away = [{ from = 2026-06-01, until = 2026-06-05, deputy = "ana" }]

[[person]]
name = "Eve"
webhook = "https://chat.example.org/eve"
calendar = "ca-federal"
at_once = true

[[person]]
name = "Fay"
mail = "fay@example.org"
webhook = "https://chat.example.org/fay"
calendar = "ca-federal"
at_once = true

[[team]]
name = "billing"
brands = ["*"]
members = ["ana", "eve"]
supervisors = ["cora"]

[[team]]
name = "second line"
members = ["ben", "dan", "fay"]
supervisors = ["cora"]

[[team]]
name = "desk"
mail = "desk@example.org"
calendar = "ca-federal"
at_once = true
"#;

pub(super) fn filed_with(assignee: &str) -> Filing {
    Filing {
        assignee: Some(assignee.to_owned()),
        ..filing(Channel::Form)
    }
}

/// The file, in a folder that is removed with it.
pub(crate) fn directory_file(text: &str) -> (tempfile::TempDir, DirectoryFile) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("staff.toml");
    std::fs::write(&file, text).expect("a file");
    let look_every = Duration::from_millis(10);
    (folder, DirectoryFile { file, look_every })
}

/// Takes what is sent, or does not.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    taken: Mutex<Vec<StaffLetter>>,
    tried: Mutex<BTreeMap<String, Vec<Uuid>>>,
    refused: Mutex<BTreeMap<String, bool>>,
    /// Whether it takes for ever to take anything.
    hangs: AtomicBool,
    hanging: Notify,
}

impl Inbox {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(super) fn letters(&self) -> Vec<StaffLetter> {
        self.taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The addresses to which something was sent, in alphabetical order.
    pub(super) fn told(&self) -> Vec<String> {
        let mut told: Vec<String> = self
            .letters()
            .into_iter()
            .map(|letter| letter.address)
            .collect();
        told.sort();
        told
    }

    pub(super) fn tries(&self, address: &str) -> usize {
        self.tried
            .lock()
            .expect("tries")
            .get(address)
            .map_or(0, Vec::len)
    }

    pub(super) fn ids_tried(&self, address: &str) -> BTreeSet<Uuid> {
        let tried = self.tried.lock().expect("tries");
        tried.get(address).into_iter().flatten().copied().collect()
    }

    pub(super) fn refuses(&self, address: &str) {
        self.refused
            .lock()
            .expect("refused")
            .insert(address.to_owned(), false);
    }

    pub(super) fn refuses_for_good(&self, address: &str) {
        self.refused
            .lock()
            .expect("refused")
            .insert(address.to_owned(), true);
    }

    pub(super) fn hang(&self, hangs: bool) {
        self.hangs.store(hangs, Ordering::Relaxed);
    }

    /// Until something hangs in it.
    pub(super) async fn hanging(&self) {
        self.hanging.notified().await;
    }
}

impl StaffPost for Inbox {
    fn send<'a>(&'a self, letter: &'a StaffLetter) -> Posted<'a> {
        let address = letter.address.clone();
        let mut tried = self.tried.lock().expect("tries");
        tried.entry(address.clone()).or_default().push(letter.id);
        drop(tried);
        let refused = self.refused.lock().expect("refused").get(&address).copied();
        Box::pin(async move {
            if self.hangs.load(Ordering::Relaxed) {
                self.hanging.notify_one();
                std::future::pending::<()>().await;
            }
            match refused {
                None => {
                    self.taken.lock().expect("taken").push(letter.clone());
                    Ok(())
                }
                Some(false) => Err(PostError::NotNow("busy".to_owned())),
                Some(true) => Err(PostError::Never("unknown".to_owned())),
            }
        })
    }
}

pub(super) struct Desk {
    pub(super) office: Office,
    pub(super) inbox: Arc<Inbox>,
    pub(super) unreached: AtomicU64,
    directory: StaffDirectory,
    file: DirectoryFile,
    dispatcher: StaffDispatcher,
    _folder: tempfile::TempDir,
}

impl Desk {
    /// The log is followed from here on.
    pub(super) async fn open(staff: &str) -> Desk {
        let office = Office::open();
        let (folder, file) = directory_file(staff);
        let calendars = CalendarBook::builtin().expect("the built-in calendars");
        let directory = StaffDirectory::load(file.clone(), calendars).expect("a directory");
        let inbox = Inbox::new();
        let dispatcher = dispatcher(&office, &directory, &inbox);
        dispatcher.turn().await.expect("a turn");
        Desk {
            office,
            inbox,
            unreached: AtomicU64::new(0),
            directory,
            file,
            dispatcher,
            _folder: folder,
        }
    }

    /// Another process on the same database.
    pub(super) fn replica(&self) -> StaffDispatcher {
        dispatcher(&self.office, &self.directory, &self.inbox)
    }

    pub(super) fn rewrite(&self, staff: &str) {
        std::fs::write(&self.file.file, staff).expect("a file");
        self.directory.look();
    }

    pub(super) async fn turn(&self) -> Result<Turn, StoreError> {
        let turn = self.dispatcher.turn().await?;
        self.unreached.fetch_add(turn.unreached, Ordering::Relaxed);
        Ok(turn)
    }

    pub(super) async fn turn_at(&self, now: &str) {
        self.office.time.set(instant(now));
        self.turn().await.expect("a turn");
    }

    /// Fires what is due by then, and takes turns until there are so many messages. Readers of the log wait for the oldest
    /// transaction of the whole cluster, so what other tests do can hold them up; nobody signals when it has ended.
    pub(super) async fn fires_at(&self, now: &str, messages: i64) {
        self.office.time.set(instant(now));
        self.office.drain().await;
        loop {
            self.turn().await.expect("a turn");
            if self.messages() >= messages {
                break;
            }
            tokio::time::sleep(LOOK).await;
        }
        assert_eq!(self.messages(), messages);
    }

    fn messages(&self) -> i64 {
        let count = sql::<BigInt>("(select count(*) from staff_message where kind <> 'digest')");
        diesel::select(count)
            .get_result(&mut self.office.database.connect())
            .expect("a count")
    }

    /// What became of each message of an event, in the order in which they were added.
    pub(super) fn states(&self) -> Vec<String> {
        self.states_where("kind <> 'digest'")
    }

    /// What became of each digest.
    pub(super) fn digests(&self) -> Vec<String> {
        self.states_where("kind = 'digest'")
    }

    fn states_where(&self, condition: &str) -> Vec<String> {
        let states = sql::<Array<Text>>(&format!(
            "(select coalesce(array_agg(state order by created_at, last_resort), '{{}}') from staff_message where {condition})"
        ));
        diesel::select(states)
            .get_result(&mut self.office.database.connect())
            .expect("states")
    }
}

fn dispatcher(office: &Office, directory: &StaffDirectory, inbox: &Arc<Inbox>) -> StaffDispatcher {
    let time: SharedTime = Arc::<redress::time_source::ManualTime>::clone(&office.time);
    let post: Arc<dyn StaffPost> = Arc::<Inbox>::clone(inbox);
    StaffDispatcher::new(StaffParts {
        store: office.store.clone(),
        reader: office.reader.clone(),
        rules: Arc::clone(office.engine.rules()),
        directory: directory.clone(),
        post,
        url: Some(
            "https://crm.example.org/{tracking_number}"
                .parse()
                .expect("a URL"),
        ),
        time,
        metrics: Metrics::off(),
        seed: 7,
    })
}
