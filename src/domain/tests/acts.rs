//! What is done and entered later: the clocks go by when it was done, the log by when it was recorded.

use jiff::{SignedDuration, Timestamp};

use super::{
    commands::{
        acknowledge, answer, close, confirm, contact_at, escalate, pause, propose, refer, report,
        resolve_now, stage, update, withdraw,
    },
    explaining::all_is_explained,
    story::{MONDAY, Story, filing, jive, t},
};
use crate::{
    domain::{
        Acknowledgement, Answer, ClockState, ClosureReason, Command, DeliveryReport, Fact, Field,
        Filing, NewPromise, PauseReason, ReferralStage, Refusal, SYSTEM_ACTOR, State,
        act_time::LEEWAY,
    },
    policy::{Channel, EscalationReason},
};

fn by_phone() -> Filing {
    Filing {
        channel: Channel::Phone,
        ..filing()
    }
}

/// A command as it was done at this time of the wall.
fn done(command: Command, wall: &str) -> Command {
    at(command, Some(t(wall)))
}

/// A command as it was done at this instant.
fn at(mut command: Command, instant: Option<Timestamp>) -> Command {
    *time_of(&mut command) = instant;
    command
}

/// The time of its own that a command takes.
fn time_of(command: &mut Command) -> &mut Option<Timestamp> {
    match command {
        Command::ConvertEnquiry { converted_at: at }
        | Command::Acknowledge(Acknowledgement {
            acknowledged_at: at,
            ..
        })
        | Command::VerifyIdentity {
            verified_at: at, ..
        }
        | Command::RecordContact { contact_at: at, .. }
        | Command::SendUpdate { sent_at: at, .. }
        | Command::Resume { resumed_at: at }
        | Command::ConcludeReview { decided_at: at, .. }
        | Command::ProposeOutcome { told_at: at, .. }
        | Command::RecordAnswer {
            answered_at: at, ..
        }
        | Command::ConfirmImplementation { implemented_at: at }
        | Command::ResolveAtFirstContact {
            resolved_at: at, ..
        }
        | Command::Escalate {
            requested_at: at, ..
        }
        | Command::Refer {
            referred_at: at, ..
        }
        | Command::RecordReferralStage { stage_at: at, .. }
        | Command::SubmitReferralReport {
            submitted_at: at, ..
        }
        | Command::RecordDocumentRequest {
            requested_at: at, ..
        }
        | Command::SubmitDocuments {
            submitted_at: at, ..
        }
        | Command::RecordFindings { made_at: at, .. }
        | Command::ConfirmFindingsCarriedOut { carried_out_at: at }
        | Command::Withdraw {
            withdrawn_at: at, ..
        }
        | Command::Close { closed_at: at, .. }
        | Command::Reopen {
            reopened_at: at, ..
        }
        | Command::RecordDispatch(DeliveryReport {
            took_place_at: at, ..
        }) => at,
        Command::Pause { .. }
        | Command::Assign { .. }
        | Command::Unassign
        | Command::AddIssue(_)
        | Command::AddCaseReference { .. }
        | Command::AddAttachment(_)
        | Command::AddNote { .. }
        | Command::Link { .. }
        | Command::Unlink { .. }
        | Command::Update(_)
        | Command::PlaceLegalHold { .. }
        | Command::ReleaseLegalHold { .. }
        | Command::ErasePerson { .. }
        | Command::ResendNotice { .. }
        | Command::Migrate { .. }
        | Command::Fire => panic!("{} takes no time", command.kind()),
    }
}

#[test]
fn a_call_of_sixteen_minutes_ago_on_which_it_was_acknowledged_was_acknowledged_in_time() {
    let mut story = Story::open(&by_phone(), t("2026-06-01 10:00"), jive()).unwrap();
    story.at("2026-06-01 10:16").sweep();
    assert_eq!(story.events_of("breached").len(), 1);
    assert!(!story.case.complaint.escalation_reasons.is_empty());
    story.does(done(acknowledge(), "2026-06-01 10:02"));
    let clock = story.clock("acknowledgement");
    assert_eq!(clock.state, ClockState::Met);
    assert_eq!(clock.stop, Some(t("2026-06-01 10:02")));
    assert_eq!(clock.breached_at, None);
    let complaint = &story.case.complaint;
    assert!(complaint.escalation_reasons.is_empty(), "it was never late");
    // Who knows the log alone knows that too.
    let [withdrawn] = story.events_of("breach_withdrawn")[..] else {
        panic!("one breach is taken back");
    };
    let expected = Fact::BreachWithdrawn {
        clock: "acknowledgement".to_owned(),
        cycle: 1,
        due: t("2026-06-01 10:15"),
    };
    assert_eq!(
        (&withdrawn.fact, withdrawn.actor.as_str()),
        (&expected, SYSTEM_ACTOR)
    );
    let [ineligible] = story.events_of("escalation_eligibility_withdrawn")[..] else {
        panic!("the flag is taken back");
    };
    let expected = Fact::EscalationEligibilityWithdrawn {
        withdrawn: [EscalationReason::AcknowledgementOverdue].into(),
        remaining: [].into(),
    };
    assert_eq!(ineligible.fact, expected);
    assert_eq!(complaint.acknowledged_at, Some(t("2026-06-01 10:02")));
    let recorded = story.events_of("acknowledged")[0];
    assert_eq!(recorded.at, t("2026-06-01 10:16"));
    assert_eq!(story.clock("customer_update").start, t("2026-06-01 10:02"));
    all_is_explained(&story);
}

#[test]
fn a_call_that_is_filed_later_with_its_acknowledgement_was_acknowledged_in_time_too() {
    let mut filing = by_phone();
    filing.received_at = Some(t("2026-06-01 10:00"));
    filing.acknowledgement = Some(Acknowledgement {
        acknowledged_at: Some(t("2026-06-01 10:03")),
        ..Acknowledgement::default()
    });
    let story = Story::open(&filing, t("2026-06-01 10:40"), jive()).unwrap();
    assert_eq!(story.clock("acknowledgement").state, ClockState::Met);
    assert!(story.events_of("breached").is_empty());
    assert!(story.events_of("entered_late").is_empty());
    // Told after a quarter of an hour: late, whenever it is entered.
    filing.acknowledgement = Some(Acknowledgement {
        acknowledged_at: Some(t("2026-06-01 10:20")),
        ..Acknowledgement::default()
    });
    let story = Story::open(&filing, t("2026-06-01 10:40"), jive()).unwrap();
    assert_eq!(story.clock("acknowledgement").state, ClockState::Missed);
    all_is_explained(&story);
}

#[test]
fn a_date_that_was_promised_before_the_target_passed_replaces_it_however_late_it_is_entered() {
    let mut story = Story::begin(MONDAY, |filing| filing.urgent = true);
    let due = story.due("resolution");
    assert_eq!(due, t("2026-06-03 17:00"));
    story.at("2026-06-04 10:00").sweep();
    story.does(Command::Acknowledge(Acknowledgement {
        promised_at: Some(t("2026-06-09 17:00")),
        acknowledged_at: Some(t("2026-06-02 09:00")),
        ..Acknowledgement::default()
    }));
    let [fell_away, promised] = story.cycles("resolution")[..] else {
        panic!("the target and the date");
    };
    assert_eq!(fell_away.state, ClockState::Cancelled);
    assert_eq!(fell_away.breached_at, None);
    assert_eq!(promised.start, t("2026-06-02 09:00"));
    assert_eq!(promised.due, Some(t("2026-06-09 17:00")));
    assert!(story.case.complaint.grievances.is_empty());
    all_is_explained(&story);
}

#[test]
fn a_date_that_was_promised_and_has_passed_when_it_is_entered_is_missed() {
    let mut story = Story::begin(MONDAY, |_| {});
    story.at("2026-06-04 10:00");
    story.does(Command::Acknowledge(Acknowledgement {
        promised_at: Some(t("2026-06-03 17:00")),
        acknowledged_at: Some(t("2026-06-01 11:00")),
        ..Acknowledgement::default()
    }));
    let clock = story.clock("resolution");
    assert_eq!(clock.due, Some(t("2026-06-03 17:00")));
    assert_eq!(clock.breached_at, Some(t("2026-06-04 10:00")));
    // But no date is promised that had passed when it was.
    let mut story = Story::begin(MONDAY, |_| {});
    story.at("2026-06-04 10:00");
    let refusal = story.refuses(Command::Acknowledge(Acknowledgement {
        promised_at: Some(t("2026-06-01 11:00")),
        acknowledged_at: Some(t("2026-06-01 11:00")),
        ..Acknowledgement::default()
    }));
    assert!(
        refusal.to_string().contains("when it was promised"),
        "{refusal}"
    );
}

#[test]
fn an_update_that_is_entered_late_counts_from_when_it_was_sent() {
    let mut story = Story::in_review();
    let due = story.due("customer_update");
    story.at_instant(due + SignedDuration::from_secs(1)).sweep();
    assert_eq!(story.events_of("breached").len(), 1);
    story.does(done(update(), "2026-06-05 10:00"));
    let [first, second] = story.cycles("customer_update")[..] else {
        panic!("two");
    };
    assert_eq!(first.state, ClockState::Met);
    assert_eq!(second.start, t("2026-06-05 10:00"));
    assert_eq!(second.due, Some(t("2026-06-12 17:00")));
    all_is_explained(&story);
}

#[test]
fn a_date_in_an_update_takes_the_place_of_no_date_that_was_told_after_it() {
    let promise = |wall: &str, sent: &str| Command::SendUpdate {
        message: "It takes longer.".to_owned(),
        sent_at: Some(t(sent)),
        new_promise: Some(NewPromise {
            at: t(wall),
            reason: "A part is missing.".to_owned(),
            override_reason: None,
        }),
        told_by: None,
    };
    let mut story = Story::in_review();
    story.at("2026-06-05 10:00");
    story.does(promise("2026-06-18 17:00", "2026-06-04 10:00"));
    let refusal = story.refuses(promise("2026-06-19 17:00", "2026-06-04 09:59"));
    assert!(
        refusal.to_string().contains("the date in force"),
        "{refusal}"
    );
    let complaint = &story.case.complaint;
    assert_eq!(complaint.promised_at, Some(t("2026-06-18 17:00")));
    all_is_explained(&story);
}

#[test]
fn an_outcome_that_is_entered_late_was_told_when_it_was_told() {
    let mut story = Story::in_review();
    story.at("2026-06-02 10:00").does(escalate());
    story.by("Ana").at("2026-06-03 10:00").does(acknowledge());
    let due = story.due("escalation_answer");
    story.at_instant(due + SignedDuration::from_secs(1)).sweep();
    let late = Command::ProposeOutcome {
        message: "The router came back to us.".to_owned(),
        remedy: None,
        decided_at: Some(t("2026-06-08 12:00")),
        told_at: Some(t("2026-06-08 15:00")),
        root_cause: None,
        told_by: None,
    };
    story.does(late);
    assert_eq!(story.clock("escalation_answer").state, ClockState::Met);
    let notice = story.clock("outcome_notice");
    assert_eq!(notice.stop, Some(t("2026-06-08 15:00")));
    assert_eq!(notice.state, ClockState::Met);
    let outcome = story.case.complaint.outcome.clone().unwrap();
    assert_eq!(outcome.told_at, t("2026-06-08 15:00"));
    let held = format!("{:?}", story.case.complaint.grievances);
    assert!(!held.contains("escalation_answer"), "{held}");
    all_is_explained(&story);
}

#[test]
fn an_outcome_is_told_after_it_was_decided_and_decided_as_it_is_told_unless_that_is_said() {
    let told = |decided: Option<&str>, told: &str| Command::ProposeOutcome {
        message: "This is it.".to_owned(),
        remedy: None,
        decided_at: decided.map(t),
        told_at: Some(t(told)),
        root_cause: None,
        told_by: None,
    };
    let mut story = Story::in_review();
    story.at("2026-06-04 10:00");
    let refusal = story.refuses(told(Some("2026-06-03 12:01"), "2026-06-03 12:00"));
    let Refusal::BadTime { field, .. } = refusal else {
        panic!("{refusal}");
    };
    assert_eq!(field, Field::CommunicatedAt);
    story.does(told(None, "2026-06-03 12:00"));
    let outcome = story.case.complaint.outcome.clone().unwrap();
    assert_eq!(outcome.decided_at, t("2026-06-03 12:00"));
}

#[test]
fn what_the_customer_was_told_before_the_escalation_acknowledges_the_complaint_alone() {
    let mut story = Story::open(&by_phone(), t("2026-06-01 10:00"), jive()).unwrap();
    story.at("2026-06-01 12:00").does(escalate());
    story
        .at("2026-06-01 13:00")
        .does(done(acknowledge(), "2026-06-01 10:10"));
    assert_eq!(story.clock("acknowledgement").state, ClockState::Met);
    assert!(story.case.complaint.escalation_unacknowledged);
    let refusal = story.refuses(done(acknowledge(), "2026-06-01 11:59"));
    assert!(refusal.to_string().contains("its escalation"), "{refusal}");
    story
        .by("Ana")
        .does(done(acknowledge(), "2026-06-01 12:30"));
    assert!(!story.case.complaint.escalation_unacknowledged);
    assert_eq!(
        story.clock("escalation_acknowledgement").stop,
        Some(t("2026-06-01 12:30"))
    );
}

#[test]
fn an_escalation_counts_from_when_the_customer_asked_for_it() {
    let mut story = Story::in_review();
    story
        .at("2026-06-03 10:00")
        .does(done(escalate(), "2026-06-02 10:00"));
    assert_eq!(
        story.due("escalation_acknowledgement"),
        t("2026-06-03 17:00")
    );
    assert_eq!(
        story.case.complaint.escalated_at,
        Some(t("2026-06-02 10:00"))
    );
    all_is_explained(&story);
    // What is closed is reopened at that time, by the same act.
    let mut closed = Story::resolved();
    closed.does(confirm()).does(close(ClosureReason::Accepted));
    closed.at("2026-06-09 10:00");
    let refusal = closed.refuses(done(escalate(), "2026-06-04 10:00"));
    assert!(refusal.to_string().contains("its end"), "{refusal}");
    closed.does(done(escalate(), "2026-06-08 10:00"));
    let complaint = &closed.case.complaint;
    assert_eq!(complaint.reopened_at, Some(t("2026-06-08 10:00")));
    assert_eq!(closed.clock("resolution").start, t("2026-06-08 10:00"));
    all_is_explained(&closed);
}

#[test]
fn a_promise_that_fell_away_before_it_was_due_was_not_missed() {
    let mut story = Story::in_review();
    let due = story.due("customer_update");
    story.at_instant(due + SignedDuration::from_secs(1)).sweep();
    assert!(story.clock("customer_update").breached_at.is_some());
    story.does(done(withdraw(), "2026-06-05 10:00"));
    let clock = story.clock("customer_update");
    assert_eq!(clock.state, ClockState::Cancelled);
    assert_eq!(clock.breached_at, None);
    assert_eq!(story.case.complaint.closed_at, Some(t("2026-06-05 10:00")));
    all_is_explained(&story);
}

#[test]
fn silence_has_to_last_until_the_complaint_was_closed() {
    let mut story = Story::proposed();
    story.at("2026-06-25 10:00");
    let refusal = story.refuses(done(close(ClosureReason::NoAnswer), "2026-06-18 16:59"));
    assert!(
        matches!(refusal, Refusal::StillWaitingForAnswer { .. }),
        "{refusal}"
    );
    story.does(done(close(ClosureReason::NoAnswer), "2026-06-19 10:00"));
    assert_eq!(story.case.complaint.closed_at, Some(t("2026-06-19 10:00")));
}

#[test]
fn what_was_put_right_on_the_line_was_so_then() {
    let mut story = Story::open(&by_phone(), t("2026-06-01 10:00"), jive()).unwrap();
    story.at("2026-06-01 10:30");
    story.does(done(resolve_now(), "2026-06-01 10:09"));
    assert_eq!(story.case.complaint.state, State::Closed);
    for clock in ["acknowledgement", "resolution", "ceiling"] {
        assert_eq!(story.clock(clock).state, ClockState::Met, "{clock}");
        assert_eq!(story.clock(clock).stop, Some(t("2026-06-01 10:09")));
    }
    all_is_explained(&story);
}

#[test]
fn a_report_was_in_time_if_it_went_out_in_time() {
    let mut story = Story::in_review();
    story.at("2026-06-03 10:00").does(refer());
    story.does(stage(ReferralStage::InitialReferral));
    let due = story.due("referral_report");
    story
        .at_instant(due + SignedDuration::from_hours(1))
        .sweep();
    story.does(done(report(), "2026-06-22 10:00"));
    assert_eq!(story.clock("referral_report").state, ClockState::Met);
    let referral = story.case.complaint.referral.clone().unwrap();
    assert_eq!(referral.reported_at, Some(t("2026-06-22 10:00")));
}

#[test]
fn an_enquiry_turns_into_a_complaint_when_it_turned_out_to_be_one() {
    let mut story = Story::begin(MONDAY, |filing| filing.enquiry = true);
    story.at("2026-06-03 10:00");
    story.does(Command::ConvertEnquiry {
        converted_at: Some(t("2026-06-02 10:00")),
    });
    assert_eq!(story.case.complaint.received_at, t("2026-06-02 10:00"));
    assert_eq!(story.due("acknowledgement"), t("2026-06-03 17:00"));
}

#[test]
fn work_goes_on_from_when_it_could() {
    let mut story = Story::in_review();
    story
        .at("2026-06-02 10:00")
        .does(pause(PauseReason::ThirdParty));
    story.at("2026-06-04 10:00").does(Command::Resume {
        resumed_at: Some(t("2026-06-03 10:00")),
    });
    assert_eq!(story.due("resolution"), t("2026-06-16 17:00"));
    all_is_explained(&story);
}

#[test]
fn an_earlier_contact_can_be_recorded_and_may_turn_out_to_have_been_the_first() {
    let mut story = Story::in_review();
    let before = story.case.clocks.clone();
    story.does(contact_at(Some("2026-05-20 10:00"), true));
    assert_eq!(story.case.complaint.first_contact_at, t("2026-05-20 10:00"));
    assert_eq!(story.case.clocks, before, "nothing was promised yet");
}

/// For each command that takes a time, a complaint that accepts it an hour after what it follows.
fn stories() -> Vec<(Story, Command)> {
    let enquiry = Story::begin(MONDAY, |filing| filing.enquiry = true);
    let received = Story::open(&by_phone(), t(MONDAY), jive()).unwrap();
    let mut referred = Story::in_review();
    referred.does(refer());
    let mut paused = Story::in_review();
    paused.does(pause(PauseReason::ThirdParty));
    let mut implemented = Story::resolved();
    implemented.does(confirm());
    let mut closed = implemented.clone();
    closed.does(close(ClosureReason::Accepted));
    let verify = Command::VerifyIdentity {
        method: "PIN".to_owned(),
        verified_at: None,
    };
    vec![
        (
            enquiry.clone(),
            Command::ConvertEnquiry { converted_at: None },
        ),
        (enquiry, close(ClosureReason::EnquiryAnswered)),
        (received.clone(), acknowledge()),
        (received.clone(), verify),
        (received.clone(), update()),
        (received.clone(), resolve_now()),
        (received.clone(), withdraw()),
        (received, escalate()),
        (paused, Command::Resume { resumed_at: None }),
        (Story::in_review(), propose()),
        (Story::proposed(), answer(Answer::Accepted)),
        (Story::resolved(), confirm()),
        (implemented, close(ClosureReason::Accepted)),
        (closed.clone(), super::commands::reopen()),
        (closed, escalate()),
        (referred, report()),
    ]
}

#[test]
fn no_act_lies_in_the_future_but_by_what_the_clock_of_a_caller_may_be_ahead() {
    for (mut story, command) in stories() {
        story.at_instant(story.now + SignedDuration::from_hours(1));
        let beyond = story.now + LEEWAY + SignedDuration::from_micros(1);
        let refusal = story.refuses(at(command.clone(), Some(beyond)));
        assert!(
            refusal.to_string().ends_with("must not be in the future"),
            "{}: {refusal}",
            command.kind()
        );
        let mut now = story.clone();
        now.does(at(command.clone(), Some(story.now)));
        story.does(at(command, Some(story.now + LEEWAY)));
        assert_eq!(story.case, now.case, "it counts as now");
    }
}

#[test]
fn no_act_comes_before_what_it_follows() {
    for (mut story, command) in stories() {
        let follows = story.now;
        story.at_instant(follows + SignedDuration::from_hours(1));
        let before = t("2026-06-01 09:59");
        let refusal = story.refuses(at(command.clone(), Some(before)));
        assert!(
            refusal.to_string().contains("must not be before"),
            "{}: {refusal}",
            command.kind()
        );
        story.does(at(command, Some(follows)));
        all_is_explained(&story);
    }
}

#[test]
fn a_fact_says_when_it_was_done_only_where_that_was_not_when_it_was_recorded() {
    let mut story = Story::in_review();
    let payload = &story.events_of("acknowledged")[0].payload;
    assert!(!payload.contains("acknowledged_at"), "{payload}");
    story
        .at("2026-06-02 10:00")
        .does(done(update(), "2026-06-02 09:00"));
    let fact = &story.events_of("update_sent")[0].fact;
    let sent_at = Some(t("2026-06-02 09:00"));
    assert_eq!(
        *fact,
        Fact::UpdateSent {
            sent_at,
            awaited: false,
        }
    );
}
