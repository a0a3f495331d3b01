//! Every state × every command, in full.

use super::{
    commands::{
        acknowledge, answer, assign, close, command, confirm, delivery, escalate,
        escalate_to_level, findings, hold, pause, propose, refer, reopen, update, withdraw,
    },
    story::{Story, delivering, filing, t},
};
use crate::{
    domain::{
        Answer, ClosureReason, Command, CommandKind as K, ContactMeans, Filing, LegalHoldReason,
        NoticeState, PauseReason, Refusal, State, notice::NoticeKind, state_allows,
    },
    policy::Channel,
};

const COLUMNS: [State; 8] = [
    State::Enquiry,
    State::Received,
    State::InReview,
    State::Proposed,
    State::Resolved,
    State::Implemented,
    State::Closed,
    State::Withdrawn,
];

/// To which state a command leads where nothing else than the state can be in its way; `-`: refused. One column for each
/// state of [`COLUMNS`], by its letter: Enquiry, Received, In review, Proposed, reSolved, iMplemented, Closed, Withdrawn.
#[rustfmt::skip]
const TABLE: [(K, &str); 39] = [
    //                          E R I P S M C W
    (K::ConvertEnquiry,        "R - - - - - - -"),
    // In review and resolved: of an escalation. An outcome that was told is the answer to one.
    (K::Acknowledge,           "- I I - S - - -"),
    (K::VerifyIdentity,        "E R I P S M C W"),
    (K::RecordContact,         "E R I P S M C W"),
    (K::SendUpdate,            "- R I P S - - -"),
    (K::Pause,                 "- - I P S - - -"),
    (K::Resume,                "- - I P S - - -"),
    (K::Assign,                "E R I P S M - -"),
    (K::Unassign,              "E R I P S M - -"),
    (K::AddIssue,              "E R I - - - - -"),
    (K::AddCaseReference,      "E R I P S M C W"),
    (K::AddAttachment,         "E R I P S M C W"),
    (K::AddNote,               "E R I P S M C W"),
    (K::Link,                  "E R I P S M C W"),
    (K::Unlink,                "E R I P S M C W"),
    (K::Update,                "E R I P S M C W"),
    (K::ConcludeReview,        "- - I - - - - -"),
    (K::ProposeOutcome,        "- - P P - - - -"),
    // Accepted, with a remedy.
    (K::RecordAnswer,          "- - - S - - - -"),
    (K::ConfirmImplementation, "- - - - M - - -"),
    (K::ResolveAtFirstContact, "- C C - - - - -"),
    // Who escalates a proposed outcome does not accept it. What is settled or over is taken up again.
    (K::Escalate,              "- R I I S I I I"),
    (K::Refer,                 "- R I P S M C W"),
    (K::RecordReferralStage,   "- R I P S M C W"),
    (K::SubmitReferralReport,  "- R I P S M C W"),
    (K::RecordDocumentRequest, "- R I P S M C W"),
    (K::SubmitDocuments,       "- R I P S M C W"),
    (K::RecordFindings,        "- R I P S M C W"),
    (K::ConfirmFindingsCarriedOut, "- R I P S M C W"),
    (K::Withdraw,              "W W W W W W - -"),
    (K::Close,                 "C - C C - C - -"),
    (K::Reopen,                "- - - - - - I I"),
    (K::PlaceLegalHold,        "E R I P S M C W"),
    (K::ReleaseLegalHold,      "E R I P S M C W"),
    (K::ErasePerson,           "- - - - - - C W"),
    // Of an enquiry, before anything was issued, there is nothing to report.
    (K::RecordDispatch,        "- R I P S M C W"),
    (K::ResendNotice,          "- R I P S M C W"),
    (K::Migrate,               "E R I P S M C W"),
    (K::Fire,                  "E R I P S M C W"),
];

fn state_of(letter: &str) -> Option<State> {
    Some(match letter {
        "E" => State::Enquiry,
        "R" => State::Received,
        "I" => State::InReview,
        "P" => State::Proposed,
        "S" => State::Resolved,
        "M" => State::Implemented,
        "C" => State::Closed,
        "W" => State::Withdrawn,
        "-" => return None,
        other => panic!("{other} is no state"),
    })
}

/// A complaint by telephone, brought into a state by commands.
fn brought_to(state: State) -> Story {
    let mut story = Story::begin(super::story::MONDAY, |filing| {
        filing.channel = Channel::Phone;
        filing.enquiry = state == State::Enquiry;
    });
    story.at("2026-06-01 10:05");
    bring_to(state, &mut story);
    story
}

/// Likewise, where a customer counts as told once a notice has left: one was issued while it was received.
fn brought_to_with_notice(state: State) -> Story {
    let filing = Filing {
        channel: Channel::Phone,
        enquiry: state == State::Enquiry,
        ..filing()
    };
    let mut story = Story::open(&filing, t(super::story::MONDAY), delivering()).unwrap();
    story.at("2026-06-01 10:05");
    if state != State::Enquiry {
        story.does(update());
    }
    bring_to(state, &mut story);
    story
}

fn bring_to(state: State, story: &mut Story) {
    let path = match state {
        State::Enquiry | State::Received => vec![],
        State::InReview => vec![acknowledge()],
        State::Proposed => vec![acknowledge(), propose()],
        State::Resolved => vec![acknowledge(), propose(), answer(Answer::Accepted)],
        State::Implemented => vec![
            acknowledge(),
            propose(),
            answer(Answer::Accepted),
            confirm(),
        ],
        State::Closed => vec![
            acknowledge(),
            propose(),
            answer(Answer::Accepted),
            confirm(),
            close(ClosureReason::Accepted),
        ],
        State::Withdrawn => vec![acknowledge(), withdraw()],
    };
    for command in path {
        story.does(command);
    }
    assert_eq!(story.case.complaint.state, state);
}

/// Brings about what a command needs beside the state, where the state lets it.
fn prepare(story: &mut Story, kind: K) {
    let state = story.case.complaint.state;
    match (kind, state) {
        (K::Acknowledge, State::InReview | State::Resolved) => story.does(escalate()),
        (K::Unassign, state) if !state.is_terminal() => story.does(assign("Ana")),
        (K::ReleaseLegalHold, _) => story.does(hold(LegalHoldReason::Litigation)),
        (K::Unlink, _) => story.does(command(K::Link, story)),
        (K::ResendNotice, state) if state != State::Enquiry => {
            let (notice, _) = story.case.complaint.notices.first_key_value().unwrap();
            let failed = delivery(*notice, NoticeState::Failed, ContactMeans::Email);
            story.does(failed)
        }
        (K::Resume, State::InReview | State::Proposed | State::Resolved) => {
            story.does(pause(PauseReason::Appointment))
        }
        (
            K::RecordReferralStage
            | K::SubmitReferralReport
            | K::RecordDocumentRequest
            | K::SubmitDocuments
            | K::RecordFindings,
            state,
        ) if state != State::Enquiry => story.does(refer()),
        (K::ConfirmFindingsCarriedOut, state) if state != State::Enquiry => {
            story.does(refer()).does(findings(true, None))
        }
        (K::Close, State::InReview) => story.does(propose()).does(answer(Answer::Refused)),
        // Two weeks of silence.
        (K::Close, State::Proposed) => story.at("2026-06-16 10:00"),
        _ => story,
    };
}

#[test]
fn every_command_in_every_state_leads_where_the_table_says_or_is_refused() {
    let commands: Vec<K> = TABLE.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(commands, K::ALL, "every command has its row");
    assert_eq!(COLUMNS, State::ALL, "every state has its column");
    for (kind, row) in TABLE {
        let cells: Vec<_> = row.split(' ').map(state_of).collect();
        assert_eq!(cells.len(), COLUMNS.len());
        for (state, next) in COLUMNS.into_iter().zip(cells) {
            let mut story = match kind {
                K::RecordDispatch | K::ResendNotice => brought_to_with_notice(state),
                _ => brought_to(state),
            };
            prepare(&mut story, kind);
            assert_eq!(story.case.complaint.state, state);
            let wanted = command(kind, &story);
            match next {
                Some(next) => {
                    story.does(wanted);
                    let reached = story.case.complaint.state;
                    assert_eq!(reached, next, "{kind} in {state}");
                    assert!(state_allows(state, kind), "{kind} in {state}");
                }
                None => assert_refused(story, kind),
            }
        }
    }
}

/// The refusal names the state, and each command that it calls possible is.
fn assert_refused(mut story: Story, kind: K) {
    let state = story.case.complaint.state;
    let refusal = story.refuses(command(kind, &story));
    let words = refusal.to_string();
    assert!(
        words.contains(kind.as_str()) && words.contains(state.as_str()),
        "{words}"
    );
    let Refusal::NotPossibleNow {
        state: named,
        command: refused,
        possible,
        ..
    } = refusal
    else {
        panic!("{kind} in {state}: {words}");
    };
    assert_eq!((named, refused), (state, kind));
    assert!(!possible.contains(&kind), "{kind} in {state}");
    for kind in K::ALL {
        let mut story = story.clone();
        let answer = story.attempt(&command(kind, &story));
        let is_possible = match answer {
            Ok(_) => !matches!(kind, K::Migrate | K::Fire),
            // Possible, and only too early.
            Err(Refusal::StillWaitingForAnswer { .. }) => true,
            Err(_) => false,
        };
        assert_eq!(possible.contains(&kind), is_possible, "{kind} in {state}");
    }
}

#[test]
fn what_is_in_the_way_of_a_command_is_said() {
    type Path = fn(&mut Story);
    let paths: [(Path, K, &str); 5] = [
        (
            |story| {
                story.does(pause(PauseReason::Appointment));
            },
            K::Pause,
            "it is paused already",
        ),
        (
            |story| {
                story.does(escalate_to_level(3));
            },
            K::Resume,
            "it is not paused",
        ),
        (
            |story| {
                story.does(escalate());
            },
            K::ResolveAtFirstContact,
            "it was escalated",
        ),
        (
            |story| {
                story.does(propose()).does(answer(Answer::Refused));
            },
            K::ResolveAtFirstContact,
            "an outcome was proposed already",
        ),
        (
            |_| (),
            K::RecordFindings,
            "it never went to the independent body",
        ),
    ];
    for (path, kind, expected) in paths {
        let mut story = brought_to(State::InReview);
        path(&mut story);
        let refusal = story.refuses(command(kind, &story));
        let Refusal::NotPossibleNow { why, .. } = refusal else {
            panic!("{kind}: {refusal}");
        };
        assert_eq!(why, expected, "{kind}");
    }
}

#[test]
fn what_has_to_come_first_is_said() {
    for (state, kind, expected) in [
        (
            State::Enquiry,
            K::Acknowledge,
            "convert it into a complaint first",
        ),
        (State::Enquiry, K::Reopen, "it is still open"),
        (State::Received, K::Pause, "acknowledge it first"),
        (
            State::Received,
            K::ConvertEnquiry,
            "it is a complaint already",
        ),
        (State::InReview, K::RecordAnswer, "propose one first"),
        (
            State::Proposed,
            K::ConcludeReview,
            "record the answer first",
        ),
        (
            State::Resolved,
            K::Close,
            "confirm that it was carried out, or escalate",
        ),
        (State::Implemented, K::SendUpdate, "close it, or escalate"),
        (State::Closed, K::Assign, "reopen it first"),
        (
            State::Withdrawn,
            K::ConvertEnquiry,
            "it is a complaint already",
        ),
    ] {
        let mut story = brought_to(state);
        let refusal = story.refuses(command(kind, &story));
        let words = refusal.to_string();
        assert!(words.contains(expected), "{words}");
    }
    let mut enquiry = brought_to(State::Enquiry);
    enquiry.does(withdraw());
    let convert = Command::ConvertEnquiry { converted_at: None };
    let words = enquiry.refuses(convert).to_string();
    assert!(words.ends_with("it is over; reopen it first"), "{words}");
}

#[test]
fn a_complaint_is_put_right_at_first_contact_only_where_the_customer_is_present() {
    for channel in Channel::ALL {
        let mut story = Story::begin(super::story::MONDAY, |filing| filing.channel = channel);
        let resolve = command(K::ResolveAtFirstContact, &story);
        let present = matches!(channel, Channel::Phone | Channel::Chat);
        assert_eq!(story.attempt(&resolve).is_ok(), present, "{channel}");
        let told = story.notices_of(NoticeKind::ResolvedAtFirstContact);
        let told = told
            .iter()
            .filter(|notice| notice.text.contains("The line was reset"));
        assert_eq!(told.count(), usize::from(present), "{channel}");
    }
}

#[test]
fn a_refused_outcome_goes_back_into_review_and_one_without_remedy_is_implemented_when_accepted() {
    let mut story = Story::proposed();
    story.does(answer(Answer::Refused));
    assert_eq!(story.case.complaint.state, State::InReview);
    let mut without_remedy = propose();
    if let Command::ProposeOutcome { remedy, .. } = &mut without_remedy {
        *remedy = None;
    }
    story.does(without_remedy).does(answer(Answer::Accepted));
    assert_eq!(story.case.complaint.state, State::Implemented);
    assert!(story.cycles("implementation").is_empty());
}

#[test]
fn what_is_reopened_stands_where_it_would_stand() {
    let mut enquiry = brought_to(State::Enquiry);
    enquiry.does(close(ClosureReason::EnquiryAnswered));
    enquiry.does(command(K::Reopen, &enquiry));
    assert_eq!(enquiry.case.complaint.state, State::Enquiry);

    let mut enquiry = brought_to(State::Enquiry);
    enquiry.does(withdraw());
    assert!(
        enquiry.notices.is_empty(),
        "an enquiry is taken back without ceremony"
    );
    enquiry.does(command(K::Reopen, &enquiry));
    assert_eq!(enquiry.case.complaint.state, State::Enquiry);

    let mut converted = brought_to(State::Enquiry);
    converted.does(withdraw()).does(reopen());
    converted.does(Command::ConvertEnquiry { converted_at: None });
    converted.does(withdraw()).does(reopen());
    assert_eq!(converted.case.complaint.state, State::Received);

    let mut unacknowledged = brought_to(State::Received);
    unacknowledged.does(withdraw()).at("2026-06-02 09:00");
    unacknowledged.does(command(K::Reopen, &unacknowledged));
    assert_eq!(unacknowledged.case.complaint.state, State::Received);
    let promise = unacknowledged.clock("acknowledgement");
    assert_eq!(
        (promise.cycle, promise.due),
        (2, Some(t("2026-06-02 09:15")))
    );
}

#[test]
fn a_closure_reason_that_does_not_fit_is_refused_and_closing_stays_possible_for_another() {
    let mut story = brought_to(State::Implemented);
    for reason in ClosureReason::ALL {
        if reason == ClosureReason::Accepted {
            continue;
        }
        let refusal = story.refuses(close(reason));
        let Refusal::NotPossibleNow { possible, .. } = refusal else {
            panic!("{reason}: {refusal}");
        };
        assert!(possible.contains(&K::Close));
    }
}
