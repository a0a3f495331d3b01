//! The rules, each a look at one file.

use std::collections::BTreeMap;

use super::source::Source;

/// Modules beside the floors, and the lowest floor that may use them. They use one another and no floor.
const BESIDE: [(&str, u32); 11] = [
    // In the tests alone.
    ("watchdog", 1),
    // Tables of Unicode.
    ("writing", 1),
    ("time_source", 5),
    ("telemetry", 5),
    // Files that may change while the service runs.
    ("looks", 7),
    // The pauses between attempts.
    ("retry", 7),
    // Signs what is posted to others.
    ("standard_webhooks", 7),
    // Generated from `proto/`: the words of the port.
    ("proto", 7),
    // What people read at a terminal.
    ("terminal", 9),
    // What the commands need: a database to try things on, and what ends them.
    ("embedded", 10),
    ("signals", 10),
];

/// A file of `src`, its place as a module, and its text.
pub(super) struct Module {
    file: String,
    path: Vec<String>,
    source: Source,
}

impl Module {
    pub(super) fn new(file: &str, text: &str) -> Module {
        let stem = file.trim_end_matches(".rs").trim_end_matches("/mod");
        let path = match stem {
            "lib" | "main" => Vec::new(),
            stem => stem.split('/').map(str::to_owned).collect(),
        };
        Module {
            file: file.to_owned(),
            path,
            source: Source::read(text),
        }
    }

    /// The module of the crate's root that it belongs to; none for the roots themselves.
    fn top(&self) -> Option<&str> {
        self.path.first().map(String::as_str)
    }

    fn is_in(&self, tops: &[&str]) -> bool {
        self.top().is_some_and(|top| tops.contains(&top))
    }

    /// Whether these words follow one another in the code.
    fn says(&self, words: &[&str]) -> bool {
        let tokens = &self.source.tokens;
        tokens
            .windows(words.len())
            .any(|window| window.iter().zip(words).all(|(token, word)| token == word))
    }
}

pub(super) type Floors = BTreeMap<String, u32>;
type Rule = fn(&Module, &Floors) -> Vec<String>;

pub(super) const RULES: [(&str, Rule); 7] = [
    ("a module imports only from floors below its own", floors),
    (
        "time is read only in time_source.rs",
        time_is_read_in_one_place,
    ),
    (
        "the database is asked for the time in one place",
        sql_without_time,
    ),
    (
        "diesel is used only in store",
        diesel_stays_behind_the_store,
    ),
    ("SQL is written only in store", sql_stays_behind_the_store),
    (
        "calendar, policy, ical, domain, brand, access and figures are pure",
        pure_floors,
    ),
    (
        "of the service, only api/grpc knows gRPC",
        grpc_stays_at_its_edge,
    ),
];

fn floors(module: &Module, floors: &Floors) -> Vec<String> {
    let Some(own) = module.top() else {
        return Vec::new();
    };
    let beside = |name: &str| BESIDE.iter().find(|(known, _)| *known == name);
    let floor = floors.get(own).copied();
    if floor.is_none() && beside(own).is_none() {
        return vec![format!(
            "{own} has no floor: place it in ARCHITECTURE.md, \"The floors\""
        )];
    }
    let used = module.source.paths(&module.path);
    let used = used
        .iter()
        .filter(|path| path.first().is_none_or(|first| first != "::"));
    used.filter_map(|path| {
        let Some(used) = path.first().map(String::as_str) else {
            return Some("the crate's root is named as a whole".to_owned());
        };
        let allowed = match (floor, floors.get(used), beside(used)) {
            _ if used == own => true,
            (Some(floor), Some(used), _) => *used < floor,
            (Some(floor), None, Some((_, lowest))) => floor >= *lowest,
            // Beside the floors.
            (None, None, Some(_)) => true,
            (None, Some(_), _) => false,
            (_, None, None) => false,
        };
        (!allowed).then(|| format!("{own} may not use {}", path.join("::")))
    })
    .collect()
}

fn time_is_read_in_one_place(module: &Module, _: &Floors) -> Vec<String> {
    if module.file == "time_source.rs" {
        return Vec::new();
    }
    let readers = [
        "Timestamp",
        "SystemTime",
        "Instant",
        "Zoned",
        "Utc",
        "Local",
        "OffsetDateTime",
        "dsl",
    ];
    let readings = readers.map(|reader| [reader, "::", "now"]);
    let found = readings
        .iter()
        .filter(|words| module.says(*words))
        .map(|words| words.concat());
    let stamps = ["now_v1", "now_v6", "now_v7", "clock_gettime"];
    let stamps = stamps
        .iter()
        .filter(|word| module.says(&[word]))
        .map(|word| (*word).to_owned());
    found.chain(stamps).collect()
}

fn sql_without_time(module: &Module, _: &Floors) -> Vec<String> {
    // What the time source is checked against.
    if module.file == "store/time.rs" {
        return Vec::new();
    }
    let texts = module.source.texts.iter();
    texts.filter_map(|text| time_in_sql(text)).collect()
}

fn diesel_stays_behind_the_store(module: &Module, _: &Floors) -> Vec<String> {
    // The private Postgres creates its databases; the log of statements hooks into the connections.
    if module.is_in(&["store", "embedded"]) || module.file == "telemetry/sql.rs" {
        return Vec::new();
    }
    let crates = [
        "diesel",
        "diesel_migrations",
        "jiff_diesel",
        "pq_sys",
        "r2d2",
    ];
    let used = crates.iter().filter(|name| module.says(&[name]));
    used.map(|name| (*name).to_owned()).collect()
}

fn sql_stays_behind_the_store(module: &Module, _: &Floors) -> Vec<String> {
    if module.is_in(&["store", "embedded"]) || module.file == "telemetry/sql.rs" {
        return Vec::new();
    }
    let sql = module.source.texts.iter().filter(|text| is_sql(text));
    sql.map(|text| text.chars().take(60).collect()).collect()
}

fn pure_floors(module: &Module, _: &Floors) -> Vec<String> {
    if !module.is_in(&[
        "calendar", "policy", "ical", "domain", "brand", "access", "figures",
    ]) {
        return Vec::new();
    }
    let words = [
        "tokio",
        "tonic",
        "prost",
        "diesel",
        "tracing",
        "opentelemetry",
        "futures_util",
        "rand",
        "async",
        "await",
    ];
    let used = words
        .iter()
        .filter(|word| module.says(&[word]))
        .map(|word| (*word).to_owned());
    let outside = ["fs", "net", "env", "process", "thread", "io"];
    // However it is written: `std::fs::read`, `use std::fs`, `use std::{fs, fmt}`.
    let paths = module.source.paths(&module.path);
    let reached = paths.into_iter().filter(|path| {
        let std = path.get(1).is_some_and(|name| name == "std");
        std && path
            .get(2)
            .is_some_and(|part| outside.contains(&part.as_str()))
    });
    used.chain(reached.map(|path| path[1..].join("::")))
        .collect()
}

fn grpc_stays_at_its_edge(module: &Module, _: &Floors) -> Vec<String> {
    let at_the_edge = module.file.starts_with("api/grpc/");
    if !module.is_in(&["intake", "api", "engine", "store", "simulation", "tallying"]) || at_the_edge
    {
        return Vec::new();
    }
    let grpc = ["tonic", "tonic_types", "tonic_health"];
    // What proves a caller stands in the headers of whatever protocol, and issuers are asked for their keys by HTTP.
    let http = ["http", "hyper"];
    let http = http
        .iter()
        .filter(|_| !module.file.starts_with("api/auth/"));
    let crates: Vec<_> = grpc.iter().chain(http).collect();
    let used = crates.iter().filter(|name| module.says(&[name]));
    used.map(|name| (**name).to_owned()).collect()
}

/// Whether a text is a statement, as far as can be told from its words.
fn is_sql(text: &str) -> bool {
    let text = text.to_lowercase();
    // A statement may begin with its name as a comment.
    let statement = text.split("*/").last().unwrap_or_default().trim_start();
    let begins = |first: &str, then: &str, within: usize| {
        let mut rest = statement.split_whitespace();
        rest.next() == Some(first) && rest.take(within).any(|word| word == then)
    };
    begins("select", "from", usize::MAX)
        || begins("with", "select", usize::MAX)
        || begins("insert", "into", 1)
        // A table's name, and perhaps one for short.
        || begins("update", "set", 3)
        || begins("delete", "from", 1)
        || begins("create", "table", 3)
}

/// How a statement asks the database for the time.
pub(super) fn time_in_sql(sql: &str) -> Option<String> {
    let sql = sql.to_lowercase();
    let words = [
        "now(",
        "current_timestamp",
        "clock_timestamp",
        "statement_timestamp",
        "transaction_timestamp",
        "localtimestamp",
        "localtime",
        "current_date",
        "current_time",
        "timeofday",
        "'now'",
        "'today'",
    ];
    let is_name = |sign: char| sign.is_alphanumeric() || sign == '_';
    let found = words.into_iter().find(|word| {
        sql.match_indices(word)
            .any(|(at, _)| !sql[..at].ends_with(is_name) || word.starts_with('\''))
    });
    found.map(str::to_owned)
}
