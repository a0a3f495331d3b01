//! A notice as a customer would read it, about a complaint that there is not.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::pack::Brand;
use crate::{
    domain::{
        Issue, IssueCategory, TrackingNumber,
        notice::{Facts, Head, Language, NoticeKind, NoticeTextError, RenderedNotice},
    },
    policy::{Policy, ServiceKind},
};

/// How long ago the complaint was received, and how far ahead its dates lie.
const DAY: SignedDuration = SignedDuration::from_hours(24);

impl Brand {
    /// The notice of this kind with sample facts, as of `now`. What an adviser would write stands in brackets; the levels and
    /// the independent body are those of the policy.
    ///
    /// # Errors
    /// When the brand does not write in the language.
    pub fn preview(
        &self,
        kind: NoticeKind,
        language: Language,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<RenderedNotice, NoticeTextError> {
        self.texts
            .render(kind, language, &self.sample(kind, language, policy, now))
    }

    fn sample(
        &self,
        kind: NoticeKind,
        language: Language,
        policy: &Policy,
        now: Timestamp,
    ) -> Facts {
        // At the ends of time there are no such days.
        let day = |days: i32| now.checked_add(DAY * days).unwrap_or(now);
        let words = |what: &str| Some(format!("[{what}]"));
        let titles =
            (1..=policy.top_level()).map(|level| policy.level_title(level, language.code()));
        let higher_levels: Vec<String> = titles.map(str::to_owned).collect();
        let head = Head {
            tracking_number: TrackingNumber::from_random(&self.tracking_prefix, 7).to_string(),
            issued_at: now,
            received_at: day(-3),
            issues: vec![Issue {
                number: 1,
                service: ServiceKind::Internet,
                category: IssueCategory::Billing,
            }],
        };
        Facts {
            review: words("review"),
            expected_by: Some(day(14)),
            first_expected_by: Some(day(7)),
            next_update_by: Some(day(5)),
            answer_by: Some(day(10)),
            message: words("message"),
            reason: words("reason"),
            remedy: words("remedy"),
            new_handler: true,
            closed: matches!(
                kind,
                NoticeKind::ClosedWithRecourse
                    | NoticeKind::ClosedAccepted
                    | NoticeKind::Withdrawn
                    | NoticeKind::EnquiryAnswered
            ),
            level_title: higher_levels.first().cloned(),
            higher_levels,
            recourse: Some(Arc::clone(&policy.recourse)),
            ..Facts::new(head, policy.calendar().zone().clone())
        }
    }
}
