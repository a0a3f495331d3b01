//! A decision in the making: the one place where events are recorded and clocks follow them.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{
    Context,
    clock::{Clock, ClockState, Target},
    command::CommandKind,
    complaint::{Complaint, Personal, State},
    decision::{Case, Decision, Notice, Refusal},
    escalation,
    event::{self, Event, Fact, Firing, SYSTEM_ACTOR},
    lifecycle,
    notice::{Facts, NoticeKind},
};
use crate::policy::{ClockRule, Trigger};

#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) complaint: Complaint,
    pub(super) clocks: Vec<Clock>,
    pub(super) context: Context<'a>,
    actor: &'a str,
    events: Vec<Event>,
    personal: Vec<(i64, Personal)>,
    notices: Vec<Notice>,
}

impl<'a> Draft<'a> {
    /// The log of a complaint never goes back in time, though the times of the replicas that write it may differ: where
    /// this one's is behind the last event, the time of that event is the present.
    pub(super) fn new(case: Case, actor: &'a str, context: &Context<'a>) -> Self {
        let last_event_at = case.complaint.last_event_at;
        let context = Context {
            now: context.now.max(last_event_at),
            ..*context
        };
        Draft {
            complaint: case.complaint,
            clocks: case.clocks,
            context,
            actor,
            events: Vec::new(),
            personal: Vec::new(),
            notices: Vec::new(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.context.now
    }

    /// Refuses what the complaint's state, or something else about it, does not allow.
    pub(super) fn require(&self, command: CommandKind) -> Result<(), Refusal> {
        if !lifecycle::state_allows(self.complaint.state, command) {
            return Err(self.not_possible(command, None));
        }
        match lifecycle::obstacle(&self.complaint, &self.clocks, command, self.context.policy) {
            Some(why) => Err(self.not_possible(command, Some(why))),
            None => Ok(()),
        }
    }

    pub(super) fn not_possible(&self, command: CommandKind, why: Option<&'static str>) -> Refusal {
        Refusal::NotPossibleNow {
            command,
            state: self.complaint.state,
            why,
            possible: lifecycle::possible(&self.complaint, &self.clocks, self.context.policy),
        }
    }

    /// The time at which something took place that is entered now: not in the future, and not before `earliest`.
    pub(super) fn took_place(
        &self,
        field: &'static str,
        given: Option<Timestamp>,
        earliest: (Timestamp, &str),
    ) -> Result<Timestamp, Refusal> {
        let Some(at) = given else {
            return Ok(self.now());
        };
        if at > self.now() {
            return Err(Refusal::BadTime {
                field,
                why: "must not be in the future".to_owned(),
            });
        }
        if at < earliest.0 {
            let why = format!("must not be before {} ({})", earliest.1, earliest.0);
            return Err(Refusal::BadTime { field, why });
        }
        Ok(at)
    }

    /// A time that is promised: in the future.
    pub(super) fn lies_ahead(
        &self,
        field: &'static str,
        at: Timestamp,
    ) -> Result<Timestamp, Refusal> {
        if at <= self.now() {
            return Err(Refusal::BadTime {
                field,
                why: "must be in the future".to_owned(),
            });
        }
        Ok(at)
    }

    /// Records a fact that the actor brought about.
    pub(super) fn record(&mut self, fact: Fact) {
        self.push(self.actor.to_owned(), fact, None);
    }

    /// Records a fact with the personal data that came with it.
    pub(super) fn record_with(&mut self, fact: Fact, personal: Personal) {
        let sequence = self.push(self.actor.to_owned(), fact, None);
        if personal != Personal::default() {
            self.personal.push((sequence, personal));
        }
    }

    /// Records a fact that nobody but a clock brought about.
    pub(super) fn record_by_system(&mut self, fact: Fact, firing: Option<Firing>) {
        self.push(SYSTEM_ACTOR.to_owned(), fact, firing);
    }

    fn push(&mut self, actor: String, fact: Fact, firing: Option<Firing>) -> i64 {
        let complaint = &mut self.complaint;
        complaint.last_sequence += 1;
        // Serialising a plain enum of words, numbers and times into memory cannot fail.
        #[expect(
            clippy::expect_used,
            reason = "no map with other keys than text, no failing Serialize, in Fact"
        )]
        let payload = serde_json::to_string(&fact).expect("a fact is plain data");
        let (sequence, at) = (complaint.last_sequence, self.context.now);
        complaint.last_event_at = at;
        let hash = event::chain(
            &complaint.last_hash,
            complaint.id.as_bytes(),
            sequence,
            at,
            &actor,
            &payload,
            firing.as_ref(),
        );
        complaint.last_hash.clone_from(&hash);
        self.events.push(Event {
            sequence,
            at,
            actor,
            fact,
            payload,
            firing,
            hash,
        });
        sequence
    }

    /// Tells the customer something, in the customer's language, on the channel by which the complaint came.
    pub(super) fn tell(&mut self, kind: NoticeKind, facts: &Facts) -> Result<(), Refusal> {
        self.tell_as(kind, facts, self.actor.to_owned(), None)
    }

    /// Tells the customer something because a clock asked for it.
    pub(super) fn tell_by_system(
        &mut self,
        kind: NoticeKind,
        facts: &Facts,
        firing: Option<Firing>,
    ) -> Result<(), Refusal> {
        self.tell_as(kind, facts, SYSTEM_ACTOR.to_owned(), firing)
    }

    fn tell_as(
        &mut self,
        kind: NoticeKind,
        facts: &Facts,
        actor: String,
        firing: Option<Firing>,
    ) -> Result<(), Refusal> {
        let language = self.complaint.language;
        let channel = self.complaint.channel;
        let rendered = self.context.texts.render(kind, language, facts)?;
        let fact = Fact::NoticeGiven {
            notice: kind,
            text_version: rendered.text_version.clone(),
            language,
            channel,
            text_sha256: Sha256::digest(rendered.text.as_bytes())
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect(),
        };
        let sequence = self.push(actor, fact, firing);
        let at = self.context.now;
        let (text_version, text) = (rendered.text_version, rendered.text);
        self.notices.push(Notice {
            sequence,
            kind,
            text_version,
            language,
            channel,
            at,
            text,
        });
        Ok(())
    }

    /// The facts that any notice about this complaint may use.
    pub(super) fn facts(&self) -> Facts {
        let policy = self.context.policy;
        Facts {
            next_update_by: self.next_update_by(),
            ..Facts::new(
                self.complaint.tracking_number.as_str(),
                policy.calendar().zone().clone(),
            )
        }
    }

    /// When the customer hears from us next, where the policy times regular updates. Not a date that was missed: nobody
    /// is promised the past.
    fn next_update_by(&self) -> Option<Timestamp> {
        let rules = self.context.policy.clocks.iter();
        let updates = rules.filter(|rule| rule.restarts_on.contains(&Trigger::UpdateSent));
        updates
            .filter_map(|rule| {
                let live = |clock: &&Clock| clock.name == rule.name && clock.state.is_live();
                self.clocks.iter().find(live)?.due
            })
            .filter(|due| *due > self.now())
            .min()
    }

    /// The approved words for a reason, in the customer's language.
    pub(super) fn in_words(&self, reason: &str) -> Result<Option<String>, Refusal> {
        let words = self.context.texts.reason(reason, self.complaint.language)?;
        Ok(Some(words.to_owned()))
    }

    /// The facts of a notice that names the independent body.
    pub(super) fn facts_with_recourse(&self) -> Facts {
        let body = self
            .context
            .policy
            .recourse
            .body
            .get(self.complaint.language.code());
        Facts {
            recourse: body.cloned(),
            ..self.facts()
        }
    }

    /// Lets the clocks follow what happened at `at`, which may lie before now: a promise is kept when the thing is done,
    /// not when it is entered.
    pub(super) fn trigger(&mut self, trigger: Trigger, at: Timestamp) -> Result<(), Refusal> {
        let policy = self.context.policy;
        for rule in &policy.clocks {
            let restarts = rule.restarts_on.contains(&trigger);
            if restarts || rule.stops_on.contains(&trigger) {
                let was_running = self.keep_clock(&rule.name, at);
                if restarts && was_running {
                    self.start_clock(rule, at)?;
                }
            }
            if rule.starts_on.contains(&trigger) && self.live_clock(&rule.name).is_none() {
                self.start_clock(rule, at)?;
            }
        }
        Ok(())
    }

    /// Keeps the promise of the live clock of this name, if there is one.
    fn keep_clock(&mut self, name: &str, at: Timestamp) -> bool {
        let Some(clock) = self.live_clock(name) else {
            return false;
        };
        clock.keep(at);
        if clock.breached_at.is_none() {
            // It was kept in time, and that was entered late: what was held against the provider is taken back.
            let never_missed = clock.as_grievance();
            self.complaint.grievances.remove(&never_missed);
        }
        true
    }

    fn start_clock(&mut self, rule: &ClockRule, start: Timestamp) -> Result<(), Refusal> {
        let target = *rule.target_for(self.complaint.channel, self.complaint.urgent);
        let due = rule.code.calendar.due_after(start, &target)?;
        self.open_cycle(rule, start, Target::Term(target), due)
    }

    fn open_cycle(
        &mut self,
        rule: &ClockRule,
        start: Timestamp,
        target: Target,
        due: Timestamp,
    ) -> Result<(), Refusal> {
        let cycle = self.complaint.cycles.entry(rule.name.clone()).or_insert(0);
        *cycle += 1;
        let clock = Clock::start(rule, *cycle, start, target, due)?;
        self.clocks.push(clock);
        Ok(())
    }

    /// Times the date by which the customer is promised an outcome.
    pub(super) fn time_promise(&mut self, to: Timestamp) -> Result<(), Refusal> {
        let rule = self.promise_clock().map(|(_, rule)| rule);
        rule.map_or(Ok(()), |rule| self.time_date(rule, to))
    }

    /// Times the date by which the customer is promised an answer to the escalation.
    pub(super) fn time_escalation_answer(&mut self, to: Timestamp) -> Result<(), Refusal> {
        let rule = self.escalation_answer_clock().map(|(_, rule)| rule);
        rule.map_or(Ok(()), |rule| self.time_date(rule, to))
    }

    /// Times a date that the customer is promised. Where the date before it has been missed, that cycle ends as it is, and
    /// the new date has a cycle of its own.
    fn time_date(&mut self, rule: &'a ClockRule, to: Timestamp) -> Result<(), Refusal> {
        let now = self.now();
        let Some(clock) = self.live_clock(&rule.name) else {
            return Ok(());
        };
        if clock.breached_at.is_none() {
            return Ok(clock.promise(to, now, rule)?);
        }
        let target = Target::Promised(clock.base());
        clock.abandon(now);
        self.open_cycle(rule, now, target, to)
    }

    pub(super) fn live_clock(&mut self, name: &str) -> Option<&mut Clock> {
        self.clocks
            .iter_mut()
            .find(|clock| clock.name == name && clock.state.is_live())
    }

    /// The live clock that carries the promised date, with its rule.
    pub(super) fn promise_clock(&mut self) -> Option<(&mut Clock, &'a ClockRule)> {
        let policy = self.context.policy;
        let rule = policy.clocks.iter().find(|rule| rule.follows_promise)?;
        self.live_clock(&rule.name).map(|clock| (clock, rule))
    }

    /// The live clock of the answer to an escalation, with its rule: escalating starts it, and telling an outcome stops it,
    /// while acknowledging the escalation does not.
    pub(super) fn escalation_answer_clock(&mut self) -> Option<(&mut Clock, &'a ClockRule)> {
        let policy = self.context.policy;
        let rule = policy.clocks.iter().find(|rule| {
            rule.starts_on.contains(&Trigger::Escalated)
                && rule.stops_on.contains(&Trigger::OutcomeTold)
                && !rule.stops_on.contains(&Trigger::EscalationAcknowledged)
        })?;
        self.live_clock(&rule.name).map(|clock| (clock, rule))
    }

    /// Ends what runs when the complaint is over: nothing of a closed complaint can fall due, but for what the provider
    /// owes to somebody else than the customer.
    pub(super) fn end_clocks(&mut self, at: Timestamp) {
        let policy = self.context.policy;
        for clock in self.clocks.iter_mut().filter(|clock| clock.state.is_live()) {
            if !policy
                .clock(&clock.name)
                .is_some_and(|rule| rule.outlives_closure)
            {
                clock.abandon(at);
            }
        }
    }

    pub(super) fn set_state(&mut self, state: State) {
        self.complaint.state = state;
    }

    /// Completes the decision. `None` when nothing happened.
    pub(super) fn finish(self) -> Option<Decision> {
        let decision = self.complete();
        (!decision.events.is_empty()).then_some(decision)
    }

    /// Completes a decision in which something happened.
    pub(super) fn complete(mut self) -> Decision {
        escalation::flag(&mut self);
        self.complaint.version += 1;
        debug_assert!(
            self.clocks.iter().all(|clock| match clock.state {
                ClockState::Running => clock.due.is_some(),
                ClockState::Paused => clock.due.is_none() && clock.remaining.is_some(),
                _ => clock.next.is_none(),
            }),
            "a clock has a due time while it runs, time left while it is paused, and no next step once it has ended"
        );
        Decision {
            case: Case {
                complaint: self.complaint,
                clocks: self.clocks,
            },
            events: self.events,
            personal: self.personal,
            notices: self.notices,
        }
    }
}
