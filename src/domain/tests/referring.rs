//! The independent body: its stages, the provider's report, and who may turn to it.

use super::{
    commands::{acknowledge, answer, confirm, escalate, pause, propose, refer, report, stage},
    story::{MONDAY, Story, filing, issue, jive, t},
};
use crate::{
    domain::{
        Answer, ClockState, Command, Filing, Invoices, Pause, PauseReason, ReferralStage, Refusal,
        eligibility, notice::NoticeKind,
    },
    policy::{CustomerType, ServiceKind},
};

fn holds(story: &Story, rule: &str) -> bool {
    let advice = eligibility(
        &story.case.complaint,
        story.invoices(),
        &story.policy,
        story.now,
    );
    let all = advice.findings.iter().all(|finding| finding.holds);
    assert_eq!(advice.likely_eligible, all);
    advice
        .findings
        .iter()
        .find(|finding| finding.rule.as_str() == rule)
        .unwrap()
        .holds
}

fn filed(change: impl FnOnce(&mut Filing)) -> Story {
    Story::begin(MONDAY, change)
}

#[test]
fn consumers_and_small_businesses_may_turn_to_the_body() {
    for (customer_type, expected) in [
        (CustomerType::Consumer, true),
        (CustomerType::SmallBusiness, true),
        (CustomerType::Business, false),
    ] {
        let story = filed(|filing| filing.customer_type = customer_type);
        assert_eq!(holds(&story, "customer_type"), expected, "{customer_type}");
    }
}

#[test]
fn a_small_business_is_small_by_its_prior_month_or_its_average() {
    for (kind, prior, average, expected) in [
        (
            CustomerType::SmallBusiness,
            Some(250_000),
            Some(900_000),
            true,
        ),
        (
            CustomerType::SmallBusiness,
            Some(900_000),
            Some(250_000),
            true,
        ),
        (
            CustomerType::SmallBusiness,
            Some(250_001),
            Some(250_001),
            false,
        ),
        (CustomerType::SmallBusiness, None, None, true),
        (CustomerType::Consumer, Some(900_000), None, true),
    ] {
        let story = filed(|filing| {
            filing.customer_type = kind;
            filing.customer.invoices = Invoices {
                prior_month_cents: prior,
                average_cents: average,
            };
        });
        let found = holds(&story, "small_business_invoice");
        assert_eq!(found, expected, "{kind} {prior:?} {average:?}");
    }
}

#[test]
fn one_issue_about_a_service_in_scope_is_enough_and_television_is_for_consumers() {
    for (kind, services, expected) in [
        (CustomerType::Consumer, vec![ServiceKind::Tv], true),
        (CustomerType::SmallBusiness, vec![ServiceKind::Tv], false),
        (
            CustomerType::SmallBusiness,
            vec![ServiceKind::Tv, ServiceKind::Wireless],
            true,
        ),
        (CustomerType::Consumer, vec![ServiceKind::Other], false),
        (CustomerType::Consumer, vec![ServiceKind::WhitePages], true),
        (
            CustomerType::SmallBusiness,
            vec![ServiceKind::DirectoryAssistance],
            true,
        ),
        (
            CustomerType::SmallBusiness,
            vec![ServiceKind::OperatorServices],
            true,
        ),
    ] {
        let story = filed(|filing| {
            filing.customer_type = kind;
            filing.issues = services.iter().copied().map(issue).collect();
        });
        assert_eq!(
            holds(&story, "service_in_scope"),
            expected,
            "{kind} {services:?}"
        );
    }
}

#[test]
fn the_provider_has_had_its_opportunity_once_it_answered_was_late_or_was_asked_above() {
    let rule = "prior_opportunity";
    let mut story = Story::in_review();
    assert!(!holds(&story, rule));
    story.at("2026-06-15 17:00");
    assert!(!holds(&story, rule), "the promised instant is in time");
    story.at("2026-06-15 17:01");
    assert!(holds(&story, rule));
    let mut silent = filed(|_| {});
    silent.at("2026-06-16 10:00").sweep();
    assert!(holds(&silent, rule), "also where no date was promised");
    let mut escalated = Story::in_review();
    escalated.does(escalate());
    assert!(holds(&escalated, rule));
    let mut refused = Story::proposed();
    assert!(!holds(&refused, rule));
    refused.does(answer(Answer::Refused));
    assert!(holds(&refused, rule));
}

#[test]
fn a_promised_date_that_is_paused_or_was_kept_has_not_passed() {
    let rule = "prior_opportunity";
    let mut paused = Story::in_review();
    paused
        .at("2026-06-12 10:00")
        .does(pause(PauseReason::Appointment));
    paused.at("2026-06-15 17:01");
    assert!(!holds(&paused, rule), "the date moves on with the pause");

    let mut kept = Story::resolved();
    kept.at("2026-06-16 10:00");
    assert!(!holds(&kept, rule), "the outcome was accepted in time");
    kept.does(confirm());
    assert!(!holds(&kept, rule), "and carried out");

    let mut late = Story::proposed();
    late.at("2026-06-16 10:00").does(answer(Answer::Accepted));
    assert!(holds(&late, rule), "accepted only after the date");
}

#[test]
fn a_pause_does_not_hold_up_a_date_that_had_passed_before() {
    let mut story = Story::in_review();
    story.at("2026-06-16 10:00");
    let complaint = &mut story.case.complaint;
    complaint.grievances.clear();
    complaint.pause = Some(Pause {
        reason: PauseReason::Appointment,
        start: story.now,
        end: t("2026-06-18 10:00"),
    });
    assert!(holds(&story, "prior_opportunity"));
}

#[test]
fn a_referral_is_told_and_the_report_is_timed_from_the_stage_in_which_the_body_hands_it_over() {
    let mut story = Story::in_review();
    story.does(refer());
    let told = &story.notices_of(NoticeKind::ReferralRecorded)[0].text;
    assert!(told.contains("CCTS"), "{told}");
    assert!(
        story.cycles("referral_report").is_empty(),
        "the body still assesses it"
    );
    // Reached on the 2nd, entered on the 10th.
    story
        .at("2026-06-10 10:00")
        .does(Command::RecordReferralStage {
            stage: ReferralStage::InitialReferral,
            stage_at: Some(t("2026-06-02 10:00")),
        });
    assert_eq!(story.due("referral_report"), t("2026-06-23 00:00"));
    story.at("2026-06-22 23:59").does(report());
    assert_eq!(story.clock("referral_report").state, ClockState::Met);
    let refusal = story.refuses(report());
    assert!(refusal.to_string().contains("has gone"), "{refusal}");
}

#[test]
fn a_stage_that_was_never_recorded_does_not_lose_the_report() {
    let mut story = Story::in_review();
    story.does(refer()).does(stage(ReferralStage::Conciliation));
    // The twentieth day is a Sunday, and stays the last.
    assert_eq!(story.due("referral_report"), t("2026-06-22 00:00"));
    let mut reported = Story::in_review();
    reported
        .does(refer())
        .does(report())
        .does(stage(ReferralStage::InitialReferral));
    assert!(
        reported.cycles("referral_report").is_empty(),
        "who has reported owes no report"
    );
}

#[test]
fn stages_go_forwards_and_a_concluded_matter_can_be_brought_anew() {
    let mut story = Story::in_review();
    story
        .does(refer())
        .does(stage(ReferralStage::Investigation));
    for back in [ReferralStage::Assessment, ReferralStage::Investigation] {
        let refusal = story.refuses(stage(back));
        assert!(
            matches!(refusal, Refusal::StageNotAhead { .. }),
            "{refusal}"
        );
    }
    let refusal = story.refuses(refer());
    assert!(refusal.to_string().contains("already"), "{refusal}");
    story.does(stage(ReferralStage::Concluded));
    assert_eq!(story.clock("referral_report").state, ClockState::Met);
    story.does(refer());
    assert_eq!(
        story.case.complaint.referral.clone().unwrap().stage,
        ReferralStage::Assessment
    );
}

#[test]
fn a_customer_may_go_to_the_body_whatever_stands_here() {
    let mut enquiry = filing();
    enquiry.enquiry = true;
    let mut enquiry = Story::open(&enquiry, t(MONDAY), jive()).unwrap();
    let refusal = enquiry.refuses(refer());
    assert!(
        matches!(refusal, Refusal::NotPossibleNow { .. }),
        "an enquiry is no complaint yet"
    );
    let mut story = filed(|_| {});
    story.does(refer()).does(acknowledge()).does(propose());
    assert!(
        story.case.complaint.referral.is_some(),
        "and the review goes on"
    );
}
