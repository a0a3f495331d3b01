//! What the chart's rules, dashboards and runbooks name, the service exports.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

use clap::CommandFactory as _;
use opentelemetry_proto::tonic::{
    common::v1::KeyValue,
    metrics::v1::{Metric, metric::Data},
};
use redress::{
    cli::Cli,
    telemetry::{ConnectionEnd, MailOutcome, Metrics, Quota},
};
use tonic::Code;

use super::collect_from;

/// Labels that Prometheus and the collector add. The last is a resource attribute, by which environments are told apart.
const ADDED: [&str; 4] = ["job", "instance", "le", "deployment_environment_name"];

/// What looks like a metric in a runbook: the roles of the database, and the beginning of all names.
const NO_METRICS: [&str; 3] = ["redress_serve", "redress_migrate", "redress_"];

/// Measures everything once.
fn measure(metrics: &Metrics) {
    let second = Duration::from_secs(1);
    metrics.rpc_served("FileComplaint", Code::Ok, second);
    metrics.call_failed("FileComplaint", Code::Unavailable, Some("SHUTTING_DOWN"));
    metrics.observe_connections(|| 1);
    metrics.observe_certificate(|| 1.0);
    metrics.connection_ended(ConnectionEnd::Refused);
    metrics.over_quota(Quota::CallsPerSecond);
    metrics.batch(1, second);
    metrics.observe_queue_depth(|| 0);
    metrics.observe_time_offset(|| 0.0);
    metrics.observe_disk(|| Some(0.5), || false);
    metrics.oldest_snapshot(1);
    metrics.sql("engine.load", second);
    metrics.swept(1, second);
    metrics.sweep_failed(second);
    metrics.fired("resolution", second);
    metrics.breached("ca-jive", "resolution");
    metrics.verified(1, 1);
    metrics.verification_completed();
    metrics.unreadable();
    metrics.reads_recorded(1);
    metrics.reads_lost(1);
    metrics.observe_reads(|| 0.0, || false);
    metrics.filed("phone", "ca-jive");
    metrics.bus_failed();
    metrics.observe_bus(|| Some(0), || Some(0.0));
    metrics.delivery_attempted("delivered");
    metrics.subscription_disabled();
    metrics.observe_subscriptions(|| vec![("s".to_owned(), 0.0)], || 0);
    metrics.mail_attempted(MailOutcome::Sent);
    metrics.oldest_dispatch("email", second);
    metrics.staff_told("reminder", "mail");
    metrics.staff_failed("mail");
    metrics.staff_unreached("lost", 1);
}

/// The series of a metric as Prometheus names them, and the labels of its points.
fn in_prometheus(metric: &Metric) -> (Vec<String>, BTreeSet<String>) {
    let keys = |attributes: &[KeyValue]| -> Vec<String> {
        let keys = attributes.iter().map(|it| it.key.replace('.', "_"));
        keys.collect()
    };
    let unit = match metric.unit.as_str() {
        "s" => "_seconds",
        "1" => "_ratio",
        _ => "",
    };
    let name = format!("{}{unit}", metric.name.replace('.', "_"));
    match metric.data.as_ref().unwrap() {
        Data::Histogram(histogram) => {
            let points = histogram.data_points.iter();
            let labels = points.flat_map(|point| keys(&point.attributes)).collect();
            let series = ["", "_bucket", "_count", "_sum"];
            (series.map(|it| format!("{name}{it}")).into(), labels)
        }
        Data::Sum(sum) => {
            let points = sum.data_points.iter();
            let labels = points.flat_map(|point| keys(&point.attributes)).collect();
            (vec![format!("{name}_total")], labels)
        }
        Data::Gauge(gauge) => {
            let points = gauge.data_points.iter();
            let labels = points.flat_map(|point| keys(&point.attributes)).collect();
            (vec![name], labels)
        }
        other => panic!("{name}: {other:?}"),
    }
}

fn chart() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("helm/redress")
}

/// The files of a folder of the chart that end so, with their text.
fn files(folder: &str, ending: &str) -> BTreeMap<String, String> {
    let folder = chart().join(folder);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let found: BTreeMap<String, String> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_str().unwrap().ends_with(ending))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect();
    assert!(!found.is_empty(), "{folder:?}");
    found
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Each name in a text that begins so, with what stands behind it. Names that rules record have colons in them.
fn names<'t>(text: &'t str, beginning: &str) -> Vec<(&'t str, &'t str)> {
    let recorded = beginning.ends_with(':');
    let belongs = |c: char| is_of_name(c) || (recorded && c == ':');
    let starts = text.match_indices(beginning).map(|(start, _)| start);
    let whole = starts.filter(|start| !text[..*start].ends_with(is_of_name));
    let split = whole.map(|start| {
        let rest = &text[start..];
        rest.split_at(rest.find(|c| !belongs(c)).unwrap_or(rest.len()))
    });
    split.collect()
}

/// The labels in `{a="x",b=~"y"}`, if a text begins with that.
fn selected(text: &str) -> Vec<&str> {
    let Some(text) = text.strip_prefix('{') else {
        return Vec::new();
    };
    let mut labels = Vec::new();
    let mut rest = text;
    while let Some((label, after)) = rest.split_once(['=', '!']) {
        labels.push(label.trim_matches([',', ' ']));
        // Quotes are escaped in JSON.
        let mut quoted = after.splitn(3, '"').skip(1);
        let (Some(_), Some(after)) = (quoted.next(), quoted.next()) else {
            break;
        };
        rest = after;
        if rest.starts_with('}') {
            break;
        }
    }
    labels
}

/// The labels in `by (a, b)` and its like.
fn grouped(text: &str) -> Vec<&str> {
    let groups = [" by (", " on (", " without ("];
    let found = groups.iter().flat_map(|group| text.split(group).skip(1));
    let lists = found.filter_map(|rest| Some(rest.split_once(')')?.0));
    lists
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .filter(|label| !label.is_empty())
        .collect()
}

#[tokio::test]
async fn every_metric_and_label_that_rules_dashboards_and_runbooks_name_is_exported() {
    let collected = collect_from(async |metrics| measure(&metrics)).await;
    let mut exported = BTreeMap::new();
    for metric in collected.metrics().values() {
        let (series, labels) = in_prometheus(metric);
        exported.extend(series.into_iter().map(|name| (name, labels.clone())));
    }
    let labels: BTreeSet<&str> = exported
        .values()
        .flatten()
        .map(String::as_str)
        .chain(ADDED)
        .collect();

    let rules = files("files", ".yaml");
    let recorded: BTreeSet<&str> = rules["alerts.yaml"]
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- record: "))
        .collect();
    let dashboards = files("files/dashboards", ".json");
    let dashboards = dashboards
        .iter()
        .map(|(name, text)| (name, text.replace("\\\"", "\"")));
    let runbooks = files("runbooks", ".md");
    let texts = rules.iter().chain(&runbooks);
    let texts = texts
        .map(|(name, text)| (name, text.clone()))
        .chain(dashboards);
    let mut seen = BTreeSet::new();
    for (file, text) in texts {
        let metrics = names(&text, "redress_").into_iter();
        for (name, rest) in metrics.filter(|(name, _)| !NO_METRICS.contains(name)) {
            let known = exported
                .get(name)
                .unwrap_or_else(|| panic!("{file}: {name} is not exported"));
            for label in selected(rest) {
                let fits = known.contains(label) || ADDED.contains(&label);
                assert!(fits, "{file}: {name} has no label {label}");
            }
            seen.insert(name.to_owned());
        }
        for (name, _) in names(&text, "redress:") {
            assert!(recorded.contains(name), "{file}: no rule records {name}");
        }
        for label in grouped(&text)
            .into_iter()
            .filter(|_| !file.ends_with(".md"))
        {
            assert!(
                labels.contains(label),
                "{file}: nothing has the label {label}"
            );
        }
    }
    assert!(seen.len() > 30, "{seen:?}");
}

/// The reasons for which filings fail are counted from the start, so they have to be reasons.
#[test]
fn the_reasons_that_rules_and_counters_name_are_reasons() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    let reasons = read("src/intake/reason.rs");
    let counter = read("src/telemetry/metrics/labels.rs");
    let rules = read("helm/redress/files/alerts.yaml");
    let failed = rules.split("redress_calls_failed_total{").skip(1);
    let listed = failed.filter_map(|rest| {
        let (selected, _) = rest.split_once('}')?;
        let (_, reason) = selected.split_once("reason")?;
        Some(reason.split('"').nth(1)?.to_owned())
    });
    let counted = counter.split("(\"").skip(1).filter_map(|rest| {
        let (reason, after) = rest.split_once('"')?;
        after.starts_with(", Code::").then(|| reason.to_owned())
    });
    let listed = listed.chain(counted).collect::<Vec<_>>().join("|");
    let mut seen = 0;
    for reason in listed.split('|') {
        let written = format!("pub const {reason}: &str");
        assert!(reasons.contains(&written), "{reason} is no reason");
        seen += 1;
    }
    assert!(seen > 20, "{seen}: {listed}");
}

#[test]
fn every_alert_has_its_runbook_and_every_runbook_its_alert() {
    let rules = &files("files", ".yaml")["alerts.yaml"];
    let mut alerts = BTreeSet::new();
    for rule in rules.split("- alert: ").skip(1) {
        let name = rule.lines().next().unwrap().trim();
        let link = format!("runbook_url: RUNBOOKS/{name}.md\n");
        assert!(rule.contains(&link), "{name} does not lead to its runbook");
        alerts.insert(format!("{name}.md"));
    }
    let mut runbooks = files("runbooks", ".md");
    let index = runbooks.remove("README.md").unwrap();
    let written: BTreeSet<String> = runbooks.keys().cloned().collect();
    assert_eq!(alerts, written);
    for (name, text) in &runbooks {
        let alert = name.trim_end_matches(".md");
        assert!(text.starts_with(&format!("# {alert}\n")), "{name}");
        assert!(index.contains(&format!("]({name})")), "README.md: {name}");
        let mut rest = text.as_str();
        for part in [
            "## Symptom",
            "## What the customer feels",
            "## First look",
            "## Cure",
        ] {
            let (_, after) = rest
                .split_once(&format!("\n{part}\n"))
                .unwrap_or_else(|| panic!("{name} lacks {part}, or has it elsewhere"));
            rest = after;
        }
        let (look, _) = text.split_once("\n## Cure\n").unwrap();
        let (_, look) = look.split_once("\n## First look\n").unwrap();
        assert!(look.contains("\n```"), "{name}: nothing to run or to ask");
    }
}

#[test]
fn every_command_of_a_runbook_is_one() {
    let mut seen = 0;
    for (file, text) in files("runbooks", ".md") {
        let lines = text.lines().filter(|line| !line.contains('`'));
        let lines = lines.filter_map(|line| {
            let inside = line.split_once(" -- redress ").map(|(_, words)| words);
            inside.or_else(|| line.strip_prefix("redress "))
        });
        for line in lines {
            let words = line.split(" | ").next().unwrap().split_whitespace();
            let words = ["redress"].into_iter().chain(words);
            let read = Cli::command().try_get_matches_from(words);
            assert!(read.is_ok(), "{file}: {line}: {:?}", read.err());
            seen += 1;
        }
    }
    assert!(seen > 5, "{seen}");
}
