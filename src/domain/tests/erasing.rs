//! Erasing personal data: when that may happen, what is gone then, and what stays.

use jiff::SignedDuration;
use sha2::{Digest as _, Sha256};

use super::{
    commands::{
        acknowledge, command, confirm_findings, contact_at, erase, findings, hold, refer, release,
        stage, withdraw,
    },
    story::{JIVE, MONDAY, Story, filing, jive, policy_of, t},
};
use crate::domain::{
    Astray, Attachable, Attached, CommandKind, ErasureReason, Fact, LegalHoldReason, ReferralStage,
    Refusal, State, Stray,
};

const MICROSECOND: SignedDuration = SignedDuration::from_micros(1);

/// Withdrawn on 1 June 2026, under a policy with these terms.
fn withdrawn_under(terms: &str) -> Story {
    let retention = format!("\n[retention]\n{terms}\nsource = \"the provider\"\n");
    let policy = policy_of(&format!("{JIVE}{retention}"));
    let mut story = Story::open(&filing(), t(MONDAY), policy).unwrap();
    story.at("2026-06-01 10:15").does(acknowledge());
    story.does(withdraw());
    story
}

fn withdrawn() -> Story {
    let mut story = Story::open(&filing(), t(MONDAY), jive()).unwrap();
    story.at("2026-06-01 10:15").does(acknowledge());
    story.does(withdraw());
    story
}

#[test]
fn what_is_erased_is_gone_and_the_log_stays_and_says_so() {
    let mut story = withdrawn();
    assert!(!story.personal.is_empty() && story.notices.iter().any(|it| !it.text.is_empty()));
    let before = story.events.clone();
    story.does(erase(ErasureReason::Request));
    assert_eq!(story.personal, []);
    assert!(story.notices.iter().all(|notice| notice.text.is_empty()));
    let (last, earlier) = story.events.split_last().unwrap();
    assert_eq!(earlier, before);
    let reason = ErasureReason::Request;
    assert_eq!(last.fact, Fact::PersonalDataErased { reason });
    let complaint = &story.case.complaint;
    let erasure = complaint.erasure.as_ref().unwrap();
    assert_eq!((erasure.at, erasure.event), (story.now, last.sequence));
    assert!(complaint.is_erased());
    assert_eq!(complaint.state, State::Withdrawn);
}

#[test]
fn whose_complaint_is_open_is_not_erased() {
    for reason in ErasureReason::ALL {
        let refusal = Story::in_review().refuses(erase(reason));
        let Refusal::NotPossibleNow { why, .. } = refusal else {
            panic!("{refusal}");
        };
        assert!(why.starts_with("it is still open"), "{why}");
    }
}

#[test]
fn a_hold_beats_every_erasure_and_is_named() {
    for reason in LegalHoldReason::ALL {
        let mut story = withdrawn_under("maximum = \"1 month\"");
        story.does(hold(reason));
        story.at("2027-01-04 10:00");
        for wanted in ErasureReason::ALL {
            let Refusal::OnLegalHold { holds } = story.refuses(erase(wanted)) else {
                panic!("{wanted} is not refused for the hold");
            };
            assert_eq!(holds, [reason.as_str()]);
        }
        story.does(release(reason));
        assert!(story.case.complaint.legal_holds.is_empty());
        story.does(erase(ErasureReason::RetentionEnded));
    }
}

#[test]
fn each_reason_is_a_hold_of_its_own() {
    let mut story = withdrawn();
    story.does(hold(LegalHoldReason::Litigation));
    story.does(hold(LegalHoldReason::Regulator));
    for twice in [
        hold(LegalHoldReason::Litigation),
        release(LegalHoldReason::AccessRequest),
    ] {
        let refusal = story.refuses(twice);
        assert!(matches!(refusal, Refusal::BadValue { .. }), "{refusal}");
    }
    story.does(release(LegalHoldReason::Litigation));
    let Refusal::OnLegalHold { holds } = story.refuses(erase(ErasureReason::Order)) else {
        panic!("the other one holds still");
    };
    assert_eq!(holds, ["regulator"]);
}

#[test]
fn a_case_at_the_independent_body_is_a_hold_until_everything_that_it_found_is_done() {
    let mut story = withdrawn();
    let held = |story: &mut Story| match story.refuses(erase(ErasureReason::Order)) {
        Refusal::OnLegalHold { holds } => assert_eq!(holds, ["referral"]),
        other => panic!("{other}"),
    };
    story.at("2026-06-02 10:00").does(refer());
    held(&mut story);
    story.does(findings(true, None));
    story.does(stage(ReferralStage::Concluded));
    held(&mut story);
    story.does(confirm_findings());
    story.does(erase(ErasureReason::Request));
}

#[test]
fn a_request_waits_for_the_minimum_and_an_order_does_not() {
    let mut story = withdrawn_under("minimum = \"2 years\"");
    // The last day, 1 June 2028, ends at midnight.
    let until = t("2028-06-02 00:00");
    story.at_instant(until);
    let refusal = story.refuses(erase(ErasureReason::Request));
    assert!(
        matches!(refusal, Refusal::Retained { until: said } if said == until),
        "{refusal}"
    );
    story.clone().does(erase(ErasureReason::Order));
    story.at_instant(until + MICROSECOND);
    story.does(erase(ErasureReason::Request));
}

#[test]
fn retention_ends_once_the_maximum_has_passed_and_never_without_one() {
    let mut story = withdrawn_under("minimum = \"1 month\"\nmaximum = \"2 months\"");
    let until = t("2026-08-02 00:00");
    story.at_instant(until);
    let refusal = story.refuses(erase(ErasureReason::RetentionEnded));
    assert!(
        matches!(refusal, Refusal::Retained { until: said } if said == until),
        "{refusal}"
    );
    story.at_instant(until + MICROSECOND);
    story.does(erase(ErasureReason::RetentionEnded));
    let mut forever = withdrawn();
    forever.at("2040-06-01 10:00");
    let refusal = forever.refuses(erase(ErasureReason::RetentionEnded));
    assert!(
        matches!(refusal, Refusal::NotPossibleNow { .. }),
        "{refusal}"
    );
}

#[test]
fn what_is_recorded_after_an_erasure_can_be_erased_again_and_only_that() {
    let mut story = withdrawn();
    story.does(command(CommandKind::VerifyIdentity, &story));
    story.does(erase(ErasureReason::Request));
    // Whoever comes next was never checked.
    assert_eq!(story.case.complaint.identity, None);
    let refusal = story.refuses(erase(ErasureReason::Request));
    assert!(
        matches!(refusal, Refusal::NotPossibleNow { .. }),
        "{refusal}"
    );
    story.at("2026-06-03 10:00").does(contact_at(None, false));
    assert!(!story.case.complaint.is_erased());
    assert_eq!(story.personal.len(), 1);
    story.does(erase(ErasureReason::Request));
    assert_eq!(story.personal, []);
}

/// What stands beside the log of a story.
fn attached(story: &Story) -> Attached {
    let personal = story.personal.iter().map(|(sequence, _)| *sequence);
    let notices = story.notices.iter();
    let words = notices.clone().filter(|notice| !notice.text.is_empty());
    let words = words.map(|notice| {
        let digest = Sha256::digest(notice.text.as_bytes()).to_vec();
        (notice.sequence, Some(digest))
    });
    Attached {
        personal: personal.collect(),
        notices: notices.map(|notice| notice.sequence).collect(),
        words: words.collect(),
    }
}

#[test]
fn the_log_says_what_has_to_stand_beside_it() {
    let mut story = withdrawn();
    let whole = attached(&story);
    assert_eq!(whole.strays(&story.events), []);
    let mut lacking = whole.clone();
    lacking.personal.remove(&1);
    let (notice, digest) = lacking.words.pop_first().unwrap();
    let missing = |sequence, what| Stray {
        sequence,
        what,
        how: Astray::Missing,
    };
    let lacks = [
        missing(1, Attachable::PersonalData),
        missing(notice, Attachable::NoticeText),
    ];
    assert_eq!(lacking.strays(&story.events), lacks);
    let mut altered = whole;
    altered.words.insert(notice, Some(vec![7; 32]));
    let other = Stray {
        how: Astray::Altered,
        ..lacks[1]
    };
    assert_eq!(altered.strays(&story.events), [other]);
    // What cannot be read is told by whoever reads it.
    altered.words.insert(notice, None);
    assert_eq!(altered.strays(&story.events), []);

    story.does(erase(ErasureReason::Order));
    let erased_by = story.case.complaint.last_sequence;
    let erased = attached(&story);
    assert!(erased.personal.is_empty() && erased.words.is_empty());
    assert_eq!(erased.strays(&story.events), []);
    let left = [1, notice].map(|sequence| Stray {
        sequence,
        what: Attachable::PersonalData,
        how: Astray::Left(erased_by),
    });
    let there = Attached {
        personal: [1, notice].into(),
        words: [(notice, digest)].into(),
        ..erased.clone()
    };
    assert_eq!(there.strays(&story.events), left);
    let mut without = erased;
    without.notices.remove(&notice);
    let lost = missing(notice, Attachable::Notice);
    assert_eq!(without.strays(&story.events), [lost]);
    story.does(contact_at(None, false));
    let later = attached(&story);
    assert_eq!(later.personal, [erased_by + 1].into());
    assert_eq!(later.strays(&story.events), []);
}
