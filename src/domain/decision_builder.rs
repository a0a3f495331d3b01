//! A decision in the making: the one place where events are recorded and clocks follow them.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{
    act_time::{self, Before},
    case::Case,
    case_clocks,
    clock::{Clock, ClockState},
    command::CommandKind,
    context::Context,
    decision::{Decision, Notice, Refusal},
    escalation_reasons,
    event::{self, Event, Fact, Firing, Migrated, SYSTEM_ACTOR},
    field::Field,
    lifecycle,
    notice::{Facts, Head, Language, NoticeKind},
    personal::Personal,
    standing::Standing,
};
use crate::policy::{EscalationReason, Policy, Trigger};

#[derive(Debug, Clone)]
pub(super) struct Draft<'a> {
    pub(super) case: Case,
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
            case,
            context,
            actor,
            events: Vec::new(),
            personal: Vec::new(),
            notices: Vec::new(),
        }
    }

    /// What was recorded so far.
    pub(super) fn events(&self) -> &[Event] {
        &self.events
    }

    /// Who is acting.
    pub(super) fn actor(&self) -> &str {
        self.actor
    }

    pub(super) fn now(&self) -> Timestamp {
        self.context.now
    }

    /// Refuses what the complaint's state, or something else about it, does not allow.
    pub(super) fn require(&self, command: CommandKind) -> Result<(), Refusal> {
        let (complaint, policy) = (&self.case.complaint, self.context.policy);
        if !lifecycle::state_allows(complaint.state, command) {
            return Err(self.not_possible(command, lifecycle::comes_first(complaint, command)));
        }
        match lifecycle::obstacle(complaint, &self.case.clocks, command, policy) {
            Some(lifecycle::AT_THE_TOP) => {
                let language = complaint.language.code();
                let body = policy.recourse.body.get(language).cloned();
                let body = body.map(Box::new);
                Err(Refusal::AtTopLevel { body })
            }
            Some(lifecycle::UNLINKED) => Err(Refusal::NotLinked),
            Some(why) => Err(self.not_possible(command, why)),
            None => Ok(()),
        }
    }

    pub(super) fn not_possible(&self, command: CommandKind, why: &'static str) -> Refusal {
        Refusal::NotPossibleNow {
            command,
            state: self.case.complaint.state,
            why,
            possible: lifecycle::possible(
                &self.case.complaint,
                &self.case.clocks,
                self.context.policy,
            ),
        }
    }

    /// The time at which something took place that is entered now: not in the future, and not before `earliest`.
    pub(super) fn took_place(
        &self,
        field: Field,
        given: Option<Timestamp>,
        earliest: Before,
    ) -> Result<Timestamp, Refusal> {
        act_time::took_place(field, given, earliest, self.now())
    }

    /// What a fact says of when something was done: nothing where it was done now.
    pub(super) fn unless_now(&self, at: Timestamp) -> Option<Timestamp> {
        Some(at).filter(|at| *at != self.now())
    }

    /// A date that was promised at `told`: in the future then.
    pub(super) fn lies_ahead(
        &self,
        field: Field,
        at: Timestamp,
        told: Timestamp,
    ) -> Result<Timestamp, Refusal> {
        if at > told {
            return Ok(at);
        }
        let why = match self.unless_now(told) {
            None => "must be in the future".to_owned(),
            Some(told) => format!("must be after {told}, when it was promised"),
        };
        Err(Refusal::BadTime { field, why })
    }

    /// Records a fact that the actor brought about.
    pub(super) fn record(&mut self, fact: Fact) -> Result<(), Refusal> {
        self.push(self.actor.to_owned(), fact, None).map(|_| ())
    }

    /// Records a fact with the personal data that came with it.
    pub(super) fn record_with(&mut self, fact: Fact, personal: Personal) -> Result<(), Refusal> {
        let sequence = self.push(self.actor.to_owned(), fact, None)?;
        if personal != Personal::default() {
            self.personal.push((sequence, personal));
        }
        Ok(())
    }

    /// Records a fact that nobody but a clock brought about.
    pub(super) fn record_by_system(
        &mut self,
        fact: Fact,
        firing: Option<Firing>,
    ) -> Result<(), Refusal> {
        self.push(SYSTEM_ACTOR.to_owned(), fact, firing).map(|_| ())
    }

    /// Records that the complaint came under the new code, and lets it follow.
    pub(super) fn record_migration(
        &mut self,
        migrated: Migrated,
        supposed: Case,
        policy: &'a Policy,
    ) -> Result<(), Refusal> {
        let (actor, now) = (self.actor.to_owned(), self.now());
        let codes = (self.context.policy, policy);
        self.append(actor, Fact::Migrated(migrated.clone()), None);
        self.case.apply_migration(now, &migrated, supposed, codes)?;
        self.context.policy = policy;
        Ok(())
    }

    /// Appends to the log, and lets the complaint and its clocks follow: nothing else changes them.
    fn push(&mut self, actor: String, fact: Fact, firing: Option<Firing>) -> Result<i64, Refusal> {
        if fact.is_handling() {
            self.case.complaint.room_for_handler(Field::Actor, &actor)?;
        }
        let sequence = self.append(actor, fact, firing);
        let (at, policy) = (self.context.now, self.context.policy);
        if let Some(event) = self.events.last() {
            let (recorded, firing) = ((at, event.actor.as_str()), event.firing.as_ref());
            self.case.apply(recorded, &event.fact, firing, policy)?;
        }
        self.withdraw_refuted_breaches()?;
        Ok(sequence)
    }

    fn append(&mut self, actor: String, fact: Fact, firing: Option<Firing>) -> i64 {
        // Serialising a plain enum of words, numbers and times into memory cannot fail.
        #[expect(
            clippy::expect_used,
            reason = "no map with other keys than text, no failing Serialize, in Fact"
        )]
        let payload = serde_json::to_string(&fact).expect("a fact is plain data");
        let (complaint, at) = (&mut self.case.complaint, self.context.now);
        let sequence = complaint.last_sequence + 1;
        let hash = event::chain(
            &complaint.last_hash,
            complaint.id.as_bytes(),
            sequence,
            at,
            &actor,
            &payload,
            firing.as_ref(),
        );
        complaint.append(sequence, at, &hash);
        self.events.push(Event {
            sequence,
            at,
            actor,
            fact,
            payload,
            firing,
            hash,
            // Known once the change is complete.
            standing: None,
        });
        sequence
    }

    /// Takes back each breach that, as the last fact shows, never was.
    fn withdraw_refuted_breaches(&mut self) -> Result<(), Refusal> {
        let refuted = |clock: &Clock| {
            let due = clock.refuted_breach()?;
            Some(Fact::BreachWithdrawn {
                clock: clock.name.clone(),
                cycle: clock.cycle,
                due,
            })
        };
        while let Some(fact) = self.case.clocks.iter().find_map(refuted) {
            self.record_by_system(fact, None)?;
        }
        Ok(())
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
        let language = self.language();
        let channel = self.case.complaint.channel;
        let rendered = self.context.texts.render(kind, language, facts)?;
        let fact = Fact::NoticeIssued {
            notice: kind,
            text_version: rendered.text_version.clone(),
            language,
            channel,
            text_sha256: Sha256::digest(rendered.text.as_bytes()).to_vec(),
        };
        let sequence = self.push(actor, fact, firing)?;
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
            addressee: None,
        });
        Ok(())
    }

    /// The language in which the customer is told: the complaint's, unless its brand no longer writes in it.
    pub(super) fn language(&self) -> Language {
        self.context
            .texts
            .language_for(self.case.complaint.language)
    }

    /// The facts that any notice about this complaint may use. The independent body is among them, since
    /// every notice names it.
    pub(super) fn facts(&self) -> Facts {
        let (complaint, policy) = (&self.case.complaint, self.context.policy);
        let head = Head {
            tracking_number: complaint.tracking_number.as_str().to_owned(),
            issued_at: self.now(),
            received_at: complaint.received_at,
            issues: complaint.issues.clone(),
        };
        Facts {
            next_update_by: self.next_update_by(),
            higher_levels: self.higher_levels(),
            closed: complaint.state.is_terminal(),
            recourse: Some(Arc::clone(&policy.recourse)),
            ..Facts::new(head, policy.calendar().zone().clone())
        }
    }

    /// The titles of the levels above the present one. None for an enquiry, which is not escalated.
    fn higher_levels(&self) -> Vec<String> {
        let (complaint, policy) = (&self.case.complaint, self.context.policy);
        if complaint.is_enquiry() {
            return Vec::new();
        }
        let language = self.language().code();
        (complaint.level + 1..=policy.top_level())
            .map(|level| policy.level_title(level, language).to_owned())
            .collect()
    }

    /// What is done for the customer by the outcome that was proposed last.
    pub(super) fn remedy(&self) -> Option<String> {
        self.context.remedy.map(str::to_owned)
    }

    /// When the customer hears from us next, where the policy times regular updates.
    fn next_update_by(&self) -> Option<Timestamp> {
        let rules = self.context.policy.clocks.iter();
        let updates = rules.filter(|rule| rule.restarts_on.contains(&Trigger::UpdateSent));
        updates
            .filter_map(|rule| {
                case_clocks::ahead(self.case.live_clock(&rule.name)?.due, self.now())
            })
            .min()
    }

    /// The approved words for a reason, in the customer's language.
    pub(super) fn in_words(&self, reason: &str) -> Result<Option<String>, Refusal> {
        let words = self.context.texts.reason(reason, self.language())?;
        Ok(Some(words.to_owned()))
    }

    /// Records for which reasons the complaint is eligible for escalation, if there are new ones, or those that are taken back.
    /// Comes at the end of every decision: what the same decision settles again is no reason.
    fn flag(&mut self) -> Result<(), Refusal> {
        let flagged = &self.case.complaint.escalation_reasons;
        let reasons = escalation_reasons::reasons(&self.case.complaint, self.context.policy);
        if !reasons.is_subset(flagged) {
            return self.record_by_system(Fact::EscalationEligible { reasons }, None);
        }
        let withdrawn: BTreeSet<EscalationReason> = flagged.difference(&reasons).copied().collect();
        if withdrawn.is_empty() {
            return Ok(());
        }
        let fact = Fact::EscalationEligibilityWithdrawn {
            withdrawn,
            remaining: reasons,
        };
        self.record_by_system(fact, None)
    }

    /// By when the remedy is carried out, where the policy times it.
    pub(super) fn remedy_due(&self) -> Option<Timestamp> {
        let mut rules = self.context.policy.clocks.iter();
        let rule = rules.find(|rule| rule.starts_on.contains(&Trigger::RemedyAgreed))?;
        case_clocks::ahead(self.case.live_clock(&rule.name)?.due, self.now())
    }

    /// Completes the decision. `None` when nothing happened.
    pub(super) fn finish(self) -> Result<Option<Decision>, Refusal> {
        let decision = self.complete()?;
        Ok((!decision.events.is_empty()).then_some(decision))
    }

    /// Completes a decision in which something happened.
    pub(super) fn complete(mut self) -> Result<Decision, Refusal> {
        self.flag()?;
        let standing = Standing::of(&self.case.complaint);
        for event in &mut self.events {
            event.standing = Some(standing.clone());
        }
        debug_assert!(
            self.case.clocks.iter().all(|clock| match clock.state {
                ClockState::Running => clock.due.is_some(),
                ClockState::Paused => clock.due.is_none() && clock.remaining.is_some(),
                _ => clock.next.is_none(),
            }),
            "a clock has a due time while it runs, time left while it is paused, and no next step once it has ended"
        );
        Ok(Decision {
            case: self.case,
            events: self.events,
            personal: self.personal,
            notices: self.notices,
        })
    }
}
