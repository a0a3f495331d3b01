//! What ARCHITECTURE.md says about the source, kept by reading the source.

mod circles;
mod rules;
mod source;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use self::{
    circles::{Arrows, House, circles, in_words},
    rules::{Floors, Module, RULES, time_in_sql},
};
use crate::support::watchdog;

/// The table of floors, from the page that explains it.
fn floors_of_the_page() -> Floors {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the page");
    let rows = page.lines().filter_map(|line| {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        let floor: u32 = cells.next()?.parse().ok()?;
        Some((floor, cells.next()?.to_owned()))
    });
    let named = rows.flat_map(|(floor, cell)| {
        let names = cell
            .split(',')
            .map(|name| name.trim().trim_matches('`').to_owned());
        names.map(move |name| (name, floor)).collect::<Vec<_>>()
    });
    named.collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    watchdog::watch();
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
    {
        if entry.is_dir() {
            found.extend(files(&entry, ending));
        } else if entry
            .extension()
            .is_some_and(|extension| extension == ending)
        {
            found.push(entry);
        }
    }
    found.sort();
    found
}

#[test]
fn the_source_keeps_the_rules_of_the_house() {
    let (floors, src) = (floors_of_the_page(), root().join("src"));
    assert!(floors.len() > 12, "the table is read: {floors:?}");
    let files = files(&src, "rs");
    assert!(files.len() > 80, "all of src is read: {}", files.len());
    let mut broken = Vec::new();
    for file in files {
        let name = file
            .strip_prefix(&src)
            .expect("a file of src")
            .display()
            .to_string();
        let module = Module::new(&name, &fs::read_to_string(&file).expect("a source file"));
        for (rule, check) in RULES {
            let found = check(&module, &floors);
            broken.extend(
                found
                    .into_iter()
                    .map(|what| format!("src/{name}: {rule}: {what}")),
            );
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn source_files() -> Vec<(String, String)> {
    let src = root().join("src");
    let read = |file: &PathBuf| {
        let name = file.strip_prefix(&src).expect("a file of src");
        let text = fs::read_to_string(file).expect("a source file");
        (name.display().to_string(), text)
    };
    files(&src, "rs").iter().map(read).collect()
}

/// A house of these files, with the modules that they are in.
fn house_of(files: &[(&str, &str)]) -> House {
    let parents = [("lib.rs", ""), ("a/mod.rs", ""), ("b/mod.rs", "")];
    House::read(parents.iter().chain(files).copied())
}

fn told(arrows: &Arrows) -> Vec<String> {
    let circles = circles(arrows);
    circles.iter().map(|it| in_words(it, arrows)).collect()
}

#[test]
fn what_a_file_takes_from_others_never_leads_back_to_it() {
    let files = source_files();
    let house = House::read(
        files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str())),
    );
    let arrows = house.arrows();
    let drawn: usize = arrows.values().map(|targets| targets.len()).sum();
    assert!(drawn > 1500, "all of src is read: {drawn}");
    let mut found = told(&arrows);
    for (parent, arrows) in house.arrows_of_modules() {
        let told = told(&arrows).into_iter();
        found.extend(told.map(|circle| format!("in crate::{parent}, {circle}")));
    }
    assert!(
        found.is_empty(),
        "each of these is a circle; move what both sides need to a file below them:\n{}",
        found.join("\n")
    );
}

#[test]
fn a_circle_is_noticed_however_it_is_written() {
    let circles_of: [(&str, &[(&str, &str)]); 9] = [
        (
            "by use",
            &[
                ("a/one.rs", "use super::two::Two; pub struct One;"),
                ("a/two.rs", "use crate::a::one::One; pub struct Two;"),
            ],
        ),
        (
            "in a body, with a module that was imported",
            &[
                ("a/one.rs", "use super::two; pub fn one() { two::two(); }"),
                ("a/two.rs", "pub fn two() { crate::a::one::one(); }"),
            ],
        ),
        (
            "past a face that passes names on",
            &[
                (
                    "a/mod.rs",
                    "mod one; mod two; pub use self::{one::One, two::*};",
                ),
                ("a/one.rs", "use crate::a::{Two as Other}; pub struct One;"),
                ("a/two.rs", "use super::One; pub struct Two;"),
            ],
        ),
        (
            "of a child and its parent",
            &[
                (
                    "a/mod.rs",
                    "mod one; use self::one::One; pub struct Own(One);",
                ),
                (
                    "a/one.rs",
                    "pub struct One; impl One { fn f() -> super::Own {} }",
                ),
            ],
        ),
        (
            "of a parent that names its child without an import",
            &[
                ("a/mod.rs", "mod one; pub fn own() { one::one() }"),
                ("a/one.rs", "pub fn one() { super::own() }"),
            ],
        ),
        (
            "of a face that uses what it passes on",
            &[
                (
                    "a/mod.rs",
                    "mod one; pub(crate) use self::one::One; pub struct Own(One);",
                ),
                ("a/one.rs", "use super::Own; pub struct One;"),
            ],
        ),
        (
            "of everything",
            &[
                ("a/one.rs", "use super::two::*; pub struct One;"),
                ("a/two.rs", "use super::one::One; pub struct Two;"),
            ],
        ),
        (
            "of three",
            &[
                ("one.rs", "use crate::two::Two; pub struct One;"),
                ("two.rs", "use crate::three::Three; pub struct Two;"),
                (
                    "three.rs",
                    "use crate::{one::{self, One}, two}; pub struct Three;",
                ),
            ],
        ),
        (
            "of what a macro defines",
            &[
                (
                    "one.rs",
                    "table! { one (id) { id -> Uuid } } use crate::two::Two;",
                ),
                ("two.rs", "pub struct Two; fn f() { crate::one::one::id() }"),
            ],
        ),
    ];
    for (how, files) in circles_of {
        let house = house_of(files);
        assert_eq!(told(&house.arrows()).len(), 1, "{how}: {house:#?}");
    }
    let (_, files) = circles_of[0];
    assert_eq!(
        told(&house_of(files).arrows()),
        ["a/one.rs takes Two from a/two.rs; a/two.rs takes One from a/one.rs"]
    );
}

#[test]
fn a_circle_of_modules_is_noticed_where_their_files_form_none() {
    let house = house_of(&[
        ("a/one.rs", "use crate::b::one::One; pub struct Two;"),
        ("a/two.rs", "pub struct Two;"),
        ("b/one.rs", "pub struct One;"),
        ("b/two.rs", "use crate::a::two::Two;"),
    ]);
    assert_eq!(told(&house.arrows()), [""; 0]);
    let of_parents = house.arrows_of_modules();
    assert_eq!(
        told(&of_parents[""]),
        ["a takes One from b; b takes Two from a"]
    );
}

#[test]
fn what_forms_no_circle_is_let_through() {
    let house = house_of(&[
        ("lib.rs", "mod a; pub use a::One;"),
        (
            "a/mod.rs",
            "mod one; mod two; #[cfg(test)] mod tests; pub use self::one::One;",
        ),
        (
            "a/one.rs",
            "use super::two::Two; pub struct One; // crate::a::two\n\
             #[cfg(test)] mod more { use crate::a::{tests::check, two::Three}; }",
        ),
        (
            "a/two.rs",
            "use std::fmt; pub struct Two; struct One; fn f(a: impl Fn() + use<'_>) -> One {} \
             #[cfg(test)] use super::One as Other; #[cfg(test)] fn g() { super::one::One::new(); }",
        ),
        ("a/tests.rs", "use super::*; use crate::a::one::One;"),
    ]);
    assert_eq!(told(&house.arrows()), [""; 0], "{house:#?}");
}

#[test]
fn no_migration_asks_the_database_for_the_time() {
    let files = files(&root().join("migrations"), "sql");
    assert!(!files.is_empty());
    for file in files {
        let text = fs::read_to_string(&file).expect("a migration");
        let statements: Vec<&str> = text
            .lines()
            .map(|line| line.split("--").next().unwrap_or(""))
            .collect();
        assert_eq!(
            time_in_sql(&statements.join("\n")),
            None,
            "{}",
            file.display()
        );
    }
}

/// Of two migrations of one version, only one would ever be applied.
#[test]
fn every_migration_has_a_version_of_its_own() {
    let mut versions = BTreeSet::new();
    let folders = fs::read_dir(root().join("migrations")).expect("the migrations");
    for folder in folders {
        let folder = folder.expect("a migration").path();
        if !folder.is_dir() {
            continue;
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let version = name.split('_').next().unwrap_or_default().to_owned();
        assert!(versions.insert(version), "{name}");
    }
    assert!(versions.len() > 10, "{versions:?}");
}

#[test]
fn a_rule_that_is_broken_is_noticed() {
    let floors = floors_of_the_page();
    let offences = [
        (0, "store/read.rs", "use crate::engine::Engine;"),
        (
            0,
            "domain/clock.rs",
            "fn f() { crate::store::migrate(\"\"); }",
        ),
        (
            0,
            "domain/clock.rs",
            "use crate::{policy::Policy, store::{self, Store}};",
        ),
        (
            0,
            "domain/notice/facts.rs",
            "use super::super::super::{policy::Policy, engine::Engine};",
        ),
        (
            0,
            "policy/step.rs",
            "mod tests { use super::{super::super::domain::Clock, *}; }",
        ),
        (0, "calendar/week.rs", "use crate as all;"),
        (0, "calendar/week.rs", "use super::super::*;"),
        (0, "domain/mod.rs", "use crate::time_source::SystemTime;"),
        (0, "telemetry/rpc.rs", "use crate::api::Readiness;"),
        (0, "scheduler/mod.rs", "use crate::api::serve;"),
        (0, "client/mod.rs", "use crate::cli::Failure;"),
        (0, "demo/mod.rs", "use crate::cli::Failure;"),
        (0, "gossip.rs", "fn f() {}"),
        (0, "store/read.rs", "use crate::gossip::Rumour;"),
        (1, "engine/sweep.rs", "let now = jiff::Timestamp::now();"),
        (
            1,
            "api/watch.rs",
            "let t = std::time :: Instant /* soon */ :: now();",
        ),
        (1, "engine/batch.rs", "Uuid::now_v7()"),
        (1, "store/read.rs", "query.filter(at.lt(diesel::dsl::now))"),
        (
            2,
            "store/log.rs",
            "\"select * from event where at < now()\"",
        ),
        (
            2,
            "store/log.rs",
            "r#\"update clock set due_at = CURRENT_TIMESTAMP\"#",
        ),
        (2, "store/log.rs", "sql(\"clock_timestamp() - at\")"),
        (3, "engine/sweep.rs", "use diesel::RunQueryDsl as _;"),
        (4, "api/read.rs", "run(\"select body from complaint\")"),
        (4, "app.rs", "run(\"/* tidy */ delete from request\")"),
        (5, "domain/due_steps.rs", "async fn fire() {}"),
        (5, "policy/file.rs", "use std::{fmt, fs};"),
        (
            5,
            "calendar/book.rs",
            "let text = std::fs::read_to_string(path);",
        ),
        (6, "intake/change.rs", "use tonic::Status;"),
        (6, "api/auth/claims.rs", "use tonic::Status;"),
        (6, "api/rules.rs", "use http::Uri;"),
        (
            6,
            "api/read.rs",
            "fn of(error: tonic_types::ErrorDetails) {}",
        ),
    ];
    for (rule, file, text) in offences {
        let found = RULES[rule].1(&Module::new(file, text), &floors);
        assert!(!found.is_empty(), "{}: {file}: {text}", RULES[rule].0);
    }
}

#[test]
fn what_keeps_the_rules_is_let_through() {
    let floors = floors_of_the_page();
    let sound = [
        (
            "engine/sweep.rs",
            "use super::{EngineError, batch::Workspace}; use crate::{domain::Fact, store::Store};",
        ),
        (
            "intake/check/time.rs",
            "mod tests { use super::{super::tests::check, *}; }",
        ),
        (
            "domain/clock.rs",
            "// crate::store, Timestamp::now()\nfn f<'a>(x: &'a str) -> char { '\"' }",
        ),
        (
            "store/log.rs",
            "/* outer /* crate::engine */ tokio */ const A: &str = \"the select few come from here\";",
        ),
        ("time_source.rs", "Timestamp::now()"),
        (
            "domain/decision_builder.rs",
            "let (now, at) = (self.now(), draft.now());",
        ),
        (
            "cli/show.rs",
            "use crate::{client::Client, terminal::Terminal, proto::v1};",
        ),
        ("embedded/mod.rs", "use diesel::prelude::*;"),
        ("api/grpc/status.rs", "use tonic::Status;"),
        ("api/auth/http.rs", "use http::Uri;"),
        (
            "policy/check.rs",
            "error(\"update the file, or set another version\")",
        ),
    ];
    for (file, text) in sound {
        for (rule, check) in RULES {
            assert_eq!(
                check(&Module::new(file, text), &floors),
                Vec::<String>::new(),
                "{rule}: {file}: {text}"
            );
        }
    }
}
