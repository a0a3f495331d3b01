//! What the chart lets anybody say is what the program takes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use clap::{Arg, CommandFactory as _};
use redress::{
    cli::Cli,
    telemetry::{Collector, Endpoints, Pipeline},
};
use serde_json::Value;

use crate::support::watchdog;

/// Variables of `serve` that the chart leaves alone.
const ELSEWHERE: [(&str, &str); 4] = [
    ("REDRESS_DATA_DIR", "a pod has no private Postgres"),
    (
        "REDRESS_MIGRATE",
        "a Job migrates before any replica is replaced",
    ),
    ("REDRESS_DEV_KEYS", "they are for loopback addresses"),
    ("REDRESS_MAIL_DIR", "mail in a pod's folder reaches nobody"),
];

/// What some options need beside them.
const BESIDE: [&str; 7] = [
    "--oidc-issuer=https://i",
    "--oidc-audience=a",
    "--kafka-brokers=b:9092",
    "--kafka-topic=t",
    "--kafka-user=u",
    "--kafka-password-file=p",
    "--staff=s",
];

fn file(path: &str) -> String {
    watchdog::watch();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn json(path: &str) -> Value {
    serde_json::from_str(&file(path)).unwrap()
}

fn texts(list: &Value) -> Vec<&str> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|text| text.as_str().unwrap()).collect()
}

/// The variables that the chart sets, each with the path of its value, if a value says what is in it.
fn set_by_the_chart() -> BTreeMap<String, Option<String>> {
    let settings = json("helm/redress/files/settings.json");
    let text = |of: &Value| of.as_str().unwrap().to_owned();
    let mut set = BTreeMap::new();
    for setting in settings["variables"].as_array().unwrap() {
        let path = setting.get("value").map(text);
        set.insert(text(&setting["variable"]), path);
    }
    for mounted in settings["files"].as_array().unwrap() {
        for variable in mounted["variables"].as_object().unwrap().keys() {
            set.insert(variable.clone(), None);
        }
    }
    set
}

/// The options of `serve` that have a variable, by its name.
fn options() -> BTreeMap<String, Arg> {
    let mut command = Cli::command();
    command.build();
    let serve = command.find_subcommand("serve").unwrap();
    let named = serve.get_arguments().filter_map(|option| {
        let variable = option.get_env()?.to_str().unwrap();
        Some((variable.to_owned(), option.clone()))
    });
    named.collect()
}

/// What the schema says of a value.
fn in_schema(schema: &Value, path: &str) -> Value {
    let resolved = |place: &Value| match place.get("$ref").and_then(Value::as_str) {
        Some(named) => schema.pointer(&named[1..]).unwrap().clone(),
        None => place.clone(),
    };
    path.split('.').fold(schema.clone(), |place, key| {
        resolved(&resolved(&place)["properties"][key])
    })
}

/// Whether `serve` takes this of one of its options.
fn takes(option: &Arg, text: &str) -> bool {
    let long = format!("--{}", option.get_long().unwrap());
    let beside = BESIDE
        .iter()
        .filter(|other| !other.starts_with(&format!("{long}=")));
    let words = ["redress", "serve"].iter().chain(beside);
    let words = words.map(|word| (*word).to_owned());
    let given = words.chain([format!("{long}={text}")]);
    Cli::command().try_get_matches_from(given).is_ok()
}

#[test]
fn every_setting_of_the_program_has_a_value_in_the_chart_or_a_reason_to_have_none() {
    let (set, options) = (set_by_the_chart(), options());
    let elsewhere: BTreeSet<&str> = ELSEWHERE.iter().map(|(variable, _)| *variable).collect();
    for variable in options.keys() {
        assert_ne!(
            set.contains_key(variable),
            elsewhere.contains(variable.as_str()),
            "helm/redress/files/settings.json and {variable}"
        );
    }
    for variable in set.keys().filter(|name| name.starts_with("REDRESS_")) {
        assert!(options.contains_key(variable), "serve has no {variable}");
    }
    assert!(options.len() > 50, "{}", options.len());
}

/// The chart's README has the values of values.yaml, which `.ci/chart-readme` sees to.
#[test]
fn what_the_chart_says_by_itself_is_what_the_program_does_by_itself() {
    let readme = file("helm/redress/README.md");
    let rows = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let said: BTreeMap<&str, Value> = rows
        .filter_map(|(path, rest)| {
            let default = rest.rsplit_once(" | `")?.1.strip_suffix("` |")?;
            Some((path, serde_json::from_str(default).unwrap()))
        })
        .collect();
    let options = options();
    let mut seen = 0;
    for (variable, path) in set_by_the_chart() {
        let (Some(path), Some(option)) = (path, options.get(&variable)) else {
            continue;
        };
        let [meant] = option.get_default_values() else {
            continue;
        };
        let said = match &said[path.as_str()] {
            Value::Array(list) => {
                let items = list.iter().map(|item| match item {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                });
                items.collect::<Vec<_>>().join(",")
            }
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        assert_eq!(said.as_str(), meant.to_str().unwrap(), "{path}, {variable}");
        seen += 1;
    }
    assert!(seen > 25, "{seen}");
}

#[test]
fn the_schema_of_the_chart_refuses_what_the_program_refuses() {
    let schema = json("helm/redress/values.schema.json");
    let examples = json("tests/chart/values.json");
    let options = options();
    let (mut ranges, mut words, mut spelled) = (0, 0, 0);
    for (variable, path) in set_by_the_chart() {
        let (Some(path), Some(option)) = (path, options.get(&variable)) else {
            continue;
        };
        let of = in_schema(&schema, &path);
        let of = of.get("items").unwrap_or(&of);
        let examples = &examples[&path];
        let stricter = texts(&examples["stricter"]);
        let check = |text: &str, taken: bool| {
            assert_eq!(takes(option, text), taken, "{path}, {variable}: {text:?}");
        };
        if let Some(most) = of["maximum"].as_i64() {
            let least = match of["minimum"].as_i64().unwrap() {
                // Not said to the program.
                0 if path == "database.volumeGiB" => 1,
                least => least,
            };
            check(&least.to_string(), true);
            check(&most.to_string(), true);
            let below = (least - 1).to_string();
            check(&below, stricter.contains(&below.as_str()));
            check(&(most + 1).to_string(), false);
            ranges += 1;
            continue;
        }
        if let Some(listed) = of.get("enum") {
            let known = option.get_possible_values();
            let known: BTreeSet<&str> = known.iter().map(|value| value.get_name()).collect();
            let listed: BTreeSet<&str> = texts(listed).into_iter().collect();
            assert_eq!(listed, known, "{path}, {variable}");
            words += 1;
            continue;
        }
        for good in texts(&examples["good"]).into_iter().chain(stricter) {
            check(good, true);
            spelled += 1;
        }
        for bad in texts(&examples["bad"]) {
            check(bad, false);
            spelled += 1;
        }
    }
    assert!(
        ranges > 20 && words >= 4 && spelled > 60,
        "{ranges} {words} {spelled}"
    );
}

/// What the program takes before anything is exported.
#[tokio::test]
async fn the_program_exports_to_the_collectors_that_the_chart_takes() {
    let examples = json("tests/chart/values.json");
    let examples = &examples["telemetry.otlpEndpoint"];
    let exports = |text: &str| {
        let endpoints = Endpoints {
            traces: Some(Collector::at(text)),
            metrics: Some(Collector::at(text)),
        };
        Pipeline::new("redress", &endpoints).map(drop)
    };
    for good in texts(&examples["good"]) {
        exports(good).unwrap_or_else(|error| panic!("{good}: {error}"));
    }
    for bad in texts(&examples["bad"]) {
        assert!(exports(bad).is_err(), "{bad}");
    }
}

#[test]
fn the_program_filters_its_log_as_the_chart_lets_it() {
    let examples = json("tests/chart/values.json");
    let examples = &examples["log.filter"];
    let good = texts(&examples["good"])
        .into_iter()
        .map(|text| (text, true));
    let bad = texts(&examples["bad"])
        .into_iter()
        .map(|text| (text, false));
    for (text, good) in good.chain(bad) {
        let said = serve_in_vain("RUST_LOG", text);
        let came_to_the_key = said.contains("/nonexistent/secret-key");
        assert_eq!(came_to_the_key, good, "{text}: {said}");
        assert!(good || said.contains("RUST_LOG is invalid"), "{said}");
    }
}

/// What a service says that cannot start, for want of its key: whatever comes before that is about the variable.
fn serve_in_vain(variable: &str, text: &str) -> String {
    let ended = Command::new(env!("CARGO_BIN_EXE_redress"))
        .args(["serve", "--secret-key-file", "/nonexistent/secret-key"])
        .env(variable, text)
        .output()
        .unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    said
}
