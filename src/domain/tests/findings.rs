//! What the independent body found, and carrying it out.

use super::{
    commands::{
        close, confirm, confirm_findings, findings, refer, reopen, report, stage, withdraw,
    },
    story::{Story, t},
};
use crate::domain::{ClockState, ClosureReason, Command, Field, ReferralStage, Refusal, State};

const FINDINGS: &str = "referral_findings";

/// With the independent body since Wednesday, and reported to it.
fn reported() -> Story {
    let mut story = Story::in_review();
    story
        .at("2026-06-03 10:00")
        .does(refer())
        .does(stage(ReferralStage::InitialReferral))
        .does(report());
    story
}

#[test]
fn findings_come_before_with_or_after_the_conclusion_and_stay_owed_beyond_it() {
    let concluded = || stage(ReferralStage::Concluded);
    for order in [
        [findings(true, None), concluded()],
        [concluded(), findings(true, None)],
    ] {
        let mut story = reported();
        for command in order {
            story.does(command);
        }
        assert!(story.case.complaint.owes_findings());
        assert_eq!(story.clock(FINDINGS).state, ClockState::Running);
        assert_eq!(
            story.due(FINDINGS),
            t("2026-06-24 17:00"),
            "15 working days"
        );
        story.at("2026-06-10 10:00").does(confirm_findings());
        assert_eq!(story.clock(FINDINGS).state, ClockState::Met);
        let referral = story.case.complaint.referral.as_ref().unwrap();
        let carried_out_at = referral.findings.as_ref().unwrap().carried_out_at;
        assert_eq!(carried_out_at, Some(story.now));
    }
}

#[test]
fn findings_that_ask_nothing_of_the_provider_start_nothing() {
    let mut story = reported();
    story.does(findings(false, None));
    assert!(story.cycles(FINDINGS).is_empty());
    let refusal = story.refuses(confirm_findings());
    assert!(
        matches!(&refusal, Refusal::NotPossibleNow { possible, .. }
            if !possible.contains(&crate::domain::CommandKind::ConfirmFindingsCarriedOut)),
        "{refusal}"
    );
}

#[test]
fn the_date_of_the_body_goes_first_and_the_end_of_the_complaint_ends_no_debt() {
    let mut story = Story::resolved();
    story
        .does(refer())
        .does(findings(true, Some("2026-06-12 12:00")));
    story.does(confirm()).does(close(ClosureReason::Accepted));
    assert_eq!(story.case.complaint.state, State::Closed);
    assert_eq!(story.due(FINDINGS), t("2026-06-12 12:00"));
    story.at("2026-06-12 12:01").sweep();
    assert!(story.clock(FINDINGS).breached_at.is_some());
    // It had been done in time, and is entered late.
    story.does(Command::ConfirmFindingsCarriedOut {
        carried_out_at: Some(t("2026-06-12 11:00")),
    });
    assert_eq!(story.clock(FINDINGS).state, ClockState::Met);
    let refusal = story.refuses(confirm_findings());
    assert!(
        matches!(refusal, Refusal::NotPossibleNow { .. }),
        "{refusal}"
    );
}

#[test]
fn later_findings_take_the_place_of_earlier_ones() {
    let mut story = reported();
    story.does(findings(true, Some("2026-06-12 12:00")));
    story.does(findings(true, Some("2026-06-19 12:00")));
    assert_eq!(story.due(FINDINGS), t("2026-06-19 12:00"));
    assert_eq!(story.cycles(FINDINGS).len(), 1);
    // A review of the case frees the provider.
    story.does(findings(false, None));
    assert_eq!(story.clock(FINDINGS).state, ClockState::Cancelled);
    assert!(!story.case.complaint.owes_findings());
    story.does(findings(true, None));
    assert_eq!(story.clock(FINDINGS).cycle, 2);
}

#[test]
fn what_is_owed_stays_owed_when_the_complaint_is_brought_to_the_body_again() {
    let mut story = reported();
    story
        .does(findings(true, None))
        .does(stage(ReferralStage::Concluded))
        .does(withdraw())
        .does(reopen())
        .does(refer());
    assert!(story.case.complaint.owes_findings());
    story.does(confirm_findings());
    assert_eq!(story.clock(FINDINGS).state, ClockState::Met);
    // What is done belongs to the referral before.
    story.does(stage(ReferralStage::Concluded)).does(refer());
    let referral = story.case.complaint.referral.as_ref().unwrap();
    assert_eq!(referral.findings, None);
}

#[test]
fn nothing_is_found_about_what_never_went_to_the_body_or_before_it_did() {
    let mut never = Story::in_review();
    let refusal = never.refuses(findings(true, None));
    assert!(refusal.to_string().contains("never went"), "{refusal}");
    let mut story = reported();
    let field = |refusal: Refusal| match refusal {
        Refusal::BadTime { field, .. } => field,
        other => panic!("{other}"),
    };
    let found = |made: &str, due: Option<&str>| Command::RecordFindings {
        findings: "A refund.".to_owned(),
        made_at: Some(t(made)),
        must_act: true,
        due: due.map(t),
    };
    story.at("2026-06-10 10:00");
    let refusal = story.refuses(found("2026-06-02 10:00", None));
    assert_eq!(field(refusal), Field::FindingsMadeAt);
    let refusal = story.refuses(found("2026-06-09 10:00", Some("2026-06-08 10:00")));
    assert_eq!(field(refusal), Field::DueDate);
    story.does(found("2026-06-09 10:00", None));
    let refusal = story.refuses(Command::ConfirmFindingsCarriedOut {
        carried_out_at: Some(t("2026-06-09 09:59")),
    });
    assert_eq!(field(refusal), Field::FindingsCarriedOutAt);
}
