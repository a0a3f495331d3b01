//! The holidays of the built-in calendars, beside those of a source that knows nothing of Redress.

use std::{
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use jiff::civil::{Date, date};
use redress::calendar::{CalendarBook, Day};

use crate::support::watchdog;

/// The years that tests/holidays/compare.py looks at.
const FIRST: Date = date(2015, 1, 1);
const LAST: Date = date(2035, 12, 31);

/// The Python that has the package of .ci/requirements.txt.
const PYTHON: &str = "REDRESS_HOLIDAYS_PYTHON";

#[test]
fn the_built_in_calendars_differ_from_an_independent_source_only_where_the_list_says_why() {
    let Some(python) = env::var_os(PYTHON) else {
        assert!(
            env::var("CI").as_deref() != Ok("true"),
            "in CI the comparison must run: set {PYTHON}, as .ci/run does"
        );
        eprintln!("not compared: {PYTHON} names no Python; .ci/run calendars makes one");
        return;
    };
    let holidays = Path::new(env!("CARGO_TARGET_TMPDIR")).join("holidays.jsonl");
    write_holidays(&holidays);
    let compared = Command::new(python)
        .arg(root().join("tests/holidays/compare.py"))
        .arg(&holidays)
        .output()
        .expect("the Python of the variable");
    assert!(
        compared.status.success(),
        "{}{}",
        String::from_utf8_lossy(&compared.stdout),
        String::from_utf8_lossy(&compared.stderr)
    );
}

/// A line of JSON for each holiday, as `{"calendar":"ca-on","date":"2026-07-01","name":"Canada Day"}`.
fn write_holidays(path: &Path) {
    let mut file = fs::File::create(path).expect("the temporary folder of the build");
    for calendar in CalendarBook::builtin().expect("the calendars").iter() {
        let dates = std::iter::successors(Some(FIRST), |date| date.tomorrow().ok());
        for date in dates.take_while(|&date| date <= LAST) {
            if let Day::Holiday(name) = calendar.day(date) {
                let line = serde_json::json!({
                    "calendar": calendar.name(),
                    "date": date.to_string(),
                    "name": name,
                });
                writeln!(file, "{line}").expect("a line");
            }
        }
    }
}

fn root() -> PathBuf {
    watchdog::watch();
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
