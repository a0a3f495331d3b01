//! How fast events reach the systems that subscribed to them, and notices the relay.

use std::time::Duration;

use super::{
    pictures::{Timed, shares},
    section::Section,
    spread::Spread,
    table::{Table, count, figure, millis, rate},
};
use crate::{
    deliveries::{ANSWER, Deliveries, Round, WELL},
    error::BenchError,
    load::Tally,
};

pub(super) fn deliveries(deliveries: &Deliveries, section: &mut Section) -> Result<(), BenchError> {
    let Deliveries {
        rate: steadily,
        filings,
        ref rounds,
        ..
    } = *deliveries;
    let answer = ANSWER.as_millis();
    let largest = |of: fn(&Round) -> usize| {
        let of = rounds.iter().map(of).max().unwrap_or_default();
        count(u64::try_from(of).unwrap_or(u64::MAX))
    };
    section.say(&format!(
        "{} events of {} complaints wait for one receiver, which answers in {answer} ms. Deliveries a second, from when they may \
         be sent until the last one has arrived: {}. Of each complaint, one delivery at most is under way, so its events arrive in order.",
        largest(|round| round.burst_of.0),
        largest(|round| round.burst_of.1),
        rate(figures(deliveries, |round| round.burst)),
    ));
    let all = |tally: fn(&Round) -> &Tally| together(deliveries, tally);
    let rows = [
        (
            format!("an event to each of {WELL} receivers"),
            false,
            all(|round| &round.events),
        ),
        (
            "the same beside a receiver that never answers".to_owned(),
            true,
            all(|round| &round.beside_dead),
        ),
        (
            "a notice to the mail relay".to_owned(),
            false,
            all(|round| &round.notices),
        ),
        ("a filing".to_owned(), false, all(|round| &round.alone)),
        (
            "a filing while a backlog drains".to_owned(),
            true,
            all(|round| &round.beside_backlog),
        ),
    ];
    section.say(&format!(
        "{} complaints a second are filed and acknowledged by mail: how long it takes from the commit of the event until a \
         receiver has it, and from the commit of the notice until the relay has the mail. Then {} complaints a second are filed \
         where nothing is to be sent, and while {} events drain, in {} s (least–greatest).",
        count(steadily.into()),
        count(filings.into()),
        largest(|round| round.backlog.0),
        rate(figures(deliveries, |round| round.backlog.1.as_secs_f64())),
    ));
    let timed = rows.iter().map(|(name, dashed, took)| Timed {
        name: name.clone(),
        dashed: *dashed,
        took,
    });
    let title = "How long deliveries take, and filings meanwhile";
    section.show(shares(
        "deliveries",
        title,
        "share of them that were there by then",
        timed,
    )?);
    let mut table = Table::new(&[
        "from the commit, or the call",
        "how many",
        "p50 ms",
        "p99 ms",
        "slowest ms",
    ]);
    for (name, _, tally) in &rows {
        table.row(&[
            name.clone(),
            figure(tally.calls() as f64),
            millis(tally.quantile(0.5)),
            millis(tally.quantile(0.99)),
            millis(tally.quantile(1.0)),
        ]);
    }
    section.say(&table.text());
    Ok(())
}

/// Deliveries a second of a burst.
pub(super) fn burst(deliveries: &Deliveries) -> Option<Spread> {
    Spread::of(figures(deliveries, |round| round.burst))
}

/// The 99th percentile of events on their way to their receivers, in seconds.
pub(super) fn events(deliveries: &Deliveries) -> Option<Spread> {
    Spread::of(figures(deliveries, |round| p99(&round.events)))
}

/// Likewise, of notices to the relay.
pub(super) fn notices(deliveries: &Deliveries) -> Option<Spread> {
    Spread::of(figures(deliveries, |round| p99(&round.notices)))
}

/// By how much that of events is greater beside a receiver that never answers.
pub(super) fn added_by_dead(deliveries: &Deliveries) -> Option<Spread> {
    Spread::of(figures(deliveries, |round| {
        (p99(&round.beside_dead) - p99(&round.events)).max(0.0)
    }))
}

/// The 99th percentile of filings while a backlog drains, in seconds.
pub(super) fn beside_backlog(deliveries: &Deliveries) -> Option<Spread> {
    Spread::of(figures(deliveries, |round| p99(&round.beside_backlog)))
}

fn p99(tally: &Tally) -> f64 {
    Duration::as_secs_f64(&tally.quantile(0.99))
}

fn figures(deliveries: &Deliveries, figure: impl Fn(&Round) -> f64) -> Vec<f64> {
    deliveries.rounds.iter().map(figure).collect()
}

fn together(deliveries: &Deliveries, tally: fn(&Round) -> &Tally) -> Tally {
    let mut all = Tally::new();
    for round in &deliveries.rounds {
        all.append(tally(round));
    }
    all
}
