//! Files that are used together: dates, codes beside one another, and the book that takes them up.

use super::*;
use std::sync::Arc;

use crate::policy::PolicyBook;

const OFCOM: &str = include_str!("../../../policies/uk-ofcom.toml");
const OFCOM_BEFORE: &str = include_str!("../../../policies/uk-ofcom-8-weeks.toml");
/// The first line of dates in the file of `ca-ccts`.
const CCTS_FROM: &str = "effective_from = 2011-01-26 # the day of CRTC 2011-46";
const BESIDE: &str = "additional_policies = [\"ca-ccts\"]";

fn book() -> PolicyBook {
    PolicyBook::builtin(calendars()).unwrap()
}

fn named(file: &str, text: &str) -> Policy {
    Policy::parse(file, text, calendars()).unwrap()
}

fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1)
}

/// The first error about these files is at the place where `marker` stands in the culprit's text.
fn misfit(files: &[(&str, &str)], culprit: usize, marker: &str, words: &str) {
    let mut book = book();
    let before = book.current().count();
    let errors = book.take_up(files.iter().map(|(file, text)| named(file, text)).collect());
    // What depends on a file that is refused may be refused after it.
    let error = errors.first().unwrap();
    let (file, text) = files[culprit];
    let (ahead, _) = text.split_once(marker).unwrap();
    let column = ahead.rsplit('\n').next().unwrap().chars().count() + 1;
    let line = ahead.matches('\n').count() + 1;
    assert_eq!(
        (&*error.file, error.line, error.column),
        (file, line, column),
        "{error}"
    );
    assert!(error.reason.contains(words), "{error}");
    if files.len() == 1 {
        assert_eq!(book.current().count(), before, "what stood goes on");
        assert!(book.current().all(|policy| policy.text != text));
    }
}

#[test]
fn files_of_one_name_follow_one_another_without_a_day_in_common() {
    let before = replaced(OFCOM_BEFORE, "until = 2026-04-07", "until = 2026-04-08");
    misfit(
        &[("before.toml", &before), ("since.toml", OFCOM)],
        1,
        "2026-04-08\ncalendar",
        "\"uk-ofcom\" is in force from 2018-10-01 to 2026-04-08 already, by before.toml",
    );
    misfit(
        &[("since.toml", OFCOM), ("before.toml", &before)],
        1,
        "2018-10-01\neffective",
        "is in force from 2026-04-08 on already, by since.toml",
    );
}

#[test]
fn a_file_replaces_every_version_that_stood_under_its_name() {
    let mut book = book();
    let changed = replaced(CCTS, CCTS_FROM, "effective_from = 2023-05-23");
    assert_eq!(book.take_up(vec![named("ca-ccts.toml", &changed)]), []);
    let texts: Vec<&str> = book
        .current()
        .filter(|policy| policy.name() == "ca-ccts")
        .map(|policy| &*policy.text)
        .collect();
    assert_eq!(texts, [changed]);
    let before = versions::at("2023-05-22T12:00:00");
    assert!(book.in_force("ca-ccts", before).is_none());
    let former = named("former.toml", CCTS).reference();
    assert!(book.get(&former).is_some(), "complaints keep it");
    let binding = book.binding("ca-jive", before).unwrap();
    assert_eq!(
        binding.clocks.len(),
        parse(JIVE).unwrap().clocks.len(),
        "before the first version, nothing binds"
    );
}

#[test]
fn a_code_that_is_not_known_cannot_stand_beside_another() {
    let unknown = replaced(
        JIVE,
        BESIDE,
        "additional_policies = [\"ca-ccts\", \"ca-crtc\"]",
    );
    let words = "no policy is named \"ca-crtc\"";
    misfit(&[("jive.toml", &unknown)], 0, "\"ca-crtc\"", words);
    // Files that come together know one another.
    let crtc = replaced(CCTS, "\"ca-ccts\"", "\"ca-crtc\"");
    let crtc = crtc.replace("[[clock]]\nname = \"", "[[clock]]\nname = \"crtc_");
    let files = vec![named("jive.toml", &unknown), named("crtc.toml", &crtc)];
    let mut book = book();
    assert_eq!(book.take_up(files), []);
    let bound = book.binding("ca-jive", versions::at("2026-06-01T12:00:00"));
    let clocks = |text| parse(text).unwrap().clocks.len();
    let all = clocks(JIVE) + 2 * clocks(CCTS);
    assert_eq!(bound.unwrap().clocks.len(), all);
}

#[test]
fn a_code_is_not_beside_itself_nor_twice() {
    for (additional_policies, marker) in [
        ("additional_policies = [\"ca-jive\"]", "\"ca-jive\"]"),
        (
            "additional_policies = [\"ca-ccts\", \"ca-ccts\"]",
            "\"ca-ccts\"]",
        ),
    ] {
        refused(
            BESIDE,
            additional_policies,
            marker,
            "binds these complaints already",
        );
    }
}

#[test]
fn codes_that_bind_one_complaint_share_no_name_of_a_clock() {
    let words = "clock \"referral_report\" is one of \"ca-jive\" too";
    let own = replaced(
        JIVE,
        "\"implementation\"\nsource",
        "\"referral_report\"\nsource",
    );
    let own = replaced(
        &own,
        "clock = \"implementation\"",
        "clock = \"referral_report\"",
    );
    misfit(&[("own.toml", &own)], 0, "\"ca-ccts\"]", words);
    // The version of former days alone is enough.
    let before = replaced(CCTS, "\"referral_report\"", "\"ceiling\"");
    let until = format!("{CCTS_FROM}\neffective_until = 2023-05-22");
    let before = replaced(&before, CCTS_FROM, &until);
    let since = replaced(CCTS, CCTS_FROM, "effective_from = 2023-05-23");
    let files = [("before.toml", &*before), ("since.toml", &*since)];
    let words = "clock \"ceiling\" is one of \"ca-jive\" too";
    misfit(&files, 0, "\"ceiling\"", words);
    // Two codes beside a third.
    let twin = replaced(CCTS, "\"ca-ccts\"", "\"twin\"");
    let both = replaced(
        JIVE,
        BESIDE,
        "additional_policies = [\"ca-ccts\", \"twin\"]",
    );
    misfit(
        &[("twin.toml", &twin), ("own.toml", &both)],
        1,
        "\"twin\"]",
        "clock \"recourse_notice\" is one of \"ca-ccts\" too",
    );
}

#[test]
fn somebody_tells_of_the_independent_body_on_every_day() {
    let from_level = "2\nsource = \"CCTS, annual report";
    let words = "from 2015-01-01 on no clock that binds the complaints of \"ca-jive\" tells";
    let alone = replaced(JIVE, BESIDE, "");
    let place = "1\nsource = \"CCTS, annual report";
    misfit(&[("own.toml", &alone)], 0, place, words);
    // Its own clock will do.
    let (_, clock) = CCTS.split_once("[[clock]]").unwrap();
    let (clock, _) = clock.split_once("[[clock]]").unwrap();
    let levels = "# Part III names";
    let with = replaced(&alone, levels, &format!("[[clock]]{clock}\n{levels}"));
    assert_eq!(book().take_up(vec![named("own.toml", &with)]), []);

    // What is told again and again need not have been told at a level.
    let stops = "stops_on = [\"recourse_told\"]";
    let restarts = "restarts_on = [\"recourse_told\"]\nstops_on = [\"closed\"]";
    let restarting = replaced(CCTS, stops, restarts);
    let restarting = replaced(&restarting, "at = \"start\"", "at = \"50%\"");
    let words = "on no clock that binds the complaints of \"ca-ccts\" tells";
    misfit(&[("ca-ccts.toml", &restarting)], 0, from_level, words);
    for (from, to) in [
        (
            "starts_on = [\"recourse_level_reached\"]",
            "starts_on = [\"escalated\"]",
        ),
        // An enquiry that becomes a complaint was not filed as one.
        (
            "starts_on = [\"recourse_level_reached\"]",
            "starts_on = [\"filed\"]",
        ),
        (
            "{ at = \"start\", action = \"tell_recourse\", to = \"supervisor\" },",
            "",
        ),
        ("outlives_closure = true", "urgent_only = true"),
    ] {
        let silent = replaced(CCTS, from, to);
        misfit(&[("ca-ccts.toml", &silent)], 0, from_level, words);
    }
}

#[test]
fn a_code_beside_that_ends_leaves_nobody_untold() {
    let ends = replaced(
        CCTS,
        CCTS_FROM,
        &format!("{CCTS_FROM}\neffective_until = 2030-12-31"),
    );
    misfit(
        &[("ends.toml", &ends)],
        0,
        "\"ca-ccts\"\ntitle",
        "from 2031-01-01 on no clock that binds the complaints of \"ca-jive\" tells",
    );
}

/// The staff are the provider's, and so is the date that the customer is promised.
#[test]
fn the_clocks_of_a_code_beside_keep_the_provider_s_staff_hours_and_follow_no_date_that_is_promised()
{
    let jive = named("ca-jive.toml", JIVE);
    let mut ccts = named("ca-ccts.toml", CCTS);
    for rule in &mut ccts.clocks {
        rule.follows_promise = true;
    }
    let bound = jive.bind(&[&Arc::new(ccts)]);
    let theirs: Vec<_> = bound
        .clocks
        .iter()
        .filter(|rule| rule.code.policy.name == "ca-ccts")
        .collect();
    assert!(!theirs.is_empty());
    let evening = versions::at("2026-06-05T20:00:00");
    let next = |policy: &Policy| {
        let hours = policy.code.staff_hours.as_ref().unwrap();
        hours.next_working_instant(evening).unwrap()
    };
    for rule in theirs {
        let hours = rule.code.staff_hours.as_ref().unwrap();
        assert_eq!(hours.next_working_instant(evening).unwrap(), next(&jive));
        assert!(!rule.follows_promise, "{}", rule.name);
    }
}

#[test]
fn what_may_be_asked_for_is_what_some_version_knows_and_what_stands_beside_it() {
    let book = book();
    assert!(
        ["ca-ccts", "ca-jive", "uk-ofcom"]
            .iter()
            .all(|name| book.names().contains(name))
    );
    let own = |text: &'static str, file: &str| {
        let clocks = named(file, text).clocks;
        clocks.into_iter().map(|rule| rule.name).collect::<Vec<_>>()
    };
    let (jive, ccts) = (own(JIVE, "ca-jive.toml"), own(CCTS, "ca-ccts.toml"));
    let known = |policy| book.clock_names(policy);
    assert!(
        jive.iter()
            .chain(&ccts)
            .all(|name| known(Some("ca-jive")).contains(&**name))
    );
    assert!(
        jive.iter()
            .all(|name| !known(Some("ca-ccts")).contains(&**name))
    );
    assert!(
        jive.iter()
            .chain(&ccts)
            .all(|name| known(None).contains(&**name))
    );
    assert_eq!(book.highest_level(Some("ca-jive")), 3);
    assert_eq!(book.highest_level(Some("not known")), 0);
    let highest = book.versions().map(|policy| policy.top_level()).max();
    assert_eq!(Some(book.highest_level(None)), highest);
}
