//! The order in which a file lists its holidays changes none of them, in the built-in calendars and in random ones.

use jiff::civil::Date;
use proptest::{
    collection::vec,
    prelude::{Just, ProptestConfig, Strategy, prop_oneof, proptest},
    sample::select,
    test_runner::RngSeed,
};
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};
use redress::calendar::{Calendar, CalendarBook};

/// The special days of some years: the calendars have no overrides, so these are their holidays.
fn holidays(calendar: &Calendar, first: i16, last: i16) -> Vec<Date> {
    let first = Date::new(first, 1, 1).unwrap();
    let last = Date::new(last, 12, 31).unwrap();
    let special = calendar.special_days(first, last);
    special.map(|day| day.date).collect()
}

/// A calendar file with its holidays in another order.
fn shuffled(text: &str, random: &mut StdRng) -> String {
    const TABLE: &str = "[[holiday]]";
    let mut tables = text.split(TABLE);
    let head = tables.next().unwrap_or_default();
    let mut tables: Vec<&str> = tables.collect();
    tables.shuffle(random);
    tables.iter().fold(head.to_owned(), |text, table| {
        format!("{text}\n{TABLE}{table}")
    })
}

#[test]
fn the_order_of_the_file_changes_no_holiday_of_the_built_in_calendars() {
    let mut random = StdRng::seed_from_u64(1);
    for calendar in CalendarBook::builtin().unwrap().iter() {
        let expected = holidays(calendar, 2000, 2060);
        for _ in 0..3 {
            let text = shuffled(calendar.text(), &mut random);
            let other = Calendar::parse("shuffled", &text).unwrap();
            assert_eq!(holidays(&other, 2000, 2060), expected, "{text}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 450,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_order_of_the_file_changes_no_holiday_of_any_calendar(
        week in week(),
        (tables, shuffled) in vec(holiday(), 2..12).prop_flat_map(|tables| {
            let shuffled = Just(tables.clone()).prop_shuffle();
            (Just(tables), shuffled)
        }),
    ) {
        let of = |tables: &[String]| {
            let text = format!("{week}{}", tables.concat());
            let calendar = Calendar::parse("drawn", &text).unwrap();
            holidays(&calendar, 2015, 2045)
        };
        assert_eq!(of(&shuffled), of(&tables));
    }
}

/// A calendar without holidays, in which some days are worked; Wednesday always is.
fn week() -> impl Strategy<Value = String> {
    let days = [
        "monday", "tuesday", "thursday", "friday", "saturday", "sunday",
    ];
    let worked = days.map(|day| {
        let often = if day.starts_with('s') { 0.2 } else { 0.8 };
        proptest::option::weighted(often, Just(day))
    });
    worked.prop_map(|worked| {
        let head =
            "name = \"t\"\ntitle = \"T\"\nsource = \"t\"\nzone = \"UTC\"\n[week]\n".to_owned();
        let days = worked.into_iter().flatten().chain(["wednesday"]);
        days.fold(head, |text, day| {
            text + &format!("{day} = [\"09:00-17:00\"]\n")
        })
    })
}

/// A holiday among those that crowd each other, around New Year above all.
fn holiday() -> impl Strategy<Value = String> {
    let on = prop_oneof![
        2 => (20..=31).prop_map(|day| format!("{day} December")),
        1 => (1..=6).prop_map(|day| format!("{day} January")),
        1 => (1..=6).prop_map(|day| format!("Monday before {day} January")),
        1 => select(&["January", "July"][..]).prop_map(|month| format!("first Monday of {month}")),
        1 => (2016..2044, 26..=31).prop_map(|(year, day)| format!("{year}-12-{day}")),
    ];
    let choices = [
        "next_monday",
        "sunday_to_monday",
        "nearest_weekday",
        "next_working_day",
    ];
    let observed = prop_oneof![
        1 => Just(String::new()),
        1 => select(choices.to_vec()).prop_map(|choice| format!("moves = \"{choice}\"")),
        3 => select(choices.to_vec()).prop_map(|choice| format!("substitute = \"{choice}\"")),
    ];
    (on, observed).prop_map(|(on, observed)| {
        format!("[[holiday]]\nname = \"{on}\"\non = \"{on}\"\n{observed}\n")
    })
}
