//! What it costs to know one's callers, and what one of them can take from another.

use std::time::Duration;

use super::{
    section::Section,
    spread::Spread,
    table::{Table, count, millis, rate, ratio, told},
};
use crate::{
    access::{Access, CALLERS, Round},
    error::BenchError,
    load::Tally,
};

pub(super) fn access(access: &Access, section: &mut Section) -> Result<(), BenchError> {
    section.say(&format!(
        "{CALLERS} callers file, each of which waits for its answer: in the clear, where nobody is known, and with mutual \
         TLS and tokens."
    ));
    let mut table = Table::new(&[
        "callers",
        "a second (least–greatest)",
        "beside in the clear",
        "p50 ms",
        "p99 ms",
    ]);
    let mut row = |who: &str, tally: fn(&Round) -> &Tally, beside: Option<Spread>| {
        let all = together(access, tally);
        table.row(&[
            who.to_owned(),
            rate(figures(access, |round| tally(round).per_second())),
            ratio(beside),
            millis(all.quantile(0.5)),
            millis(all.quantile(0.99)),
        ]);
    };
    row("in the clear", |round| &round.open, None);
    row("known", |round| &round.known, filing(access));
    section.say(&table.text());

    section.say(
        "How long it takes to know a caller by its token, in the process of the service and without the call:",
    );
    let mut table = Table::new(&["token", "µs (least–greatest)"]);
    let micros = |spread| told(spread, |spread: Spread| spread.to_string());
    table.row(&["verified before".to_owned(), micros(verified(access))]);
    table.row(&["new, RS256".to_owned(), micros(new(access))]);
    section.say(&table.text());

    let rounds = access.rounds.iter();
    let refused = rounds.map(|round| {
        let sending = round.flow.sending.as_secs_f64();
        round.flood.refused.calls() as f64 / sending.max(f64::MIN_POSITIVE)
    });
    let refused = rate(refused);
    section.say(&format!(
        "One caller files {} times a second on schedule: alone, and while another one floods, who has the limits of a \
         person and of whom {refused} calls a second are refused.",
        count(access.rate.into()),
    ));
    let mut table = Table::new(&["the caller", "p50 ms", "p99 ms", "p99, beside alone"]);
    let mut row = |when: &str, tally: fn(&Round) -> &Tally, beside: Option<Spread>| {
        let all = together(access, tally);
        table.row(&[
            when.to_owned(),
            millis(all.quantile(0.5)),
            millis(all.quantile(0.99)),
            ratio(beside),
        ]);
    };
    row("alone", |round| &round.alone, None);
    row("beside a flood", |round| &round.beside, beside(access));
    section.say(&table.text());
    Ok(())
}

/// The rate of filings with mutual TLS and tokens, through that in the clear.
pub(super) fn filing(access: &Access) -> Option<Spread> {
    let ratio = |round: &Round| round.known.per_second() / round.open.per_second();
    Spread::of(figures(access, ratio))
}

/// Microseconds to know a caller by a token that was verified before.
pub(super) fn verified(access: &Access) -> Option<Spread> {
    Spread::of(figures(access, |round| micros(round.verified)))
}

/// Likewise, by a new one.
pub(super) fn new(access: &Access) -> Option<Spread> {
    Spread::of(figures(access, |round| micros(round.new)))
}

/// The 99th percentile of one caller while another floods, through that alone.
pub(super) fn beside(access: &Access) -> Option<Spread> {
    let p99 = |tally: &Tally| tally.quantile(0.99).as_secs_f64();
    Spread::of(figures(access, |round| {
        p99(&round.beside) / p99(&round.alone)
    }))
}

fn figures(access: &Access, figure: impl Fn(&Round) -> f64) -> Vec<f64> {
    access.rounds.iter().map(figure).collect()
}

fn together(access: &Access, tally: fn(&Round) -> &Tally) -> Tally {
    let mut all = Tally::new();
    for round in &access.rounds {
        all.append(tally(round));
    }
    all
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
