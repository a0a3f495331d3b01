//! A decision in the making: the one place where events are recorded and clocks follow them.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{
    act_time::{self, Before},
    actor::Acting,
    case::Case,
    case_clocks,
    clock::{Clock, ClockState},
    command::CommandKind,
    context::Context,
    customer::ContactMeans,
    decision::{Decision, Dispatched, Notice, Refusal},
    erasure::ErasureReason,
    escalation_reasons,
    event::{Event, Fact, Firing, Migrated, SYSTEM_ACTOR},
    fate::{Delivery, NoticeState},
    field::Field,
    lifecycle,
    notice::{Facts, Head, Language, NoticeKind, Quotation, Quoted, Quotes},
    personal::Personal,
    record,
    standing::Standing,
};
use crate::policy::{EscalationReason, Policy, Trigger};

#[derive(Debug, Clone)]
pub(super) struct Draft<'a> {
    pub(super) case: Case,
    pub(super) context: Context<'a>,
    actor: Acting<'a>,
    events: Vec<Event>,
    personal: Vec<(i64, Personal)>,
    notices: Vec<Notice>,
    dispatched: Vec<Dispatched>,
    /// The attempt on whose word a dispatch ends.
    pub(super) attempt: Option<i32>,
    erased_up_to: Option<i64>,
}

impl<'a> Draft<'a> {
    /// The log of a complaint never goes back in time, though the times of the replicas that write it may differ: where
    /// this one's is behind the last event, the time of that event is the present.
    pub(super) fn new(case: Case, actor: Acting<'a>, context: &Context<'a>) -> Self {
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
            dispatched: Vec::new(),
            attempt: None,
            erased_up_to: None,
        }
    }

    /// What was recorded so far.
    pub(super) fn events(&self) -> &[Event] {
        &self.events
    }

    /// Who is acting.
    pub(super) fn actor(&self) -> &str {
        self.actor.name
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
            Some(lifecycle::HELD) => Err(Refusal::OnLegalHold {
                holds: complaint.holds(),
            }),
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
        self.push(self.actor.name.to_owned(), fact, None)
            .map(|_| ())
    }

    /// Records a fact with the personal data that came with it.
    pub(super) fn record_with(&mut self, fact: Fact, personal: Personal) -> Result<(), Refusal> {
        let sequence = self.push(self.actor.name.to_owned(), fact, None)?;
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

    /// Records that whatever is personal of what was recorded so far is erased, and forgets it.
    pub(super) fn record_erasure(&mut self, reason: ErasureReason) -> Result<(), Refusal> {
        let fact = Fact::PersonalDataErased { reason };
        let sequence = self.push(self.actor.name.to_owned(), fact, None)?;
        self.personal.clear();
        for notice in &mut self.notices {
            notice.text.clear();
        }
        self.erased_up_to = Some(sequence);
        Ok(())
    }

    /// Records that the complaint came under the new code, and lets it follow.
    pub(super) fn record_migration(
        &mut self,
        migrated: Migrated,
        supposed: Case,
        policy: &'a Policy,
    ) -> Result<(), Refusal> {
        let (actor, now) = (self.actor.name.to_owned(), self.now());
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
        let dispatched = self.dispatch_of(&fact);
        let sequence = self.append(actor, fact, firing);
        self.dispatched
            .extend(dispatched.map(|(notice, means, state)| Dispatched {
                notice: notice.unwrap_or(sequence),
                means,
                state,
                at: self.context.now,
                attempt: self.attempt,
            }));
        let (at, policy) = (self.context.now, self.context.policy);
        if let Some(event) = self.events.last() {
            let (recorded, firing) = ((at, event.actor.as_str()), event.firing.as_ref());
            self.case.apply(recorded, &event.fact, firing, policy)?;
        }
        self.withdraw_refuted_breaches()?;
        Ok(sequence)
    }

    fn append(&mut self, actor: String, fact: Fact, firing: Option<Firing>) -> i64 {
        // What the service does by itself, nobody enters.
        let entered_by = self.actor.entered_by.filter(|_| actor != SYSTEM_ACTOR);
        let payload = record::payload(&fact, entered_by);
        let (complaint, at) = (&mut self.case.complaint, self.context.now);
        let sequence = complaint.last_sequence + 1;
        let hash = record::chain(
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

    /// Where the sending of which notice, and by which means, stands after this fact; the notice that the fact itself issues has
    /// no number yet.
    fn dispatch_of(&self, fact: &Fact) -> Option<(Option<i64>, ContactMeans, NoticeState)> {
        let (notice, state) = match fact {
            Fact::NoticeIssued { means, .. } => {
                return Some((None, (*means)?, NoticeState::Waiting));
            }
            Fact::NoticeRequeued { notice, means } => {
                return Some((Some(*notice), *means, NoticeState::Waiting));
            }
            Fact::NoticeSent(delivery) => (delivery.notice, NoticeState::Sent),
            Fact::NoticePosted(delivery) => (delivery.notice, NoticeState::Posted),
            Fact::NoticeTold(delivery) => (delivery.notice, NoticeState::Told),
            Fact::NoticeDelivered(delivery) => (delivery.notice, NoticeState::Delivered),
            Fact::NoticeFailed(failed) => (failed.notice, NoticeState::Failed),
            _ => return None,
        };
        // Whoever tells it in person ends the sending by the means that it waits for.
        let fate = self.case.complaint.notices.get(&notice)?;
        Some((Some(notice), fate.means?, state))
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
        self.tell_as(kind, facts, self.actor.name.to_owned(), None, None)
            .map(|_| ())
    }

    /// As [`Draft::tell`], where somebody told it at `at`, by this means, such as on the line. `None`: nobody did.
    pub(super) fn tell_in_person(
        &mut self,
        kind: NoticeKind,
        facts: &Facts,
        told: Option<(ContactMeans, Timestamp)>,
    ) -> Result<(), Refusal> {
        let actor = self.actor.name.to_owned();
        let sequence = self.tell_as(kind, facts, actor, None, told.map(|(means, _)| means))?;
        match told.filter(|_| self.awaits_telling()) {
            Some((means, at)) => self.record(Fact::NoticeTold(Delivery {
                notice: sequence,
                means,
                took_place_at: self.unless_now(at),
                reference: None,
            })),
            None => Ok(()),
        }
    }

    /// Tells the customer something because a clock asked for it.
    pub(super) fn tell_by_system(
        &mut self,
        kind: NoticeKind,
        facts: &Facts,
        firing: Option<Firing>,
    ) -> Result<(), Refusal> {
        self.tell_as(kind, facts, SYSTEM_ACTOR.to_owned(), firing, None)
            .map(|_| ())
    }

    fn tell_as(
        &mut self,
        kind: NoticeKind,
        facts: &Facts,
        actor: String,
        firing: Option<Firing>,
        told: Option<ContactMeans>,
    ) -> Result<i64, Refusal> {
        let awaited = self.awaits_telling();
        if awaited {
            self.make_room_for_notice()?;
        }
        let means = match told {
            None if awaited => self.means(),
            _ => None,
        };
        let language = self.language();
        let channel = self.case.complaint.channel;
        let texts = self.context.texts;
        let quotes = self.quotes(facts);
        let (rendered, passages) = texts.render_quoting(kind, language, facts, &quotes)?;
        let fact = Fact::NoticeIssued {
            notice: kind,
            text_version: rendered.text_version.clone(),
            language,
            channel,
            text_sha256: Sha256::digest(rendered.text.as_bytes()).to_vec(),
            awaited,
            means,
        };
        let sequence = self.push(actor, fact, firing)?;
        let at = self.context.now;
        let (text_version, text) = (rendered.text_version, rendered.text);
        let words = Personal {
            notice: passages,
            ..Personal::default()
        };
        self.personal.push((sequence, words));
        self.notices.push(Notice {
            sequence,
            kind,
            text_version,
            language,
            channel,
            at,
            text,
            addressee: None,
            fate: None,
            attempts: 0,
        });
        if awaited && told.is_none() && means.is_none() {
            self.record_unreachable(sequence)?;
        }
        Ok(sequence)
    }

    /// Which words of a notice came with an event of this decision, or with the outcome that was proposed before it.
    fn quotes(&self, facts: &Facts) -> Quotes {
        let here = |words: &Option<String>, of| {
            let words = words.as_deref()?;
            let mut recorded = self.personal.iter().rev();
            let found = recorded.find(|(_, personal)| personal.quoted(of) == Some(words));
            found.map(|(event, _)| Quotation { event: *event, of })
        };
        let before = || {
            let outcome = self.case.complaint.outcome.as_ref()?;
            let restated = facts.remedy.is_some() && facts.remedy.as_deref() == self.context.remedy;
            restated.then_some(Quotation {
                event: outcome.event,
                of: Quoted::Remedy,
            })
        };
        Quotes {
            message: here(&facts.message, Quoted::Text),
            remedy: here(&facts.remedy, Quoted::Remedy).or_else(before),
        }
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
            next_update_by: self.next_update_by(&self.case),
            higher_levels: self.higher_levels(),
            closed: complaint.state.is_terminal(),
            recourse: Some(Arc::clone(&policy.recourse)),
            ..Facts::new(head, policy.calendar().zone().clone())
        }
    }

    /// As [`Draft::facts`], of an update that the clocks have not followed yet: it tells when the one after it comes, and the
    /// date of the outcome as it stands.
    pub(super) fn facts_once_updated(&self) -> Result<Facts, Refusal> {
        let (now, policy) = (self.now(), self.context.policy);
        let mut updated = self.case.clone();
        updated.trigger(Trigger::UpdateSent, now, policy)?;
        Ok(Facts {
            expected_by: case_clocks::ahead(self.case.promise_due(policy), now),
            next_update_by: self.next_update_by(&updated),
            ..self.facts()
        })
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

    /// As [`Draft::facts`], of a notice that is about to tell this: what is timed from then on is told as if it had reached the
    /// customer already.
    pub(super) fn facts_once_told(&self, kind: NoticeKind) -> Result<Facts, Refusal> {
        let mut facts = self.facts();
        if let Some(trigger) = kind.tells().filter(|_| self.awaits_telling()) {
            let mut told = self.case.clone();
            told.trigger(trigger, self.now(), self.context.policy)?;
            facts.next_update_by = self.next_update_by(&told);
        }
        Ok(facts)
    }

    /// When the customer hears from us next, where the policy times regular updates.
    fn next_update_by(&self, case: &Case) -> Option<Timestamp> {
        let rules = self.context.policy.clocks.iter();
        let updates = rules.filter(|rule| rule.restarts_on.contains(&Trigger::UpdateSent));
        updates
            .filter_map(|rule| case_clocks::ahead(case.live_clock(&rule.name)?.due, self.now()))
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
            dispatched: self.dispatched,
            erased_up_to: self.erased_up_to,
        })
    }
}
