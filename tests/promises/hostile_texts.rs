//! No calendar or policy that somebody hands in takes more than a stated amount of time, memory or stack.
//!
//! Each is read on a thread with the stack of the service's own; one that is not enough aborts the whole run.

use std::{fmt::Write as _, fs, sync::mpsc, thread};

use redress::{
    calendar::{Calendar, CalendarBook},
    policy::{FileText, Policy, PolicyBook, Proposal},
    time_source::{SystemTime, TimeSource as _},
};

use crate::support::watchdog;

/// What a thread of tokio has.
const STACK: usize = 2 << 20;
/// How long the worst text takes at most, in nanoseconds of a processor, without optimisation.
const MOST: u64 = 10_000_000_000;

const OFFICE: &str = "name = \"office\"\ntitle = \"Office\"\nsource = \"s\"\nzone = \"UTC\"\n\
                      [week]\nmonday = [\"09:00-17:00\"]\n";
const JIVE: &str = include_str!("../../policies/ca-jive.toml");

/// Runs it on a stack of the service's size; how long it took, in nanoseconds of a processor, where the system tells.
fn on_a_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> (T, u64) {
    let (sender, receiver) = mpsc::channel();
    let spent = || {
        let told = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        let first = told.split(' ').next().and_then(|text| text.parse().ok());
        first.unwrap_or(0_u64)
    };
    let thread = thread::Builder::new().stack_size(STACK).spawn(move || {
        let before = spent();
        let done = work();
        let _ = sender.send((done, spent() - before));
    });
    thread.unwrap().join().unwrap();
    receiver.recv().unwrap()
}

/// What is no file of ours at all, with what its name says.
fn monsters() -> Vec<(&'static str, String)> {
    let nested = |parts: usize| {
        let key = vec!["k"; parts].join(".");
        let open = format!("{{{key} = ").repeat(79);
        format!("{open}1{}", "}".repeat(79))
    };
    let (deepest, read) = (nested(79), nested(4));
    let tables = |count: usize| {
        (0..count).fold(String::new(), |mut text, number| {
            let _ = writeln!(text, "[t{number}]");
            text
        })
    };
    vec![
        ("nested arrays", format!("x = {}", "[".repeat(100_000))),
        ("nested tables", format!("x = {}", "{a=".repeat(60_000))),
        (
            "a key of many parts",
            format!("{}a = 1", "a.".repeat(100_000)),
        ),
        (
            "a header of many parts",
            format!("[{}a]", "a.".repeat(100_000)),
        ),
        ("as deep as TOML goes", format!("x = {deepest}")),
        ("as deep as is read", format!("x = {read}")),
        (
            "as deep as is read, as a day",
            JIVE.replacen(
                "effective_from = ",
                &format!("effective_from = {read} # "),
                1,
            ),
        ),
        (
            "quoted parts of a key",
            format!("{}a = 1", "\"=\".".repeat(100_000)),
        ),
        ("many tables", tables(25_000)),
        ("many items of a list", "[[clock]]\n".repeat(20_000)),
        ("many values", format!("x = [{}]", "1,".repeat(90_000))),
        ("many parts", format!("x = [{}]", "1,".repeat(1_000_000))),
        ("a long text", format!("name = \"{}\"", "x".repeat(200_000))),
        ("a long number", format!("name = {}", "9".repeat(200_000))),
        (
            "a long fraction",
            format!("name = 0.{}e-{}", "9".repeat(100_000), "9".repeat(100_000)),
        ),
        ("a long line of errors", "= ".repeat(90_000)),
        ("too long", "#".repeat(5 << 20)),
        ("a mark of direction", format!("{JIVE}# \u{202e}")),
        (
            "an escaped mark of direction",
            JIVE.replacen("title = \"", "title = \"\\u202e", 1),
        ),
        (
            "a terminal's code",
            JIVE.replacen("title = \"", "title = \"\\u001b[2J", 1),
        ),
    ]
}

#[test]
fn a_text_that_is_made_to_cost_much_is_refused_at_little_cost() {
    watchdog::watch_hard_work();
    let calendars = CalendarBook::builtin().unwrap();
    let book = PolicyBook::builtin(&calendars).unwrap();
    for (what, text) in monsters() {
        let (calendars, book) = (calendars.clone(), book.clone());
        let (refused, spent) = on_a_small_stack(move || {
            let policy = Policy::parse("p.toml", &text, &calendars).map(|_| ());
            let calendar = Calendar::parse("c.toml", &text).map(|_| ());
            let file = |file: &str| FileText {
                file: file.to_owned(),
                text: text.clone(),
            };
            let proposal = Proposal {
                name: None,
                policy: Some(file("p.toml")),
                calendars: vec![],
            };
            let proposed = proposal
                .read(&book, &calendars, SystemTime.now())
                .map(|_| ());
            (
                policy.unwrap_err().to_string(),
                calendar.unwrap_err().to_string(),
                proposed.unwrap_err().to_string(),
            )
        });
        for refusal in [&refused.0, &refused.1, &refused.2] {
            // Line and column, so that it can be mended; and never the whole text.
            assert!(refusal.contains(".toml:"), "{what}: {refusal}");
        }
        assert!(spent < MOST, "{what}: {spent} ns");
        println!("{what}: {} ms", spent / 1_000_000);
    }
}

#[test]
fn the_most_that_a_calendar_may_ask_for_is_done_soon() {
    watchdog::watch_hard_work();
    let holidays = (0..1_900).fold(String::new(), |mut text, number| {
        // Falls once in forty years.
        let _ = writeln!(
            text,
            "[[holiday]]\nname = \"h{number}\"\non = \"29 February\"\nwhen = \"29 February is a Tuesday\"\nmoves = \"next_working_day\""
        );
        text
    });
    let overrides = (0..100).fold(String::new(), |mut text, number| {
        let year = 1970 + number;
        for day in 1..=28 {
            for month in [1, 2, 3, 4, 5, 6, 7] {
                let _ = writeln!(
                    text,
                    "[[override]]\ndate = \"{year}-{month:02}-{day:02}\"\nwindows = []"
                );
            }
        }
        text
    });
    for (what, text) in [
        ("many holidays", format!("{OFFICE}{holidays}")),
        ("many overrides", format!("{OFFICE}{overrides}")),
    ] {
        let (read, spent) = on_a_small_stack(move || {
            let calendar = Calendar::parse("c.toml", &text)?;
            let now = SystemTime.now();
            let _ = calendar.next_working_instant(now);
            Ok::<_, redress::calendar::CalendarError>(())
        });
        println!("{what}: {} ms, {read:?}", spent / 1_000_000);
        if let Err(error) = read {
            panic!("{what}: {error}");
        }
        assert!(spent < MOST, "{what}: {spent} ns");
    }
}

#[test]
fn what_goes_beyond_a_limit_is_refused_with_the_limit() {
    watchdog::watch_hard_work();
    let holiday = "[[holiday]]\nname = \"h\"\non = \"1 May\"\n";
    let day = "[[override]]\ndate = \"2026-12-24\"\nwindows = []\n";
    let years = (0..2_000).fold(String::new(), |mut text, number| {
        let _ = writeln!(
            text,
            "[[override]]\ndate = \"{:04}-12-24\"\nwindows = []",
            1_000 + number
        );
        text
    });
    let excepted: Vec<String> = (1_900..2_001).map(|year| year.to_string()).collect();
    let excepted = format!("{holiday}except_years = [{}]\n", excepted.join(", "));
    for (text, limit) in [
        (
            holiday.repeat(2_001),
            "2001 holidays, which is more than the limit of 2000",
        ),
        (
            day.repeat(20_001),
            "20001 overrides, which is more than the limit of 20000",
        ),
        (format!("{}{years}", holiday.repeat(101)), "limit of 200000"),
        (excepted, "at most 100 years in except_years"),
    ] {
        let refused = Calendar::parse("c.toml", &format!("{OFFICE}{text}")).unwrap_err();
        assert!(refused.reason.contains(limit), "{refused}");
    }
    let calendars = CalendarBook::builtin().unwrap();
    let clock = JIVE.find("[[clock]]").unwrap();
    let end = JIVE[clock + 1..].find("[[clock]]").unwrap() + clock + 1;
    let one = &JIVE[clock..end];
    let many = |count: usize| {
        let clocks = (0..count).fold(String::new(), |mut text, number| {
            let name = one.find("name = \"").unwrap() + "name = \"".len();
            text.push_str(&one[..name]);
            let _ = write!(text, "c{number}-");
            text.push_str(&one[name..]);
            text
        });
        format!("{}{clocks}{}", &JIVE[..clock], &JIVE[clock..])
    };
    let own = JIVE.matches("[[clock]]").count();
    let repeat = |every: &str, times: u32| {
        let at = JIVE.find("repeat = {").expect("a step that repeats");
        let end = at + JIVE[at..].find('}').unwrap() + 1;
        format!(
            "{}repeat = {{ every = \"{every}\", times = {times} }}{}",
            &JIVE[..at],
            &JIVE[end..]
        )
    };
    let title = JIVE.find("title = \"").unwrap() + "title = \"".len();
    let titled = format!("{}{}{}", &JIVE[..title], "x".repeat(1_001), &JIVE[title..]);
    for (text, limit) in [
        (
            many(51),
            format!("{} clocks, which is more than the limit of 50", 51 + own),
        ),
        (repeat("59 seconds", 5), "at least 60 seconds".to_owned()),
        (titled, "more than 1000 characters".to_owned()),
    ] {
        let refused = Policy::parse("p.toml", &text, &calendars).unwrap_err();
        assert!(refused.reason.contains(&limit), "{refused}");
    }
    Policy::parse("p.toml", &repeat("60 seconds", 1_000), &calendars).unwrap();
}
