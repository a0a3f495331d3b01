//! The calendar's arithmetic against a naive twin, which looks at every minute and shares no code with it.
//!
//! Each stage is a random calendar, zone and run of days, drawn from one seed that every failure names; then both are asked
//! many questions. `REDRESS_WORKING_TIME_CASES` sets how many questions there are; `REDRESS_WORKING_TIME_SEED` sets the
//! first seed, to replay one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod case;
mod questions;
mod terms;
mod twin;

use case::Case;
use questions::{QUESTIONS, is_never_due_earlier_for_less_working_time};
use twin::Twin;

use crate::support::watchdog;

const CASES: usize = 100_000;

/// A stage costs as much as some hundred questions.
const ASKED_ON_A_STAGE: usize = 400;
/// Where the calendar keeps no tables, a question costs as much as they do.
const ASKED_FAR_AHEAD: usize = 10;

#[test]
fn the_calendar_agrees_with_a_twin_that_looks_at_every_minute() {
    watchdog::watch_hard_work();
    let setting = |name| std::env::var(name).ok();
    let cases = setting("REDRESS_WORKING_TIME_CASES").map_or(CASES, |text| text.parse().unwrap());
    let first = setting("REDRESS_WORKING_TIME_SEED").map_or(0, |text| text.parse().unwrap());
    let (mut asked, mut compared) = (0, 0);
    for seed in first.. {
        if asked >= cases {
            break;
        }
        let mut case = Case::draw(seed);
        let calendar = case.calendar();
        let twin = Twin::of(&case);
        let questions = match case.is_far {
            true => ASKED_FAR_AHEAD,
            false => ASKED_ON_A_STAGE,
        };
        for question in QUESTIONS.iter().cycle().take(questions) {
            asked += 1;
            compared += usize::from(question(&mut case, &calendar, &twin));
        }
        is_never_due_earlier_for_less_working_time(&mut case, &calendar, &twin);
    }
    // A few questions that are asked again may all be ones that the timeline does not answer.
    assert!(
        asked < CASES || compared * 4 >= asked * 3,
        "of {asked} questions, the timeline answered only {compared}"
    );
}
