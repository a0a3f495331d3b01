//! A target that goes by the day on which its clock starts, whenever the complaint was received.

use std::sync::Arc;

use super::{
    commands::{acknowledge, migrate, refer, stage},
    story::{Story, book, calendars, filing, t},
};
use crate::{
    domain::ReferralStage,
    policy::{Policy, PolicyBook},
};

/// A complaint that came on the last day of the CCTS's 30 days, and was referred at this wall time.
fn referred(wall: &str) -> Story {
    let received = t("2023-05-22 10:00");
    let policy = book().binding("ca-jive", received).unwrap();
    let mut story = Story::open(&filing(), received, policy).unwrap();
    story.at("2023-05-22 10:15").does(acknowledge());
    story.at(wall).does(refer());
    story.does(stage(ReferralStage::InitialReferral));
    story
}

#[test]
fn the_report_to_the_ccts_is_due_by_the_rule_of_the_day_of_the_referral() {
    for (referral, target, due) in [
        (
            "2023-05-22 23:59",
            "30 calendar days (the general target)",
            "2023-06-22 00:00",
        ),
        (
            "2023-05-23 00:00",
            "20 calendar days (the target for clocks that start on 2023-05-23 or later)",
            "2023-06-13 00:00",
        ),
        // Due as the 23rd of June ends, a Sunday.
        (
            "2024-06-03 10:00",
            "20 calendar days (the target for clocks that start on 2023-05-23 or later)",
            "2024-06-24 00:00",
        ),
    ] {
        let story = referred(referral);
        assert_eq!(story.due("referral_report"), t(due), "{referral}");
        let explanation = story.explained("referral_report");
        assert_eq!(explanation.target(), target, "{referral}");
        assert!(explanation.total.balanced, "{referral}");
    }
}

#[test]
fn a_report_that_is_moved_to_another_version_keeps_the_target_of_its_referral() {
    let text = include_str!("../../../policies/ca-ccts.toml");
    let mut book: PolicyBook = book();
    let other = Policy::parse("other.toml", &format!("{text}# another\n"), calendars()).unwrap();
    book.insert(other);
    let policy: Arc<Policy> = book.binding("ca-jive", t("2024-06-03 10:00")).unwrap();
    for referral in ["2023-05-22 23:59", "2023-05-23 00:00"] {
        let mut story = referred(referral);
        let before = story.clock("referral_report").clone();
        let command = migrate(&story, &policy);
        story.does(command);
        assert_ne!(story.case.complaint.additional_policies, [], "{referral}");
        let after = story.clock("referral_report");
        assert_eq!((after.cycle, after.due), (before.cycle, before.due));
    }
}
