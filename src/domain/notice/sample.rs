//! One complaint for the tests to tell of.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::{Arc, LazyLock};

use jiff::tz::TimeZone;

use super::facts::{Variable, needs};
use super::{Facts, Head, Language, NoticeKind, NoticeTextError, NoticeTexts, Sources};
use crate::domain::issue::{Issue, IssueCategory};
use crate::policy::{Channel, CustomerType, RecourseBody, RecourseRules, ServiceKind};

pub(super) const NUMBER: &str = "GT-4F7K-2";

pub(super) fn texts() -> &'static NoticeTexts {
    static TEXTS: LazyLock<NoticeTexts> = LazyLock::new(jive);
    &TEXTS
}

/// The built-in wording, in the name of Jive.
pub(super) fn sources() -> Sources {
    let mut sources = Sources::builtin("CA");
    sources.offer(&Channel::ALL);
    for language in Language::ALL {
        sources.name(language, "name", "Jive");
        let phone = match language {
            Language::French => "1 866 671-0111",
            _ => "1-866-671-0111",
        };
        sources.name(language, "phone", phone);
        let mail = "GoTo, 333 Summer Street, 5th Floor, Boston, MA 02210, USA";
        sources.name(language, "mail", mail);
    }
    sources
}

/// The texts in every language.
pub(super) fn load(sources: &Sources) -> Result<NoticeTexts, NoticeTextError> {
    NoticeTexts::load(sources, &Language::ALL, Language::English)
}

pub(crate) fn jive() -> NoticeTexts {
    load(&sources()).unwrap()
}

pub(super) fn every_text() -> impl Iterator<Item = (NoticeKind, Language)> {
    NoticeKind::ALL
        .into_iter()
        .flat_map(|kind| Language::ALL.map(|language| (kind, language)))
}

pub(super) fn ccts(language: Language) -> RecourseBody {
    let name = match language {
        Language::French => {
            "Commission des plaintes relatives aux services de télécom-télévision (CPRST)"
        }
        Language::English | Language::Spanish | Language::German => {
            "Commission for Complaints for Telecom-television Services (CCTS)"
        }
    };
    RecourseBody {
        name: name.to_owned(),
        website: "www.ccts-cprst.ca".to_owned(),
        phone: Some("1-888-221-1687".to_owned()),
        toll_free: Some(true),
        phone_cost: None,
        tty: Some("1-877-782-2384".to_owned()),
        fax: Some("1-877-782-2924".to_owned()),
        address: Some("Ottawa ON K1R 7Z1".to_owned()),
        time_limit: Some("<time_limit>".to_owned()),
    }
}

/// The CCTS, as the texts are told of it in each language.
pub(super) fn recourse() -> RecourseRules {
    RecourseRules {
        from_level: 1,
        source: String::new(),
        customers: vec![CustomerType::Consumer, CustomerType::SmallBusiness],
        services: vec![
            ServiceKind::Wireless,
            ServiceKind::Internet,
            ServiceKind::Tv,
            ServiceKind::Other,
        ],
        consumer_only: vec![ServiceKind::Tv],
        small_business_limit_cents: None,
        free_of_charge: true,
        body: Language::ALL
            .map(|language| (language.code().to_owned(), ccts(language)))
            .into(),
    }
}

pub(super) fn bare_facts() -> Facts {
    let issue = |number, service, category| Issue {
        number,
        service,
        category,
    };
    let head = Head {
        tracking_number: NUMBER.to_owned(),
        issued_at: "2026-11-30T15:00:00Z".parse().unwrap(),
        // In the evening of Friday, where the customer is.
        received_at: "2026-11-28T01:00:00Z".parse().unwrap(),
        issues: vec![
            issue(1, ServiceKind::Internet, IssueCategory::Billing),
            issue(2, ServiceKind::LocalPhone, IssueCategory::Other),
        ],
    };
    Facts::new(head, TimeZone::get("America/Toronto").unwrap())
}

pub(super) fn with(mut facts: Facts, fact: Variable) -> Facts {
    let words = Some(format!("<{}>", fact.as_str()));
    let due = |instant: &str| Some(instant.parse().unwrap());
    match fact {
        // What the bare facts have.
        Variable::TrackingNumber | Variable::IssuedOn | Variable::ReceivedOn | Variable::About => {}
        Variable::Review => facts.review = words,
        Variable::ExpectedBy => facts.expected_by = due("2026-12-11T05:00:00Z"),
        Variable::FirstExpectedBy => facts.first_expected_by = due("2026-12-04T05:00:00Z"),
        Variable::NextUpdateBy => facts.next_update_by = due("2026-12-02T05:00:00Z"),
        Variable::AnswerBy => facts.answer_by = due("2026-12-15T05:00:00Z"),
        Variable::Message => facts.message = words,
        Variable::Reason => facts.reason = words,
        Variable::Remedy => facts.remedy = words,
        Variable::NewHandler => facts.new_handler = true,
        Variable::Reopened => facts.reopened = true,
        // What is told at the highest level has a test of its own.
        Variable::HigherLevels => {
            facts.higher_levels = ["<one level up>", "<two levels up>"]
                .map(str::to_owned)
                .into();
        }
        // While it is open, likewise.
        Variable::Closed => facts.closed = false,
        Variable::LevelTitle => facts.level_title = words,
        Variable::Recourse => facts.recourse = Some(Arc::new(recourse())),
    }
    facts
}

pub(super) fn without(mut facts: Facts, fact: Variable) -> Facts {
    match fact {
        Variable::TrackingNumber => facts.head.tracking_number.clear(),
        // There is no head without them.
        Variable::IssuedOn | Variable::ReceivedOn => {}
        Variable::About => facts.head.issues.clear(),
        Variable::Review => facts.review = None,
        Variable::ExpectedBy => facts.expected_by = None,
        Variable::FirstExpectedBy => facts.first_expected_by = None,
        Variable::NextUpdateBy => facts.next_update_by = None,
        Variable::AnswerBy => facts.answer_by = None,
        Variable::Message => facts.message = None,
        Variable::Reason => facts.reason = None,
        Variable::Remedy => facts.remedy = None,
        Variable::NewHandler => facts.new_handler = false,
        Variable::Reopened => facts.reopened = false,
        Variable::HigherLevels => facts.higher_levels.clear(),
        Variable::Closed => facts.closed = false,
        Variable::LevelTitle => facts.level_title = None,
        Variable::Recourse => facts.recourse = None,
    }
    facts
}

pub(crate) fn full_facts() -> Facts {
    Variable::ALL.into_iter().fold(bare_facts(), with)
}

/// Only what the kind needs; of facts that can stand for each other, the one at `choice` or else the last.
pub(super) fn least_facts(kind: NoticeKind, choice: usize) -> Facts {
    needs(kind).iter().fold(bare_facts(), |facts, group| {
        let fact = group.get(choice).or(group.last()).unwrap();
        with(facts, *fact)
    })
}

pub(super) fn full(kind: NoticeKind, language: Language) -> String {
    texts().render(kind, language, &full_facts()).unwrap().text
}

/// The notice with every fact and with the least facts.
pub(super) fn renderings(kind: NoticeKind, language: Language) -> Vec<String> {
    let texts = texts();
    [full_facts(), least_facts(kind, 0), least_facts(kind, 1)]
        .iter()
        .map(|facts| texts.render(kind, language, facts).unwrap().text)
        .collect()
}
