//! The script against the rules alone: every act is allowed when its time comes, and the clocks do what the story shows.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use uuid::Uuid;

use super::{
    cast,
    script::{Act, Beginning, END, HARBOUR, HARBOUR_FILE, JIVE, Scenario},
};
use crate::{
    api::fact_message,
    brand::{Brand, BrandBook},
    calendar::CalendarBook,
    client::{Zone, describe, word},
    domain::{
        Acknowledgement, Answer, Case, ClockState, ClosureReason, Command, Context, Customer,
        Decision, DeliveryReport, Event, Fact, Filing, Identity, NewIssue, NewPromise, Notice,
        NoticeFate, NoticeState, PauseReason, ReferralAnswer, SYSTEM_ACTOR, State, TrackingNumber,
        decide, notice::NoticeKind, open,
    },
    policy::{Channel, Policy, PolicyBook},
    proto::v1,
};

struct Rules {
    policy: Arc<Policy>,
    brand: Arc<Brand>,
    zone: TimeZone,
}

/// A complaint as it stands, with all that happened.
struct Played {
    case: Case,
    ended: Vec<crate::domain::Clock>,
    /// What sweeps alone caused.
    fired: Vec<Event>,
    events: Vec<Event>,
    letters: Vec<Notice>,
}

impl Played {
    fn take(&mut self, decision: Decision) {
        let (live, ended) = decision
            .case
            .clocks
            .into_iter()
            .partition(|clock| clock.state.is_live());
        self.case = Case {
            complaint: decision.case.complaint,
            clocks: live,
        };
        self.ended.extend(ended);
        self.events.extend(decision.events);
        self.letters.extend(decision.notices);
    }

    /// Lets every clock fire at its time, as a sweep does, until `until`.
    fn fire(&mut self, until: Timestamp, rules: &Rules) {
        loop {
            let steps = self
                .case
                .clocks
                .iter()
                .filter_map(|clock| clock.next)
                .map(|next| next.at);
            let pause = self.case.complaint.pause.as_ref().map(|pause| pause.end);
            let Some(due) = steps.chain(pause).min().filter(|due| *due < until) else {
                return;
            };
            let context = rules.context(due + SignedDuration::from_micros(1));
            let decision =
                decide(self.case.clone(), &Command::Fire, SYSTEM_ACTOR, &context).unwrap();
            let decision = decision.unwrap();
            self.fired.extend(decision.events.clone());
            self.take(decision);
            self.deliver(context.now, rules);
        }
    }

    /// A relay that takes everything at once.
    fn deliver(&mut self, at: Timestamp, rules: &Rules) {
        let waits = |fate: &NoticeFate| fate.state == NoticeState::Waiting;
        let fates = self.case.complaint.notices.iter();
        let waiting: Vec<_> = fates
            .filter(|(_, fate)| waits(fate))
            .filter_map(|(notice, fate)| Some((*notice, fate.means?)))
            .collect();
        for (notice, means) in waiting {
            let report = Command::RecordDispatch(DeliveryReport {
                notice,
                means,
                state: NoticeState::Sent,
                failure: None,
                code: None,
                took_place_at: None,
                reference: None,
                attempt: None,
            });
            let sent = decide(self.case.clone(), &report, "relay", &rules.context(at));
            self.take(sent.unwrap().unwrap());
        }
    }
}

impl Rules {
    /// Under which a brand's complaints are decided.
    fn of(brand: &str) -> Self {
        crate::watchdog::watch();
        let calendars = CalendarBook::builtin().unwrap();
        let zone = calendars.get("ca-federal").unwrap().zone().clone();
        let book = PolicyBook::builtin(&calendars).unwrap();
        let today = "2026-06-01T12:00:00Z".parse().unwrap();
        let mut brands = BrandBook::builtin().unwrap();
        brands.insert(Brand::parse("harbour.toml", HARBOUR_FILE).unwrap());
        let brand = Arc::clone(brands.get(brand).unwrap());
        let policy = book.binding(&brand.policy, today).unwrap();
        Rules {
            policy,
            brand,
            zone,
        }
    }

    fn at(&self, wall: DateTime) -> Timestamp {
        self.zone.to_timestamp(wall).unwrap()
    }

    fn context(&self, now: Timestamp) -> Context<'_> {
        Context::new(now, &self.policy, &self.brand.texts)
    }

    fn play(&self, script: &Scenario) -> Played {
        let identity = Identity {
            id: Uuid::nil(),
            tracking_number: TrackingNumber::from_random(&self.brand.tracking_prefix, 7),
        };
        let filed = open(
            &self.filing(script),
            identity,
            script.handler,
            &self.context(self.at(script.filed)),
        )
        .unwrap_or_else(|refusal| panic!("{}: {refusal}", script.name));
        let mut played = Played {
            case: filed.case.clone(),
            ended: Vec::new(),
            fired: Vec::new(),
            events: Vec::new(),
            letters: Vec::new(),
        };
        played.take(filed);
        played.deliver(self.at(script.filed), self);
        for step in &script.steps {
            let now = self.at(step.at);
            played.fire(now, self);
            let command = self.command(script, step.act);
            let decision = decide(played.case.clone(), &command, step.by, &self.context(now));
            let decision = decision
                .unwrap_or_else(|refusal| panic!("{} {:?}: {refusal}", script.name, step.act));
            played.take(decision.unwrap());
            played.deliver(now, self);
        }
        played.fire(self.at(END), self);
        played
    }

    fn filing(&self, script: &Scenario) -> Filing {
        let acknowledged = matches!(
            script.beginning,
            Beginning::Acknowledged | Beginning::Urgent
        );
        Filing {
            brand: self.brand.name().to_owned(),
            channel: stable(&word::<v1::Channel>(script.channel.into())),
            customer: Customer {
                full_name: script.name.to_owned(),
                email: Some("customer@example.org".to_owned()),
                ..Customer::default()
            },
            customer_type: stable(&word::<v1::CustomerType>(script.customer_type.into())),
            language: word::<v1::Language>(script.language.into())
                .parse()
                .unwrap(),
            issues: vec![NewIssue {
                service: stable(&word::<v1::ServiceKind>(script.service.into())),
                category: stable(&word::<v1::IssueCategory>(script.category.into())),
                description: script.description.to_owned(),
                desired_outcome: Some(script.wanted.to_owned()),
            }],
            case_references: Vec::new(),
            received_at: match script.beginning {
                Beginning::Arrived(at) => Some(self.at(at)),
                _ => None,
            },
            first_contact_at: None,
            enquiry: script.beginning == Beginning::Enquiry,
            urgent: script.beginning == Beginning::Urgent,
            region: None,
            labels: Default::default(),
            assignee: Some(script.handler.to_owned()),
            acknowledgement: acknowledged.then(Acknowledgement::default),
        }
    }

    fn command(&self, script: &Scenario, act: Act) -> Command {
        let channel = stable(&word::<v1::Channel>(script.channel.into()));
        let answer = |answer, comment: &str| Command::RecordAnswer {
            answer,
            comment: Some(comment.to_owned()),
            answered_at: None,
        };
        match act {
            Act::Convert => Command::ConvertEnquiry { converted_at: None },
            Act::Acknowledge(promised) => Command::Acknowledge(Acknowledgement {
                review: None,
                acknowledged_at: None,
                promised_at: promised.map(|at| self.at(at)),
                override_reason: None,
                told_by: None,
            }),
            Act::VerifyIdentity(method) => Command::VerifyIdentity {
                verified_at: None,
                method: method.to_owned(),
            },
            Act::Update(message) => Command::SendUpdate {
                sent_at: None,
                message: message.to_owned(),
                new_promise: None,
                told_by: None,
            },
            Act::ChangePromise {
                message,
                reason,
                to,
            } => Command::SendUpdate {
                sent_at: None,
                message: message.to_owned(),
                new_promise: Some(NewPromise {
                    at: self.at(to),
                    reason: reason.to_owned(),
                    override_reason: None,
                }),
                told_by: None,
            },
            Act::CustomerWrites {
                summary,
                dissatisfied,
            } => Command::RecordContact {
                channel,
                from_customer: true,
                summary: summary.to_owned(),
                contact_at: None,
                dissatisfied,
                not_reached: false,
            },
            Act::Call(summary) => Command::RecordContact {
                channel: Channel::Phone,
                from_customer: false,
                summary: summary.to_owned(),
                contact_at: None,
                dissatisfied: false,
                not_reached: false,
            },
            Act::Ask(question) => Command::Pause {
                reason: PauseReason::WaitingForCustomer,
                until: None,
                question: Some(question.to_owned()),
            },
            Act::Propose { message, remedy } => Command::ProposeOutcome {
                told_at: None,
                message: message.to_owned(),
                remedy: Some(remedy.to_owned()).filter(|remedy| !remedy.is_empty()),
                decided_at: None,
                root_cause: None,
                told_by: None,
            },
            Act::Accept => answer(Answer::Accepted, ""),
            Act::Refuse(comment) => answer(Answer::Refused, comment),
            Act::Implement => Command::ConfirmImplementation {
                implemented_at: None,
            },
            Act::ResolveAtFirstContact(message) => Command::ResolveAtFirstContact {
                resolved_at: None,
                message: message.to_owned(),
            },
            Act::Escalate {
                statement,
                assignee,
            } => Command::Escalate {
                requested_at: None,
                channel,
                statement: Some(statement.to_owned()),
                assignee: Some(assignee.to_owned()),
                level: None,
            },
            Act::Withdraw(statement) => Command::Withdraw {
                withdrawn_at: None,
                channel,
                statement: statement.to_owned(),
            },
            Act::AnswerEnquiry(answer) => Command::Close {
                closed_at: None,
                reason: ClosureReason::EnquiryAnswered,
                message: Some(answer.to_owned()),
                told_by: None,
            },
            Act::Close(reason) => Command::Close {
                closed_at: None,
                reason: stable(&word::<v1::ClosureReason>(reason.into())),
                message: None,
                told_by: None,
            },
            Act::Refer(reference) => Command::Refer {
                body_reference: Some(reference.to_owned()),
                referred_at: None,
            },
            Act::Stage(stage) => Command::RecordReferralStage {
                stage: stable(&word::<v1::ReferralStage>(stage.into())),
                stage_at: None,
            },
            Act::Report(report) => Command::SubmitReferralReport {
                submitted_at: None,
                report: report.to_owned(),
                answer: ReferralAnswer::Unresolved,
            },
        }
    }
}

/// The domain's value of a word of the command line, which differs in its hyphens alone.
fn stable<T: std::str::FromStr<Err: std::fmt::Debug>>(word: &str) -> T {
    word.replace('-', "_").parse().unwrap()
}

fn played() -> Vec<(&'static str, Played)> {
    let rules = [JIVE, HARBOUR].map(|brand| (brand, Rules::of(brand)));
    let of = |script: &Scenario| {
        &rules
            .iter()
            .find(|(brand, _)| *brand == script.brand)
            .unwrap()
            .1
    };
    cast::scenarios()
        .iter()
        .map(|script| (script.name, of(script).play(script)))
        .collect()
}

fn of<'p>(played: &'p [(&str, Played)], name: &str) -> &'p Played {
    &played.iter().find(|(who, _)| *who == name).unwrap().1
}

#[test]
fn every_act_is_allowed_when_its_time_comes_and_the_clocks_do_the_rest() {
    let played = played();
    let by_itself = |shows: fn(&Fact) -> bool| {
        let fired = played.iter().flat_map(|(_, played)| &played.fired);
        fired.filter(|event| shows(&event.fact)).count()
    };
    let reminders = by_itself(
        |fact| matches!(fact, Fact::Reminder { clock, overdue: false, .. } if clock == "acknowledgement"),
    );
    let updates = by_itself(
        |fact| matches!(fact, Fact::Reminder { clock, overdue: false, .. } if clock == "customer_update"),
    );
    assert!(reminders >= 2 && updates >= 4, "{reminders} {updates}");
    assert!(by_itself(|fact| matches!(fact, Fact::Breached { .. })) >= 4);
    assert!(by_itself(|fact| matches!(fact, Fact::EscalationEligible { .. })) >= 4);
    let recourse = by_itself(|fact| {
        matches!(
            fact,
            Fact::NoticeIssued {
                notice: NoticeKind::Recourse,
                ..
            }
        )
    });
    // At each level of each escalation, and once more where somebody was dissatisfied before it.
    assert_eq!(recourse, 5);
}

#[test]
fn each_complaint_ends_where_its_story_says() {
    let played = played();
    for (name, state, level) in [
        ("Morgan Sample", State::Closed, 0),
        ("Jordan Placeholder", State::Closed, 2),
        ("Taylor Testcase", State::Withdrawn, 0),
        ("Casey Illustration", State::Closed, 0),
        ("Camille Exemple", State::Closed, 0),
        ("Jean Échantillon", State::Closed, 0),
        ("Sylvie Modèle", State::InReview, 0),
        ("Lucía Ejemplo", State::Closed, 1),
        ("Mateo Ficticio", State::Closed, 0),
        ("Carmen Muestra", State::InReview, 1),
        ("Erika Musterfrau", State::Closed, 0),
        ("Max Mustermann", State::Closed, 0),
        ("Petra Beispiel, Café Beispiel", State::InReview, 0),
        ("Robin Placeholder", State::Closed, 0),
    ] {
        let complaint = &of(&played, name).case.complaint;
        assert_eq!((complaint.state, complaint.level), (state, level), "{name}");
    }
}

#[test]
fn the_promises_that_are_missed_are_those_that_the_story_tells_of() {
    let missed: Vec<_> = played()
        .into_iter()
        .flat_map(|(name, played)| {
            let clocks = played.ended.into_iter().chain(played.case.clocks);
            let late = clocks
                .filter(|clock| clock.state == ClockState::Missed || clock.breached_at.is_some());
            late.map(move |clock| (name, clock.name))
                .collect::<Vec<_>>()
        })
        .collect();
    let missed: Vec<_> = missed
        .iter()
        .map(|(name, clock)| (*name, clock.as_str()))
        .collect();
    assert_eq!(
        missed,
        [
            ("Jordan Placeholder", "resolution"),
            ("Jean Échantillon", "acknowledgement"),
            ("Lucía Ejemplo", "customer_update"),
            ("Carmen Muestra", "customer_update"),
            ("Erika Musterfrau", "acknowledgement"),
        ]
    );
}

/// What customers of one brand do not read, nor its staff: the names and numbers of the other, and of its country.
const FOREIGN: [(&str, &[&str]); 2] = [
    (
        HARBOUR,
        &[
            "jive", "goto", "boston", "canad", "ccts", "cprst", "crtc", "toronto", "ottawa", "rd-",
            "866-",
        ],
    ),
    (
        JIVE,
        &[
            "harbour",
            "hm-",
            "ofcom",
            "bristol",
            "britain",
            "british",
            "kingdom",
            "commsombudsman",
            "7946",
        ],
    ),
];

#[test]
fn nothing_of_another_brand_or_country_stands_in_what_the_story_shows_of_one() {
    for (brand, foreign) in FOREIGN {
        let rules = Rules::of(brand);
        let zone = Zone::from(rules.zone.clone());
        let mut shown = 0;
        for script in cast::scenarios().iter().filter(|it| it.brand == brand) {
            let played = rules.play(script);
            let complaint = &played.case.complaint;
            let number = complaint.tracking_number.as_str();
            let title = rules
                .policy
                .level_title(complaint.level, complaint.language.code());
            let clocks = played.case.clocks.iter().chain(&played.ended);
            let named = clocks.map(|clock| clock.name.clone());
            let told = played.events.iter().map(|event| {
                let fact = fact_message(Uuid::nil(), (event.sequence, event.at), &event.fact);
                let event = v1::Event {
                    actor: event.actor.clone(),
                    fact: Some(fact),
                    ..v1::Event::default()
                };
                describe(&event, |at| zone.long_or_dash(at)).words
            });
            let letters = played.letters.iter().map(|letter| letter.text.clone());
            let row = [number, brand, script.name, script.description, title].map(str::to_owned);
            for line in told.chain(letters).chain(named).chain(row) {
                let read = line.to_lowercase();
                let found = foreign.iter().find(|word| read.contains(**word));
                assert_eq!(found, None, "of {brand}, {}:\n{line}", script.name);
                shown += 1;
            }
        }
        assert!(shown > 20, "{brand}: {shown}");
    }
}
