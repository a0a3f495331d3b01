//! Digests: what somebody has to act on, read from the clocks at the time of sending.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{Timestamp, civil::Date};

use super::directory::{Addressee, Concern, Directory};
use crate::{
    domain::notice::promised_day,
    policy::{PolicyBook, Role},
    store::DuePromise,
};

/// How many promises a section of a digest names; the others are only counted.
const MOST: usize = 100;

/// A section of a digest.
#[derive(Debug, Default)]
pub(super) struct Section {
    urgent: Vec<DuePromise>,
    others: Vec<DuePromise>,
    count: usize,
}

impl Section {
    fn add(&mut self, promise: &DuePromise) {
        self.count += 1;
        let list = if promise.urgent {
            &mut self.urgent
        } else {
            &mut self.others
        };
        // They arrive in order of due time, so the earliest are kept.
        if list.len() < MOST {
            list.push(promise.clone());
        }
    }

    /// Urgent promises first, then by due time.
    pub(super) fn promises(&self) -> impl Iterator<Item = &DuePromise> {
        self.urgent.iter().chain(&self.others).take(MOST)
    }

    /// The total.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// How many are not named.
    pub(super) fn unnamed(&self) -> usize {
        self.count - self.promises().count()
    }
}

/// What is due for somebody, as of one moment.
#[derive(Debug)]
pub(super) struct DueList {
    /// The day of the digest.
    pub(super) day: Date,
    /// The addressee's next working day.
    pub(super) next: Date,
    pub(super) late: Section,
    pub(super) today: Section,
    /// Due by the end of the next working day.
    pub(super) soon: Section,
}

impl DueList {
    fn new(addressee: &Addressee, day: Date) -> Self {
        DueList {
            day,
            next: addressee.working_day_after(day),
            late: Section::default(),
            today: Section::default(),
            soon: Section::default(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.late.count + self.today.count + self.soon.count == 0
    }

    fn add(&mut self, promise: &DuePromise, addressee: &Addressee, now: Timestamp) {
        let day = promised_day(promise.due, addressee.zone());
        if promise.due < now {
            self.late.add(promise);
        } else if day <= self.day {
            self.today.add(promise);
        } else if day <= self.next {
            self.soon.add(promise);
        }
    }
}

/// The lists of several people, filled while promises are read.
#[derive(Debug)]
pub(super) struct DueLists<'d> {
    directory: &'d Directory,
    owners: Owners,
    now: Timestamp,
    lists: BTreeMap<String, DueList>,
    /// The latest due time that is of interest to any of them.
    until: Timestamp,
    reached: BTreeMap<(Role, Option<String>, String), Vec<String>>,
}

impl<'d> DueLists<'d> {
    /// Empty lists for these people, each with its day.
    pub(super) fn of(
        people: impl IntoIterator<Item = (String, Date)>,
        directory: &'d Directory,
        policies: &PolicyBook,
        now: Timestamp,
    ) -> Self {
        let (mut lists, mut until) = (BTreeMap::new(), now);
        for (person, day) in people {
            if let Some(addressee) = directory.addressee(&person) {
                let list = DueList::new(addressee, day);
                until = until.max(addressee.end_of(list.next));
                lists.insert(person, list);
            }
        }
        DueLists {
            directory,
            owners: Owners::of(policies),
            now,
            lists,
            until,
            reached: BTreeMap::new(),
        }
    }

    pub(super) fn until(&self) -> Timestamp {
        self.until
    }

    /// Adds a promise to the lists of those who must act on it: its owner, and once overdue also the supervisors.
    pub(super) fn add(&mut self, promise: &DuePromise) {
        let mut whom: BTreeSet<String> = self.reach(self.owners.of_promise(promise), promise);
        if promise.due < self.now {
            whom.append(&mut self.reach(Role::Supervisor, promise));
        }
        for person in whom {
            if let (Some(list), Some(addressee)) = (
                self.lists.get_mut(&person),
                self.directory.addressee(&person),
            ) {
                list.add(promise, addressee, self.now);
            }
        }
    }

    /// The lists by addressee.
    pub(super) fn into_lists(self) -> BTreeMap<String, Arc<DueList>> {
        let lists = self.lists.into_iter();
        lists.map(|(whose, list)| (whose, Arc::new(list))).collect()
    }

    fn reach(&mut self, to: Role, promise: &DuePromise) -> BTreeSet<String> {
        let key = (to, promise.assignee.clone(), promise.brand.clone());
        let found = self.reached.entry(key).or_insert_with(|| {
            let concern = Concern {
                to,
                assignee: promise.assignee.as_deref(),
                brand: &promise.brand,
            };
            let mut whom = self.directory.reach(&concern, self.now);
            if whom.is_empty() {
                whom = self.directory.fallback(self.now);
            }
            whom.into_iter().map(str::to_owned).collect()
        });
        found.iter().cloned().collect()
    }
}

/// Who owns each promise, according to the policies.
#[derive(Debug)]
struct Owners {
    of_policy: BTreeMap<(String, String), Role>,
    /// By clock alone, for clocks of a code that applies in addition to the complaint's own.
    of_clock: BTreeMap<String, Role>,
}

impl Owners {
    fn of(policies: &PolicyBook) -> Self {
        let (mut of_policy, mut of_clock) = (BTreeMap::new(), BTreeMap::new());
        for policy in policies.current() {
            for rule in &policy.clocks {
                let key = (policy.name().to_owned(), rule.name.clone());
                of_policy.insert(key, rule.owner);
                of_clock.insert(rule.name.clone(), rule.owner);
            }
        }
        Owners {
            of_policy,
            of_clock,
        }
    }

    fn of_promise(&self, promise: &DuePromise) -> Role {
        let key = (promise.policy.clone(), promise.clock.clone());
        let own = self.of_policy.get(&key);
        let owner = own.or_else(|| self.of_clock.get(&promise.clock));
        // The version is no longer in use: leave it to the handler.
        owner.copied().unwrap_or(Role::Handler)
    }
}
