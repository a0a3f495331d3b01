//! Corrections of what was entered, notes and attachments.

use super::{
    commands::{
        acknowledge, acknowledge_by, attach, close, command, confirm, pause, reopen, update,
        withdraw,
    },
    explaining::all_is_explained,
    story::{JIVE, MONDAY, Story, book, filing, policy_of, t},
};
use crate::{
    domain::{
        Changed, ClockState, ClosureReason, Command, CommandKind, Correction, CustomerCorrection,
        Fact, Field, PauseReason, Personal, Refusal, Representative, State, UrgencyReason,
        notice::{Language, NoticeKind},
    },
    policy::CustomerType,
};

fn correct(change: impl FnOnce(&mut Correction)) -> Command {
    let mut correction = Correction::default();
    change(&mut correction);
    Command::Update(Box::new(correction))
}

fn urgent(urgent: bool) -> Command {
    correct(|correction| correction.urgent = Some(urgent))
}

#[test]
fn the_next_notice_is_in_the_language_that_was_corrected() {
    let mut story = Story::in_review();
    story.does(correct(|it| it.language = Some(Language::French)));
    story.does(update());
    let told = story.notices_of(NoticeKind::Update)[0];
    assert_eq!(told.language, Language::French);
    let [event] = story.events_of("corrected")[..] else {
        panic!("one correction");
    };
    let Fact::Corrected(corrected) = &event.fact else {
        panic!("{event:?}");
    };
    let (from, to) = (Language::English, Language::French);
    assert_eq!(corrected.language, Some(Changed { from, to }));
    assert_eq!(corrected.urgent, None);
}

#[test]
fn what_differs_of_the_customer_is_in_the_log_by_name_alone_and_in_the_personal_data_by_value() {
    let mut story = Story::in_review();
    let before = story.customer();
    story.does(correct(|it| {
        it.customer = CustomerCorrection {
            email: Some(Some("ada.t@example.org".to_owned())),
            phone: Some(None),
            representative: Some(Some(Representative {
                full_name: "Ben Tremblay".to_owned(),
                authority: "a signed form".to_owned(),
            })),
            ..CustomerCorrection::default()
        };
    }));
    let [event] = story.events_of("customer_corrected")[..] else {
        panic!("one correction");
    };
    assert_eq!(
        event.payload,
        r#"{"kind":"customer_corrected","fields":["email","representative"]}"#
    );
    let (sequence, personal) = story.personal.last().unwrap();
    assert_eq!(*sequence, event.sequence);
    let after = story.customer();
    assert_eq!(
        *personal,
        Personal {
            customer: Some(after.clone()),
            ..Personal::default()
        }
    );
    let (_, filed) = &story.personal[0];
    assert_eq!(filed.customer, Some(before.clone()));
    assert_eq!(after.email.as_deref(), Some("ada.t@example.org"));
    assert_eq!(after.full_name, before.full_name);
    // The same again changes nothing.
    let same = correct(|it| it.customer.email = Some(after.email.clone()));
    assert!(story.attempt(&same).unwrap().is_none());
}

#[test]
fn what_becomes_urgent_has_the_shorter_target_from_now_on() {
    let mut story = Story::begin(MONDAY, |_| {});
    assert_eq!(story.due("resolution"), t("2026-06-15 17:00"));
    story.at("2026-06-03 10:00").does(urgent(true));
    let [usual, shorter] = story.cycles("resolution")[..] else {
        panic!("a cycle for each target");
    };
    assert_eq!(usual.state, ClockState::Cancelled);
    assert_eq!(shorter.start, t("2026-06-03 10:00"));
    assert_eq!(shorter.due, Some(t("2026-06-05 17:00")));
    all_is_explained(&story);
    // And what no longer is has the usual one, as if it had never been urgent.
    story.at("2026-06-04 10:00").does(urgent(false));
    assert_eq!(story.due("resolution"), t("2026-06-15 17:00"));
    all_is_explained(&story);
}

#[test]
fn no_time_is_gained_by_taking_a_complaint_for_urgent_for_a_while() {
    let mut story = Story::begin(MONDAY, |_| {});
    let due = story.due("resolution");
    for day in 2..=5 {
        story
            .at(&format!("2026-06-0{day} 10:00"))
            .does(urgent(true));
        story
            .at(&format!("2026-06-0{day} 11:00"))
            .does(urgent(false));
        assert_eq!(story.due("resolution"), due, "{day} June");
    }
    all_is_explained(&story);
    // What begins later counts from there.
    story.does(urgent(true)).does(withdraw());
    story.at("2026-06-08 10:00").does(reopen());
    story.at("2026-06-08 11:00").does(urgent(false));
    assert_eq!(story.due("resolution"), t("2026-06-22 17:00"));
    all_is_explained(&story);
}

#[test]
fn a_target_that_is_nearer_anyway_stands_and_so_does_what_is_overdue() {
    let mut near = Story::begin(MONDAY, |_| {});
    near.at("2026-06-15 10:00").does(urgent(true));
    assert_eq!(near.cycles("resolution").len(), 1);
    let mut late = Story::begin(MONDAY, |filing| filing.urgent = true);
    late.at("2026-06-04 10:00").does(urgent(false));
    assert_eq!(late.cycles("resolution").len(), 1);
    assert!(late.clock("resolution").breached_at.is_some());
}

#[test]
fn a_date_that_the_customer_was_promised_stands_whatever_becomes_of_the_urgency() {
    // Also where it is the one that the target gave.
    for (told, due) in [
        (acknowledge_by("2026-06-12 17:00"), "2026-06-12 17:00"),
        (acknowledge(), "2026-06-15 17:00"),
    ] {
        let mut story = Story::begin(MONDAY, |_| {});
        story.does(told);
        story.at("2026-06-02 10:00").does(urgent(true));
        assert_eq!(story.due("resolution"), t(due));
        assert_eq!(story.cycles("resolution").len(), 1);
    }
}

#[test]
fn what_becomes_urgent_while_it_is_paused_stays_paused() {
    // Where no promised date is timed.
    let code = policy_of(&JIVE.replace(
        "pausable = true\nfollows_promise = true\n",
        "pausable = true\n",
    ));
    let mut story = Story::open(&filing(), t(MONDAY), code).unwrap();
    story.does(acknowledge_by("2026-06-12 17:00"));
    story
        .at("2026-06-02 10:00")
        .does(pause(PauseReason::ThirdParty));
    story.at("2026-06-03 10:00").does(urgent(true));
    let clock = story.clock("resolution");
    assert_eq!((clock.cycle, clock.state), (2, ClockState::Paused));
    story.at("2026-06-04 10:00");
    story.does(Command::Resume { resumed_at: None });
    // All of the two days: the first, on which it was paused, does not count.
    assert_eq!(story.due("resolution"), t("2026-06-08 10:00"));
    all_is_explained(&story);
}

#[test]
fn clocks_for_urgent_complaints_alone_begin_and_fall_away_with_the_urgency() {
    let code = book().binding("au-acma", t(MONDAY)).unwrap();
    let mut story = Story::open(&filing(), t(MONDAY), code).unwrap();
    story.at("2026-06-02 10:00").does(urgent(true));
    assert_eq!(story.clock("acma_urgent").start, t("2026-06-02 10:00"));
    story.at("2026-06-02 12:00").does(urgent(false));
    assert_eq!(story.clock("acma_urgent").state, ClockState::Cancelled);
    all_is_explained(&story);
}

#[test]
fn a_reason_needs_an_urgent_complaint_and_stands_with_the_personal_data() {
    let reason = |it: &mut Correction| {
        it.customer.urgency_reasons = Some(vec![UrgencyReason::Violence]);
    };
    let mut story = Story::in_review();
    let refusal = story.refuses(correct(reason));
    assert!(matches!(refusal, Refusal::BadValue { .. }), "{refusal}");
    story.does(correct(|it| {
        it.urgent = Some(true);
        reason(it);
    }));
    let payloads = story.events.iter().map(|event| &event.payload);
    let complaint = serde_json::to_string(&story.case.complaint).unwrap();
    for kept in payloads.chain([&complaint]) {
        assert!(!kept.contains("violence"), "{kept}");
    }
    let refusal = story.refuses(urgent(false));
    assert!(matches!(refusal, Refusal::BadValue { .. }), "{refusal}");
    story.does(correct(|it| {
        it.urgent = Some(false);
        it.customer.urgency_reasons = Some(Vec::new());
    }));
}

#[test]
fn what_is_over_is_corrected_too_and_noted_on() {
    let mut story = Story::resolved();
    story.does(confirm()).does(close(ClosureReason::Accepted));
    let told = story.notices.len();
    let note = command(CommandKind::AddNote, &story);
    story
        .does(correct(|it| {
            it.customer_type = Some(CustomerType::Business);
        }))
        .does(note)
        .does(attach());
    assert_eq!(story.case.complaint.customer_type, CustomerType::Business);
    assert_eq!(story.case.complaint.state, State::Closed);
    assert_eq!(story.notices.len(), told, "no notice tells a note");
}

#[test]
fn an_attachment_is_known_by_its_digest_and_where_it_is_kept_is_personal() {
    let mut story = Story::in_review();
    for _ in 0..50 {
        story.does(attach());
    }
    let refusal = story.refuses(attach());
    assert!(
        matches!(
            refusal,
            Refusal::LimitReached {
                field: Field::Attachments,
                limit: 50
            }
        ),
        "{refusal}"
    );
    let last = story.case.complaint.attachments.last().unwrap();
    assert_eq!((last.number, last.sha256.len()), (50, 32));
    let payload = &story.events_of("attachment_added")[0].payload;
    assert!(
        payload.contains("0707") && !payload.contains("dms"),
        "{payload}"
    );
    assert_eq!(
        story.personal.last().unwrap().1.text.as_deref(),
        Some("dms:4711")
    );
}

#[test]
fn labels_and_region_come_with_the_filing_and_are_replaced() {
    let mut story = Story::begin(MONDAY, |filing| {
        filing.region = Some("CA-QC".to_owned());
        filing.labels = [("campaign".to_owned(), "spring".to_owned())].into();
    });
    story.does(acknowledge());
    story.does(correct(|it| {
        it.region = Some(None);
        it.labels = Some([("campaign".to_owned(), "summer".to_owned())].into());
    }));
    let complaint = &story.case.complaint;
    assert_eq!(complaint.region, None);
    assert_eq!(complaint.labels["campaign"], "summer");
}
