//! Clocks that could never run, or never be kept.

use super::*;

const STARTS: &str = "starts_on = [\"outcome_decided\"]";
const STOPS: &str = "stops_on = [\"outcome_told\"]";

fn both(starts: &str, stops: &str) -> String {
    format!("starts_on = [{starts}]\n{stops}")
}

fn outcome_notice_refused(starts: &str, stops: &str, words: &str) {
    let from = format!("{STARTS}\n{STOPS}");
    refused(&from, &both(starts, stops), "\"outcome_notice\"", words);
}

#[test]
fn a_clock_that_starts_only_as_the_complaint_ends_is_refused_unless_it_outlives_that() {
    let ends = "\"closed\", \"withdrawn\"";
    let words = "it starts only as the complaint ends";
    outcome_notice_refused(ends, STOPS, words);
    outcome_notice_refused("\"resolved_at_first_contact\"", STOPS, words);
    let from = format!("{STARTS}\n{STOPS}");
    let outlives = both(ends, "stops_on = [\"reopened\"]\noutlives_closure = true");
    assert!(parse(&changed(&from, &outlives)).is_ok());
    let one_that_goes_on = both("\"closed\", \"escalated\"", STOPS);
    assert!(parse(&changed(&from, &one_that_goes_on)).is_ok());
}

#[test]
fn a_clock_that_is_kept_only_by_what_comes_before_its_start_is_refused() {
    let words = "what keeps it cannot happen any more";
    let filed = "stops_on = [\"filed\", \"acknowledged\"]";
    outcome_notice_refused("\"outcome_told\", \"remedy_agreed\"", filed, words);
    outcome_notice_refused(
        "\"acknowledged\"",
        "stops_on = [\"enquiry_converted\"]",
        words,
    );
    outcome_notice_refused("\"reopened\"", "restarts_on = [\"acknowledged\"]", words);
    let from = format!("{STARTS}\n{STOPS}");
    for (starts, stops) in [
        ("\"filed\"", "stops_on = [\"acknowledged\"]"),
        ("\"escalated\"", "stops_on = [\"acknowledged\"]"),
        ("\"outcome_told\"", "stops_on = [\"filed\", \"closed\"]"),
        ("\"recourse_told\"", "stops_on = [\"referred\"]"),
    ] {
        assert!(
            parse(&changed(&from, &both(starts, stops))).is_ok(),
            "{starts} {stops}"
        );
    }
}

#[test]
fn what_both_stops_and_restarts_a_clock_is_refused() {
    let stops = "stops_on = [\"closed\"]\nrestarts_on = [\"update_sent\", \"closed\"]";
    let words = "both stops and restarts on `closed`";
    outcome_notice_refused("\"outcome_decided\"", stops, words);
}

#[test]
fn a_word_that_stands_twice_in_a_list_is_refused_where_it_comes_again() {
    let again = "stops_on = [\"outcome_told\", \"closed\", \"outcome_told\"]";
    refused_at(
        STOPS,
        again,
        "\"outcome_told\"",
        // The first two: where it stops the clock, and the first of the list.
        JIVE.split_once(STOPS)
            .unwrap()
            .0
            .matches("\"outcome_told\"")
            .count()
            + 1,
        "`outcome_told` is already in this list",
    );
    let services = "consumer_only = [\"tv\"]";
    let twice = "consumer_only = [\"tv\", \"tv\"]";
    let before = JIVE
        .split_once(services)
        .unwrap()
        .0
        .matches("\"tv\"")
        .count();
    refused_at(
        services,
        twice,
        "\"tv\"",
        before + 1,
        "`tv` is already in this list",
    );
}
