//! Any bytes as a brand file: refused with its place, or a brand that can tell its customers everything.
#![no_main]

use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use redress::{
    brand::Brand,
    calendar::CalendarBook,
    domain::{TrackingNumber, notice::NoticeKind},
    policy::{Policy, PolicyBook},
};

/// Noon on New Year's Day 2027, UTC.
static NOW: LazyLock<Timestamp> =
    LazyLock::new(|| Timestamp::from_second(1_798_804_800).expect("within the range"));

/// What binds a complaint from Canada: it has several levels and an independent body.
static POLICY: LazyLock<Arc<Policy>> = LazyLock::new(|| {
    let calendars = CalendarBook::builtin().expect("the calendars load");
    let policies = PolicyBook::builtin(&calendars).expect("the policies load");
    policies.binding("ca-jive", *NOW).expect("it is in force")
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let brand = match Brand::parse("fuzz.toml", text) {
        Ok(brand) => brand,
        Err(error) => {
            let line = text.split('\n').nth(error.line - 1).expect("a line of it");
            assert!((1..=line.chars().count() + 1).contains(&error.column), "{error}");
            assert!(!error.reason.is_empty(), "{error}");
            return;
        }
    };
    let again = Brand::parse("fuzz.toml", &brand.text).expect("its text is a brand");
    assert_eq!(again.reference, brand.reference);
    assert!(brand.languages.contains(&brand.default_language));
    for language in &brand.languages {
        for kind in NoticeKind::ALL {
            let told = brand.preview(kind, *language, &POLICY, *NOW);
            let told = told.expect("every notice in every language of its own");
            assert!(!told.text.trim().is_empty() && !told.text_version.is_empty());
        }
    }
    let number = TrackingNumber::from_random(&brand.tracking_prefix, 7).to_string();
    let read = TrackingNumber::read(&number, Some(&brand.tracking_prefix));
    assert_eq!(read.map(|read| read.to_string()), Ok(number));
    if let Some(number) = brand.e164("20 7946 0958") {
        assert!(number.starts_with('+'));
    }
});
