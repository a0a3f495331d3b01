//! What is easy to miss, one test for each.

use super::{
    commands::{
        acknowledge, acknowledge_by, answer, assign, close, confirm, escalate, escalate_to, pause,
        promise, propose, refer, stage,
    },
    story::{JIVE, MONDAY, Story, filing, issue, jive, policy_of, t},
};
use crate::{
    domain::{
        Acknowledgement, Answer, ClosureReason, Command, Fact, Invoices, PauseReason, Personal,
        ReferralStage, Refusal, Representative, State, eligibility,
        notice::{Language, NoticeKind},
    },
    policy::{Channel, CustomerType, ServiceKind},
};

#[test]
fn the_independent_body_recommends_and_decides_nothing_and_wants_its_report_in_20_days() {
    let words = ReferralStage::ALL.map(ReferralStage::as_str);
    assert_eq!(
        words,
        [
            "assessment",
            "initial_referral",
            "conciliation",
            "investigation",
            "case_review",
            "concluded"
        ]
    );
    let mut story = Story::in_review();
    story.at("2026-06-03 10:00").does(refer());
    story.does(stage(ReferralStage::InitialReferral));
    // The 23rd is the twentieth day after the 3rd; it ends at midnight.
    assert_eq!(story.due("referral_report"), t("2026-06-24 00:00"));
}

#[test]
fn the_acknowledgement_tells_number_review_and_date_in_one_act_and_the_date_is_kept_as_promised() {
    let mut story = Story::begin(MONDAY, |_| {});
    let promised = t("2026-06-12 17:00");
    story
        .at("2026-06-01 11:00")
        .does(Command::Acknowledge(Acknowledgement {
            review: Some("A network engineer measures your line.".to_owned()),
            acknowledged_at: None,
            promised_at: Some(promised),
            override_reason: None,
            told_by: None,
        }));
    let [notice] = story.notices.as_slice() else {
        panic!("one act, one notice");
    };
    assert_eq!(notice.kind, NoticeKind::Acknowledgement);
    for words in [
        story.case.complaint.tracking_number.as_str(),
        "A network engineer measures your line.",
        "June 12, 2026",
    ] {
        assert!(notice.text.contains(words), "{words} in {}", notice.text);
    }
    let complaint = &story.case.complaint;
    assert_eq!(complaint.first_promised_at, Some(promised));
    assert_eq!(complaint.promised_at, Some(promised));
    assert_eq!(story.events_of("acknowledged").len(), 1);
}

#[test]
fn a_new_date_needs_a_reason_is_told_and_leaves_the_first_promise_as_it_was() {
    let mut story = Story::in_review();
    let first = story.due("resolution");
    story
        .at("2026-06-10 10:00")
        .does(promise("2026-06-19 17:00"));
    story
        .at("2026-06-17 10:00")
        .does(promise("2026-06-24 17:00"));
    let complaint = &story.case.complaint;
    assert_eq!(complaint.first_promised_at, Some(first));
    assert_eq!(complaint.promised_at, Some(t("2026-06-24 17:00")));
    assert_eq!(
        story.events_of("promise_changed")[1].fact,
        Fact::PromiseChanged {
            first_promised_at: first,
            from: t("2026-06-19 17:00"),
            to: t("2026-06-24 17:00"),
            told_at: None,
        }
    );
    let told = &story.notices_of(NoticeKind::PromiseChanged)[1].text;
    for words in [
        "The warehouse has not answered.",
        "June 15, 2026",
        "June 24, 2026",
    ] {
        assert!(told.contains(words), "{words} in {told}");
    }
}

#[test]
fn an_enquiry_becomes_a_complaint_that_counts_from_then_and_keeps_its_first_contact() {
    let mut story = Story::begin(MONDAY, |filing| filing.enquiry = true);
    story
        .at("2026-06-03 10:00")
        .does(Command::ConvertEnquiry { converted_at: None });
    let complaint = &story.case.complaint;
    assert_eq!(complaint.first_contact_at, t(MONDAY));
    assert_eq!(complaint.received_at, t("2026-06-03 10:00"));
    assert_eq!(complaint.state, State::Received);
    assert_eq!(story.due("acknowledgement"), t("2026-06-04 17:00"));
}

#[test]
fn an_enquiry_cannot_be_acknowledged_with_its_filing() {
    let mut enquiry = filing();
    enquiry.enquiry = true;
    enquiry.acknowledgement = Some(Acknowledgement::default());
    let refused = Story::open(&enquiry, t(MONDAY), jive()).map(|_| ());
    assert!(
        matches!(refused, Err(Refusal::NotPossibleNow { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_complaint_has_one_or_more_issues_and_takes_more() {
    let mut story = Story::begin(MONDAY, |filing| {
        filing.issues.push(issue(ServiceKind::Wireless));
    });
    story.does(Command::AddIssue(issue(ServiceKind::Tv)));
    let issues = &story.case.complaint.issues;
    let numbered: Vec<_> = issues.iter().map(|i| (i.number, i.service)).collect();
    assert_eq!(
        numbered,
        [
            (1, ServiceKind::Internet),
            (2, ServiceKind::Wireless),
            (3, ServiceKind::Tv)
        ]
    );
}

#[test]
fn a_complaint_takes_as_many_issues_references_and_handlers_as_can_be_sent_and_keeps_the_words_of_each()
 {
    let mut story = Story::begin(MONDAY, |filing| {
        filing.issues = (0..49).map(|_| issue(ServiceKind::Internet)).collect();
        filing.case_references = (0..199).map(|number| format!("CRM-{number}")).collect();
    });
    let one_more = || {
        let reference = Command::AddCaseReference {
            case_reference: "CRM-199".to_owned(),
        };
        [Command::AddIssue(issue(ServiceKind::Tv)), reference]
    };
    for command in one_more() {
        story.does(command);
    }
    let people = |number: usize| assign(&format!("adviser {number}"));
    for number in 0..200 {
        story.does(people(number));
    }
    story.does(people(7));
    let references = &story.case.complaint.case_references;
    assert_eq!(references.last().map(String::as_str), Some("CRM-199"));
    let mut texts = story.personal.iter().flat_map(|(_, kept)| &kept.issues);
    let last = texts.rfind(|text| text.number == 50).unwrap();
    assert_eq!(last.description, issue(ServiceKind::Tv).description);
    let more = one_more().into_iter().chain([people(200)]);
    for (command, limit) in more.zip([50, 200, 200]) {
        let refusal = story.refuses(command);
        assert!(
            matches!(refusal, Refusal::LimitReached { limit: said, .. } if said == limit),
            "{refusal}"
        );
    }
}

#[test]
fn resolved_is_not_implemented_is_not_closed_and_the_remedy_counts_from_the_agreement() {
    let mut story = Story::proposed();
    // Agreed on Friday, entered on Monday: the five working days count from Friday.
    story.at("2026-06-08 12:00").does(Command::RecordAnswer {
        answer: Answer::Accepted,
        comment: None,
        answered_at: Some(t("2026-06-05 10:00")),
    });
    assert_eq!(story.case.complaint.state, State::Resolved);
    assert_eq!(story.clock("implementation").start, t("2026-06-05 10:00"));
    assert_eq!(story.due("implementation"), t("2026-06-12 17:00"));
    let proposed = &story.notices_of(NoticeKind::OutcomeProposed)[0].text;
    assert!(proposed.contains("We credit 90 dollars."), "{proposed}");
    let accepted = &story.notices_of(NoticeKind::OutcomeAccepted)[0].text;
    assert!(accepted.contains("Friday, June 12, 2026"), "{accepted}");
    let refusal = story.refuses(close(ClosureReason::Accepted));
    assert!(matches!(refusal, Refusal::NotPossibleNow { .. }));
    story.at("2026-06-09 10:00").does(confirm());
    assert_eq!(story.case.complaint.state, State::Implemented);
    story.does(close(ClosureReason::Accepted));
    assert_eq!(story.case.complaint.state, State::Closed);
    assert_eq!(story.notices_of(NoticeKind::ClosedAccepted).len(), 1);
}

#[test]
fn silence_and_the_providers_decision_are_no_acceptance_and_state_the_recourse() {
    let mut silent = Story::proposed();
    // Told on 4 June: ten working days later is 18 June, 17:00, and that instant still counts.
    let refusal = silent
        .at("2026-06-18 17:00")
        .refuses(close(ClosureReason::NoAnswer));
    let until = t("2026-06-18 17:00");
    assert!(
        matches!(refusal, Refusal::StillWaitingForAnswer { until: u } if u == until),
        "{refusal}"
    );
    silent
        .at("2026-06-18 17:01")
        .does(close(ClosureReason::NoAnswer));
    let mut refused = Story::proposed();
    refused.does(answer(Answer::Refused));
    refused.does(close(ClosureReason::ProviderDecision));
    for (story, reason, why) in [
        (
            silent,
            ClosureReason::NoAnswer,
            "have not heard from you since",
        ),
        (
            refused,
            ClosureReason::ProviderDecision,
            "you did not accept our outcome",
        ),
    ] {
        assert_eq!(story.case.complaint.closure_reason, Some(reason));
        let [notice] = story.notices_of(NoticeKind::ClosedWithRecourse)[..] else {
            panic!("{reason}: told once");
        };
        for words in ["CCTS", "www.ccts-cprst.ca", "1-888-221-1687", why] {
            assert!(notice.text.contains(words), "{words} in {}", notice.text);
        }
    }
}

#[test]
fn no_identity_check_stands_before_filing_or_a_clock_and_a_representative_brings_an_authority() {
    let representative = Representative {
        full_name: "Luc Roy".to_owned(),
        authority: "form signed on 28 May 2026".to_owned(),
    };
    let mut story = Story::begin(MONDAY, |filing| {
        filing.customer.representative = Some(representative);
    });
    assert_eq!(story.case.complaint.identity, None);
    assert_eq!(story.case.clocks.len(), 3, "the promises run");
    let clocks = story.case.clocks.clone();
    story.does(Command::VerifyIdentity {
        verified_at: None,
        method: "call back".to_owned(),
    });
    assert_eq!(story.case.clocks, clocks);
    let identity = story.case.complaint.identity.clone().unwrap();
    assert_eq!(identity.at, t(MONDAY));
}

#[test]
fn how_the_identity_was_checked_and_what_the_customer_pays_can_be_erased() {
    let mut story = Story::begin(MONDAY, |filing| {
        filing.customer.invoices = Invoices {
            prior_month_cents: Some(271_828),
            average_cents: None,
        };
    });
    story.does(Command::VerifyIdentity {
        verified_at: None,
        method: "called her back on 514 555 0142".to_owned(),
    });
    let verified = story.events_of("identity_verified")[0].sequence;
    let method = Personal::text("called her back on 514 555 0142");
    assert!(story.personal.contains(&(verified, method)));
    assert_eq!(story.invoices().prior_month_cents, Some(271_828));
    // What is never erased knows neither.
    let complaint = serde_json::to_string(&story.case.complaint).unwrap();
    let payloads = story.events.iter().map(|event| event.payload.clone());
    for kept in payloads.chain([complaint]) {
        assert!(!kept.contains("555 0142"), "{kept}");
        assert!(!kept.contains("271828"), "{kept}");
    }
}

#[test]
fn escalation_works_on_every_channel_on_the_customers_word_and_goes_to_somebody_else() {
    for channel in Channel::ALL {
        let mut story = Story::begin(MONDAY, |filing| filing.channel = channel);
        story.does(assign("Ana"));
        story.does(Command::Escalate {
            requested_at: None,
            channel,
            statement: None,
            assignee: Some("Bo".to_owned()),
            level: None,
        });
        let complaint = &story.case.complaint;
        assert_eq!(
            (complaint.level, complaint.assignee.as_deref()),
            (1, Some("Bo"))
        );
        let refusal = story.refuses(escalate_to(Some("Ana")));
        assert!(matches!(refusal, Refusal::SameHandler { .. }), "{refusal}");
        let refusal = story.refuses(assign("Ana"));
        assert!(matches!(refusal, Refusal::SameHandler { .. }), "{refusal}");
    }
}

#[test]
fn what_the_independent_body_would_take_is_computed_explained_and_never_in_the_way() {
    let mut story = Story::begin(MONDAY, |filing| {
        filing.customer_type = CustomerType::Business;
        filing.issues = vec![issue(ServiceKind::Other)];
    });
    let advice = eligibility(
        &story.case.complaint,
        story.invoices(),
        &story.policy,
        story.now,
    );
    assert!(!advice.likely_eligible);
    assert_eq!(advice.findings.len(), 4);
    assert!(
        advice
            .findings
            .iter()
            .all(|finding| !finding.explanation.is_empty())
    );
    let customer = "The independent body takes complaints of consumers and small businesses, not of larger businesses.";
    let told = advice.findings.iter().map(|finding| &*finding.explanation);
    assert!(told.into_iter().any(|told| told == customer), "{advice:?}");
    story.does(refer());
    assert!(story.case.complaint.referral.is_some());
}

#[test]
fn a_pause_holds_up_the_promised_date_only_under_a_code_that_lets_it() {
    let fixed = JIVE.replacen("pausable = true\nfollows_promise", "follows_promise", 1);
    let update = "name = \"customer_update\"\n";
    let fixed = fixed.replacen(update, &format!("{update}pausable = true\n"), 1);
    for (text, has_passed) in [(JIVE, false), (&fixed, true)] {
        let mut story = Story::open(&filing(), t(MONDAY), policy_of(text)).unwrap();
        story.at("2026-06-01 10:15").does(acknowledge());
        story
            .at("2026-06-05 10:00")
            .does(pause(PauseReason::ThirdParty));
        let advice = eligibility(
            &story.case.complaint,
            story.invoices(),
            &story.policy,
            t("2026-06-16 10:00"),
        );
        let mut findings = advice.findings.iter();
        let opportunity = findings.find(|finding| finding.rule.as_str() == "prior_opportunity");
        assert_eq!(opportunity.unwrap().holds, has_passed, "{advice:?}");
    }
}

#[test]
fn no_notice_of_a_whole_story_threatens_charges_or_asks_to_withdraw() {
    let forbidden = [
        (
            Language::English,
            ["disconnect", "surcharge", "withdraw your"],
        ),
        (
            Language::French,
            ["débranch", "facturerons", "retirer votre plainte"],
        ),
        (Language::Spanish, ["desconect", "cobraremos", "retire su"]),
        (
            Language::German,
            ["sperren", "berechnen wir", "ziehen sie ihre"],
        ),
    ];
    for (language, words) in forbidden {
        let mut story = Story::begin(MONDAY, |filing| filing.language = language);
        story.does(acknowledge()).does(escalate()).does(escalate());
        story.at("2026-06-01 10:01").sweep();
        story
            .does(refer())
            .does(propose())
            .does(answer(Answer::Refused));
        story.does(close(ClosureReason::ProviderDecision));
        assert!(story.notices.len() >= 7);
        for notice in &story.notices {
            let text = notice.text.to_lowercase();
            for word in words {
                assert!(!text.contains(word), "{word} in {text}");
            }
        }
    }
}

#[test]
fn a_letter_counts_from_its_arrival_and_its_due_dates_name_the_calendar_that_gave_them() {
    // Arrived on Saturday, entered on Tuesday; the two working days count from Monday morning in Boston.
    let story = Story::begin("2026-06-02 12:00", |filing| {
        filing.channel = Channel::Mail;
        filing.received_at = Some(t("2026-05-30 11:00"));
    });
    let complaint = &story.case.complaint;
    assert_eq!(complaint.received_at, t("2026-05-30 11:00"));
    assert_eq!(complaint.filed_at, t("2026-06-02 12:00"));
    let clock = story.clock("acknowledgement");
    assert_eq!(clock.start, t("2026-06-01 09:00"));
    assert_eq!(clock.due, Some(t("2026-06-03 17:00")));
    let calendar = story.policy.calendar();
    assert_eq!(clock.calendar, calendar.name());
    assert_eq!(clock.calendar_version, calendar.version());
    assert_eq!(clock.tzdb_version, calendar.tzdb_version());
}

#[test]
fn the_audit_trail_holds_no_personal_data_so_that_a_person_can_be_erased_and_the_trail_stays() {
    let mut story = Story::begin(MONDAY, |filing| filing.language = Language::German);
    story
        .does(acknowledge_by("2026-06-12 17:00"))
        .does(propose());
    story.does(answer(Answer::Refused)).does(escalate());
    let log: String = story
        .events
        .iter()
        .map(|event| event.payload.as_str())
        .collect();
    for personal in [
        "Ada",
        "Tremblay",
        "ada@example.org",
        "router",
        "credit",
        "As I said",
    ] {
        assert!(!log.contains(personal), "{personal} in {log}");
    }
}
