//! Any bytes as a calendar file: refused with a reason, or a calendar that answers consistently.
#![no_main]

use jiff::{SignedDuration, Timestamp};
use libfuzzer_sys::fuzz_target;
use redress::calendar::{Calendar, Roll, Term, Unit};
use redress_fuzz::{check_before, check_due, check_neighbours, check_stretches};

/// New Year and a clock change, in seconds since the epoch; and both ends of time.
const ASKED_AT: [i64; 5] = [
    1_798_741_800,
    1_772_951_400,
    -377_705_023_201,
    253_402_207_200,
    0,
];

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let Ok(calendar) = Calendar::parse("fuzz.toml", text) else {
        return;
    };
    for at in ASKED_AT
        .into_iter()
        .filter_map(|at| Timestamp::from_second(at).ok())
    {
        for (count, unit) in [
            (1, Unit::WorkingDays),
            (10, Unit::WorkingHours),
            (30, Unit::CalendarDays),
            (3, Unit::Months),
        ] {
            let term = Term { count, unit };
            check_due(&calendar, at, &term, Roll::default());
            check_before(&calendar, at, &term);
        }
        check_neighbours(&calendar, at);
        if let Ok(to) = at.checked_add(SignedDuration::from_hours(240)) {
            check_stretches(&calendar, at, to);
        }
    }
});
