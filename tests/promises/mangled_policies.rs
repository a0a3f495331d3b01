//! No policy file brings the program down: what is not refused with its place, is used as it says.
//!
//! Each case is drawn from a seed of its own, which a failure names. `REDRESS_POLICY_SEED` replays one.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use jiff::{SignedDuration, civil::date};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use redress::{
    calendar::CalendarBook,
    policy::{Policy, PolicyBook, StepPoint},
};

use crate::support::watchdog;

const FILES: u64 = 10_000;
const SEED: &str = "REDRESS_POLICY_SEED";

/// The built-in files, by name, and what they need.
struct Workshop {
    files: Vec<(String, String)>,
    calendars: CalendarBook,
    book: PolicyBook,
}

impl Workshop {
    fn open() -> Workshop {
        watchdog::watch_hard_work();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
        let entries = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let tomls = entries.filter(|path| path.extension().is_some_and(|ending| ending == "toml"));
        let named = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
        let mut files: Vec<(String, String)> = tomls
            .map(|path| (named(&path), fs::read_to_string(&path).unwrap()))
            .collect();
        files.sort();
        let calendars = CalendarBook::builtin().unwrap();
        let book = PolicyBook::builtin(&calendars).unwrap();
        Workshop {
            files,
            calendars,
            book,
        }
    }

    fn pick(&self, random: &mut StdRng) -> &str {
        &self.files[random.random_range(0..self.files.len())].1
    }

    /// Whether it is taken.
    fn check(&self, text: &str) -> bool {
        match Policy::parse("mangled.toml", text, &self.calendars) {
            Ok(policy) => {
                consistent(&policy, text);
                let mut book = self.book.clone();
                for error in book.take_up(vec![policy]) {
                    assert_eq!(error.file, "mangled.toml", "{error}");
                }
                true
            }
            Err(error) => {
                let line = text.split('\n').nth(error.line - 1).unwrap();
                let columns = 1..=line.chars().count() + 1;
                assert!(columns.contains(&error.column), "{error}");
                assert!(!error.reason.is_empty(), "{error}");
                false
            }
        }
    }
}

#[test]
fn every_file_of_the_folder_is_built_in_under_the_name_that_it_begins_with() {
    let workshop = Workshop::open();
    assert!(!workshop.files.is_empty());
    assert_eq!(workshop.book.current().count(), workshop.files.len());
    for (stem, text) in &workshop.files {
        let mut built_in = workshop.book.current();
        let policy = built_in.find(|policy| policy.text == *text).unwrap();
        assert!(stem.starts_with(policy.name()), "{stem}: {}", policy.name());
        Policy::parse(stem, text, &workshop.calendars).unwrap();
    }
}

#[test]
fn a_mangled_policy_is_refused_with_its_place_or_taken_and_consistent() {
    let workshop = Workshop::open();
    let first: Option<u64> = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok());
    let seeds = first.map_or(0..FILES, |seed| seed..seed + 1);
    let mut taken = 0;
    for seed in seeds {
        let text = mangle(&mut StdRng::seed_from_u64(seed), &workshop);
        match catch_unwind(AssertUnwindSafe(|| workshop.check(&text))) {
            Ok(accepted) => taken += u64::from(accepted),
            Err(_) => panic!("again with {SEED}={seed}; the file was:\n{text}"),
        }
    }
    // Neither is everything refused, nor nothing: both ways are tried.
    let some = (FILES / 20..FILES / 2).contains(&taken);
    assert!(first.is_some() || some, "{taken} taken");
}

/// What everybody who uses a policy may rely on.
fn consistent(policy: &Policy, text: &str) {
    assert_eq!(policy.text, text);
    assert!(!policy.clocks.is_empty() && policy.top_level() >= policy.recourse.from_level);
    assert!(
        policy
            .effective_until
            .is_none_or(|until| policy.effective_from.is_some_and(|from| from <= until))
    );
    let promised = policy.clocks.iter().filter(|clock| clock.follows_promise);
    assert!(promised.count() <= 1);
    let first = policy.effective_from.unwrap_or(date(2026, 1, 1));
    let begins = first.in_tz(policy.calendar().zone_name());
    let begins = begins.unwrap().timestamp();
    let opens = policy.calendar().next_working_instant(begins).unwrap();
    for clock in &policy.clocks {
        let at_due = clock.steps.iter().filter(|step| step.at == StepPoint::Due);
        assert_eq!(at_due.count(), 1);
        let targets = clock.target_by_channel.values().chain(&clock.target_urgent);
        let known = clock.target_known_for.iter().map(|known| &known.target);
        let by_start = clock.target_by_start.values();
        for target in targets.chain(by_start).chain(known).chain([&clock.target]) {
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
                let stands = match step.at {
                    StepPoint::Start | StepPoint::Percent(_) | StepPoint::BeforeDue(_) => {
                        reached <= due
                    }
                    StepPoint::Due => reached == due,
                    StepPoint::AfterDue(_) => reached >= due,
                };
                assert!(stands, "{} {}", clock.name, step.at);
                previous = reached;
            }
            // At any other time it comes due too, or says that it cannot.
            let night = opens.checked_add(SignedDuration::from_hours(24 * 300 + 14));
            let night = night.unwrap_or(opens);
            if let Ok(due) = calendar.due_after_rolling(night, target, clock.roll) {
                assert!(night <= due);
            }
        }
    }
}

fn mangle(random: &mut StdRng, workshop: &Workshop) -> String {
    let mut text = workshop.pick(random).to_owned();
    for _ in 0..random.random_range(1..=3) {
        text = match random.random_range(0..7) {
            0 => flip_a_byte(random, &text),
            1 => change_lines(random, &text),
            2 => change_a_number(random, &text),
            3 | 4 => change_a_word(random, &text),
            _ => swap_a_token(random, &text, workshop),
        };
    }
    text
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

const WORDS: [&str; 32] = [
    "enquiry_filed",
    "enquiry_answered",
    "customer_contacted",
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
    "tell_update",
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
fn swap_a_token(random: &mut StdRng, text: &str, workshop: &Workshop) -> String {
    let other: Vec<&str> = workshop.pick(random).split_whitespace().collect();
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
