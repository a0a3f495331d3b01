//! The rows of a database as they stand, and what must be true of them whatever happened.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{
    PgConnection, QueryableByName, RunQueryDsl as _,
    sql_types::{BigInt, Binary, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use jiff::Timestamp;
use redress::domain::{Complaint, Firing, chain};
use uuid::Uuid;

type At = jiff_diesel::Timestamp;

#[derive(Debug, QueryableByName)]
struct ComplaintRow {
    #[diesel(sql_type = Text)]
    body: String,
}

/// One cycle of one promise.
#[derive(Debug, QueryableByName)]
pub(crate) struct ClockRow {
    #[diesel(sql_type = SqlUuid)]
    pub(crate) complaint_id: Uuid,
    #[diesel(sql_type = Text)]
    pub(crate) name: String,
    #[diesel(sql_type = Integer)]
    pub(crate) cycle: i32,
    #[diesel(sql_type = Text)]
    pub(crate) state: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    due_at: Option<At>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    stopped_at: Option<At>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    breached_at: Option<At>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    next_fire_at: Option<At>,
}

impl ClockRow {
    /// Whether what was promised was not done in time, or is not done at `now` though its time has passed.
    pub(crate) fn is_late(&self, now: Timestamp) -> bool {
        let done = self.stopped_at.map_or(now, At::to_jiff);
        self.due_at.is_some_and(|due| due.to_jiff() < done)
    }

    fn key(&self) -> (Uuid, &str, i32) {
        (self.complaint_id, &self.name, self.cycle)
    }
}

/// One event.
#[derive(Debug, QueryableByName)]
pub(crate) struct EventRow {
    #[diesel(sql_type = SqlUuid)]
    pub(crate) complaint_id: Uuid,
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = Text)]
    pub(crate) kind: String,
    #[diesel(sql_type = Timestamptz)]
    at: At,
    #[diesel(sql_type = Text)]
    actor: String,
    #[diesel(sql_type = Text)]
    payload: String,
    #[diesel(sql_type = Binary)]
    hash: Vec<u8>,
    #[diesel(sql_type = Nullable<Text>)]
    clock: Option<String>,
    #[diesel(sql_type = Nullable<Integer>)]
    cycle: Option<i32>,
    #[diesel(sql_type = Nullable<Integer>)]
    step: Option<i32>,
    #[diesel(sql_type = Nullable<Integer>)]
    repetition: Option<i32>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    step_due_at: Option<At>,
}

impl EventRow {
    pub(crate) fn at(&self) -> Timestamp {
        self.at.to_jiff()
    }

    /// The step of a clock that caused it.
    pub(crate) fn firing(&self) -> Option<Firing> {
        Some(Firing {
            clock: self.clock.clone()?,
            cycle: self.cycle?,
            step: usize::try_from(self.step?).expect("a step"),
            repetition: u32::try_from(self.repetition?).expect("a repetition"),
            due: self.step_due_at?.to_jiff(),
        })
    }
}

/// Everything that a database holds about its complaints.
pub(crate) struct Ledger {
    pub(crate) complaints: Vec<Complaint>,
    pub(crate) clocks: Vec<ClockRow>,
    /// Those of one complaint follow one another in their order.
    pub(crate) events: Vec<EventRow>,
}

impl Ledger {
    pub(crate) fn read(connection: &mut PgConnection) -> Ledger {
        let complaints: Vec<ComplaintRow> =
            diesel::sql_query("select body::text from complaint order by id")
                .load(connection)
                .expect("complaints");
        let complaints = complaints
            .iter()
            .map(|row| serde_json::from_str(&row.body).expect("a complaint"));
        Ledger {
            complaints: complaints.collect(),
            clocks: diesel::sql_query("select * from clock")
                .load(connection)
                .expect("clocks"),
            events: diesel::sql_query(
                "select *, payload::text as payload from event order by complaint_id, sequence",
            )
            .load(connection)
            .expect("events"),
        }
    }

    /// What holds of every database at every moment at which nothing is due.
    pub(crate) fn check(&self, now: Timestamp) {
        self.every_log_is_whole_and_chained();
        self.every_step_fired_once_and_none_is_overdue(now);
        self.what_is_over_is_timed_no_more();
        self.breaches_and_late_clocks_agree(now);
    }

    fn every_log_is_whole_and_chained(&self) {
        let mut logs: BTreeMap<Uuid, Vec<&EventRow>> = BTreeMap::new();
        for event in &self.events {
            logs.entry(event.complaint_id).or_default().push(event);
        }
        assert_eq!(
            logs.len(),
            self.complaints.len(),
            "a log for each complaint, and no other"
        );
        for complaint in &self.complaints {
            let mut last = Vec::new();
            for (expected, event) in (1..).zip(&logs[&complaint.id]) {
                assert_eq!(event.sequence, expected, "{}: no gap", complaint.id);
                let (id, firing) = (complaint.id.as_bytes(), event.firing());
                last = chain(
                    &last,
                    id,
                    expected,
                    event.at(),
                    &event.actor,
                    &event.payload,
                    firing.as_ref(),
                );
                assert_eq!(
                    event.hash, last,
                    "{}: event {expected} is chained",
                    complaint.id
                );
            }
            assert_eq!(
                complaint.last_hash, last,
                "{}: the chain ends where it should",
                complaint.id
            );
        }
    }

    fn every_step_fired_once_and_none_is_overdue(&self, now: Timestamp) {
        let mut fired = BTreeSet::new();
        for event in &self.events {
            if let Some(firing) = event.firing() {
                let step = (
                    event.complaint_id,
                    firing.clock,
                    firing.cycle,
                    firing.step,
                    firing.repetition,
                );
                assert!(fired.insert(step.clone()), "{step:?} fired twice");
            }
        }
        for clock in &self.clocks {
            let next = clock.next_fire_at.map(At::to_jiff);
            assert!(
                next.is_none_or(|next| next >= now),
                "{clock:?} has a step that did not fire by {now}"
            );
        }
    }

    fn what_is_over_is_timed_no_more(&self) {
        let over = self
            .complaints
            .iter()
            .filter(|complaint| complaint.state.is_terminal());
        let over: BTreeSet<Uuid> = over.map(|complaint| complaint.id).collect();
        for clock in self
            .clocks
            .iter()
            .filter(|clock| clock.stopped_at.is_none())
        {
            let outlives = [
                "referral_report",
                "referral_documents",
                "referral_findings",
                "recourse_notice",
                "dissatisfaction_notice",
                "dissatisfaction_answer",
            ]
            .contains(&clock.name.as_str());
            assert!(
                outlives || !over.contains(&clock.complaint_id),
                "{clock:?} outlives its complaint"
            );
        }
    }

    fn breaches_and_late_clocks_agree(&self, now: Timestamp) {
        let mut breaches = BTreeMap::new();
        for event in self.events.iter().filter(|event| event.kind == "breached") {
            let clock = event.clock.as_deref().expect("a breach is of a clock");
            let cycle = event.cycle.expect("and of a cycle");
            let former = breaches.insert((event.complaint_id, clock, cycle), event.at());
            assert!(former.is_none(), "{event:?}: a promise is broken once");
        }
        for clock in &self.clocks {
            let breach = breaches.remove(&clock.key());
            // What was done in time and entered late is kept; that it was thought broken stays in the log.
            let entered_late = clock.state == "met" && !clock.is_late(now);
            if !entered_late {
                assert_eq!(clock.breached_at.map(At::to_jiff), breach, "{clock:?}");
                assert_eq!(clock.is_late(now), breach.is_some(), "{clock:?}");
            }
            assert_eq!(
                clock.state == "missed",
                clock.stopped_at.is_some() && clock.is_late(now),
                "{clock:?}"
            );
        }
        assert!(
            breaches.is_empty(),
            "breaches of clocks that do not exist: {breaches:?}"
        );
    }
}
