//! More calls than the service can serve.

use super::{
    plots::{Axis, Line, Lines, Plot},
    section::Section,
    spread::Spread,
    table::{Table, count, figure, millis, rate, ratio, told},
};
use crate::{
    error::BenchError,
    load::Tally,
    overload::{
        AT_CAPACITY, Answers, BEFORE_AND_AFTER, Beside, DEADLINE, Flood, Load, MOST_WAITING,
        Overload, Round,
    },
};

pub(super) fn overload(overload: &Overload, section: &mut Section) -> Result<(), BenchError> {
    let capacity = || {
        overload
            .rounds
            .iter()
            .map(|round| round.capacity.per_second())
    };
    let before = || overload.rounds.iter().map(|round| &round.before);
    section.say(&format!(
        "{AT_CAPACITY} callers who wait for their answers file {} complaints a second: what the service can do here. Then \
         filings arrive on schedule at so many times that rate, each with a deadline of {} s; at most {} wait for their \
         answers, and what arrives beyond is held back. Generator and service share the cores, so the more arrives, the \
         less is left to serve it.",
        rate(capacity()),
        DEADLINE.as_secs(),
        count(MOST_WAITING as u64),
    ));
    section.show(picture(overload)?);
    let floods = floods(&overload.rounds);
    section.say(&answered(&floods));
    section.say(&times(&floods));
    section.say(&format!(
        "{BEFORE_AND_AFTER} callers who wait for their answers, in a second before any flood, and in the first second after \
         the last answer of each:"
    ));
    let mut table = Table::new(&[
        "when",
        "a second (least–greatest)",
        "beside before",
        "p50 ms",
        "p99 ms",
    ]);
    let rates = |tallies: &[&Tally]| tallies.iter().map(|tally| tally.per_second()).collect();
    let quiet: Vec<&Tally> = before().collect();
    let rates_before: Vec<f64> = rates(&quiet);
    let mut row = |when: String, tallies: &[&Tally]| {
        let rates: Vec<f64> = rates(tallies);
        let all = together(tallies);
        table.row(&[
            when,
            rate(rates.iter().copied()),
            ratio(Spread::through(&rates, &rates_before)),
            millis(all.quantile(0.5)),
            millis(all.quantile(0.99)),
        ]);
    };
    row("before".to_owned(), &quiet);
    for (factor, floods) in &floods {
        let after: Vec<&Tally> = floods.iter().map(|flood| &flood.after).collect();
        row(format!("after {} times", figure(*factor)), &after);
    }
    section.say(&table.text());
    if !overload.beside.is_empty() {
        section.say(&beside(&overload.beside));
    }
    Ok(())
}

/// The floods of all rounds, by their factor.
fn floods(rounds: &[Round]) -> Vec<(f64, Vec<&Flood>)> {
    let mut floods: Vec<(f64, Vec<&Flood>)> = Vec::new();
    for flood in rounds.iter().flat_map(|round| &round.floods) {
        match floods
            .iter_mut()
            .find(|(factor, _)| *factor == flood.factor)
        {
            Some((_, same)) => same.push(flood),
            None => floods.push((flood.factor, vec![flood])),
        }
    }
    floods
}

/// What became of what arrived.
fn answered(floods: &[(f64, Vec<&Flood>)]) -> String {
    let mut table = Table::new(&[
        "times the capacity",
        "arrivals a second",
        "served a second (least–greatest)",
        "refused a second",
        "refused without RetryInfo",
        "late",
        "other codes",
        "held back",
        "generator's processors",
    ]);
    for (factor, floods) in floods {
        let all = answers(floods);
        let other: Vec<String> = all
            .other()
            .iter()
            .map(|(code, times)| format!("{times} {code:?}"))
            .collect();
        let held_back = floods.iter().map(|flood| flood.flow.held_back).sum();
        let generator = Spread::of(floods.iter().map(|flood| flood.generator));
        table.row(&[
            figure(*factor),
            rate(floods.iter().map(|flood| flood.offered())),
            rate(served(floods)),
            rate(floods.iter().map(|flood| flood.refused())),
            count(all.without_retry_info),
            count(all.late),
            if other.is_empty() {
                "none".to_owned()
            } else {
                other.join(", ")
            },
            count(held_back),
            told(generator, |share| format!("{:.2}", share.middle)),
        ]);
    }
    table.text()
}

/// How long answers took.
fn times(floods: &[(f64, Vec<&Flood>)]) -> String {
    let mut table = Table::new(&[
        "times the capacity",
        "served: p50 ms",
        "p99 ms",
        "refused: p50 ms",
        "p99 ms",
    ]);
    for (factor, floods) in floods {
        let all = answers(floods);
        let [refused_p50, refused_p99] = [0.5, 0.99].map(|share| {
            if all.refused.calls() == 0 {
                "–".to_owned()
            } else {
                millis(all.refused.quantile(share))
            }
        });
        table.row(&[
            figure(*factor),
            millis(all.served.quantile(0.5)),
            millis(all.served.quantile(0.99)),
            refused_p50,
            refused_p99,
        ]);
    }
    table.text()
}

/// Callers and due steps at once.
fn beside(all: &[Beside]) -> String {
    let mut table = Table::new(&[
        "meanwhile",
        "steps due",
        "served a second before, meanwhile",
        "p99 ms before, meanwhile",
        "refused before, meanwhile",
        "steps late: p50 ms",
        "p99 ms",
        "at most ms",
    ]);
    for one in all {
        let both =
            |say: fn(&Answers) -> String| format!("{}, {}", say(&one.before), say(&one.meanwhile));
        table.row(&[
            match one.load {
                Load::Callers(callers) => format!("{callers} callers file"),
                Load::Flood(rate) => format!("{} filings a second arrive", count(rate.into())),
            },
            if one.spread.is_zero() {
                format!("{} at one instant", count(one.steps))
            } else {
                let rate = one.steps as f64 / one.spread.as_secs_f64();
                format!("{} a second", figure(rate))
            },
            both(|answers| figure(answers.served.per_second())),
            both(|answers| millis(answers.served.quantile(0.99))),
            both(|answers| count(answers.refused.calls())),
            millis(one.lag.p50),
            millis(one.lag.p99),
            millis(one.lag.greatest),
        ]);
    }
    table.text()
}

/// What arrives, against what becomes of it.
fn picture(overload: &Overload) -> Result<Option<Plot>, BenchError> {
    let floods = floods(&overload.rounds);
    let line = |name: &str, colour, dashed, rates: &dyn Fn(&[&Flood]) -> Vec<f64>| Line {
        name: name.to_owned(),
        colour,
        dashed,
        points: floods
            .iter()
            .filter_map(|(_, floods)| {
                let offered = Spread::of(floods.iter().map(|flood| flood.offered()))?;
                Some((offered.middle, Spread::of(rates(floods))?))
            })
            .collect(),
    };
    let capacity: Vec<f64> = overload
        .rounds
        .iter()
        .map(|round| round.capacity.per_second())
        .collect();
    let lines = vec![
        line("served", 0, false, &|floods| served(floods)),
        line("refused", 1, false, &|floods| {
            floods.iter().map(|flood| flood.refused()).collect()
        }),
        line("served to 64 callers", 6, true, &|_| capacity.clone()),
    ];
    let points = || lines.iter().flat_map(|line| &line.points);
    let most = |figures: &mut dyn Iterator<Item = f64>| figures.reduce(f64::max).unwrap_or(1.0);
    let picture = Lines {
        name: "overload",
        title: "What becomes of filings that arrive faster than they can be served".to_owned(),
        x: Axis::linear("arrivals a second", most(&mut points().map(|(x, _)| *x))),
        y: Axis::linear(
            "answers a second",
            most(&mut points().map(|(_, y)| y.greatest)),
        ),
        lines,
    };
    picture.draw()
}

fn served(floods: &[&Flood]) -> Vec<f64> {
    let floods = floods.iter();
    floods
        .map(|flood| flood.answers.served.per_second())
        .collect()
}

fn answers(floods: &[&Flood]) -> Answers {
    let mut all = Answers::new();
    for flood in floods {
        all.append(&flood.answers);
    }
    all
}

fn together(tallies: &[&Tally]) -> Tally {
    let mut all = Tally::new();
    for tally in tallies {
        all.append(tally);
    }
    all
}
