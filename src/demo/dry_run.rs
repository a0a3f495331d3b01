//! Runs the script against the rules alone: every act is allowed at its time, and the clocks do what the story shows.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use uuid::Uuid;

use super::script::{Act, Beginning, END, HARBOUR_FILE, NO_SUCH_MAILBOX, Scenario};
use crate::{
    brand::{Brand, BrandBook},
    calendar::CalendarBook,
    client::word,
    domain::{
        Acknowledgement, Answer, Case, ClosureReason, Command, ContactMeans, Context, Customer,
        Decision, DeliveryReport, Event, Filing, Identity, NewIssue, NewPromise, Notice,
        NoticeFailure, NoticeFate, NoticeState, PauseReason, ReferralAnswer, SYSTEM_ACTOR,
        TrackingNumber, decide, open,
    },
    policy::{Channel, Policy, PolicyBook},
    proto::v1,
};

mod shown;

struct Rules {
    policy: Arc<Policy>,
    brand: Arc<Brand>,
    zone: TimeZone,
}

/// A complaint, with all its events.
struct Played {
    case: Case,
    ended: Vec<crate::domain::Clock>,
    /// Events caused by sweeps alone.
    fired: Vec<Event>,
    events: Vec<Event>,
    letters: Vec<Notice>,
    /// Whether mail to this customer bounces.
    bounces: bool,
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

    /// Fires every clock at its time, like a sweep, until `until`.
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

    /// A relay that accepts everything at once, and a mail system that bounces at once.
    fn deliver(&mut self, at: Timestamp, rules: &Rules) {
        let waits = |fate: &NoticeFate| fate.state == NoticeState::Waiting;
        let fates = self.case.complaint.notices.iter();
        let waiting: Vec<_> = fates
            .filter(|(_, fate)| waits(fate))
            .filter_map(|(notice, fate)| Some((*notice, fate.means?)))
            .filter(|(_, means)| *means == ContactMeans::Email)
            .collect();
        for (notice, _) in waiting {
            self.report(notice, ContactMeans::Email, NoticeState::Sent, at, rules);
            if self.bounces {
                self.report(notice, ContactMeans::Email, NoticeState::Failed, at, rules);
            }
        }
    }

    fn report(
        &mut self,
        notice: i64,
        means: ContactMeans,
        state: NoticeState,
        at: Timestamp,
        rules: &Rules,
    ) {
        let report = Command::RecordDispatch(DeliveryReport {
            notice,
            means,
            state,
            failure: (state == NoticeState::Failed).then_some(NoticeFailure::Bounced),
            code: None,
            took_place_at: None,
            reference: None,
            attempt: None,
            sent_attempt: None,
        });
        let done = decide(self.case.clone(), &report, "relay", &rules.context(at));
        self.take(done.unwrap().unwrap());
    }
}

impl Rules {
    /// The rules for a brand's complaints.
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
            bounces: script.email == NO_SUCH_MAILBOX,
        };
        played.take(filed);
        played.deliver(self.at(script.filed), self);
        for step in &script.steps {
            let now = self.at(step.at);
            played.fire(now, self);
            if step.act == Act::PostLetters {
                let mut fates = played.case.complaint.notices.iter();
                let letter = fates.find(|(_, fate)| fate.state == NoticeState::Waiting);
                let letter = *letter.unwrap().0;
                played.report(letter, ContactMeans::Letter, NoticeState::Posted, now, self);
                continue;
            }
            let command = self.command(&played.case, script, step.act);
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
                postal_address: Some(script.postal_address.to_owned()).filter(|it| !it.is_empty()),
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

    fn command(&self, case: &Case, script: &Scenario, act: Act) -> Command {
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
            Act::SendAgain(means) => Command::ResendNotice {
                notice: case.complaint.undelivered().next().unwrap().0,
                means: Some(stable(&word::<v1::ContactMeans>(means.into()))),
            },
            Act::PostLetters => panic!("not an act of the complaint's own"),
            Act::Report(report) => Command::SubmitReferralReport {
                submitted_at: None,
                report: report.to_owned(),
                answer: ReferralAnswer::Unresolved,
            },
        }
    }
}

/// The domain's value for a word of the command line, which differs only in hyphens.
fn stable<T: std::str::FromStr<Err: std::fmt::Debug>>(word: &str) -> T {
    word.replace('-', "_").parse().unwrap()
}
