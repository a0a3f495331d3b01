use std::collections::BTreeMap;

use super::*;
use crate::store::Room;

fn healthy() -> Checkup {
    let settings = [
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("synchronous_standby_names", "ANY 1 (b, c)"),
        ("autovacuum", "on"),
        ("idle_session_timeout", "0"),
        ("default_transaction_read_only", "off"),
        ("default_transaction_isolation", "read committed"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Checkup {
        version: "15.18".to_owned(),
        version_number: 150_018,
        encoding: "UTF8".to_owned(),
        role: "redress_serve".to_owned(),
        pending: 0,
        settings: BTreeMap::from(settings),
        in_recovery: false,
        missing_grants: Vec::new(),
        invalid_indexes: Vec::new(),
        oldest_snapshot: None,
        clock_ahead: SignedDuration::from_millis(3),
        round_trip: SignedDuration::from_millis(1),
        connections: (12, 97),
        tzdb_versions: vec![tzdb_version().to_owned()],
        room: Some(Room { free: 80, used: 20 }),
    }
}

/// What is not fine of a database that was healthy before this was done to it.
fn after(harm: impl FnOnce(&mut Checkup)) -> Vec<(&'static str, Weight)> {
    let mut checkup = healthy();
    harm(&mut checkup);
    let not_fine = advice(&checkup)
        .into_iter()
        .filter(|it| it.weight != Weight::Fine);
    not_fine
        .inspect(|it| assert!(it.cure.is_some(), "{it:?}"))
        .map(|it| (it.what, it.weight))
        .collect()
}

fn setting(name: &'static str, value: &'static str) -> impl FnOnce(&mut Checkup) {
    move |checkup| {
        checkup.settings.insert(name.to_owned(), value.to_owned());
    }
}

fn held(seconds: i64) -> impl FnOnce(&mut Checkup) {
    move |checkup| {
        checkup.oldest_snapshot = Some(Snapshot {
            holder: "session 7 (psql, idle in transaction)".to_owned(),
            held: Some(SignedDuration::from_secs(seconds)),
            transactions: 100,
        });
    }
}

#[test]
fn a_healthy_database_needs_nothing() {
    assert_eq!(after(|_| ()), []);
}

#[test]
fn whatever_puts_promises_at_risk_is_wrong() {
    use Weight::{Look, Wrong};
    let one = |what, weight| vec![(what, weight)];
    assert_eq!(
        after(|it| it.version_number = 140_011),
        one("server", Wrong)
    );
    assert_eq!(
        after(|it| it.encoding = "LATIN1".to_owned()),
        one("encoding", Wrong)
    );
    assert_eq!(after(|it| it.in_recovery = true), one("writing", Wrong));
    assert_eq!(
        after(setting("default_transaction_read_only", "on")),
        one("writing", Wrong)
    );
    assert_eq!(
        after(|it| it.pending = 2),
        [("schema", Wrong), ("grants", Look)]
    );
    assert_eq!(
        after(|it| it.missing_grants = vec!["insert on event".to_owned()]),
        one("grants", Wrong)
    );
    assert_eq!(
        after(|it| it.invalid_indexes = vec!["clock_due".to_owned()]),
        one("indexes", Wrong)
    );
    for name in ["fsync", "full_page_writes", "synchronous_commit"] {
        assert_eq!(
            after(setting(name, "off")),
            one("durability", Wrong),
            "{name}"
        );
    }
    assert_eq!(
        after(setting("synchronous_standby_names", "")),
        one("standbys", Look)
    );
    assert_eq!(
        after(setting("synchronous_commit", "local")),
        one("standbys", Wrong)
    );
    assert_eq!(
        after(setting("default_transaction_isolation", "serializable")),
        one("isolation", Wrong)
    );
    assert_eq!(
        after(setting("autovacuum", "off")),
        one("autovacuum", Wrong)
    );
    assert_eq!(
        after(|it| it.connections = (90, 97)),
        one("connections", Look)
    );
    assert_eq!(
        after(|it| it.tzdb_versions.push("2020a".to_owned())),
        one("tz database", Look)
    );
    assert_eq!(after(|it| it.room = None), []);
}

#[test]
fn limits_are_where_they_are_said_to_be() {
    use Weight::{Look, Wrong};
    let clock =
        |milliseconds: i64| after(|it| it.clock_ahead = SignedDuration::from_millis(milliseconds));
    assert_eq!(clock(2_000), []);
    assert_eq!(clock(-2_000), []);
    assert_eq!(clock(2_001), [("clock", Look)]);
    assert_eq!(clock(5_000), [("clock", Look)]);
    assert_eq!(clock(-5_001), [("clock", Wrong)]);
    // A slow network says nothing about clocks.
    let slow = after(|it| {
        it.clock_ahead = SignedDuration::from_secs(3);
        it.round_trip = SignedDuration::from_secs(4);
    });
    assert_eq!(slow, []);

    assert_eq!(after(held(299)), []);
    assert_eq!(after(held(300)), [("snapshots", Look)]);
    assert_eq!(after(held(3_600)), [("snapshots", Wrong)]);
    let slot = |transactions| {
        after(|it| {
            it.oldest_snapshot = Some(Snapshot {
                holder: "replication slot gone".to_owned(),
                held: None,
                transactions,
            });
        })
    };
    assert_eq!(slot(999_999), []);
    assert_eq!(slot(1_000_000), [("snapshots", Wrong)]);

    let free = |free| {
        after(|it| {
            it.room = Some(Room {
                free,
                used: 100 - free,
            });
        })
    };
    assert_eq!(free(20), []);
    assert_eq!(free(19), [("disk", Look)]);
    assert_eq!(free(9), [("disk", Wrong)]);

    for (value, expected) in [
        ("0", false),
        ("10min", true),
        ("59min", true),
        ("1h", false),
        ("2d", false),
    ] {
        let found = !after(setting("idle_session_timeout", value)).is_empty();
        assert_eq!(found, expected, "{value}");
    }
}

#[test]
fn durations_are_read_as_postgres_shows_them() {
    for (shown, milliseconds) in [
        ("0", Some(0)),
        ("250ms", Some(250)),
        ("30s", Some(30_000)),
        ("5min", Some(300_000)),
        ("1d", Some(86_400_000)),
        ("?", None),
    ] {
        assert_eq!(super::milliseconds(shown), milliseconds, "{shown}");
    }
}
