//! The built-in policies: each loads, stands alone and beside another, and has the numbers that its rule gives.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, civil::DateTime};

use super::*;
use crate::policy::{Channel, Circumstances, PolicyBook};

fn book() -> &'static PolicyBook {
    static BOOK: LazyLock<PolicyBook> = LazyLock::new(|| PolicyBook::builtin(calendars()).unwrap());
    &BOOK
}

/// A complaint that comes at this wall time where the policy's calendar is.
struct Received {
    policy: &'static str,
    at: &'static str,
    urgent: bool,
    known_for_days: i64,
}

const fn received(policy: &'static str, at: &'static str) -> Received {
    Received {
        policy,
        at,
        urgent: false,
        known_for_days: 0,
    }
}

impl Received {
    fn instant(&self) -> Timestamp {
        let wall: DateTime = format!("{}T10:00", self.at).parse().unwrap();
        let mut versions = book().current();
        let any = versions.find(|policy| policy.name() == self.policy);
        any.unwrap().calendar().zone().to_timestamp(wall).unwrap()
    }

    /// The target of the clock, and the last day on which it is kept, where it starts at once.
    fn promise(&self, clock: &str, channel: Channel) -> (String, String) {
        let at = self.instant();
        let policy = book().binding(self.policy, at).unwrap();
        let rule = policy.clock(clock).unwrap();
        let circumstances = Circumstances {
            channel,
            urgent: self.urgent,
            known_since: at - SignedDuration::from_hours(24 * self.known_for_days),
        };
        let (_, target) = rule.target_for(&circumstances, at).unwrap();
        let calendar = &rule.code.calendar;
        let due = calendar.due_after_rolling(at, target, rule.roll).unwrap();
        let last = calendar.date_of(due - SignedDuration::from_micros(1));
        (target.to_string(), last.to_string())
    }
}

#[test]
fn each_number_is_due_on_the_day_that_its_rule_gives() {
    let form = Channel::Form;
    for (complaint, clock, channel, target, last) in [
        // Six weeks instead of eight.
        (
            received("uk-ofcom", "2026-04-07"),
            "ofcom_adr_letter",
            form,
            "8 weeks",
            "2026-06-02",
        ),
        (
            received("uk-ofcom", "2026-04-08"),
            "ofcom_adr_letter",
            form,
            "6 weeks",
            "2026-05-20",
        ),
        (
            received("uk-ofcom", "2026-06-01"),
            "ofcom_deadlock_letter",
            form,
            "5 working days",
            "2026-06-08",
        ),
        (
            received("uk-ofcom", "2026-06-01"),
            "ofcom_response",
            form,
            "10 working days",
            "2026-06-15",
        ),
        // The 12th of June, a Sunday, is not too late: it is not rolled.
        (
            received("uk-ofcom", "2026-05-31"),
            "ofcom_adr_letter",
            form,
            "6 weeks",
            "2026-07-12",
        ),
        // Twenty days instead of thirty.
        (
            received("ca-jive", "2023-05-22"),
            "referral_report",
            form,
            "30 calendar days",
            "2023-06-21",
        ),
        (
            received("ca-jive", "2023-05-23"),
            "referral_report",
            form,
            "20 calendar days",
            "2023-06-12",
        ),
        (
            received("ca-ccts", "2023-05-23"),
            "referral_report",
            form,
            "20 calendar days",
            "2023-06-12",
        ),
        // A Saturday, and still the last day: the Procedural Code gives no extension.
        (
            received("ca-ccts", "2026-11-29"),
            "referral_report",
            form,
            "20 calendar days",
            "2026-12-19",
        ),
        (
            received("ca-ccts", "2023-05-23"),
            "recourse_notice",
            form,
            "15 minutes",
            "2023-05-23",
        ),
        // Ten and five working days instead of fifteen and ten; the 29th of June was a Sunday.
        (
            received("au-acma", "2025-06-29"),
            "acma_proposal",
            form,
            "15 working days",
            "2025-07-18",
        ),
        (
            received("au-acma", "2025-06-30"),
            "acma_proposal",
            form,
            "10 working days",
            "2025-07-14",
        ),
        (
            received("au-acma", "2025-06-29"),
            "acma_implementation",
            form,
            "10 working days",
            "2025-07-11",
        ),
        (
            received("au-acma", "2025-06-30"),
            "acma_implementation",
            form,
            "5 working days",
            "2025-07-07",
        ),
        (
            received("au-acma", "2025-06-30"),
            "acma_acknowledgement",
            form,
            "2 working days",
            "2025-07-02",
        ),
        (
            received("au-acma", "2025-06-30"),
            "acma_acknowledgement",
            Channel::Phone,
            "15 minutes",
            "2025-06-30",
        ),
        (
            received("au-acma", "2025-06-30"),
            "tio_referral",
            form,
            "10 working days",
            "2025-07-14",
        ),
        // Calendar days as they are: the 20th of June is a Saturday.
        (
            received("ca-fcac", "2026-06-06"),
            "fcac_designated_officer",
            form,
            "14 calendar days",
            "2026-06-20",
        ),
        (
            received("ca-fcac", "2026-06-06"),
            "fcac_response",
            form,
            "56 calendar days",
            "2026-08-01",
        ),
        (
            received("ca-fcac", "2026-06-06"),
            "fcac_external_body",
            form,
            "56 calendar days",
            "2026-08-01",
        ),
        (
            received("uk-fca", "2026-06-01"),
            "fca_acknowledgement",
            form,
            "3 working days",
            "2026-06-04",
        ),
        (
            received("uk-fca", "2026-06-01"),
            "fca_final_response",
            form,
            "8 weeks",
            "2026-07-27",
        ),
        (
            received("uk-fca", "2026-06-01"),
            "fca_ombudsman_notice",
            form,
            "8 weeks",
            "2026-07-27",
        ),
        (
            received("ie-comreg", "2026-06-02"),
            "comreg_acknowledgement",
            form,
            "2 working days",
            "2026-06-04",
        ),
        (
            received("ie-comreg", "2026-06-02"),
            "comreg_response",
            form,
            "10 working days",
            "2026-06-16",
        ),
        (
            received("ie-comreg", "2026-06-02"),
            "comreg_notice",
            form,
            "10 working days",
            "2026-06-16",
        ),
        // The 4th of July is a Saturday and a holiday: the next working day is a Monday.
        (
            received("us-fcc", "2026-06-04"),
            "fcc_response",
            form,
            "30 calendar days",
            "2026-07-06",
        ),
        // The revised Decision, and Ley 10/2025, from their first days.
        (
            received("ie-comreg", "2026-09-02"),
            "comreg_deemed_complaint",
            form,
            "2 working days",
            "2026-09-04",
        ),
        (
            received("es", "2026-12-28"),
            "es_customer_service_answer",
            form,
            "15 working days",
            "2027-01-20",
        ),
        (
            received("es", "2026-12-28"),
            "es_answer",
            form,
            "1 month",
            "2027-01-28",
        ),
        // Months end on the last day that there is.
        (
            received("fr", "2026-01-31"),
            "fr_first_answer",
            form,
            "1 month",
            "2026-02-28",
        ),
        (
            received("fr", "2026-01-31"),
            "fr_second_answer",
            form,
            "1 month",
            "2026-02-28",
        ),
        (
            received("fr", "2026-01-31"),
            "fr_silence_mediator",
            form,
            "2 months",
            "2026-03-31",
        ),
        (
            received("es", "2026-03-31"),
            "es_answer",
            form,
            "1 month",
            "2026-04-30",
        ),
        (
            received("es", "2026-03-31"),
            "es_office_notice",
            form,
            "1 month",
            "2026-04-30",
        ),
        // The provider's own.
        (
            received("ca-jive", "2026-06-01"),
            "acknowledgement",
            form,
            "1 working day",
            "2026-06-02",
        ),
        (
            received("ca-jive", "2026-06-01"),
            "resolution",
            form,
            "10 working days",
            "2026-06-15",
        ),
        (
            received("ca-jive", "2026-06-01"),
            "ceiling",
            form,
            "30 calendar days",
            "2026-07-02",
        ),
    ] {
        let found = complaint.promise(clock, channel);
        let expected = (target.to_owned(), last.to_owned());
        assert_eq!(
            found, expected,
            "{} {} {clock}",
            complaint.policy, complaint.at
        );
    }
}

#[test]
fn an_urgent_complaint_in_australia_is_resolved_in_two_working_days() {
    let complaint = Received {
        urgent: true,
        ..received("au-acma", "2025-06-30")
    };
    for clock in ["acma_proposal", "acma_urgent", "tio_referral"] {
        let (target, last) = complaint.promise(clock, Channel::Form);
        assert_eq!(
            (&*target, &*last),
            ("2 working days", "2025-07-02"),
            "{clock}"
        );
    }
    let old = Received {
        known_for_days: 800,
        ..received("au-acma", "2025-06-30")
    };
    let (target, last) = old.promise("tio_referral", Channel::Form);
    assert_eq!((&*target, &*last), ("20 working days", "2025-07-28"));
}

#[test]
fn the_letter_to_the_ombudsman_leaves_by_itself_before_it_is_due() {
    for (complaint, clock, day) in [
        (
            received("uk-ofcom", "2026-04-08"),
            "ofcom_adr_letter",
            "2026-05-20",
        ),
        // Due at the end of a Sunday: it leaves on the Friday.
        (
            received("uk-ofcom", "2026-05-31"),
            "ofcom_adr_letter",
            "2026-07-10",
        ),
        (
            received("uk-fca", "2026-06-01"),
            "fca_ombudsman_notice",
            "2026-07-27",
        ),
        (
            received("ie-comreg", "2026-06-02"),
            "comreg_notice",
            "2026-06-16",
        ),
        (
            received("fr", "2026-01-31"),
            "fr_silence_mediator",
            "2026-03-31",
        ),
        (
            received("es", "2026-03-31"),
            "es_office_notice",
            "2026-04-30",
        ),
        (
            received("ca-fcac", "2026-06-06"),
            "fcac_external_body",
            "2026-07-31",
        ),
    ] {
        let at = complaint.instant();
        let policy = book().binding(complaint.policy, at).unwrap();
        let rule = policy.clock(clock).unwrap();
        let calendar = &rule.code.calendar;
        let circumstances = Circumstances {
            channel: Channel::Form,
            urgent: false,
            known_since: at,
        };
        let (_, target) = rule.target_for(&circumstances, at).unwrap();
        let due = calendar.due_after_rolling(at, target, rule.roll).unwrap();
        let mut steps = rule.steps.iter();
        let tells = steps
            .find(|step| step.action == Action::TellRecourse)
            .unwrap();
        let base = target.unit.base();
        let told = tells
            .at
            .reached(calendar, (at, due), base, SignedDuration::ZERO);
        let told = told.unwrap();
        assert!(
            told < due && calendar.next_working_instant(told) == Ok(told),
            "{clock}"
        );
        assert_eq!(calendar.date_of(told).to_string(), day, "{clock}");
    }
}

#[test]
fn a_reopened_complaint_is_timed_under_every_code_that_times_an_answer() {
    let mut timed = BTreeMap::new();
    for policy in book().current() {
        for clock in &policy.clocks {
            let keeps = |trigger| clock.stops_on.contains(&trigger);
            let mut steps = clock.steps.iter();
            let answers = keeps(Trigger::OutcomeTold) || keeps(Trigger::OutcomeAccepted);
            let owes_again =
                (answers && !keeps(Trigger::Acknowledged) && !keeps(Trigger::Escalated))
                    || steps.any(|step| step.action == Action::TellRecourse);
            if !owes_again || !clock.starts_on.contains(&Trigger::Filed) {
                continue;
            }
            let name = format!("{} {}", policy.name(), clock.name);
            assert!(clock.starts_on.contains(&Trigger::Reopened), "{name}");
            *timed.entry(policy.name()).or_insert(0) += 1;
        }
    }
    // The others time what an authority is sent, once it was brought there.
    let expected = [
        ("au-acma", 4),
        ("ca-ccts-proposed", 1),
        ("ca-fcac", 2),
        ("ca-jive", 2),
        ("es", 5),
        ("fr", 2),
        ("ie-comreg", 4),
        ("uk-fca", 2),
        ("uk-ofcom", 4),
    ];
    assert_eq!(timed, BTreeMap::from(expected));
}

#[test]
fn no_statutory_clock_pauses_or_follows_a_date_that_the_customer_was_promised() {
    let regulators = book().current().filter(|policy| policy.name() != "ca-jive");
    for policy in regulators {
        assert!(!policy.clocks.is_empty(), "{}", policy.name());
        for clock in &policy.clocks {
            let name = format!("{} {}", policy.name(), clock.name);
            assert!(!clock.pausable && !clock.follows_promise, "{name}");
        }
    }
    let jive = parse(JIVE).unwrap();
    assert!(!jive.clock("ceiling").unwrap().pausable);
}

#[test]
fn every_pack_stands_alone_and_beside_the_provider_s_own_code() {
    let names: BTreeMap<&str, &str> = book()
        .current()
        .filter(|policy| policy.name() != "ca-jive" && policy.effective_from.is_some())
        .map(|policy| (policy.name(), &*policy.text))
        .collect();
    assert_eq!(names.len(), 9);
    let day = versions::at("2026-06-01T10:00:00");
    for name in names.keys() {
        let alone = book().binding(name, day).unwrap();
        assert!(alone.tells_recourse(), "{name}");
        assert!(alone.clocks.iter().all(|clock| !clock.source.is_empty()));
        let own = changed(
            "additional_policies = [\"ca-ccts\"]",
            &format!("additional_policies = [\"{name}\"]"),
        );
        let mut book = book().clone();
        assert_eq!(book.take_up(vec![parse(&own).unwrap()]), [], "{name}");
        let bound = book.binding("ca-jive", day).unwrap();
        let own = parse(JIVE).unwrap().clocks.len();
        assert_eq!(bound.clocks.len(), own + alone.clocks.len(), "{name}");
        let codes = |clock: &ClockRule| clock.code.policy.name == *name;
        assert_eq!(
            bound.clocks.iter().filter(|clock| codes(clock)).count(),
            alone.clocks.len()
        );
    }
}

#[test]
fn the_example_of_the_folder_s_page_is_a_policy() {
    let page = include_str!("../../../policies/README.md");
    let (_, example) = page.split_once("```toml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let (_, english) = example.split_once("[recourse.body.en]").unwrap();
    let english = english.split_once('\n').unwrap().1;
    let others = ["fr", "es", "de"].map(|other| format!("\n[recourse.body.{other}]\n{english}"));
    let text = format!("{example}{}", others.concat());
    let policy = Policy::parse("retail.toml", &text, calendars()).unwrap();
    assert_eq!(policy.clocks.len(), 1);
    let mut book = book().clone();
    assert_eq!(book.take_up(vec![policy]), []);
    let bound = book.binding("retail", versions::at("2027-06-01T10:00:00"));
    let additional_policies = book.binding("ca-ccts", versions::at("2027-06-01T10:00:00"));
    let additional_policies = additional_policies.unwrap().clocks.len();
    assert_eq!(bound.unwrap().clocks.len(), 1 + additional_policies);
}
