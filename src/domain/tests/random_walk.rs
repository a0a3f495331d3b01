//! Whatever comes, in whatever order and at whatever time: the invariants of [`super::invariants`] hold, and nothing
//! panics. Deterministic; of a walk that fails, the steps that it takes to fail are told.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use jiff::SignedDuration;
use proptest::{
    arbitrary::any,
    collection::vec,
    strategy::Strategy,
    test_runner::{Config, RngSeed, TestError, TestRunner},
};

use super::{
    commands::{command, migrate},
    explaining::all_is_explained,
    story::{Story, delivering, filing, issue, jive, other_codes, t, telling_updates_once_sent},
};
use crate::{
    domain::{
        Acknowledgement, Answer, ClosureReason, Command, CommandKind, ContactMeans, Correction,
        CustomerCorrection, DeliveryReport, ErasureReason, LegalHoldReason, NewPromise,
        NoticeFailure, NoticeState, PauseReason, ReferralAnswer, ReferralStage, SYSTEM_ACTOR,
        State, notice::Language,
    },
    policy::{Channel, CustomerType, Policy, ServiceKind},
};

const COMPLAINTS: u32 = 120;
/// As many as a walk has at most: half of them on average.
const STEPS: usize = 90;
/// How long a walk that fails is made shorter, in milliseconds.
const SHORTENED_FOR: u32 = 60_000;
/// After how many steps each time everything is explained.
const EXPLAINED: usize = 20;
/// Who is assigned complaints, and sometimes acts.
const HANDLERS: [&str; 5] = ["Ana", "Bo", "Cem", "Dee", "Eli"];
/// What happens to a complaint that nobody answers: every promise comes due.
const LEFT_LYING: [CommandKind; 3] = [
    CommandKind::Migrate,
    CommandKind::RecordContact,
    CommandKind::Assign,
];

/// SplitMix64: small, seeded, and good enough to wander.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound
    }

    fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }

    pub(super) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        let count = u64::try_from(from.len()).unwrap();
        from[usize::try_from(self.below(count)).unwrap()].clone()
    }

    pub(super) fn micros(&mut self, bound: SignedDuration) -> SignedDuration {
        let bound = u64::try_from(bound.as_micros()).unwrap();
        SignedDuration::from_micros(i64::try_from(self.below(bound)).unwrap())
    }
}

/// What the dice begin with: those of the filing, and those of each step. So what is left of a walk without some of its steps is
/// the same walk as far as it goes.
#[derive(Debug, Clone)]
struct Walk {
    filing: u64,
    steps: Vec<u64>,
}

fn any_walk() -> impl Strategy<Value = Walk> {
    let dice = (any::<u64>(), vec(any::<u64>(), 1..=STEPS));
    dice.prop_map(|(filing, steps)| Walk { filing, steps })
}

#[test]
fn every_invariant_holds_along_random_walks() {
    // Under some of them a text counts as told when it is issued, under others when it has left.
    let sent = [jive(), delivering(), telling_updates_once_sent()];
    let codes = [&sent, other_codes()].concat();
    let done = walks(&codes, COMPLAINTS, 0, |_| {});
    all_was_done(&done);
}

/// Some complaints, each of which comes under one of these codes and may be moved to any of them; `holds` at the end of each walk
/// as well. Returns the kinds of command that were accepted.
pub(super) fn walks(
    codes: &[Arc<Policy>],
    complaints: u32,
    seed: u64,
    holds: impl Fn(&Story),
) -> BTreeSet<CommandKind> {
    crate::watchdog::watch_hard_work();
    let done = RefCell::new(BTreeSet::new());
    let mut runner = TestRunner::new(Config {
        cases: complaints,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_time: SHORTENED_FOR,
        ..Config::default()
    });
    let ended = runner.run(&any_walk(), |walked| {
        let (story, accepted) = walk(&walked, codes, &mut Vec::new());
        holds(&story);
        done.borrow_mut().extend(accepted);
        Ok(())
    });
    match ended {
        Ok(()) => done.into_inner(),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
        Err(TestError::Fail(reason, failed)) => {
            let mut told = Vec::new();
            let again = || drop(walk(&failed, codes, &mut told));
            let _ = catch_unwind(AssertUnwindSafe(again));
            panic!("{reason}\nunder {codes:?}, after\n{}", told.join("\n"));
        }
    }
}

pub(super) fn all_was_done(done: &BTreeSet<CommandKind>) {
    let missing: Vec<_> = CommandKind::ALL
        .into_iter()
        .filter(|kind| !done.contains(kind))
        .collect();
    assert_eq!(
        missing,
        [],
        "a walk that only meets refusals proves nothing"
    );
}

/// The complaint at the end of its walk, and the kinds of command that were accepted. `told` is what was done, as far as it went.
fn walk(
    walk: &Walk,
    codes: &[Arc<Policy>],
    told: &mut Vec<String>,
) -> (Story, BTreeSet<CommandKind>) {
    let mut dice = Dice(walk.filing);
    let mut filing = filing();
    filing.channel = dice.pick(&Channel::ALL);
    filing.language = dice.pick(&Language::ALL);
    filing.customer_type = dice.pick(&CustomerType::ALL);
    filing.urgent = dice.one_in(4);
    filing.enquiry = dice.one_in(8);
    if dice.one_in(4) {
        filing.customer.email = None;
    }
    if dice.one_in(3) {
        filing.customer.postal_address = Some("1 Main Street, Toronto".to_owned());
        filing.customer.preferred_means = Some(dice.pick(&ContactMeans::ALL));
    }
    let begin = t("2026-01-05 00:00") + dice.micros(SignedDuration::from_hours(24 * 365));
    if dice.one_in(3) {
        filing.received_at = Some(begin - dice.micros(SignedDuration::from_hours(24 * 60)));
    }
    if dice.one_in(4) {
        let received = filing.received_at.unwrap_or(begin);
        let known = dice.micros(SignedDuration::from_hours(24 * 365 * 4));
        filing.first_contact_at = Some(received - known);
    }
    told.push(format!("{begin}: {filing:?}"));
    let mut story = Story::open(&filing, begin, dice.pick(codes)).unwrap();
    let kinds: &[CommandKind] = if dice.one_in(3) {
        &LEFT_LYING
    } else {
        &CommandKind::ALL
    };
    let mut done = BTreeSet::new();
    for (&seed, step) in walk.steps.iter().zip(1..) {
        let mut dice = Dice(seed);
        pass_time(&mut story, &mut dice);
        let kind = match dice.pick(kinds) {
            // Now and then a step forward, so that walks come through every state.
            kind if kinds.contains(&CommandKind::Fire) && dice.one_in(5) => {
                forward(&story, &mut dice).unwrap_or(kind)
            }
            kind => kind,
        };
        match dice.one_in(4) {
            true => story.by(dice.pick(&HANDLERS)),
            false => story.by_staff(),
        };
        let wanted = random_command(kind, &story, &mut dice, codes);
        told.push(format!("{}: {wanted:?}", story.now));
        let before = story.case.clone();
        if let Ok(decision) = story.attempt(&wanted) {
            done.insert(wanted.kind());
            let mut events = decision.iter().flat_map(|decision| &decision.events);
            let by_a_person = events.any(|event| event.actor != SYSTEM_ACTOR);
            // So the log tells what a sweep fired from what a person's command settled.
            let settled = match wanted.kind() {
                CommandKind::Fire => true,
                // To the code that it keeps already, or of what is right.
                CommandKind::Migrate | CommandKind::Update | CommandKind::RecordDispatch => {
                    !by_a_person
                }
                _ => false,
            };
            assert_eq!(by_a_person, !settled, "{wanted:?}");
        } else {
            assert_eq!(story.case, before, "a refusal changes nothing");
        }
        // Whatever was due has been settled by any command that was not refused.
        story.does(Command::Fire);
        assert!(story.attempt(&Command::Fire).unwrap().is_none());
        if step % EXPLAINED == 0 {
            all_is_explained(&story);
        }
    }
    (story, done)
}

/// What brings a complaint on from where it stands.
fn forward(story: &Story, dice: &mut Dice) -> Option<CommandKind> {
    let complaint = &story.case.complaint;
    if complaint.pause.is_some() {
        return Some(CommandKind::Resume);
    }
    Some(match complaint.state {
        State::Enquiry => CommandKind::ConvertEnquiry,
        State::Received => CommandKind::Acknowledge,
        State::InReview => CommandKind::ProposeOutcome,
        State::Proposed => CommandKind::RecordAnswer,
        State::Resolved => CommandKind::ConfirmImplementation,
        State::Closed | State::Withdrawn if dice.one_in(4) => CommandKind::ErasePerson,
        State::Closed | State::Withdrawn => CommandKind::Reopen,
        State::Implemented => return None,
    })
}

fn pass_time(story: &mut Story, dice: &mut Dice) {
    let due = story
        .case
        .clocks
        .iter()
        .filter_map(|clock| clock.next)
        .map(|next| next.at)
        .min();
    let later = match dice.below(10) {
        0 => story.now,
        1..=3 => story.now + dice.micros(SignedDuration::from_mins(30)),
        4..=6 => story.now + dice.micros(SignedDuration::from_hours(30)),
        7 => story.now + dice.micros(SignedDuration::from_hours(24 * 12)),
        // The very instant of the next step, or just after it.
        8 => due.unwrap_or(story.now),
        _ => due.unwrap_or(story.now) + SignedDuration::from_micros(1),
    };
    story.at_instant(later.max(story.now));
}

/// Mostly what the state suggests, with details that need not make sense.
fn random_command(
    kind: CommandKind,
    story: &Story,
    dice: &mut Dice,
    codes: &[Arc<Policy>],
) -> Command {
    let ago = dice.pick(&[
        SignedDuration::from_hours(24 * 5),
        SignedDuration::from_hours(4),
        SignedDuration::from_mins(20),
    ]);
    let past = story.now - dice.micros(ago);
    let past = Some(past).filter(|_| dice.one_in(2));
    let ahead = story.now + dice.micros(SignedDuration::from_hours(24 * 15));
    let override_reason = past.map(|_| "A part is missing.".to_owned());
    let told_by = Some(dice.pick(&ContactMeans::ALL)).filter(|_| dice.one_in(4));
    match kind {
        CommandKind::Acknowledge => Command::Acknowledge(Acknowledgement {
            review: None,
            acknowledged_at: past,
            promised_at: Some(ahead).filter(|_| dice.one_in(2)),
            override_reason,
            told_by,
        }),
        CommandKind::SendUpdate => Command::SendUpdate {
            sent_at: past,
            message: "Still at it.".to_owned(),
            new_promise: Some(NewPromise {
                at: ahead,
                reason: "It takes longer.".to_owned(),
                override_reason,
            })
            .filter(|_| dice.one_in(2)),
            told_by,
        },
        CommandKind::RecordContact => Command::RecordContact {
            channel: dice.pick(&Channel::ALL),
            from_customer: !dice.one_in(3),
            summary: "A call.".to_owned(),
            contact_at: past,
            dissatisfied: dice.one_in(3),
            not_reached: dice.one_in(4),
        },
        CommandKind::Pause => Command::Pause {
            reason: dice.pick(&PauseReason::ALL),
            until: Some(ahead).filter(|_| dice.one_in(2)),
            question: None,
        },
        CommandKind::ConcludeReview => Command::ConcludeReview {
            conclusion: "This is what we found.".to_owned(),
            decided_at: past,
            root_cause: None,
        },
        CommandKind::ProposeOutcome => Command::ProposeOutcome {
            told_at: past
                .map(|at| at + dice.micros(SignedDuration::from_hours(24)))
                .filter(|_| dice.one_in(2)),
            message: "This is what we found.".to_owned(),
            remedy: dice.one_in(2).then(|| "A credit.".to_owned()),
            decided_at: past,
            root_cause: None,
            told_by,
        },
        CommandKind::Escalate => Command::Escalate {
            requested_at: past,
            channel: dice.pick(&Channel::ALL),
            statement: None,
            assignee: dice
                .one_in(2)
                .then(|| dice.pick(&["Flo", "Gus"]).to_owned()),
            level: Some(dice.pick(&[1, 2, 3, 4])).filter(|_| dice.one_in(3)),
        },
        CommandKind::RecordAnswer => Command::RecordAnswer {
            answer: dice.pick(&Answer::ALL),
            comment: None,
            answered_at: past,
        },
        CommandKind::ConfirmImplementation => Command::ConfirmImplementation {
            implemented_at: past,
        },
        CommandKind::Assign => Command::Assign {
            assignee: dice.pick(&HANDLERS).to_owned(),
        },
        CommandKind::AddIssue => Command::AddIssue(issue(dice.pick(&ServiceKind::ALL))),
        CommandKind::RecordReferralStage => Command::RecordReferralStage {
            stage: dice.pick(&ReferralStage::ALL),
            stage_at: past,
        },
        CommandKind::Refer => Command::Refer {
            body_reference: None,
            referred_at: past,
        },
        CommandKind::SubmitReferralReport => Command::SubmitReferralReport {
            submitted_at: past,
            report: "What we did.".to_owned(),
            answer: dice.pick(&ReferralAnswer::ALL),
        },
        CommandKind::RecordDocumentRequest => Command::RecordDocumentRequest {
            request: "The recording.".to_owned(),
            requested_at: past,
            due: Some(ahead).filter(|_| dice.one_in(2)).or(past),
        },
        CommandKind::SubmitDocuments => Command::SubmitDocuments {
            documents: "The recording.".to_owned(),
            submitted_at: past,
        },
        CommandKind::RecordFindings => {
            let must_act = !dice.one_in(4);
            Command::RecordFindings {
                findings: "A refund.".to_owned(),
                made_at: past,
                must_act,
                due: Some(ahead).filter(|_| must_act && dice.one_in(2)),
            }
        }
        CommandKind::ConfirmFindingsCarriedOut => Command::ConfirmFindingsCarriedOut {
            carried_out_at: past,
        },
        CommandKind::Update => Command::Update(Box::new(Correction {
            customer_type: Some(dice.pick(&CustomerType::ALL)),
            language: Some(dice.pick(&Language::ALL)),
            urgent: Some(dice.one_in(2)),
            customer: CustomerCorrection {
                full_name: Some(dice.pick(&["Ada", "Ada T."]).to_owned()),
                ..CustomerCorrection::default()
            },
            ..Correction::default()
        })),
        CommandKind::ConvertEnquiry => Command::ConvertEnquiry { converted_at: past },
        CommandKind::VerifyIdentity => Command::VerifyIdentity {
            method: "security questions".to_owned(),
            verified_at: past,
        },
        CommandKind::Resume => Command::Resume { resumed_at: past },
        CommandKind::Reopen => Command::Reopen {
            reason: "It is back.".to_owned(),
            reopened_at: past,
        },
        // The ends are rarer, so that walks are long.
        CommandKind::Close if dice.one_in(2) => {
            let reason = dice.pick(&ClosureReason::ALL);
            let answers = reason == ClosureReason::EnquiryAnswered;
            Command::Close {
                reason,
                closed_at: past,
                message: answers.then(|| "It is yours to keep.".to_owned()),
                told_by,
            }
        }
        CommandKind::Withdraw if !dice.one_in(4) => Command::Fire,
        CommandKind::ResolveAtFirstContact if !dice.one_in(2) => Command::Fire,
        CommandKind::Withdraw => Command::Withdraw {
            channel: dice.pick(&Channel::ALL),
            statement: "Never mind.".to_owned(),
            withdrawn_at: past,
        },
        CommandKind::ResolveAtFirstContact => Command::ResolveAtFirstContact {
            message: "Reset on the line.".to_owned(),
            resolved_at: past,
        },
        // Rare, so that something is erased too.
        CommandKind::PlaceLegalHold if !dice.one_in(3) => Command::Fire,
        CommandKind::PlaceLegalHold => Command::PlaceLegalHold {
            reason: dice.pick(&LegalHoldReason::ALL),
        },
        CommandKind::ReleaseLegalHold => {
            let held: Vec<_> = story.case.complaint.legal_holds.keys().copied().collect();
            let reason = match held.is_empty() {
                true => dice.pick(&LegalHoldReason::ALL),
                false => dice.pick(&held),
            };
            Command::ReleaseLegalHold { reason }
        }
        CommandKind::ErasePerson => Command::ErasePerson {
            reason: dice.pick(&ErasureReason::ALL),
        },
        CommandKind::RecordDispatch if !dice.one_in(3) => command(kind, story),
        CommandKind::RecordDispatch => {
            let followed: Vec<i64> = story.case.complaint.notices.keys().copied().collect();
            let state = dice.pick(&NoticeState::ALL);
            let failed = state == NoticeState::Failed;
            Command::RecordDispatch(DeliveryReport {
                notice: match followed.is_empty() {
                    true => 3,
                    false => dice.pick(&followed),
                },
                means: dice.pick(&ContactMeans::ALL),
                state,
                failure: failed.then(|| dice.pick(&NoticeFailure::ALL)),
                code: None,
                took_place_at: past,
                reference: None,
                attempt: None,
                sent_attempt: None,
            })
        }
        CommandKind::Migrate => migrate(story, &dice.pick(codes)),
        kind => command(kind, story),
    }
}
