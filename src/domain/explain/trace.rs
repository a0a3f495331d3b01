//! The way of a clock through a log: when it counted towards what, when it stood still, and what changed it.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    super::{
        case::Case,
        case_clocks,
        clock::{Clock, ClockState, Target},
        command::Identity,
        complaint::{Complaint, PauseReason},
        event::{Event, Fact},
        replay::{Replay, ReplayError, Under},
    },
    parts::{Change, ChangeKind, Ending, Moment, Remaining},
};
use crate::{
    calendar::Term,
    policy::{Policy, Told},
};

/// A part of a clock's life, from here to where the next one begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leg {
    pub(super) from: Timestamp,
    pub(super) toward: Toward,
}

/// What a clock does throughout a leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Toward {
    /// Counts towards the policy's target.
    Target(Term),
    /// Counts towards a date that the customer was promised.
    Date(Timestamp),
    /// Counts the microseconds that remained when it was paused.
    Remaining {
        micros: i64,
        /// Of this term, where it is in calendar days: they are wall time, and the term ends as a day ends.
        days: Option<Term>,
    },
    /// Stands still.
    Pause {
        reason: PauseReason,
        paused: Moment,
        /// The microseconds left before a date that the customer was promised in the meantime.
        promised: Option<i64>,
    },
}

/// One cycle of a clock, as far as a log tells of it.
#[derive(Debug, Clone)]
pub(super) struct Trace {
    /// As it stands after the last event.
    pub(super) clock: Clock,
    /// What binds the complaint, as far as it bound this cycle last.
    pub(super) policy: Arc<Policy>,
    /// The complaint as it stood when the cycle began.
    pub(super) began: Complaint,
    pub(super) started: Moment,
    pub(super) legs: Vec<Leg>,
    pub(super) changes: Vec<Change>,
    pub(super) breach: Option<Event>,
    pub(super) ended: Option<Ending>,
}

impl Leg {
    /// From the beginning of a cycle on.
    fn first(clock: &Clock) -> Self {
        Leg {
            from: clock.start,
            toward: match clock.target {
                Target::Term(term) => Toward::Target(term),
                Target::Promised(_) | Target::SetByBody(_) => {
                    Toward::Date(clock.due.unwrap_or(clock.start))
                }
            },
        }
    }
}

impl Moment {
    pub(super) fn of(event: &Event) -> Self {
        Moment {
            event: event.sequence,
            kind: event.fact.kind(),
            at: event.at,
            by: event.actor.clone(),
        }
    }
}

/// Every cycle of the clock of this name, in order, and where the complaint stands at the end.
pub(super) fn traces(
    identity: &Identity,
    log: &[Event],
    under: Under<'_>,
    name: &str,
) -> Result<(Vec<Trace>, Case), ReplayError> {
    let mut replay = Replay::new(identity.clone(), log, under.clone())?;
    let mut traces: Vec<Trace> = Vec::new();
    while let Some(event) = replay.step()? {
        let case = replay.case();
        let policy = replay.policy();
        let supposed = match (&under, &event.fact) {
            (Under::Kept(_), Fact::Migrated(_)) => {
                // The log from the first event on has no gap, or the replay had ended.
                let before = log.iter().take_while(|e| e.sequence != event.sequence);
                let before: Vec<Event> = before.cloned().collect();
                let (supposed, ..) =
                    self::traces(identity, &before, Under::Supposed(Arc::clone(policy)), name)?;
                supposed.into_iter().rfind(|t| t.clock.state.is_live())
            }
            _ => None,
        };
        for clock in case.clocks.iter().filter(|clock| clock.name == name) {
            match traces.iter_mut().find(|t| t.clock.cycle == clock.cycle) {
                Some(trace) => {
                    trace.follow(clock, event, policy, supposed.as_ref());
                    trace.follow_text(event, &case.complaint);
                }
                None => {
                    let mut trace = Trace::begin(clock, event, &case.complaint, policy, &supposed);
                    // Another target from the same start on: it was started by what started the cycle that had it.
                    let mut formers = traces.iter();
                    let same_start = formers.rfind(|former| former.clock.start == clock.start);
                    if let (Fact::Corrected(_), Some(former)) = (&event.fact, same_start) {
                        trace.started.clone_from(&former.started);
                    }
                    // One promise, one breach: a migration carries it over into the cycle that takes its place.
                    if clock.breached_at.is_some() {
                        let former = traces.iter().rev();
                        trace.breach = former.filter_map(|former| former.breach.clone()).next();
                    }
                    traces.push(trace);
                }
            }
        }
    }
    Ok((traces, replay.case().clone()))
}

impl Trace {
    fn begin(
        clock: &Clock,
        event: &Event,
        complaint: &Complaint,
        policy: &Arc<Policy>,
        supposed: &Option<Trace>,
    ) -> Self {
        let mut trace = Trace {
            clock: clock.clone(),
            policy: Arc::clone(policy),
            began: complaint.clone(),
            started: Moment::of(event),
            legs: Vec::new(),
            changes: Vec::new(),
            breach: None,
            ended: None,
        };
        match supposed {
            Some(supposed) => {
                if supposed.clock.start == clock.start {
                    trace.started.clone_from(&supposed.started);
                    trace.began.clone_from(&supposed.began);
                }
                trace.moved(event, supposed);
            }
            None => {
                trace.legs.push(Leg::first(clock));
                if let (ClockState::Paused, Some(pause)) = (clock.state, &complaint.pause) {
                    trace.legs.push(Leg {
                        from: clock.segment_start,
                        toward: Toward::Pause {
                            reason: pause.reason,
                            paused: Moment::of(event),
                            promised: None,
                        },
                    });
                }
            }
        }
        trace.follow_end(event);
        trace
    }

    /// What an event did to it.
    fn follow(
        &mut self,
        now: &Clock,
        event: &Event,
        policy: &Arc<Policy>,
        supposed: Option<&Trace>,
    ) {
        let before = std::mem::replace(&mut self.clock, now.clone());
        // Also of a cycle that has ended: what keeps a promise too late does so before the breach is recorded.
        if before.breached_at.is_none() && now.breached_at.is_some() {
            self.breach = Some(event.clone());
        }
        // After the event that shows that the promise was kept in time.
        if before.breached_at.is_some() && now.breached_at.is_none() {
            self.breach = None;
            self.change(event, ChangeKind::BreachTakenBack, before.due, now.due);
        }
        if !before.state.is_live() {
            return;
        }
        if now.state.is_live() {
            self.policy = Arc::clone(policy);
        }
        match (&event.fact, supposed) {
            (Fact::Migrated(_), Some(supposed)) if now.state.is_live() => {
                self.moved(event, supposed);
            }
            _ => self.follow_counting(&before, event),
        }
        self.follow_override(event);
        self.follow_end(event);
    }

    fn follow_counting(&mut self, before: &Clock, event: &Event) {
        let (state, due) = (self.clock.state, self.clock.due);
        match (before.state, state) {
            (ClockState::Running, ClockState::Paused) => {
                if let Fact::Paused { reason, until } = event.fact {
                    self.legs.push(Leg {
                        from: event.at.max(before.segment_start),
                        toward: Toward::Pause {
                            reason,
                            paused: Moment::of(event),
                            promised: None,
                        },
                    });
                    let remaining = Remaining::of(&self.clock);
                    let kind = ChangeKind::Paused {
                        reason,
                        remaining,
                        until,
                    };
                    self.change(event, kind, before.due, None);
                }
            }
            (ClockState::Paused, ClockState::Running) => {
                let on_first_day = self.go_on(before);
                let kind = ChangeKind::Resumed {
                    remaining: Remaining::of(before),
                    on_first_day,
                };
                self.change(event, kind, None, due);
            }
            (ClockState::Running, ClockState::Running) if before.due != due => {
                if let (Some(leg), Some(date)) = (self.legs.last_mut(), due) {
                    leg.toward = Toward::Date(date);
                }
                self.change(event, ChangeKind::Promised, before.due, due);
            }
            (ClockState::Paused, ClockState::Paused)
                if before.remaining != self.clock.remaining =>
            {
                let date = match event.fact {
                    Fact::PromiseChanged { to, .. } => Some(to),
                    Fact::EscalationAcknowledged { answer_by, .. } => Some(answer_by),
                    _ => None,
                };
                if let Some(Leg {
                    toward: Toward::Pause { promised, .. },
                    ..
                }) = self.legs.last_mut()
                {
                    *promised = self.clock.remaining;
                }
                self.change(event, ChangeKind::Promised, None, date);
            }
            _ => {}
        }
    }

    /// Ends a pause. What was paused of the first day of a term in days still belongs to that day. If the day is not over
    /// yet, nothing was paused at all, and this returns true.
    fn go_on(&mut self, paused: &Clock) -> bool {
        let rule = self.policy.clock(&self.clock.name);
        let counts_from = rule.map_or(paused.start, |rule| paused.counts_from(rule));
        let from = self.clock.segment_start;
        if let Some(Leg {
            from: paused_from,
            toward: Toward::Pause { promised: None, .. },
        }) = self.legs.last_mut()
        {
            if from <= counts_from {
                self.legs.pop();
                return true;
            }
            *paused_from = counts_from.max(*paused_from);
        }
        self.legs.push(Leg {
            from,
            toward: Toward::Remaining {
                micros: paused.remaining.unwrap_or_default(),
                days: paused.in_calendar_days(),
            },
        });
        false
    }

    /// Says that the text which keeps the promise was issued, or has failed, while the customer is still to be told.
    fn follow_text(&mut self, event: &Event, complaint: &Complaint) {
        let (notice, change) = match &event.fact {
            Fact::NoticeIssued { means, .. } => {
                let (notice, means) = (event.sequence, *means);
                (notice, ChangeKind::TextIssued { notice, means })
            }
            Fact::NoticeFailed(failed) => {
                let (notice, reason) = (failed.notice, failed.reason);
                (notice, ChangeKind::TextFailed { notice, reason })
            }
            _ => return,
        };
        let fate = complaint.notices.get(&notice).filter(|fate| !fate.reached);
        let told = fate.and_then(|fate| fate.kind.tells());
        let rule = self.policy.clock(&self.clock.name);
        let keeps = told.zip(rule).is_some_and(|(told, rule)| {
            rule.stops_on.contains(&told) || rule.restarts_on.contains(&told)
        });
        if keeps && self.policy.told == Told::Sent && self.clock.state.is_live() {
            self.change(event, change, None, None);
        }
    }

    /// Says on the clock that bounds what is promised, and on the one that carries the date, why a date beyond it was
    /// promised.
    fn follow_override(&mut self, event: &Event) {
        let Fact::PromiseBoundOverridden {
            clock,
            of_escalation,
            reason,
            ..
        } = &event.fact
        else {
            return;
        };
        let reason = reason.clone();
        if *clock == self.clock.name {
            self.change(event, ChangeKind::BoundOverridden { reason }, None, None);
        } else if case_clocks::carries_date(&self.policy, *of_escalation)
            .is_some_and(|rule| rule.name == self.clock.name)
        {
            let bound = clock.clone();
            let kind = ChangeKind::PromisedBeyond { bound, reason };
            self.change(event, kind, None, None);
        }
    }

    /// The complaint came under another code: from its start on the cycle is counted as that code counts it.
    fn moved(&mut self, event: &Event, supposed: &Trace) {
        let Fact::Migrated(migrated) = &event.fact else {
            return;
        };
        let own = migrated.moved.iter().find(|m| m.clock == self.clock.name);
        self.change(
            event,
            ChangeKind::Moved(migrated.policy.clone()),
            own.and_then(|moved| moved.from),
            self.clock.due,
        );
        let legs = if supposed.clock.start == self.clock.start {
            supposed.legs.clone()
        } else {
            // The date in force was missed under that code: it has a cycle of its own from here on.
            vec![Leg::first(&self.clock)]
        };
        self.legs = legs;
        if let (Target::Promised(_) | Target::SetByBody(_), Some(due)) =
            (&self.clock.target, self.clock.due)
            && supposed.clock.due != Some(due)
            && let Some(leg) = self.legs.last_mut()
        {
            leg.toward = Toward::Date(due);
        }
    }

    fn change(
        &mut self,
        event: &Event,
        kind: ChangeKind,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) {
        self.changes.push(Change {
            moment: Moment::of(event),
            kind,
            from,
            to,
        });
    }

    fn follow_end(&mut self, event: &Event) {
        if let (false, None, Some(at)) = (self.clock.state.is_live(), &self.ended, self.clock.stop)
        {
            self.ended = Some(Ending {
                moment: Moment::of(event),
                at,
            });
        }
    }
}
