//! Ten thousand mutated files: each is refused with its place, or taken and consistent.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::SignedDuration;
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::*;
use crate::policy::book::BUILTIN;

const FILES: u64 = 10_000;
const SEED: &str = "REDRESS_POLICY_SEED";

#[test]
fn a_mutated_file_is_refused_with_its_place_or_taken_and_consistent() {
    let first = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok());
    let seeds = first.map_or(0..FILES, |seed| seed..seed + 1);
    let mut taken = 0;
    for seed in seeds {
        let text = mutate(&mut StdRng::seed_from_u64(seed));
        let outcome = catch_unwind(AssertUnwindSafe(|| check(&text)));
        match outcome {
            Ok(accepted) => taken += u64::from(accepted),
            Err(_) => panic!("again with {SEED}={seed}; the file was:\n{text}"),
        }
    }
    // Neither is everything refused, nor nothing: both ways are tried.
    assert!(
        first.is_some() || (FILES / 20..FILES / 2).contains(&taken),
        "{taken} taken"
    );
}

/// Whether it is taken.
fn check(text: &str) -> bool {
    match Policy::parse("mutated.toml", text, calendars()) {
        Ok(policy) => {
            consistent(&policy, text);
            let mut book = packs::book().clone();
            for error in book.take_up(vec![policy]) {
                assert_eq!(error.file, "mutated.toml", "{error}");
            }
            true
        }
        Err(error) => {
            let lines = text.split('\n').count();
            assert!((1..=lines).contains(&error.line), "{error}");
            let line = text.split('\n').nth(error.line - 1).unwrap();
            assert!(
                (1..=line.chars().count() + 1).contains(&error.column),
                "{error}"
            );
            assert!(!error.reason.is_empty(), "{error}");
            false
        }
    }
}

/// What everybody who uses a policy may rely on.
fn consistent(policy: &Policy, text: &str) {
    assert_eq!(policy.text, text);
    assert!(!policy.clocks.is_empty() && policy.top_level() >= policy.recourse.from_level);
    assert!(
        policy
            .effective_until
            .is_none_or(|until| policy.effective_from <= until)
    );
    let promised = policy.clocks.iter().filter(|clock| clock.follows_promise);
    assert!(promised.count() <= 1);
    let begins = policy.effective_from.in_tz(policy.calendar().zone_name());
    let begins = begins.unwrap().timestamp();
    let opens = policy.calendar().next_working_instant(begins).unwrap();
    for clock in &policy.clocks {
        let at_due = clock.steps.iter().filter(|step| step.at == StepPoint::Due);
        assert_eq!(at_due.count(), 1);
        let targets = clock.target_by_channel.values().chain(&clock.target_urgent);
        let known = clock.target_known_for.iter().map(|known| &known.target);
        for target in targets.chain(known).chain([&clock.target]) {
            let calendar = &clock.code.calendar;
            let due = calendar
                .due_after_rolling(opens, target, clock.roll)
                .unwrap();
            assert!(opens <= due);
            let base = target.unit.base();
            let mut previous = opens;
            for step in &clock.steps {
                let span = (opens, due);
                let reached = step.at.reached(calendar, span, base, SignedDuration::ZERO);
                let reached = reached.unwrap();
                assert!(previous <= reached, "{} {}", clock.name, step.at);
                let stands = match step.at.phase() {
                    0 => reached <= due,
                    1 => reached == due,
                    _ => reached >= due,
                };
                assert!(stands, "{} {}", clock.name, step.at);
                previous = reached;
            }
            // At any other time it comes due too, or says that it cannot.
            let night = opens + SignedDuration::from_hours(24 * 300 + 14);
            if let Ok(due) = calendar.due_after_rolling(night, target, clock.roll) {
                assert!(night <= due);
            }
        }
    }
}

fn mutate(random: &mut StdRng) -> String {
    let mut text = pick(random).to_owned();
    for _ in 0..random.random_range(1..=3) {
        text = match random.random_range(0..7) {
            0 => flip_a_byte(random, &text),
            1 => change_lines(random, &text),
            2 => change_a_number(random, &text),
            3 | 4 => change_a_word(random, &text),
            _ => swap_a_token(random, &text),
        };
    }
    text
}

fn pick(random: &mut StdRng) -> &'static str {
    BUILTIN[random.random_range(0..BUILTIN.len())].1
}

fn flip_a_byte(random: &mut StdRng, text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let place = random.random_range(0..bytes.len().max(1));
    if let Some(byte) = bytes.get_mut(place) {
        *byte ^= 1 << random.random_range(0..8);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn change_lines(random: &mut StdRng, text: &str) -> String {
    let mut lines: Vec<&str> = text.split('\n').collect();
    let (one, other) = (
        random.random_range(0..lines.len()),
        random.random_range(0..lines.len()),
    );
    match random.random_range(0..3) {
        0 => drop(lines.remove(one)),
        1 => lines.insert(other, lines[one]),
        _ => lines.swap(one, other),
    }
    lines.join("\n")
}

fn change_a_number(random: &mut StdRng, text: &str) -> String {
    let numbers = [
        "0",
        "1",
        "2",
        "3",
        "7",
        "49",
        "50",
        "99",
        "1000",
        "9999",
        "20000",
        "100000",
        "18446744073709551616",
        "-1",
    ];
    let number = numbers[random.random_range(0..numbers.len())];
    replace_one(random, text, |c| c.is_ascii_digit(), |_| number.to_owned())
}

const WORDS: [&str; 28] = [
    "filed",
    "acknowledged",
    "outcome_told",
    "closed",
    "withdrawn",
    "recourse_told",
    "recourse_level_reached",
    "reopened",
    "escalated",
    "remind",
    "tell_recourse",
    "handler",
    "supervisor",
    "due",
    "start",
    "after",
    "before",
    "working",
    "calendar",
    "instant",
    "seconds",
    "years",
    "true",
    "false",
    "late",
    "skip",
    "previous_working_day",
    "none",
];

fn change_a_word(random: &mut StdRng, text: &str) -> String {
    let word = WORDS[random.random_range(0..WORDS.len())];
    replace_one(
        random,
        text,
        |c| c.is_ascii_alphabetic() || c == '_',
        |_| word.to_owned(),
    )
}

/// A token of another file in place of one of this.
fn swap_a_token(random: &mut StdRng, text: &str) -> String {
    let other: Vec<&str> = pick(random).split_whitespace().collect();
    let token = other[random.random_range(0..other.len())];
    replace_one(random, text, |c| !c.is_whitespace(), |_| token.to_owned())
}

/// Replaces one stretch of such characters.
fn replace_one(
    random: &mut StdRng,
    text: &str,
    is_part: impl Fn(char) -> bool,
    with: impl Fn(&str) -> String,
) -> String {
    let mut stretches = Vec::new();
    let mut begins = None;
    for (place, c) in text.char_indices().chain([(text.len(), '\0')]) {
        match (is_part(c) && c != '\0', begins) {
            (true, None) => begins = Some(place),
            (false, Some(begun)) => {
                stretches.push(begun..place);
                begins = None;
            }
            _ => {}
        }
    }
    if stretches.is_empty() {
        return text.to_owned();
    }
    let stretch = stretches[random.random_range(0..stretches.len())].clone();
    let replaced = with(&text[stretch.clone()]);
    format!(
        "{}{replaced}{}",
        &text[..stretch.start],
        &text[stretch.end..]
    )
}
