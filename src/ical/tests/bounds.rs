//! A file that is made to cost much costs little.

use super::*;

#[test]
fn a_rule_may_ask_for_very_much() {
    let timed = "UID:1\nDTSTART:20261201T090000\nDURATION:PT1H\nRRULE:";
    for (rule, expected) in [
        ("FREQ=SECONDLY", "50000 occurrences"),
        ("FREQ=SECONDLY;UNTIL=20991231T000000", "50000 occurrences"),
        ("FREQ=MINUTELY;COUNT=99999999999", "50000 occurrences"),
        ("FREQ=MINUTELY;COUNT=50001", "50000 occurrences"),
        ("FREQ=DAILY;COUNT=99999999999", "continues"),
        (
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "does not match DTSTART",
        ),
        (
            "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
            "does not match DTSTART",
        ),
        (
            "FREQ=DAILY;BYHOUR=9,9,9,10,11;BYMINUTE=0,1,2,3,4;BYSECOND=0,1,2,3,4,5,6",
            "50000 occurrences",
        ),
        ("FREQ=DAILY;INTERVAL=99999999999999999999", "INTERVAL"),
    ] {
        let import = read(&[&format!("{timed}{rule}")]);
        let notes = noted(&import);
        assert!(
            notes.iter().any(|note| note.contains(expected)),
            "{rule}: {notes:?}"
        );
    }
}

#[test]
fn many_rules_together_end_with_the_budget_of_the_file() {
    let event = "DTSTART:20261201T090000\nDURATION:PT1H\nRRULE:FREQ=SECONDLY;BYSECOND=7;INTERVAL=2";
    let text = file(&[event, event, "SUMMARY:x\nDTSTART;VALUE=DATE:20261224"]);
    let budget = Budget::of(10_000);
    let import = import_within(&budget, "x.ics", text.as_bytes(), &office(), READING).unwrap();
    let spent = noted(&import)
        .iter()
        .filter(|note| note.contains("too expensive"))
        .count();
    assert_eq!(spent, 2, "{:?}", noted(&import));
    assert_eq!(told(&import), ["2026-12-24 [] x"]);
}

#[test]
fn long_lines_deep_nesting_and_many_exclusions_are_read() {
    let many: Vec<String> = (0..20_000)
        .map(|n| format!("2026{:02}{:02}", n % 12 + 1, n % 28 + 1))
        .collect();
    let event = format!(
        "UID:1\nSUMMARY:{}\nDTSTART;VALUE=DATE:20261224\nRRULE:FREQ=DAILY;COUNT=2\nEXDATE;VALUE=DATE:{}\nDESCRIPTION:{}",
        "x".repeat(1_000_000),
        many.join(","),
        "y".repeat(5_000_000)
    );
    let deep = "BEGIN:X\n".repeat(100_000) + &"END:X\n".repeat(100_000);
    let text = file(&[&event]).replacen("VERSION:2.0\n", &deep, 1);
    let (told, notes) = read_text("America/Toronto", &text);
    assert_eq!(told.len(), 1);
    assert!(told[0].len() < 2_000);
    assert!(notes.len() <= 1_001, "{}", notes.len());
}

#[test]
fn a_file_lies_on_so_many_dates_and_no_more_and_is_read_again_the_same() {
    let long = "UID:1\nSUMMARY:long\nDTSTART;VALUE=DATE:19000101\nDTEND;VALUE=DATE:20500101";
    let hours = "UID:2\nSUMMARY:hours\nDTSTART:20260101T080000\nDTEND:20660101T160000";
    let day = "UID:3\nSUMMARY:x\nDTSTART;VALUE=DATE:20261224";
    let import = read(&[long, hours, day]);
    assert_eq!(told(&import), ["2026-12-24 [] x"]);
    let left_out = |name: &str| {
        format!("! {name}: left out: with it the file would have more than 10000 dates")
    };
    assert_eq!(noted(&import), [left_out("long"), left_out("hours")]);
    let again = read_into(&import.calendar, &[long, hours, day]);
    assert_eq!(told(&again), Vec::<String>::new());
}

#[test]
fn what_is_nested_too_deeply_is_skipped_and_what_comes_after_it_is_read() {
    let day = |uid: u8| format!("UID:{uid}\nSUMMARY:x\nDTSTART;VALUE=DATE:2026120{uid}");
    // The calendar is the first of twenty levels.
    for (depth, told_of) in [(18, 1), (19, 0)] {
        let inner = format!(
            "END:VEVENT\n{}BEGIN:VEVENT\n{}\nEND:VEVENT\n{}BEGIN:VEVENT",
            "BEGIN:X\n".repeat(depth),
            day(2),
            "END:X\n".repeat(depth)
        );
        let text = file(&[&format!("{}\n{inner}\n{}", day(1), day(3))]);
        let (told, notes) = read_text("America/Toronto", &text);
        assert_eq!(told, ["2026-12-01 [] x", "2026-12-03 [] x"], "{depth}");
        let inside = "left out: this event is inside a X";
        assert_eq!(notes.len(), told_of, "{notes:?}");
        assert!(notes.iter().all(|note| note.contains(inside)), "{notes:?}");
    }
}
