//! The in-memory state of a batch: the locked complaints, the decisions on them, and the rows to write.

mod answered;
mod planned;

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use jiff::Timestamp;
use rand::RngExt as _;
use uuid::Uuid;

use super::{EngineError, Envelope, RequestKey, Rules, Work, ids::time_ordered_id};
use crate::{
    brand::{Brand, BrandBook},
    domain::{
        Acting, Actor, Case, Clock, Command, CommandKind, Complaint, ComplaintRef, Context,
        Customer, Decision, Dispatched, Event, Fact, Identity, Refusal, SYSTEM_ACTOR,
        TrackingNumber, decide, open,
    },
    policy::{Policy, PolicyBook, PolicyRef},
    store::{self, DispatchKey, StoreError},
};

/// A complaint in the batch.
#[derive(Debug)]
struct Entry {
    /// Its clocks as locked. `None`: filed by this batch.
    before: Option<Vec<Clock>>,
    /// Its state after the decisions so far, including clocks that ended in this batch.
    now: Case,
    decisions: Vec<Decided>,
}

impl Entry {
    /// Whether it may be found by other data than before.
    fn is_found_otherwise(&self) -> bool {
        let mut events = self.decisions.iter().flat_map(|decided| &decided.events);
        events.any(|event| {
            matches!(
                event.fact,
                Fact::CustomerCorrected { .. }
                    | Fact::PersonalDataErased { .. }
                    | Fact::CaseReferenceAdded { .. }
                    | Fact::Referred { .. }
            )
        })
    }

    /// The customer as it was filed in this batch.
    fn customer(&self) -> Option<&Customer> {
        let mut personal = self.decisions.iter().flat_map(|decided| &decided.personal);
        personal.find_map(|(_, personal)| personal.customer.as_ref())
    }

    /// The remedy of an outcome that an event of this batch proposed.
    fn remedy(&self, event: i64) -> Option<&str> {
        let mut personal = self.decisions.iter().flat_map(|decided| &decided.personal);
        let (_, proposed) = personal.find(|(sequence, _)| *sequence == event)?;
        proposed.remedy.as_deref()
    }
}

/// The part of a decision that is kept once the case has moved on.
#[derive(Debug)]
struct Decided {
    events: Vec<Event>,
    personal: Vec<(i64, crate::domain::Personal)>,
    notices: Vec<crate::domain::Notice>,
    dispatched: Vec<Dispatched>,
    erased_up_to: Option<i64>,
}

impl Decided {
    /// Splits a decision into the resulting case and the rest.
    fn part(decision: Decision) -> (Case, Decided) {
        let Decision {
            case,
            events,
            personal,
            notices,
            dispatched,
            erased_up_to,
        } = decision;
        let decided = Decided {
            events,
            personal,
            notices,
            dispatched,
            erased_up_to,
        };
        (case, decided)
    }
}

/// The state of a batch.
#[derive(Debug)]
pub(super) struct Workspace<'a> {
    brands: Arc<BrandBook>,
    policies: &'a PolicyBook,
    now: Timestamp,
    entries: BTreeMap<Uuid, Entry>,
    by_tracking: BTreeMap<TrackingNumber, Uuid>,
    requests: Vec<(RequestKey, Complaint)>,
    /// Remedies of proposed outcomes, by complaint and proposing event.
    remedies: BTreeMap<(Uuid, i64), String>,
    /// The customers of complaints that have something corrected, or are to be found by something else.
    customers: BTreeMap<Uuid, Customer>,
    /// The complaints of which it is known who the customer is, or that nobody is on record any more.
    known: BTreeSet<Uuid>,
    /// The attempts that hold the reported dispatches, by complaint and notice.
    attempts: BTreeMap<(Uuid, i64), i32>,
    /// The last attempt for each dispatch that bounced.
    last_attempts: BTreeMap<DispatchKey, i32>,
}

/// The effects of a batch, for metrics and for tasks that sleep until the next due time.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// Whether anything was written.
    pub(super) wrote: bool,
    /// Filings, and events caused by clocks.
    pub(super) events: Vec<(PolicyRef, Event)>,
    pub(super) next_fire: Option<Timestamp>,
}

impl Effects {
    /// Combines the effects of two transactions.
    pub(super) fn and(mut self, other: Effects) -> Effects {
        self.wrote |= other.wrote;
        self.events.extend(other.events);
        self.next_fire = self.next_fire.into_iter().chain(other.next_fire).min();
        self
    }

    /// How many steps fired.
    pub(super) fn fired(&self) -> usize {
        self.events
            .iter()
            .filter(|(_, event)| event.firing.is_some())
            .count()
    }
}

impl<'a> Workspace<'a> {
    pub(super) fn new(
        rules: &'a Rules,
        policies: &'a PolicyBook,
        now: Timestamp,
        locked: Vec<Case>,
    ) -> Self {
        let by_tracking = locked
            .iter()
            .map(|case| (case.complaint.tracking_number.clone(), case.complaint.id))
            .collect();
        let entries = locked
            .into_iter()
            .map(|case| {
                (
                    case.complaint.id,
                    Entry {
                        before: Some(case.clocks.clone()),
                        now: case,
                        decisions: Vec::new(),
                    },
                )
            })
            .collect();
        Workspace {
            brands: rules.brands(),
            policies,
            now,
            entries,
            by_tracking,
            requests: Vec::new(),
            remedies: BTreeMap::new(),
            customers: BTreeMap::new(),
            known: BTreeSet::new(),
            attempts: BTreeMap::new(),
            last_attempts: BTreeMap::new(),
        }
    }

    /// The remedy that this command restates to the customer and that was proposed before this batch, by complaint and event: at
    /// most one. Remedies are personal data, which no other decision needs.
    pub(super) fn restated(&self, work: &Work) -> Option<(Uuid, i64)> {
        let Work::Change {
            complaint, command, ..
        } = work
        else {
            return None;
        };
        let id = self.id_of(complaint)?;
        let outcome = self.entries.get(&id)?.now.complaint.outcome.as_ref()?;
        (command.restates_remedy() && outcome.has_remedy).then_some((id, outcome.event))
    }

    /// Adds remedies read from the database.
    pub(super) fn recall(&mut self, remedies: BTreeMap<(Uuid, i64), String>) {
        self.remedies = remedies;
    }

    /// The complaint that this command corrects, if any. The customer is personal data, which no other decision needs.
    pub(super) fn corrected(&self, work: &Work) -> Option<Uuid> {
        match work {
            Work::Change {
                complaint, command, ..
            } if command.kind() == CommandKind::Update => self.id_of(complaint),
            _ => None,
        }
    }

    /// The complaint that this command gives a reference to be found by, if any.
    pub(super) fn referenced(&self, work: &Work) -> Option<Uuid> {
        match work {
            Work::Change {
                complaint, command, ..
            } if matches!(
                command.kind(),
                CommandKind::AddCaseReference | CommandKind::Refer
            ) =>
            {
                self.id_of(complaint)
            }
            _ => None,
        }
    }

    /// Adds customers read from the database. `None`: nobody is on record.
    pub(super) fn know(&mut self, customers: BTreeMap<Uuid, Option<Customer>>) {
        for (id, customer) in customers {
            self.known.insert(id);
            self.customers
                .extend(customer.map(|customer| (id, customer)));
        }
    }

    /// The notice whose claimed dispatch this command reports on, if any.
    pub(super) fn reported(&self, work: &Work) -> Option<(Uuid, i64)> {
        let Work::Change {
            complaint, command, ..
        } = work
        else {
            return None;
        };
        match &**command {
            Command::RecordDispatch(report) if report.attempt.is_some() => {
                Some((self.id_of(complaint)?, report.notice))
            }
            _ => None,
        }
    }

    /// Adds the attempts that hold these dispatches.
    pub(super) fn hold(&mut self, attempts: BTreeMap<(Uuid, i64), i32>) {
        self.attempts = attempts;
    }

    /// The dispatch that this command reports a bounce of, if any.
    pub(super) fn returned(&self, work: &Work) -> Option<DispatchKey> {
        let Work::Change {
            complaint, command, ..
        } = work
        else {
            return None;
        };
        match &**command {
            Command::RecordDispatch(report) if report.sent_attempt.is_some() => Some(DispatchKey {
                complaint: self.id_of(complaint)?,
                notice: report.notice,
                means: report.means,
            }),
            _ => None,
        }
    }

    /// Adds the last attempts of these dispatches.
    pub(super) fn know_last(&mut self, attempts: BTreeMap<DispatchKey, i32>) {
        self.last_attempts = attempts;
    }

    /// Decides one command. A rejected command leaves the batch unchanged. So does a panic, which is a bug in a decision and must
    /// not affect the other commands.
    pub(super) fn carry_out(&mut self, envelope: &Envelope) -> Result<Complaint, EngineError> {
        self.unharmed(|batch| batch.answer(envelope))
    }

    fn unharmed<T>(
        &mut self,
        decide: impl FnOnce(&mut Self) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        // The workspace changes only after a decision is complete, so a panic leaves it consistent.
        catch_unwind(AssertUnwindSafe(|| decide(self))).unwrap_or_else(|_| Err(panicked()))
    }

    fn answer(&mut self, envelope: &Envelope) -> Result<Complaint, EngineError> {
        let id = match &envelope.work {
            Work::File { filing, policy } => {
                let brands = self.brands.of(envelope.scope.brands.as_ref());
                self.file(filing, policy.as_deref(), &envelope.actor, &brands)?
            }
            Work::Change {
                complaint,
                version,
                command,
            } => {
                let id = self.id_of(complaint).ok_or(EngineError::NotFound)?;
                self.change(id, *version, command, (&envelope.actor).into())?;
                id
            }
        };
        let complaint = self.entry(id)?.now.complaint.clone();
        if let Some(request) = self.key(envelope) {
            self.requests.push((request, complaint.clone()));
        }
        Ok(complaint)
    }

    /// The id of a complaint in the batch.
    fn id_of(&self, complaint: &ComplaintRef) -> Option<Uuid> {
        let id = match complaint {
            ComplaintRef::Id(id) => id,
            ComplaintRef::Tracking(number) => self.by_tracking.get(number)?,
        };
        self.entries.contains_key(id).then_some(*id)
    }

    fn file(
        &mut self,
        filing: &crate::domain::Filing,
        policy: Option<&str>,
        actor: &Actor,
        brands: &BrandBook,
    ) -> Result<Uuid, EngineError> {
        let brand = brands.of_filing(Some(&filing.brand));
        let brand = Arc::clone(brand.map_err(EngineError::UnknownBrand)?);
        let name = policy.unwrap_or(&brand.policy);
        let allowed = self.policies.check_filing(name, &brand.policy);
        allowed.map_err(EngineError::UnknownPolicy)?;
        let received = filing.received_at.map_or(self.now, |at| at.min(self.now));
        let policy = self.policies.binding(name, received).ok_or_else(|| {
            refused(Refusal::NoPolicyInForce {
                name: name.to_owned(),
                received,
            })
        })?;
        let context = context(&brand, &policy, self.now);
        let identity = new_identity(&brand, self.now);
        let decision = open(filing, identity, actor, &context).map_err(refused)?;
        let (case, decided) = Decided::part(decision);
        // Nobody knows the new tracking number before the answer, so only locked complaints are indexed by theirs.
        let id = case.complaint.id;
        self.entries.insert(
            id,
            Entry {
                before: None,
                now: case,
                decisions: vec![decided],
            },
        );
        Ok(id)
    }

    /// If a command changes two complaints, either both change or neither.
    fn change(
        &mut self,
        id: Uuid,
        version: Option<i64>,
        command: &Command,
        actor: Acting<'_>,
    ) -> Result<(), EngineError> {
        let other = match command.other() {
            None => None,
            Some(other) => Some(self.id_of(other).ok_or(EngineError::OtherNotFound)?),
        };
        let first = self.expected(id, version)?;
        let counterpart = command.counterpart(&first.now.complaint);
        let decision = self.decide(id, command, other, actor)?;
        let beside = match other.zip(counterpart) {
            None => None,
            Some((other, command)) => Some((other, self.decide(other, &command, Some(id), actor)?)),
        };
        self.adopt(id, decision);
        if let Some((other, decision)) = beside {
            self.adopt(other, decision);
        }
        Ok(())
    }

    fn entry(&self, id: Uuid) -> Result<&Entry, EngineError> {
        self.entries.get(&id).ok_or(EngineError::NotFound)
    }

    /// A complaint that must have this version. `None`: any version.
    fn expected(&self, id: Uuid, version: Option<i64>) -> Result<&Entry, EngineError> {
        let entry = self.entry(id)?;
        let present = entry.now.complaint.version();
        match version.filter(|expected| *expected != present) {
            Some(expected) => Err(EngineError::VersionMismatch { expected, present }),
            None => Ok(entry),
        }
    }

    /// Decides a command for one complaint. Changes nothing yet.
    fn decide(
        &self,
        id: Uuid,
        command: &Command,
        other: Option<Uuid>,
        actor: Acting<'_>,
    ) -> Result<Option<Decision>, EngineError> {
        let entry = self.entry(id)?;
        let policy = kept_policy(self.policies, &entry.now.complaint)?;
        let brand = kept_brand(&self.brands, &entry.now.complaint)?;
        let outcome = entry.now.complaint.outcome.as_ref();
        let other = other.map(|other| self.entry(other)).transpose()?;
        let present = match command {
            Command::ErasePerson { .. } => {
                let name = &entry.now.complaint.policy.name;
                self.policies.binding(name, self.now)
            }
            _ => None,
        };
        let context = Context {
            // If no version is in force any more, the complaint's own version decides.
            retention: present.as_deref().unwrap_or(&policy),
            customer: self.customers.get(&id),
            attempt: match command {
                Command::RecordDispatch(report) => self.attempts.get(&(id, report.notice)).copied(),
                _ => None,
            },
            last_attempt: match command {
                Command::RecordDispatch(report) => {
                    let key = DispatchKey {
                        complaint: id,
                        notice: report.notice,
                        means: report.means,
                    };
                    self.last_attempts.get(&key).copied()
                }
                _ => None,
            },
            remedy: outcome.and_then(|outcome| {
                let before = self.remedies.get(&(id, outcome.event));
                before.map(String::as_str).or(entry.remedy(outcome.event))
            }),
            other: other.map(|other| &other.now.complaint),
            ..context(brand, &policy, self.now)
        };
        decide(entry.now.clone(), command, actor, &context).map_err(refused)
    }

    fn adopt(&mut self, id: Uuid, decision: Option<Decision>) {
        let Some((entry, decision)) = self.entries.get_mut(&id).zip(decision) else {
            return;
        };
        let (case, decided) = Decided::part(decision);
        if decided.erased_up_to.is_some() {
            // Personal data from earlier in this batch is not stored yet, and must never be.
            for earlier in &mut entry.decisions {
                earlier.personal.clear();
            }
            self.customers.remove(&id);
            self.known.insert(id);
            self.remedies.retain(|(complaint, _), _| *complaint != id);
        }
        let personal = decided.personal.iter();
        let corrected = personal.filter_map(|(_, data)| data.customer.clone());
        self.customers
            .extend(corrected.map(|customer| (id, customer)));
        entry.now = case;
        entry.decisions.push(decided);
    }

    /// Fires everything due on the complaints of the batch. Returns the complaints that could not be fired, with the reason.
    pub(super) fn fire_all(&mut self) -> Vec<(Uuid, EngineError)> {
        let ids: Vec<Uuid> = self.entries.keys().copied().collect();
        let fire = |id| {
            let service = SYSTEM_ACTOR.into();
            let fired = self.unharmed(|batch| batch.change(id, None, &Command::Fire, service));
            Some((id, fired.err()?))
        };
        ids.into_iter().filter_map(fire).collect()
    }

    /// The rows to write, and the effects to announce.
    pub(super) fn into_rows(self) -> Result<(store::Batch, Effects), StoreError> {
        let mut rows = store::Batch::default();
        let mut effects = Effects::default();
        for (request, answer) in &self.requests {
            rows.insert_request(request.id, &request.fingerprint, self.now, answer)?;
        }
        for (id, entry) in self.entries {
            if entry.decisions.is_empty() {
                continue;
            }
            effects.wrote = true;
            let Case { complaint, clocks } = &entry.now;
            let events = entry.decisions.iter().flat_map(|decided| &decided.events);
            let last_contact = events.filter_map(Event::contact).max();
            match &entry.before {
                None => rows.insert_complaint(&entry.now, last_contact)?,
                Some(_) => rows.update_complaint(&entry.now, last_contact)?,
            }
            for clock in clocks {
                let mut before = entry.before.iter().flatten();
                match before.find(|known| known.is(&clock.name, clock.cycle)) {
                    None => rows.insert_clock(complaint, clock)?,
                    Some(known) if known != clock => rows.update_clock(complaint, clock)?,
                    Some(_) => {}
                }
                let next = clock.next.map(|next| next.at);
                effects.next_fire = [effects.next_fire, next].into_iter().flatten().min();
            }
            let bound = self
                .policies
                .bound(&complaint.policy, &complaint.additional_policies);
            let erased = entry
                .decisions
                .iter()
                .filter_map(|decided| decided.erased_up_to);
            if let Some(up_to) = erased.max() {
                rows.erase(id, up_to);
            }
            if entry.before.is_none() {
                rows.put_search_keys(complaint, entry.customer());
            } else if entry.is_found_otherwise() {
                match self.known.contains(&id) {
                    true => rows.replace_search_keys(complaint, self.customers.get(&id)),
                    // What was to be read of the customer cannot be, and stays as it is.
                    false => rows.put_search_keys(complaint, None),
                }
            }
            for dispatched in last_of_each(&entry.decisions) {
                rows.put_dispatch(complaint, &dispatched);
            }
            for decided in entry.decisions {
                for (sequence, personal) in &decided.personal {
                    rows.insert_personal(id, *sequence, personal)?;
                }
                for notice in &decided.notices {
                    rows.insert_notice(id, notice);
                }
                for event in decided.events {
                    rows.insert_event(id, &event)?;
                    if event.firing.is_some() || matches!(event.fact, Fact::Filed(_)) {
                        // The policy of the clock's promise, which may be an additional code.
                        let firing = event.firing.as_ref();
                        let rule = firing.and_then(|step| bound.as_ref()?.clock(&step.clock));
                        let policy = rule.map_or(&complaint.policy, |rule| &rule.code.policy);
                        effects.events.push((policy.clone(), event));
                    }
                }
            }
        }
        Ok((rows, effects))
    }
}

/// The final state of each dispatch after these decisions. A dispatch that an attempt ended must still be held by that attempt.
fn last_of_each(decisions: &[Decided]) -> Vec<Dispatched> {
    let mut last: BTreeMap<_, Dispatched> = BTreeMap::new();
    for dispatched in decisions.iter().flat_map(|decided| &decided.dispatched) {
        let key = (dispatched.notice, dispatched.means);
        let fence = last.get(&key).and_then(|before| before.attempt);
        let attempt = fence.or(dispatched.attempt);
        last.insert(
            key,
            Dispatched {
                attempt,
                ..dispatched.clone()
            },
        );
    }
    last.into_values().collect()
}

/// The policy versions that a complaint keeps, combined.
fn kept_policy(policies: &PolicyBook, complaint: &Complaint) -> Result<Arc<Policy>, EngineError> {
    let kept = policies.bound(&complaint.policy, &complaint.additional_policies);
    kept.ok_or_else(|| EngineError::PolicyNotLoaded {
        name: complaint.policy.name.clone(),
        version: complaint.policy.version.clone(),
    })
}

/// The brand that a complaint was filed with.
fn kept_brand<'b>(brands: &'b BrandBook, complaint: &Complaint) -> Result<&'b Brand, EngineError> {
    let kept = brands.get(&complaint.brand);
    kept.map(|brand| &**brand)
        .ok_or_else(|| EngineError::BrandNotLoaded {
            name: complaint.brand.clone(),
        })
}

fn context<'a>(brand: &'a Brand, policy: &'a Policy, now: Timestamp) -> Context<'a> {
    Context {
        means: &brand.notices_by,
        ..Context::new(now, policy, &brand.texts)
    }
}

fn panicked() -> EngineError {
    let why = StoreError::Refused("deciding the command panicked".to_owned());
    EngineError::Store(Arc::new(why))
}

fn refused(refusal: Refusal) -> EngineError {
    EngineError::Refused(Arc::new(refusal))
}

fn new_identity(brand: &Brand, now: Timestamp) -> Identity {
    Identity {
        id: time_ordered_id(now),
        tracking_number: TrackingNumber::from_random(&brand.tracking_prefix, rand::rng().random()),
    }
}

#[cfg(test)]
#[path = "batch_tests.rs"]
mod tests;
