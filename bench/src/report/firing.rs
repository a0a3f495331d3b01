//! Firing due steps, beside set-based SQL and beside job runners.

use super::{
    input::{Findings, Firing, Job, Lag, Runner},
    plots::{Bar, Bars},
    section::Section,
    spread::Spread,
    table::{Table, count, figure, millis, rate, ratio, told},
};
use crate::error::BenchError;

/// What is behind the ratios, whatever they are today.
const LIMITS: &str = "\
    Set-based SQL decides nothing: where it does not reach a runner either, it is the rows that cost, not the service. For each \
    step Postgres locks the complaint and writes it anew, writes one of its clocks anew with all four of its indexes, since \
    the due time moves, and adds an event with three keys. What was gained on the way: one statement a batch, two lanes, an \
    order of the due index without ties, and room on the complaint's page, so that no index of it is written. What is left, and \
    kept: the index by which no promise is timed twice, and the one by which no step fires twice.";

/// The service's firing, as it is and under what makes it slow elsewhere.
pub(super) fn firing(firing: &Firing, section: &mut Section) -> Result<(), BenchError> {
    section.say(&format!(
        "{} steps fall due at one instant, with {} complaints open. Set-based SQL writes the rows that the service writes, \
         by pgbench with {}; it decides nothing and computes no due time. Rates count from the first commit to the last.",
        count(firing.due),
        count(firing.open),
        firing.setting,
    ));
    let mut table = Table::new(&["what", "steps a second (least–greatest)", "beside", "ratio"]);
    let mut row = |what: &str, rates: &[f64], beside: &str, other: &[f64]| {
        table.row(&[
            what.to_owned(),
            rate(rates.iter().copied()),
            beside.to_owned(),
            ratio(Spread::through(rates, other)),
        ]);
    };
    row(
        "the service",
        &firing.service,
        "set-based SQL",
        &firing.postgres,
    );
    row("set-based SQL", &firing.postgres, "–", &[]);
    if let Some(held) = &firing.held {
        let what = "the service, an old snapshot held";
        row(what, &held.service, "without", &firing.service);
        let what = "set-based SQL, an old snapshot held";
        row(what, &held.postgres, "without", &firing.postgres);
    }
    if let Some(grown) = &firing.grown {
        let (small, large) = (&grown.small, &grown.large);
        let what = |open: u64| {
            format!(
                "the service, {} due of {} open",
                count(grown.due),
                count(open)
            )
        };
        row(&what(small.0), &small.1, "–", &[]);
        let beside = format!("{} open", count(small.0));
        row(&what(large.0), &large.1, &beside, &small.1);
    }
    section.say(&table.text());
    section.say(&lags(firing));
    Ok(())
}

/// How late the service fired.
fn lags(firing: &Firing) -> String {
    let mut table = Table::new(&["how late steps fired", "p50 ms", "p99 ms", "at most ms"]);
    let mut row = |what: String, lags: &[Lag]| {
        let figure = |of: fn(&Lag) -> std::time::Duration| {
            let times = lags.iter().map(|lag| of(lag).as_secs_f64());
            told(Spread::of(times), |time| {
                millis(std::time::Duration::from_secs_f64(time.middle))
            })
        };
        table.row(&[
            what,
            figure(|lag| lag.p50),
            figure(|lag| lag.p99),
            figure(|lag| lag.greatest),
        ]);
    };
    row(
        format!("{} at one instant", count(firing.due)),
        &firing.lags,
    );
    if let Some(steady) = &firing.steady {
        let (open, rate) = (count(steady.open), figure(steady.per_second));
        row(format!("{rate} a second, {open} open"), &steady.lags);
    }
    table.text()
}

/// Job runners with jobs that do nothing, and with such that write as a firing does.
pub(super) fn runners(
    runners: &[Runner],
    findings: &Findings,
    section: &mut Section,
) -> Result<(), BenchError> {
    section.say(
        "All jobs are due before the workers start. A job that does nothing leaves nothing but its own end; one that writes \
         leaves the least that can be called an audit row (a number, a word, a time; one key) and an outbox row; one that \
         logs leaves as its audit row what a step leaves in the service's log, with its digest and its three keys, and an \
         outbox row. A firing writes the complaint and its clock besides. Jobs of graphile-worker that run at the same time \
         share a statement, which is our handler's doing and makes it several times as fast; pg-boss hands over batches by \
         itself.",
    );
    let fired = findings.firing.as_ref();
    let (service, plain) = fired.map_or_else(
        |_| Default::default(),
        |firing| (firing.service.as_slice(), firing.postgres.as_slice()),
    );
    let mut table = Table::new(&[
        "runner",
        "jobs",
        "jobs a second (least–greatest)",
        "the service's firing through it",
        "that of set-based SQL through it",
    ]);
    for runner in runners {
        let jobs = format!("{} that {}", count(runner.jobs), does(runner.job));
        table.row(&[
            runner.name.clone(),
            jobs,
            rate(runner.rates.iter().copied()),
            ratio(Spread::through(service, &runner.rates)),
            ratio(Spread::through(plain, &runner.rates)),
        ]);
    }
    section.say(&table.text());
    section.say(LIMITS);
    Ok(())
}

/// Everybody who fires, side by side.
pub(super) fn beside(findings: &Findings, section: &mut Section) -> Result<(), BenchError> {
    let bar = |name: String, rates: &[f64], ours| {
        let spread = Spread::of(rates.iter().copied())?;
        Some(Bar { name, spread, ours })
    };
    let mut bars = Vec::new();
    if let Ok(firing) = &findings.firing {
        bars.push(bar("the service".to_owned(), &firing.service, true));
        bars.push(bar(
            "set-based SQL, same rows".to_owned(),
            &firing.postgres,
            false,
        ));
        if let Some(held) = &firing.held {
            let names = ["the service, snapshot held", "set-based SQL, snapshot held"];
            let [ours, other] = names.map(str::to_owned);
            bars.push(bar(ours, &held.service, true));
            bars.push(bar(other, &held.postgres, false));
        }
    }
    for runner in findings.runners.iter().flatten() {
        let job = match runner.job {
            Job::Nothing => "no-ops",
            Job::Writing => "writing",
            Job::Logging => "logging",
        };
        bars.push(bar(format!("{}, {job}", runner.name), &runner.rates, false));
    }
    let picture = Bars {
        name: "firing-beside",
        title: "Firing due steps, beside others on the same Postgres".to_owned(),
        unit: "Steps or jobs a second",
        bars: bars.into_iter().flatten().collect(),
    };
    section.show(picture.draw()?);
    Ok(())
}

const fn does(job: Job) -> &'static str {
    match job {
        Job::Nothing => "do nothing",
        Job::Writing => "write",
        Job::Logging => "log",
    }
}
