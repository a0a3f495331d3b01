//! What a database's state means for the service, and what to do about it. Pure.

use jiff::SignedDuration;

use crate::{
    calendar::tzdb_version,
    store::{Checkup, Snapshot},
};

/// The oldest version that the service runs on.
const OLDEST: i32 = 150_000;
/// A replica whose clock is off by more warns; by more than [`FAR_OFF`], it is not ready (`time_source`).
const OFF: SignedDuration = SignedDuration::from_secs(2);
const FAR_OFF: SignedDuration = SignedDuration::from_secs(5);
/// Behind a snapshot as old as this, the due index fills with dead entries.
const OLD: SignedDuration = SignedDuration::from_mins(5);
const VERY_OLD: SignedDuration = SignedDuration::from_hours(1);
/// The same in transactions, for holders of which nothing else is known.
const MANY_TRANSACTIONS: i64 = 1_000_000;
/// Connections of the pool rest for longer than this at night.
const SHORT_MILLISECONDS: i64 = 60 * 60 * 1_000;
/// Of all connections, those that other programs can still open.
const LEFT: i64 = 10;

/// What a result means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// As it should be.
    Fine,
    /// Worth a look.
    Look,
    /// Promises are at risk.
    Wrong,
}

impl Weight {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Weight::Fine => "ok",
            Weight::Look => "look",
            Weight::Wrong => "wrong",
        }
    }
}

/// A result, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Advice {
    pub(super) weight: Weight,
    /// What was examined.
    pub(super) what: &'static str,
    /// What was found.
    pub(super) found: String,
    /// What to do about it.
    pub(super) cure: Option<String>,
}

fn fine(what: &'static str, found: impl Into<String>) -> Advice {
    Advice {
        weight: Weight::Fine,
        what,
        found: found.into(),
        cure: None,
    }
}

fn look(what: &'static str, found: impl Into<String>, cure: impl Into<String>) -> Advice {
    Advice {
        weight: Weight::Look,
        what,
        found: found.into(),
        cure: Some(cure.into()),
    }
}

fn wrong(what: &'static str, found: impl Into<String>, cure: impl Into<String>) -> Advice {
    Advice {
        weight: Weight::Wrong,
        ..look(what, found, cure)
    }
}

/// All results, in the order in which to mend what is wrong.
pub(super) fn advice(checkup: &Checkup) -> Vec<Advice> {
    let mut all = vec![
        server(checkup),
        encoding(checkup),
        writable(checkup),
        schema(checkup),
        grants(checkup),
        indexes(checkup),
        durability(checkup),
        standbys(checkup),
        time_limits(checkup),
        isolation(checkup),
        vacuum(checkup),
        snapshot(checkup.oldest_snapshot.as_ref()),
        clock(checkup),
        connections(checkup),
        zones(checkup),
    ];
    all.extend(disk(checkup));
    all
}

fn server(checkup: &Checkup) -> Advice {
    let found = format!("Postgres {}", checkup.version);
    if checkup.version_number < OLDEST {
        return wrong("server", found, "Upgrade to Postgres 15 or newer.");
    }
    fine("server", found)
}

fn encoding(checkup: &Checkup) -> Advice {
    let encoding = checkup.encoding.as_str();
    if encoding == "UTF8" {
        return fine("encoding", encoding);
    }
    wrong(
        "encoding",
        encoding,
        "Not every name can be stored. Create another database with ENCODING 'UTF8' TEMPLATE template0, and move there.",
    )
}

fn writable(checkup: &Checkup) -> Advice {
    let read_only = is(checkup, "default_transaction_read_only", "on");
    match (checkup.in_recovery, read_only) {
        (true, _) => wrong(
            "writing",
            "this server is a standby",
            "Name all hosts in the URL, with target_session_attrs=read-write, so that the primary is found.",
        ),
        (false, true) => wrong(
            "writing",
            format!(
                "transactions of role {} are read-only by default",
                checkup.role
            ),
            format!(
                "ALTER ROLE {} RESET default_transaction_read_only, or reset it for the database.",
                checkup.role
            ),
        ),
        (false, false) => fine("writing", "the server accepts writes"),
    }
}

fn schema(checkup: &Checkup) -> Advice {
    match checkup.pending {
        0 => fine("schema", "it is this release's"),
        pending => wrong(
            "schema",
            format!("{pending} migrations are pending"),
            "Run `redress migrate` as the role that owns the tables, then migrations/grants.sql once more.",
        ),
    }
}

fn grants(checkup: &Checkup) -> Advice {
    if checkup.pending > 0 {
        return look("grants", "not examined", "Migrate the schema first.");
    }
    if checkup.missing_grants.is_empty() {
        return fine(
            "grants",
            format!("role {} has what the service needs", checkup.role),
        );
    }
    wrong(
        "grants",
        format!(
            "role {} lacks {}",
            checkup.role,
            checkup.missing_grants.join("; ")
        ),
        "Run migrations/grants.sql as an administrator, or use the role of the service here.",
    )
}

fn indexes(checkup: &Checkup) -> Advice {
    if checkup.invalid_indexes.is_empty() {
        return fine("indexes", "all are complete");
    }
    wrong(
        "indexes",
        format!(
            "unfinished, and of no use: {}",
            checkup.invalid_indexes.join(", ")
        ),
        "Unless one is being built right now: DROP INDEX CONCURRENTLY each, and run `redress migrate`.",
    )
}

fn durability(checkup: &Checkup) -> Advice {
    let off: Vec<&str> = ["fsync", "full_page_writes", "synchronous_commit"]
        .into_iter()
        .filter(|name| is(checkup, name, "off"))
        .collect();
    if off.is_empty() {
        return fine("durability", "what is committed survives a crash");
    }
    wrong(
        "durability",
        format!("off: {}", off.join(", ")),
        "After a crash, complaints that were acknowledged may be missing. Turn them on for the server, the database and the role.",
    )
}

fn standbys(checkup: &Checkup) -> Advice {
    let named = checkup.settings.get("synchronous_standby_names");
    let Some(named) = named.filter(|names| !names.is_empty()) else {
        return look(
            "standbys",
            "none is synchronous",
            "If the primary is lost, the last commits are lost with it. Set synchronous_standby_names, if you run standbys.",
        );
    };
    if is(checkup, "synchronous_commit", "local") {
        return wrong(
            "standbys",
            "synchronous_commit is local, so commits do not wait for them",
            format!("Set it to on, since {named} is to have every commit."),
        );
    }
    fine("standbys", format!("commits wait for {named}"))
}

fn time_limits(checkup: &Checkup) -> Advice {
    let short = |name: &str| {
        let value = checkup.settings.get(name)?;
        let milliseconds = milliseconds(value)?;
        (1..SHORT_MILLISECONDS)
            .contains(&milliseconds)
            .then(|| format!("{name} is {value}"))
    };
    let found: Vec<String> = ["idle_session_timeout", "transaction_timeout"]
        .into_iter()
        .filter_map(short)
        .collect();
    if found.is_empty() {
        return fine("time limits", "no connection is cut while it rests");
    }
    look(
        "time limits",
        found.join(", "),
        format!(
            "The first cuts the service's connections while it has nothing to do, the second a long migration. \
             ALTER ROLE {} SET each to 0.",
            checkup.role
        ),
    )
}

fn isolation(checkup: &Checkup) -> Advice {
    let set = checkup.settings.get("default_transaction_isolation");
    match set.map(String::as_str) {
        Some("read committed") | None => fine("isolation", "read committed"),
        Some(other) => wrong(
            "isolation",
            other,
            format!(
                "The service relies on its locks, and conflicts would be refused. ALTER ROLE {} SET default_transaction_isolation \
                 TO 'read committed'.",
                checkup.role
            ),
        ),
    }
}

fn vacuum(checkup: &Checkup) -> Advice {
    if is(checkup, "autovacuum", "off") {
        return wrong(
            "autovacuum",
            "off",
            "Tables and indexes grow with every change, and become slow. Turn it on.",
        );
    }
    fine("autovacuum", "on")
}

fn snapshot(oldest: Option<&Snapshot>) -> Advice {
    let Some(oldest) = oldest else {
        return fine("snapshots", "none is held");
    };
    let for_how_long = match oldest.held {
        Some(held) => format!("for {} s", held.as_secs()),
        None => format!("since {} transactions", oldest.transactions),
    };
    let found = format!("{} holds the oldest one, {for_how_long}", oldest.holder);
    let is_longer = |limit| oldest.held.is_some_and(|held| held >= limit);
    let cure = "Dead rows cannot be removed behind it, and what is due is found more slowly. End it: pg_terminate_backend for a session, \
                pg_drop_replication_slot for a slot that nobody uses, ROLLBACK PREPARED for a transaction.";
    if is_longer(VERY_OLD) || oldest.transactions >= MANY_TRANSACTIONS {
        wrong("snapshots", found, cure)
    } else if is_longer(OLD) {
        look("snapshots", found, cure)
    } else {
        fine("snapshots", found)
    }
}

fn clock(checkup: &Checkup) -> Advice {
    let ahead = checkup.clock_ahead;
    // What the round trip leaves open counts in favour of the clock.
    let sure = ahead.abs().saturating_sub(checkup.round_trip / 2);
    let direction = if ahead.is_negative() {
        "behind"
    } else {
        "ahead of"
    };
    let found = format!(
        "the server's is {:.3} s {direction} this machine's",
        ahead.abs().as_secs_f64()
    );
    let cure = "Have NTP keep both clocks. A replica that is more than five seconds off does not serve, and fires nothing.";
    if sure > FAR_OFF {
        wrong("clock", found, cure)
    } else if sure > OFF {
        look("clock", found, cure)
    } else {
        fine("clock", found)
    }
}

fn connections(checkup: &Checkup) -> Advice {
    let (open, most) = checkup.connections;
    let found = format!("{open} of {most} are open");
    if most - open < LEFT {
        return look(
            "connections",
            found,
            "Another replica may find none left. Raise max_connections, or lower --pool-size.",
        );
    }
    fine("connections", found)
}

fn zones(checkup: &Checkup) -> Advice {
    let (ours, found) = (tzdb_version(), &checkup.tzdb_versions);
    let others: Vec<&str> = found
        .iter()
        .map(String::as_str)
        .filter(|version| *version != ours)
        .collect();
    if others.is_empty() {
        return fine("tz database", ours);
    }
    look(
        "tz database",
        format!(
            "running clocks are timed by {}, and new ones by {ours}",
            others.join(", ")
        ),
        "Run `redress policy zones` to see whether any due time differs.",
    )
}

fn disk(checkup: &Checkup) -> Option<Advice> {
    let room = checkup.room?;
    let percent = room.share() * 100.0;
    let found = format!("{percent:.0} % are free");
    let cure = "Add room. Below --min-free-percent, 5 by default, no complaints are filed.";
    Some(if percent < 10.0 {
        wrong("disk", found, cure)
    } else if percent < 20.0 {
        look("disk", found, cure)
    } else {
        fine("disk", found)
    })
}

fn is(checkup: &Checkup, setting: &str, value: &str) -> bool {
    checkup
        .settings
        .get(setting)
        .is_some_and(|set| set == value)
}

/// A duration as Postgres shows it: a number and a unit, or 0.
fn milliseconds(shown: &str) -> Option<i64> {
    let digits = shown.find(|c: char| !c.is_ascii_digit());
    let (number, unit) = shown.split_at(digits.unwrap_or(shown.len()));
    let factor = match unit {
        "" | "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests;
