//! One complaint from its filing on: a builder that commits decisions as the engine does.

use std::sync::{Arc, LazyLock};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use uuid::Uuid;

use super::{
    commands::{acknowledge, answer, propose},
    invariants::Ledger,
};
use crate::{
    calendar::{Calendar, CalendarBook},
    domain::{
        Answer, Case, Clock, Command, Complaint, Context, Customer, Decision, Event, Filing,
        Identity, Invoices, IssueCategory, NewIssue, Notice, Personal, Refusal, TrackingNumber,
        decide,
        notice::{Language, NoticeKind, NoticeTexts, Quotation, sample, text_of},
        open,
    },
    policy::{Channel, CustomerType, Policy, PolicyBook, ServiceKind},
};

pub(super) const JIVE: &str = include_str!("../../../policies/ca-jive.toml");
pub(super) const CCTS: &str = include_str!("../../../policies/ca-ccts.toml");

/// Who acts where a story says nothing else: at each level somebody else, as it is for whoever looks afresh.
const STAFF: [&str; 4] = [
    "adviser",
    "support lead",
    "senior manager",
    "executive office",
];

/// A Monday; no holiday falls into the four weeks after it.
pub(super) const MONDAY: &str = "2026-06-01 10:00";

pub(super) fn texts() -> &'static NoticeTexts {
    static TEXTS: LazyLock<NoticeTexts> = LazyLock::new(sample::jive);
    &TEXTS
}

pub(super) fn calendars() -> &'static CalendarBook {
    crate::watchdog::watch();
    static CALENDARS: LazyLock<CalendarBook> = LazyLock::new(|| CalendarBook::builtin().unwrap());
    &CALENDARS
}

pub(super) fn book() -> PolicyBook {
    static BOOK: LazyLock<PolicyBook> = LazyLock::new(|| {
        let builtin = PolicyBook::builtin(calendars()).unwrap();
        let trusting = builtin
            .current()
            .map(|policy| parse_trusting("builtin.toml", &policy.text));
        let mut book = PolicyBook::default();
        assert_eq!(book.take_up(trusting.collect()), []);
        book
    });
    BOOK.clone()
}

/// What binds a complaint under `ca-jive` as it is built in: a customer counts as told once a notice was sent, posted or told.
pub(super) fn delivering() -> Arc<Policy> {
    static POLICY: LazyLock<Arc<Policy>> = LazyLock::new(|| {
        let book = PolicyBook::builtin(calendars()).unwrap();
        book.binding("ca-jive", t(MONDAY)).unwrap()
    });
    Arc::clone(&POLICY)
}

/// The text of a policy under which what is issued counts as told. Most stories are about other things than delivery; those
/// about it use the built-in policies as they are.
pub(in crate::domain) fn trusting(text: &str) -> String {
    format!("told = \"issued\"\n{text}")
}

fn parse_trusting(file: &str, text: &str) -> Policy {
    Policy::parse_kept(file, &trusting(text), calendars()).unwrap()
}

/// What binds a complaint under `ca-jive`, with this file in place of the built-in one of its name.
pub(super) fn policy_of(text: &str) -> Arc<Policy> {
    let mut book = book();
    book.insert(Policy::parse("changed.toml", &trusting(text), calendars()).unwrap());
    book.binding("ca-jive", t(MONDAY)).unwrap()
}

pub(super) fn jive() -> Arc<Policy> {
    crate::watchdog::watch();
    static JIVE_POLICY: LazyLock<Arc<Policy>> =
        LazyLock::new(|| book().binding("ca-jive", t(MONDAY)).unwrap());
    Arc::clone(&JIVE_POLICY)
}

/// The code of a regulator alone, with these dates closed in the calendar that it counts in.
pub(super) fn code_with_closed(name: &str, closed: &[&str]) -> Arc<Policy> {
    let mut calendars = calendars().clone();
    let calendar = book().binding(name, t(MONDAY)).unwrap();
    let closing = |date| format!("\n[[override]]\ndate = \"{date}\"\nwindows = []\n");
    let closings: String = closed.iter().map(closing).collect();
    let text = format!("{}{closings}", calendar.calendar().text());
    calendars.insert(Calendar::parse("changed.toml", &text).unwrap());
    let mut book = PolicyBook::builtin(&calendars).unwrap();
    let code = book.in_force(name, t(MONDAY)).unwrap();
    let code = Policy::parse_kept("changed.toml", &trusting(&code.text), &calendars).unwrap();
    book.insert(code);
    book.binding(name, t(MONDAY)).unwrap()
}

/// Other versions of the code: another target, other promises, another calendar, other steps, another pause, and
/// updates that need nobody.
pub(super) fn other_codes() -> &'static [Arc<Policy>] {
    static OTHERS: LazyLock<Vec<Arc<Policy>>> = LazyLock::new(|| {
        let changes: [&[(&str, &str)]; 5] = [
            &[(
                "\"10 working days\"\ntarget_urgent",
                "\"7 working days\"\ntarget_urgent",
            )],
            &[
                ("\"ceiling\"", "\"limit\""),
                ("\"30 calendar days\"", "\"20 calendar days\""),
            ],
            &[("calendar = \"ca-federal\"", "calendar = \"ca-qc\"")],
            &[
                (
                    "\"1 working day before due\"",
                    "\"2 working days before due\"",
                ),
                ("pausable = true\nfollows", "follows"),
            ],
            &[TELLING_UPDATES],
        ];
        let changed = changes.map(|changes| {
            let change = |text: String, (from, to): &(&str, &str)| {
                assert!(text.contains(from), "{from}");
                text.replacen(from, to, 1)
            };
            policy_of(&changes.iter().fold(JIVE.to_owned(), change))
        });
        changed.to_vec()
    });
    &OTHERS
}

/// In place of a reminder of the update, the customer is told that the review goes on.
const TELLING_UPDATES: (&str, &str) = (
    "{ at = \"1 working day before due\", action = \"remind\", to = \"handler\" }",
    "{ at = \"1 working day before due\", action = \"tell_update\", to = \"handler\" }",
);

/// The code, with regular updates that do not hang on a person.
pub(super) fn telling_updates() -> Arc<Policy> {
    let (from, to) = TELLING_UPDATES;
    assert!(JIVE.contains(from));
    policy_of(&JIVE.replacen(from, to, 1))
}

/// The same, where what is issued is not told before it was sent.
pub(super) fn telling_updates_once_sent() -> Arc<Policy> {
    let (from, to) = TELLING_UPDATES;
    let mut book = PolicyBook::builtin(calendars()).unwrap();
    let text = JIVE.replacen(from, to, 1);
    book.insert(Policy::parse("changed.toml", &text, calendars()).unwrap());
    book.binding("ca-jive", t(MONDAY)).unwrap()
}

/// Wall time in Toronto, such as `2026-06-01 10:00`.
pub(super) fn t(wall: &str) -> Timestamp {
    static TORONTO: LazyLock<TimeZone> =
        LazyLock::new(|| TimeZone::get("America/Toronto").unwrap());
    let wall: DateTime = wall.parse().unwrap();
    wall.to_zoned(TORONTO.clone()).unwrap().timestamp()
}

/// A consumer's complaint by web form about an internet bill.
pub(super) fn filing() -> Filing {
    Filing {
        brand: "jive".to_owned(),
        channel: Channel::Form,
        customer: Customer {
            full_name: "Ada Tremblay".to_owned(),
            email: Some("ada@example.org".to_owned()),
            ..Customer::default()
        },
        customer_type: CustomerType::Consumer,
        language: Language::English,
        issues: vec![issue(ServiceKind::Internet)],
        case_references: Vec::new(),
        received_at: None,
        first_contact_at: None,
        enquiry: false,
        urgent: false,
        region: None,
        labels: Default::default(),
        assignee: None,
        acknowledgement: None,
    }
}

pub(super) fn issue(service: ServiceKind) -> NewIssue {
    NewIssue {
        service,
        category: IssueCategory::Billing,
        description: "The invoice counts a router that I sent back.".to_owned(),
        desired_outcome: Some("Take it off the invoice.".to_owned()),
    }
}

#[derive(Clone)]
pub(in crate::domain) struct Story {
    pub(super) case: Case,
    pub(in crate::domain) events: Vec<Event>,
    pub(super) notices: Vec<Notice>,
    pub(super) personal: Vec<(i64, Personal)>,
    /// The cycles that have ended.
    pub(super) history: Vec<Clock>,
    pub(super) now: Timestamp,
    /// Who acts, where the story says so.
    actor: Option<&'static str>,
    pub(super) policy: Arc<Policy>,
    /// Who holds the dispatch that is reported on.
    pub(super) attempt: Option<i32>,
    pub(super) last_attempt: Option<i32>,
    /// The complaint that is named second by a command that changes two; of its brand.
    pub(super) other: Complaint,
    ledger: Ledger,
}

impl Story {
    pub(super) fn begin(wall: &str, change: impl FnOnce(&mut Filing)) -> Story {
        let mut filing = filing();
        change(&mut filing);
        Story::open(&filing, t(wall), jive()).unwrap()
    }

    pub(super) fn open(
        filing: &Filing,
        now: Timestamp,
        policy: Arc<Policy>,
    ) -> Result<Story, Refusal> {
        let identity = Identity {
            id: Uuid::from_u128(7),
            tracking_number: TrackingNumber::from_random(&"RD".parse().unwrap(), 7),
        };
        let context = Context::new(now, &policy, texts());
        let decision = open(filing, identity, STAFF[0], &context)?;
        let mut story = Story {
            case: decision.case.clone(),
            events: Vec::new(),
            notices: Vec::new(),
            personal: Vec::new(),
            history: Vec::new(),
            now,
            actor: None,
            attempt: None,
            last_attempt: None,
            policy: Arc::clone(&policy),
            other: Complaint {
                id: Uuid::from_u128(8),
                tracking_number: TrackingNumber::from_random(&"RD".parse().unwrap(), 8),
                ..decision.case.complaint.clone()
            },
            ledger: Ledger::default(),
        };
        story.commit(decision);
        Ok(story)
    }

    /// Filed, and acknowledged a quarter of an hour later.
    pub(in crate::domain) fn in_review() -> Story {
        let mut story = Story::begin(MONDAY, |_| {});
        story.at("2026-06-01 10:15").does(acknowledge());
        story
    }

    /// In review, and an outcome with a remedy told on Thursday.
    pub(super) fn proposed() -> Story {
        let mut story = Story::in_review();
        story.at("2026-06-04 10:00").does(propose());
        story
    }

    /// The outcome accepted on Friday; the remedy is still to be carried out.
    pub(super) fn resolved() -> Story {
        let mut story = Story::proposed();
        story.at("2026-06-05 10:00").does(answer(Answer::Accepted));
        story
    }

    /// Every policy that a decision was made under.
    pub(in crate::domain) fn policies(&self) -> &PolicyBook {
        self.ledger.policies()
    }

    pub(super) fn at(&mut self, wall: &str) -> &mut Story {
        self.at_instant(t(wall))
    }

    pub(super) fn at_instant(&mut self, now: Timestamp) -> &mut Story {
        assert!(now >= self.now, "a story goes forwards");
        self.now = now;
        self
    }

    /// Who acts from now on.
    pub(super) fn by(&mut self, actor: &'static str) -> &mut Story {
        self.actor = Some(actor);
        self
    }

    /// From now on, whoever is on duty at its level.
    pub(super) fn by_staff(&mut self) -> &mut Story {
        self.actor = None;
        self
    }

    /// Does it and commits; `None` when nothing happened.
    pub(super) fn attempt(&mut self, command: &Command) -> Result<Option<Decision>, Refusal> {
        let outcome = self.case.complaint.outcome.as_ref();
        let personal = outcome.and_then(|outcome| {
            let mut told = self.personal.iter();
            told.find(|(sequence, _)| *sequence == outcome.event)
        });
        let remedy = personal.and_then(|(_, personal)| personal.remedy.clone());
        let mut customers = self
            .personal
            .iter()
            .filter_map(|(_, data)| data.customer.clone());
        let customer = customers.next_back();
        let context = Context {
            remedy: remedy.as_deref(),
            customer: customer.as_ref(),
            other: command.other().map(|_| &self.other),
            attempt: self.attempt,
            last_attempt: self.last_attempt,
            ..Context::new(self.now, &self.policy, texts())
        };
        let on_duty = STAFF[self.case.complaint.level.min(STAFF.len() - 1)];
        let actor = self.actor.unwrap_or(on_duty);
        let decision = decide(self.case.clone(), command, actor, &context)?;
        if let (Command::Migrate { policy, .. }, Some(_)) = (command, &decision) {
            self.policy = Arc::clone(policy);
        }
        if let Some(decision) = decision.clone() {
            self.commit(decision);
        }
        Ok(decision)
    }

    pub(super) fn does(&mut self, command: Command) -> &mut Story {
        if let Err(refusal) = self.attempt(&command) {
            panic!("{}: {refusal}", command.kind());
        }
        self
    }

    pub(super) fn refuses(&mut self, command: Command) -> Refusal {
        let before = self.case.clone();
        let refusal = match self.attempt(&command) {
            Ok(_) => panic!("{} was not refused", command.kind()),
            Err(refusal) => refusal,
        };
        assert_eq!(self.case, before, "a refusal changes nothing");
        refusal
    }

    /// What the sweep does once its timer is due. Returns the kinds of what happened.
    pub(super) fn sweep(&mut self) -> Vec<&'static str> {
        let before = self.events.len();
        self.does(Command::Fire);
        self.events[before..]
            .iter()
            .map(|event| event.fact.kind().as_str())
            .collect()
    }

    fn commit(&mut self, decision: Decision) {
        let is_new = decision.events[0].sequence == 1;
        let before = (!is_new).then_some(&self.case);
        self.ledger.check(before, &decision, self.now, &self.policy);
        if let Some(up_to) = decision.erased_up_to {
            self.personal.retain(|(sequence, _)| *sequence > up_to);
            for notice in &mut self.notices {
                notice.text.clear();
            }
        }
        self.events.extend(decision.events);
        self.notices.extend(decision.notices);
        self.personal.extend(decision.personal);
        self.words_stand_once();
        let (live, ended) = decision
            .case
            .clocks
            .into_iter()
            .partition(|clock| clock.state.is_live());
        self.history.extend::<Vec<Clock>>(ended);
        self.case = Case {
            complaint: decision.case.complaint,
            clocks: live,
        };
    }

    /// Each notice that is not erased is on record with its words, of which it keeps none that an event has.
    fn words_stand_once(&self) {
        let of = |event: i64| {
            let mut kept = self.personal.iter();
            kept.find(|(sequence, _)| *sequence == event)
                .map(|(_, personal)| personal)
        };
        for notice in &self.notices {
            let passages = of(notice.sequence).map(|personal| personal.notice.as_slice());
            let quoted = |quotation: &Quotation| of(quotation.event)?.quoted(quotation.of);
            let read = passages.and_then(|passages| text_of(passages, quoted));
            assert_eq!(read.unwrap_or_default(), notice.text);
        }
    }

    /// The customer as on record.
    pub(super) fn customer(&self) -> Customer {
        let mut customers = self
            .personal
            .iter()
            .filter_map(|(_, data)| data.customer.clone());
        customers.next_back().unwrap()
    }

    /// As stored with the customer's data.
    pub(super) fn invoices(&self) -> Invoices {
        let mut customers = self
            .personal
            .iter()
            .filter_map(|(_, data)| data.customer.as_ref());
        customers.next().unwrap().invoices
    }

    /// The latest cycle of a clock.
    pub(super) fn clock(&self, name: &str) -> &Clock {
        self.cycles(name)
            .last()
            .unwrap_or_else(|| panic!("no {name}"))
    }

    pub(super) fn cycles(&self, name: &str) -> Vec<&Clock> {
        let all = self.history.iter().chain(&self.case.clocks);
        let mut cycles: Vec<_> = all.filter(|clock| clock.name == name).collect();
        cycles.sort_by_key(|clock| clock.cycle);
        cycles
    }

    pub(super) fn due(&self, name: &str) -> Timestamp {
        self.clock(name).due.unwrap()
    }

    pub(super) fn events_of(&self, kind: &str) -> Vec<&Event> {
        let events = self.events.iter();
        events
            .filter(|event| event.fact.kind().as_str() == kind)
            .collect()
    }

    /// The events that a clock caused, in order.
    pub(super) fn fired(&self, clock: &str) -> Vec<&Event> {
        let of_clock = |event: &&Event| event.firing.as_ref().is_some_and(|f| f.clock == clock);
        self.events.iter().filter(of_clock).collect()
    }

    pub(super) fn notices_of(&self, kind: NoticeKind) -> Vec<&Notice> {
        let notices = self.notices.iter();
        notices.filter(|notice| notice.kind == kind).collect()
    }
}
