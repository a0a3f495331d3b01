//! What holds of every notice after every decision: none is without a fate or a next attempt, and no clock is kept by a text that
//! nobody got.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    domain::{
        ClockState, ContactMeans, Decision, Event, Fact, NoticeState, dispatches,
        notice::NoticeKind,
    },
    policy::{Policy, Trigger},
};

/// The notices of a complaint, by a reader of its log and of what is to be sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Deliveries {
    log: Vec<Event>,
    kinds: BTreeMap<i64, NoticeKind>,
    /// By the log.
    states: BTreeMap<i64, NoticeState>,
    /// As they are stored: where each dispatch stands.
    rows: BTreeMap<(i64, ContactMeans), NoticeState>,
}

impl Deliveries {
    pub(super) fn check(&mut self, decision: &Decision, policy: &Policy) {
        for event in &decision.events {
            self.follow(event);
        }
        for dispatched in &decision.dispatched {
            let key = (dispatched.notice, dispatched.means);
            self.rows.insert(key, dispatched.state);
        }
        self.log.extend(decision.events.iter().cloned());
        assert_eq!(
            dispatches(&self.log),
            self.rows,
            "what is stored follows from the log"
        );
        for (notice, state) in &self.states {
            let rows = self.rows.range((*notice, ContactMeans::Email)..);
            let rows = rows.take_while(|((of, _), _)| of == notice);
            let waiting = rows.filter(|(_, state)| **state == NoticeState::Waiting);
            let expected = usize::from(*state == NoticeState::Waiting);
            assert_eq!(
                waiting.count(),
                expected,
                "notice {notice} is {state}: it has a fate or one next attempt"
            );
        }
        self.check_complaint(decision);
        self.check_kept(decision, policy);
    }

    fn follow(&mut self, event: &Event) {
        let sequence = event.sequence;
        match &event.fact {
            Fact::NoticeIssued {
                notice,
                awaited: true,
                ..
            } => {
                self.kinds.insert(sequence, *notice);
                self.states.insert(sequence, NoticeState::Waiting);
            }
            fact => {
                if let Some((notice, state)) = fate_of(fact) {
                    let before = self.states.insert(notice, state).unwrap();
                    assert!(before.allows(state), "{before} to {state}");
                }
            }
        }
    }

    /// What the complaint says of its notices is what the log says.
    fn check_complaint(&self, decision: &Decision) {
        let complaint = &decision.case.complaint;
        for (notice, fate) in &complaint.notices {
            assert_eq!(self.states[notice], fate.state, "notice {notice}");
            assert_eq!(self.kinds[notice], fate.kind);
            assert_eq!(fate.since.is_none(), fate.state == NoticeState::Waiting);
        }
        // What is forgotten waits for nothing.
        for (notice, state) in &self.states {
            let waits = *state == NoticeState::Waiting;
            assert!(!waits || complaint.notices.contains_key(notice), "{notice}");
        }
    }

    /// A clock that nothing but telling the customer keeps is kept by a text only once somebody got it.
    fn check_kept(&self, decision: &Decision, policy: &Policy) {
        for clock in &decision.case.clocks {
            let Some(rule) = policy.clock(&clock.name) else {
                continue;
            };
            let keeps = rule.stops_on.iter().chain(&rule.restarts_on);
            let keeps: Vec<Trigger> = keeps.copied().collect();
            if clock.state != ClockState::Met || !keeps.iter().all(|it| is_telling(*it)) {
                continue;
            }
            let told = decision.events.iter().any(|event| {
                let told = self.told(event);
                told.is_some_and(|(trigger, at)| {
                    keeps.contains(&trigger) && at.is_none_or(|at| Some(at) == clock.stop)
                })
            });
            assert!(told, "nobody was told what kept {clock:?}");
        }
    }

    /// What the customer was told with an event; and when, where that is by a text.
    fn told(&self, event: &Event) -> Option<(Trigger, Option<Timestamp>)> {
        Some(match &event.fact {
            Fact::Acknowledged { awaited: false, .. } => (Trigger::Acknowledged, None),
            Fact::EscalationAcknowledged { awaited: false, .. } => {
                (Trigger::EscalationAcknowledged, None)
            }
            Fact::UpdateSent { awaited: false, .. } => (Trigger::UpdateSent, None),
            Fact::ResolvedAtFirstContact { .. } => (Trigger::ResolvedAtFirstContact, None),
            Fact::ContactRecorded { .. } => (Trigger::CustomerContacted, None),
            Fact::NoticeIssued {
                notice,
                awaited: false,
                ..
            } => (notice.tells()?, None),
            Fact::NoticeSent(delivery)
            | Fact::NoticePosted(delivery)
            | Fact::NoticeTold(delivery)
            | Fact::NoticeDelivered(delivery) => {
                let at = delivery.took_place_at.unwrap_or(event.at);
                (self.kinds[&delivery.notice].tells()?, Some(at))
            }
            _ => return None,
        })
    }
}

/// Whether it only ever happens by telling the customer something.
fn is_telling(trigger: Trigger) -> bool {
    let told = NoticeKind::ALL.into_iter().filter_map(NoticeKind::tells);
    let in_contact = [Trigger::ResolvedAtFirstContact, Trigger::CustomerContacted];
    told.chain(in_contact).any(|telling| telling == trigger)
}

fn fate_of(fact: &Fact) -> Option<(i64, NoticeState)> {
    Some(match fact {
        Fact::NoticeSent(delivery) => (delivery.notice, NoticeState::Sent),
        Fact::NoticePosted(delivery) => (delivery.notice, NoticeState::Posted),
        Fact::NoticeTold(delivery) => (delivery.notice, NoticeState::Told),
        Fact::NoticeDelivered(delivery) => (delivery.notice, NoticeState::Delivered),
        Fact::NoticeFailed(failed) => (failed.notice, NoticeState::Failed),
        Fact::NoticeRequeued { notice, .. } => (*notice, NoticeState::Waiting),
        _ => return None,
    })
}
