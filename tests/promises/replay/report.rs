//! The quarter in figures.

use std::{collections::BTreeMap, fmt};

use jiff::{SignedDuration, Timestamp};
use redress::domain::State;

use super::stage::{MOVE, Played};
use crate::support::ledger::Ledger;

/// How the promises of one kind were kept.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) met: usize,
    pub(super) missed: usize,
    pub(super) running: usize,
    pub(super) running_late: usize,
    pub(super) paused: usize,
    pub(super) cancelled: usize,
}

impl Kept {
    pub(super) fn total(&self) -> usize {
        self.met + self.missed + self.running + self.paused + self.cancelled
    }

    /// Of the promises whose outcome is known, those that were kept, in percent.
    fn on_time(&self) -> f64 {
        let known = self.met + self.missed + self.running_late;
        let share = |count: usize| f64::from(u32::try_from(count).expect("a small number"));
        100.0 * share(self.met) / share(known.max(1))
    }
}

/// What clocks caused, of one kind.
#[derive(Debug, Default)]
pub(super) struct Firings {
    pub(super) count: usize,
    /// Those of promises that were entered when they were due already: no sweep could have come before.
    pub(super) entered_late: usize,
    /// How late the others were, the latest and all together.
    pub(super) latest: SignedDuration,
    all: SignedDuration,
}

#[derive(Debug)]
pub(super) struct Report {
    pub(super) played: Played,
    pub(super) clocks: BTreeMap<String, Kept>,
    pub(super) firings: BTreeMap<String, Firings>,
    pub(super) events: BTreeMap<String, usize>,
    pub(super) states: BTreeMap<String, usize>,
    pub(super) flagged: usize,
}

impl Report {
    pub(super) fn of(ledger: &Ledger, played: Played, now: Timestamp) -> Report {
        let mut clocks: BTreeMap<String, Kept> = BTreeMap::new();
        for clock in &ledger.clocks {
            let kept = clocks.entry(clock.name.clone()).or_default();
            let count = match clock.state.as_str() {
                "met" => &mut kept.met,
                "missed" => &mut kept.missed,
                "paused" => &mut kept.paused,
                "cancelled" => &mut kept.cancelled,
                _ => &mut kept.running,
            };
            *count += 1;
            kept.running_late += usize::from(clock.state == "running" && clock.is_late(now));
        }
        let (mut firings, mut events): (BTreeMap<String, Firings>, BTreeMap<String, usize>) =
            Default::default();
        for event in &ledger.events {
            *events.entry(event.kind.clone()).or_default() += 1;
            let Some(firing) = event.firing() else {
                continue;
            };
            let of_kind = firings.entry(event.kind.clone()).or_default();
            of_kind.count += 1;
            // The one promise of this book that counts from an act which is entered later.
            if firing.clock == "outcome_notice" {
                of_kind.entered_late += 1;
                continue;
            }
            let lag = event.at().duration_since(firing.due);
            of_kind.latest = of_kind.latest.max(lag);
            of_kind.all += lag;
        }
        let mut states: BTreeMap<String, usize> = BTreeMap::new();
        for complaint in &ledger.complaints {
            *states
                .entry(complaint.state.as_str().to_owned())
                .or_default() += 1;
        }
        let flagged = ledger
            .complaints
            .iter()
            .filter(|complaint| !complaint.escalation_reasons.is_empty());
        Report {
            played,
            clocks,
            firings,
            events,
            states,
            flagged: flagged.count(),
        }
    }

    pub(super) fn state(&self, state: State) -> usize {
        self.states.get(state.as_str()).copied().unwrap_or(0)
    }

    pub(super) fn count(&self, kind: &str) -> usize {
        self.events.get(kind).copied().unwrap_or(0)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Played {
            moves,
            calls,
            at_once,
        } = &self.played;
        writeln!(
            f,
            "{calls} calls, up to {at_once} at once, in {moves} moves of at least {MOVE:#}"
        )?;
        writeln!(
            f,
            "complaints: {:?}; {} flagged for escalation",
            self.states, self.flagged
        )?;
        writeln!(
            f,
            "{:<28}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}{:>10}",
            "clock", "cycles", "met", "missed", "running", "(late)", "paused", "on time"
        )?;
        for (name, kept) in &self.clocks {
            writeln!(
                f,
                "{name:<28}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}{:>9.1}%",
                kept.total(),
                kept.met,
                kept.missed,
                kept.running,
                kept.running_late,
                kept.paused,
                kept.on_time()
            )?;
        }
        for (kind, firings) in &self.firings {
            let swept =
                i32::try_from(firings.count - firings.entered_late).expect("a small number");
            let mean = SignedDuration::from_secs((firings.all / swept.max(1)).as_secs());
            let (count, late, latest) = (firings.count, firings.entered_late, firings.latest);
            writeln!(
                f,
                "{kind}: {count} fired, {late} of them entered late; the others {mean:#} late on average, {latest:#} at most"
            )?;
        }
        write!(f, "events: {:?}", self.events)
    }
}
