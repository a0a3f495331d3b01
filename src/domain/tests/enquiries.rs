//! Enquiries, and contacts that keep the customer informed.

use super::{
    commands::{acknowledge, call_at, close, contact_at, pause, refer, reopen, update, withdraw},
    story::{JIVE, MONDAY, Story, filing, jive, policy_of, t},
};
use crate::{
    domain::{
        ClockState, ClosureReason, Command, Field, PauseReason, Refusal, State, notice::NoticeKind,
    },
    policy::Channel,
};

fn enquiry() -> Story {
    Story::begin(MONDAY, |filing| filing.enquiry = true)
}

#[test]
fn an_enquiry_promises_an_answer_and_nothing_else_until_it_becomes_a_complaint() {
    let mut story = enquiry();
    let names: Vec<_> = story.case.clocks.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["enquiry_answer"]);
    assert_eq!(story.due("enquiry_answer"), t("2026-06-03 17:00"));
    story
        .at("2026-06-03 10:00")
        .does(Command::ConvertEnquiry { converted_at: None });
    let answer = story.clock("enquiry_answer");
    assert_eq!(
        (answer.state, answer.stop),
        (ClockState::Met, Some(t("2026-06-03 10:00")))
    );
    assert_eq!(story.due("acknowledgement"), t("2026-06-04 17:00"));
}

#[test]
fn an_enquiry_by_letter_counts_as_a_letter_does_and_is_a_breach_when_it_is_entered_too_late() {
    // Arrived on Saturday: counts from Monday in Boston.
    let mut story = Story::begin("2026-06-04 12:00", |filing| {
        filing.enquiry = true;
        filing.channel = Channel::Mail;
        filing.received_at = Some(t("2026-05-30 11:00"));
    });
    let answer = story.clock("enquiry_answer");
    assert_eq!(answer.due, Some(t("2026-06-03 17:00")));
    assert!(answer.breached_at.is_some());
    assert_eq!(story.events_of("entered_late").len(), 1);
    story.does(close(ClosureReason::EnquiryAnswered));
    assert_eq!(story.clock("enquiry_answer").state, ClockState::Missed);
}

/// The clock of such a contact began to count after the arrival, and yet the contact answers it.
#[test]
fn a_call_on_the_day_off_on_which_a_letter_arrived_answers_it() {
    let contact_counts = JIVE.replace(
        r#"stops_on = ["enquiry_answered","#,
        r#"stops_on = ["enquiry_answered", "customer_contacted","#,
    );
    let mut letter = filing();
    letter.enquiry = true;
    letter.channel = Channel::Mail;
    letter.received_at = Some(t("2026-05-30 11:00"));
    let mut story = Story::open(&letter, t(MONDAY), policy_of(&contact_counts)).unwrap();
    story.does(call_at(Some("2026-05-30 15:00")));
    let answer = story.clock("enquiry_answer");
    assert_eq!(answer.state, ClockState::Met);
    assert!(answer.stop < Some(answer.start));
}

#[test]
fn an_enquiry_goes_to_the_independent_body_only_once_it_is_a_complaint() {
    let mut answered = enquiry();
    answered.does(close(ClosureReason::EnquiryAnswered));
    let mut withdrawn = enquiry();
    withdrawn.does(withdraw());
    for mut story in [enquiry(), answered, withdrawn] {
        let refused = story.refuses(refer());
        assert!(matches!(refused, Refusal::NotPossibleNow { .. }));
        if story.case.complaint.state.is_terminal() {
            story.does(reopen());
        }
        story
            .does(Command::ConvertEnquiry { converted_at: None })
            .does(refer());
    }
}

#[test]
fn the_answer_to_an_enquiry_is_told_and_a_withdrawn_enquiry_owes_none() {
    let mut answered = enquiry();
    answered.does(close(ClosureReason::EnquiryAnswered));
    assert_eq!(answered.clock("enquiry_answer").state, ClockState::Met);
    let [notice] = answered.notices_of(NoticeKind::EnquiryAnswered)[..] else {
        panic!("told once");
    };
    assert!(notice.text.contains("The router is yours to keep."));
    let mut withdrawn = enquiry();
    withdrawn.does(withdraw());
    assert_eq!(
        withdrawn.clock("enquiry_answer").state,
        ClockState::Cancelled
    );
    for story in [&mut answered, &mut withdrawn] {
        story.at("2026-06-08 10:00").does(reopen());
        assert_eq!(story.case.complaint.state, State::Enquiry);
        let again = story.clock("enquiry_answer");
        assert_eq!((again.cycle, again.due), (2, Some(t("2026-06-10 17:00"))));
    }
}

#[test]
fn without_an_answer_an_enquiry_is_not_closed_as_answered() {
    let refusal = enquiry().refuses(Command::Close {
        closed_at: None,
        reason: ClosureReason::EnquiryAnswered,
        message: None,
        told_by: None,
    });
    assert!(
        matches!(refusal, Refusal::NotPossibleNow { .. }),
        "{refusal}"
    );
}

#[test]
fn a_complaint_under_a_code_without_any_clock_at_filing_is_no_enquiry_when_it_is_reopened() {
    let policy = super::story::book().binding("ca-ccts", t(MONDAY)).unwrap();
    let mut story = Story::open(&filing(), t(MONDAY), policy).unwrap();
    story.does(withdraw()).does(reopen());
    assert_eq!(story.case.complaint.state, State::Received);
}

#[test]
fn the_first_contact_lies_at_or_before_the_receipt_and_is_the_receipt_unless_it_is_given() {
    let story = Story::begin(MONDAY, |_| {});
    assert_eq!(story.case.complaint.first_contact_at, t(MONDAY));
    let mut earlier = filing();
    earlier.received_at = Some(t("2026-05-29 10:00"));
    earlier.first_contact_at = Some(t("2024-05-01 10:00"));
    let story = Story::open(&earlier, t(MONDAY), jive()).unwrap();
    assert_eq!(story.case.complaint.first_contact_at, t("2024-05-01 10:00"));
    earlier.first_contact_at = Some(t("2026-05-29 10:01"));
    let refused = Story::open(&earlier, t(MONDAY), jive()).map(|_| ());
    assert!(
        matches!(
            refused,
            Err(Refusal::BadTime {
                field: Field::FirstContactAt,
                ..
            })
        ),
        "{refused:?}"
    );
}

#[test]
fn what_the_customer_told_the_provider_long_ago_has_the_target_for_what_was_known_for_long() {
    let known = "target = \"10 working days\"\ntarget_known_for = { over = \"1 year\", target = \"3 working days\" }\n";
    let policy = policy_of(&JIVE.replacen("target = \"10 working days\"\n", known, 1));
    let mut known_for_long = filing();
    known_for_long.first_contact_at = Some(t("2025-05-31 10:00"));
    for (filing, due) in [
        (filing(), "2026-06-15 17:00"),
        (known_for_long, "2026-06-04 17:00"),
    ] {
        let story = Story::open(&filing, t(MONDAY), policy.clone()).unwrap();
        assert_eq!(story.due("resolution"), t(due));
    }
}

#[test]
fn a_contact_that_reaches_the_customer_restarts_the_clock_of_updates() {
    let mut story = Story::in_review();
    assert_eq!(story.due("customer_update"), t("2026-06-08 17:00"));
    story.at("2026-06-04 10:00").does(call_at(None));
    let updates = story.cycles("customer_update");
    assert_eq!(updates[0].state, ClockState::Met);
    assert_eq!(
        (updates[1].start, updates[1].due),
        (t("2026-06-04 10:00"), Some(t("2026-06-11 17:00")))
    );
}

#[test]
fn a_contact_from_the_customer_and_an_attempt_that_failed_keep_nothing() {
    let mut story = Story::in_review();
    story.at("2026-06-04 10:00").does(contact_at(None, false));
    let mut failed = call_at(None);
    if let Command::RecordContact { not_reached, .. } = &mut failed {
        *not_reached = true;
    }
    story.does(failed);
    assert_eq!(story.cycles("customer_update").len(), 1);
    let recorded = story.events_of("contact_recorded");
    assert!(!recorded[0].payload.contains("not_reached"));
    assert!(recorded[1].payload.contains("\"not_reached\":true"));
}

#[test]
fn a_contact_that_is_entered_late_restarts_the_clock_from_its_own_time_and_takes_a_breach_back() {
    let mut story = Story::in_review();
    story.at("2026-06-09 09:00").sweep();
    assert!(story.clock("customer_update").breached_at.is_some());
    assert!(!story.case.complaint.escalation_reasons.is_empty());
    story.does(call_at(Some("2026-06-08 16:00")));
    let updates = story.cycles("customer_update");
    assert_eq!(
        (updates[0].state, updates[0].stop),
        (ClockState::Met, Some(t("2026-06-08 16:00")))
    );
    assert_eq!(
        (updates[1].start, updates[1].due),
        (t("2026-06-08 16:00"), Some(t("2026-06-15 17:00")))
    );
    assert!(story.case.complaint.escalation_reasons.is_empty());
}

#[test]
fn a_late_entry_never_brings_the_next_update_nearer() {
    let mut story = Story::in_review();
    story.at("2026-06-04 10:00").does(update());
    let due = story.due("customer_update");
    // Both before the update: one on an earlier day, one on the same, with the same due time.
    for earlier in ["2026-06-02 10:00", "2026-06-04 09:30"] {
        story.at("2026-06-05 10:00").does(call_at(Some(earlier)));
        assert_eq!(story.cycles("customer_update").len(), 2, "{earlier}");
        assert_eq!(story.due("customer_update"), due);
    }
    // Before the acknowledgement, with which the regular updates begin.
    let mut begun = Story::begin(MONDAY, |_| {});
    begun.at("2026-06-01 11:00").does(acknowledge());
    begun.does(call_at(Some("2026-06-01 10:30")));
    assert_eq!(begun.cycles("customer_update").len(), 1);
}

#[test]
fn a_contact_on_a_closed_complaint_starts_nothing() {
    let restarts = "starts_on = [\"acknowledged\", \"reopened\"]";
    let starts = "starts_on = [\"acknowledged\", \"reopened\", \"customer_contacted\"]";
    let policy = policy_of(&JIVE.replacen(restarts, starts, 1).replacen(
        ", \"customer_contacted\"]\nstops_on",
        "]\nstops_on",
        1,
    ));
    let mut story = Story::open(&filing(), t(MONDAY), policy).unwrap();
    story.does(withdraw()).does(call_at(None));
    assert!(story.case.clocks.is_empty());
}

#[test]
fn a_call_to_the_customer_ends_no_pause_that_waits_for_the_customer() {
    let mut story = Story::in_review();
    story.does(pause(PauseReason::WaitingForCustomer));
    story.does(call_at(None));
    assert!(story.case.complaint.pause.is_some());
}
