//! What holds after every decision, whatever was decided. Every story keeps a ledger.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::deliveries::Deliveries;
use crate::{
    domain::{
        Case, Clock, ClockState, Complaint, Decision, Event, Fact, Identity, Replay, State, Under,
        chain, notice::NoticeKind, suppose,
    },
    policy::{EscalationReason, Policy, PolicyBook, PolicyRef, Trigger},
    writing,
};

/// What is remembered from one decision to the next.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    sequence: i64,
    hash: Vec<u8>,
    first_promised_at: Option<Timestamp>,
    fired: BTreeSet<(String, i32, usize, u32)>,
    ended: BTreeSet<(String, i32)>,
    /// The log, and every cycle of every clock as it was written last: what the database would hold.
    events: Vec<Event>,
    clocks: BTreeMap<(String, i32), Clock>,
    policies: PolicyBook,
    /// What a reader of the log alone knows to be breached, and to be a reason for an escalation.
    breached: BTreeSet<(String, i32)>,
    reasons: BTreeSet<EscalationReason>,
    deliveries: Deliveries,
}

impl Ledger {
    /// Checks a decision on a complaint that stood as `before`; `None`: it was filed by it.
    pub(super) fn check(
        &mut self,
        before: Option<&Case>,
        decision: &Decision,
        now: Timestamp,
        policy: &Arc<Policy>,
    ) {
        let complaint = &decision.case.complaint;
        self.check_events(decision, now);
        self.check_notices(decision, now, policy);
        check_erasure(decision);
        self.deliveries.check(decision, policy);
        if self.first_promised_at.is_some() {
            assert_eq!(complaint.first_promised_at, self.first_promised_at);
        }
        self.first_promised_at = complaint.first_promised_at;
        for clock in &decision.case.clocks {
            check_clock(clock, complaint, now);
            let key = (clock.name.clone(), clock.cycle);
            assert!(
                !self.ended.contains(&key),
                "an ended cycle is closed: {key:?}"
            );
            if !clock.state.is_live() {
                self.ended.insert(key);
            }
        }
        check_live(decision, policy);
        check_promise(decision, policy);
        check_state(complaint);
        self.check_readers(decision);
        self.check_replay(decision, policy);
        if let Some(before) = before {
            assert!(complaint.version() > before.complaint.version());
            self.check_followed(before, decision);
        }
    }

    /// What was recorded, applied to the complaint as it stood before, makes it what it is now: nothing else has changed it.
    fn check_followed(&self, before: &Case, decision: &Decision) {
        let mut case = before.clone();
        for (event, read) in decision.events.iter().zip(before.complaint.version()..) {
            let complaint = &mut case.complaint;
            let policy = self.bound(&complaint.policy, &complaint.additional_policies);
            complaint.append(event.sequence, event.at, &event.hash);
            match &event.fact {
                Fact::Migrated(migrated) => {
                    let new = self.bound(&migrated.policy, &migrated.additional_policies);
                    let log = &self.events[..usize::try_from(read).unwrap()];
                    let supposed =
                        suppose(identity(&case.complaint), log, Arc::clone(&new)).unwrap();
                    let codes = (&*policy, &*new);
                    let moved = case.apply_migration(event.at, migrated, supposed, codes);
                    moved.unwrap();
                }
                fact => {
                    let recorded = (event.at, event.actor.as_str());
                    let firing = event.firing.as_ref();
                    case.apply(recorded, fact, firing, &policy).unwrap();
                }
            }
        }
        assert_eq!(case, decision.case);
    }

    /// Who knows nothing but what the events say knows what is breached, and why the complaint may be escalated.
    fn check_readers(&mut self, decision: &Decision) {
        for event in &decision.events {
            match (&event.fact, &event.firing) {
                (Fact::Breached { clock, .. }, Some(firing)) => {
                    self.breached.insert((clock.clone(), firing.cycle));
                }
                (Fact::BreachWithdrawn { clock, cycle, .. }, _) => {
                    // Of a promise that a migration carried into another cycle, an earlier one was breached.
                    let of_promise =
                        |(name, number): &&(String, i32)| name == clock && number <= cycle;
                    let breached = self.breached.iter().rev().find(of_promise).cloned();
                    assert!(self.breached.remove(&breached.unwrap()));
                }
                (Fact::EscalationEligible { reasons }, _) => self.reasons.clone_from(reasons),
                (
                    Fact::EscalationEligibilityWithdrawn {
                        withdrawn,
                        remaining,
                    },
                    _,
                ) => {
                    assert!(withdrawn.is_subset(&self.reasons));
                    self.reasons.clone_from(remaining);
                }
                (fact, _) if fact.answers_reasons() => self.reasons.clear(),
                _ => {}
            }
        }
        let complaint = &decision.case.complaint;
        assert_eq!(self.reasons, complaint.escalation_reasons);
        for clock in &decision.case.clocks {
            let key = (clock.name.clone(), clock.cycle);
            // One that a migration carried into another cycle was told of the cycle before.
            if self.breached.contains(&key) {
                assert!(clock.breached_at.is_some(), "{key:?}");
            }
        }
    }

    fn bound(&self, own: &PolicyRef, additional_policies: &[PolicyRef]) -> Arc<Policy> {
        self.policies.bound(own, additional_policies).unwrap()
    }

    /// The policies of all decisions.
    pub(super) fn policies(&self) -> &PolicyBook {
        &self.policies
    }

    /// What is stored follows from the log alone.
    fn check_replay(&mut self, decision: &Decision, policy: &Arc<Policy>) {
        self.events.extend(decision.events.iter().cloned());
        let complaint = decision.case.complaint.clone();
        for clock in &decision.case.clocks {
            let key = (clock.name.clone(), clock.cycle);
            self.clocks.insert(key, clock.clone());
        }
        let identity = identity(&complaint);
        for code in each_by_itself(policy) {
            if self.policies.get(&code.reference()).is_none() {
                self.policies.insert_former(code);
            }
        }
        let under = Under::Kept(&self.policies);
        let replay = Replay::all(identity, &self.events, under).unwrap();
        let clocks = self.clocks.values().cloned().collect();
        let differences = replay.differences(&Case { complaint, clocks });
        assert_eq!(differences, []);
    }

    /// The sequence has no gap, and the chain of hashes can be verified from the events alone.
    fn check_events(&mut self, decision: &Decision, now: Timestamp) {
        let complaint = &decision.case.complaint;
        assert!(
            !decision.events.is_empty(),
            "what is committed is on record"
        );
        for event in &decision.events {
            self.sequence += 1;
            assert_eq!(event.sequence, self.sequence, "without a gap");
            assert_eq!(event.at, now);
            let id = complaint.id.as_bytes();
            let firing = event.firing.as_ref();
            let hash = chain(
                &self.hash,
                id,
                event.sequence,
                event.at,
                &event.actor,
                &event.payload,
                firing,
            );
            assert_eq!(event.hash, hash);
            self.hash = hash;
            let stored: Fact = serde_json::from_str(&event.payload).unwrap();
            assert_eq!(stored, event.fact);
            let kind = format!("{{\"kind\":\"{}\"", event.fact.kind());
            assert!(event.payload.starts_with(&kind), "{}", event.payload);
            if let Some(firing) = firing {
                let key = (
                    firing.clock.clone(),
                    firing.cycle,
                    firing.step,
                    firing.repetition,
                );
                assert!(self.fired.insert(key.clone()), "fired twice: {key:?}");
                assert!(firing.due <= now, "fired early: {key:?}");
            }
        }
        assert_eq!(complaint.last_sequence, self.sequence);
        assert_eq!(complaint.last_hash, self.hash);
        let known = |sequence: i64| decision.events.iter().any(|e| e.sequence == sequence);
        assert!(
            decision
                .personal
                .iter()
                .all(|(sequence, _)| known(*sequence))
        );
    }

    fn check_notices(&self, decision: &Decision, now: Timestamp, policy: &Policy) {
        let complaint = &decision.case.complaint;
        let corrected = |event: &Event| matches!(event.fact, Fact::Corrected(_));
        let corrected = decision.events.iter().find(|event| corrected(event));
        let words = decision.notices.iter();
        // Of what the decision erased itself, nothing is left to be compared.
        for notice in words.filter(|_| decision.erased_up_to.is_none()) {
            // What fell due before a correction was told as it stood then.
            if corrected.is_none_or(|event| event.sequence < notice.sequence) {
                assert_eq!(notice.language, complaint.language);
            }
            let event = decision
                .events
                .iter()
                .find(|event| event.sequence == notice.sequence)
                .unwrap();
            let Fact::NoticeIssued { awaited, means, .. } = event.fact else {
                panic!("{event:?}");
            };
            let evidence = Fact::NoticeIssued {
                awaited,
                means,
                notice: notice.kind,
                text_version: notice.text_version.clone(),
                language: notice.language,
                channel: complaint.channel,
                text_sha256: Sha256::digest(notice.text.as_bytes()).to_vec(),
            };
            assert_eq!(event.fact, evidence);
            assert_eq!(notice.at, now);
            assert!(notice.text.contains(complaint.tracking_number.as_str()));
            // Every notice about a complaint names the independent body, in its own language.
            let body = &policy.recourse.body[notice.language.code()];
            let told = notice.text.contains(&body.website);
            assert_eq!(
                told,
                notice.kind != NoticeKind::EnquiryAnswered,
                "{notice:?}"
            );
        }
        let told = decision.events.iter();
        let told = told.filter(|event| event.fact.kind().as_str() == "notice_issued");
        assert_eq!(told.count(), decision.notices.len());
    }
}

/// Nothing is erased without a fact, and no fact says so where nothing is.
fn check_erasure(decision: &Decision) {
    let erased = |event: &&Event| matches!(event.fact, Fact::PersonalDataErased { .. });
    let recorded = decision.events.iter().rfind(erased);
    assert_eq!(recorded.map(|event| event.sequence), decision.erased_up_to);
    let Some(up_to) = decision.erased_up_to else {
        return;
    };
    let complaint = &decision.case.complaint;
    assert!(complaint.state.is_terminal() && complaint.holds().is_empty());
    assert_eq!(complaint.erasure.as_ref().unwrap().event, up_to);
    let left = decision.personal.iter().map(|(sequence, _)| *sequence);
    let words = decision
        .notices
        .iter()
        .filter(|notice| !notice.text.is_empty());
    let mut left = left.chain(words.map(|notice| notice.sequence));
    assert!(left.all(|sequence| sequence > up_to));
}

fn identity(complaint: &Complaint) -> Identity {
    Identity {
        id: complaint.id,
        tracking_number: complaint.tracking_number.clone(),
    }
}

fn check_clock(clock: &Clock, complaint: &Complaint, now: Timestamp) {
    let next = clock.next.map(|next| next.at);
    match clock.state {
        ClockState::Running => {
            let due = clock.due.unwrap();
            assert_eq!(clock.breached_at.is_some(), due < now, "{clock:?}");
            assert!(
                next.is_none_or(|at| at >= now),
                "a step lies behind: {clock:?}"
            );
            assert!(
                next.is_some() || due < now,
                "the due point is lost: {clock:?}"
            );
        }
        ClockState::Paused => {
            let end = complaint.pause.as_ref().map(|pause| pause.end);
            assert_eq!((clock.due, next), (None, end), "{clock:?}");
            assert!(clock.remaining.unwrap() >= 0, "{clock:?}");
            assert_eq!(clock.breached_at, None, "no breach at a paused instant");
        }
        ClockState::Met | ClockState::Missed | ClockState::Cancelled => {
            assert_eq!((next, clock.remaining), (None, None), "{clock:?}");
            let missed = clock.state == ClockState::Missed;
            assert_eq!(clock.breached_at.is_some(), missed, "{clock:?}");
            assert!(clock.stop.unwrap() <= now, "{clock:?}");
        }
    }
    assert_eq!(clock.stop.is_none(), clock.state.is_live(), "{clock:?}");
    assert!(clock.counted_before >= 0, "{clock:?}");
}

fn check_live(decision: &Decision, policy: &Policy) {
    let complaint = &decision.case.complaint;
    let live = decision
        .case
        .clocks
        .iter()
        .filter(|clock| clock.state.is_live());
    let live: Vec<_> = live.collect();
    let names: BTreeSet<_> = live.iter().map(|clock| &clock.name).collect();
    assert_eq!(names.len(), live.len(), "a promise is timed once at a time");
    let paused = live.iter().any(|clock| clock.state == ClockState::Paused);
    assert_eq!(complaint.pause.is_some(), paused);
    if complaint.state.is_terminal() {
        // But for the answer to an enquiry that has not reached the customer yet.
        let outlives = |clock: &&&Clock| {
            let rule = policy.clock(&clock.name).unwrap();
            rule.outlives_closure
                || rule.stops_on.contains(&Trigger::EnquiryAnswered)
                    && complaint.awaits(Trigger::EnquiryAnswered)
        };
        assert_eq!(live.iter().filter(outlives).count(), live.len(), "{live:?}");
    }
    for clock in &decision.case.clocks {
        assert!(clock.cycle <= complaint.cycles[&clock.name]);
    }
}

/// The date that the customer has is the date that is timed, where the code times it.
fn check_promise(decision: &Decision, policy: &Policy) {
    let complaint = &decision.case.complaint;
    let Some(rule) = policy.clocks.iter().find(|rule| rule.follows_promise) else {
        return;
    };
    let running = |clock: &&Clock| clock.name == rule.name && clock.state == ClockState::Running;
    let clock = decision.case.clocks.iter().find(running);
    if let (Some(promised), Some(clock)) = (complaint.promised_at, clock) {
        assert_eq!(clock.due, Some(promised));
    }
}

fn check_state(complaint: &Complaint) {
    let over = complaint.state.is_terminal();
    assert_eq!(complaint.closed_at.is_some(), over);
    assert_eq!(complaint.closure_reason.is_some(), over);
    let flagged = !complaint.escalation_reasons.is_empty();
    assert_eq!(complaint.escalation_eligible_at.is_some(), flagged);
    let acknowledged = !matches!(complaint.state, State::Enquiry | State::Received);
    assert!(complaint.acknowledged_at.is_some() || !acknowledged || over);
    if let Some(assignee) = &complaint.assignee {
        assert!(
            complaint
                .handlers
                .contains_key(&writing::identity(assignee))
        );
        assert!(!complaint.handled_below(assignee), "{assignee}");
    }
}

/// The codes that are bound together.
pub(super) fn each_by_itself(policy: &Policy) -> Vec<Policy> {
    let mut codes: Vec<Policy> = Vec::new();
    for rule in &policy.clocks {
        if codes.iter().any(|known| known.code == rule.code) {
            continue;
        }
        let mut alone = policy.clone();
        alone.code = Arc::clone(&rule.code);
        alone.bound_additional.clear();
        alone.clocks.retain(|clock| clock.code == rule.code);
        codes.push(alone);
    }
    codes
}
