//! Whatever comes, in whatever order and at whatever time: the invariants of [`super::invariants`] hold, and nothing
//! panics. Deterministic; a failure names its seed.

use std::{
    collections::BTreeSet,
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use jiff::SignedDuration;

use super::{
    commands::{command, migrate},
    explaining::all_is_explained,
    story::{Story, filing, issue, jive, other_codes, t},
};
use crate::{
    domain::{
        Acknowledgement, Answer, ClosureReason, Command, CommandKind, Correction,
        CustomerCorrection, NewPromise, PauseReason, ReferralAnswer, ReferralStage, SYSTEM_ACTOR,
        State, notice::Language,
    },
    policy::{Channel, CustomerType, Policy, ServiceKind},
};

const COMPLAINTS: u64 = 90;
const STEPS: usize = 60;
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

#[test]
fn every_invariant_holds_along_random_walks() {
    let codes = [&[jive()], other_codes()].concat();
    let walked = walks(&codes, 0..COMPLAINTS);
    all_was_done(&walked);
}

/// A complaint at the end of its walk.
pub(super) struct Walked {
    pub(super) seed: u64,
    pub(super) story: Story,
    /// The kinds of command that were accepted.
    done: BTreeSet<CommandKind>,
}

/// A complaint for each seed, which comes under one of these codes and may be moved to any of them.
pub(super) fn walks(codes: &[Arc<Policy>], seeds: Range<u64>) -> Vec<Walked> {
    crate::watchdog::watch_hard_work();
    let walks = seeds.map(|seed| {
        let walked = catch_unwind(AssertUnwindSafe(|| walk(seed, codes)));
        // Why it failed was told already; the seed replays it.
        walked.unwrap_or_else(|_| panic!("the walk of seed {seed} under {codes:?} failed"))
    });
    walks.collect()
}

pub(super) fn all_was_done(walked: &[Walked]) {
    let done = walked.iter().flat_map(|walked| walked.done.iter().copied());
    assert_eq!(
        done.collect::<BTreeSet<_>>(),
        BTreeSet::from(CommandKind::ALL),
        "a walk that only meets refusals proves nothing"
    );
}

fn walk(seed: u64, codes: &[Arc<Policy>]) -> Walked {
    let mut dice = Dice(seed);
    let mut filing = filing();
    filing.channel = dice.pick(&Channel::ALL);
    filing.language = dice.pick(&Language::ALL);
    filing.customer_type = dice.pick(&CustomerType::ALL);
    filing.urgent = dice.one_in(4);
    filing.enquiry = dice.one_in(8);
    let begin = t("2026-01-05 00:00") + dice.micros(SignedDuration::from_hours(24 * 365));
    if dice.one_in(3) {
        filing.received_at = Some(begin - dice.micros(SignedDuration::from_hours(24 * 60)));
    }
    if dice.one_in(4) {
        let received = filing.received_at.unwrap_or(begin);
        let known = dice.micros(SignedDuration::from_hours(24 * 365 * 4));
        filing.first_contact_at = Some(received - known);
    }
    let mut story = Story::open(&filing, begin, dice.pick(codes)).unwrap();
    let (kinds, steps): (&[CommandKind], usize) = if dice.one_in(3) {
        (&LEFT_LYING, STEPS * 2 / 3)
    } else {
        (&CommandKind::ALL, STEPS)
    };
    let mut done = BTreeSet::new();
    for step in 1..=steps {
        pass_time(&mut story, &mut dice);
        let kind = match dice.pick(kinds) {
            // Now and then a step forward, so that walks come through every state.
            kind if kinds.contains(&CommandKind::Fire) && dice.one_in(5) => {
                forward(&story).unwrap_or(kind)
            }
            kind => kind,
        };
        match dice.one_in(4) {
            true => story.by(dice.pick(&HANDLERS)),
            false => story.by_staff(),
        };
        let wanted = random_command(kind, &story, &mut dice, codes);
        let before = story.case.clone();
        if let Ok(decision) = story.attempt(&wanted) {
            done.insert(wanted.kind());
            let mut events = decision.iter().flat_map(|decision| &decision.events);
            let by_a_person = events.any(|event| event.actor != SYSTEM_ACTOR);
            // So the log tells what a sweep fired from what a person's command settled.
            let settled = match wanted.kind() {
                CommandKind::Fire => true,
                // To the code that it keeps already, or of what is right.
                CommandKind::Migrate | CommandKind::Update => !by_a_person,
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
    Walked { seed, story, done }
}

/// What brings a complaint on from where it stands.
fn forward(story: &Story) -> Option<CommandKind> {
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
    match kind {
        CommandKind::Acknowledge => Command::Acknowledge(Acknowledgement {
            review: None,
            acknowledged_at: past,
            promised_at: Some(ahead).filter(|_| dice.one_in(2)),
            override_reason,
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
        CommandKind::Migrate => migrate(story, &dice.pick(codes)),
        kind => command(kind, story),
    }
}
