//! Any bytes as a policy file: refused with a reason, or a policy whose promises can be timed.
#![no_main]

use std::sync::LazyLock;

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use redress::{
    calendar::{CalendarBook, Roll},
    policy::Policy,
};
use redress_fuzz::check_due;

static CALENDARS: LazyLock<CalendarBook> =
    LazyLock::new(|| CalendarBook::builtin().expect("the calendars load"));

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let Ok(policy) = Policy::parse("fuzz.toml", text, &CALENDARS) else {
        return;
    };
    let again = Policy::parse("fuzz.toml", &policy.text, &CALENDARS).expect("its text is a policy");
    assert_eq!(again.reference(), policy.reference());
    let received = Timestamp::from_second(1_798_741_800).expect("within the range");
    for rule in &policy.clocks {
        let targets = [Some(&rule.target), rule.target_urgent.as_ref()];
        for target in targets
            .into_iter()
            .flatten()
            .chain(rule.target_by_channel.values())
        {
            check_due(policy.calendar(), received, target, Roll::default());
        }
        for channel in rule.target_by_channel.keys() {
            let from = policy
                .code
                .counts_from(received, *channel)
                .expect("a place that works");
            assert!(received <= from);
            assert!(policy.clock(&rule.name).is_some());
        }
    }
    assert!(policy.top_level() > 0, "a ladder has two levels");
});
