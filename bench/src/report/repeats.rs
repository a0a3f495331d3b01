//! How far rounds of the same measurement lie apart.

use super::{
    calls::{arrived, called, executed},
    input::Findings,
    section::Section,
    spread::Spread,
    table::Table,
};

/// Something that was measured in every round.
struct Repeated {
    what: String,
    spread: Spread,
}

/// By how much one may be off who measures once.
pub(super) fn section(findings: &Findings) -> Section {
    let mut section = Section::new("How far rounds lie apart");
    let mut table = Table::new(&["what", "in the middle", "at most", "that of"]);
    for (side, repeated) in [
        ("calls of the service", calls(findings)),
        ("statements of Postgres", statements(findings)),
        ("firing", firing(findings)),
    ] {
        let widths = repeated.iter().map(|one| one.spread.width());
        let widest = repeated
            .iter()
            .max_by(|one, other| one.spread.width().total_cmp(&other.spread.width()));
        if let (Some(width), Some(widest)) = (Spread::of(widths), widest) {
            let percent = |share: f64| format!("{:.0} %", share * 100.0);
            table.row(&[
                side.to_owned(),
                percent(width.middle),
                percent(width.greatest),
                widest.what.clone(),
            ]);
        }
    }
    section.say(
        "From the least to the greatest rate of the rounds, as a share of the middle one: in the middle of all that was \
         measured, and where it was most.",
    );
    section.say(&table.text());
    section
}

fn calls(findings: &Findings) -> Vec<Repeated> {
    let calls = findings.calls.iter().flat_map(called);
    calls
        .filter_map(|call| {
            let what = format!("{}, {}", call.work.title(), arrived(call.arrival));
            repeated(what, &call.rates)
        })
        .collect()
}

fn statements(findings: &Findings) -> Vec<Repeated> {
    let statements = findings.calls.iter().flat_map(executed);
    statements
        .filter_map(|one| {
            let what = format!("{}, {} clients", one.statement.title(), one.clients);
            repeated(what, &one.rates)
        })
        .collect()
}

fn firing(findings: &Findings) -> Vec<Repeated> {
    let firing = findings.firing.iter();
    firing
        .flat_map(|firing| {
            [
                repeated("the service".to_owned(), &firing.service),
                repeated("set-based SQL".to_owned(), &firing.postgres),
            ]
        })
        .flatten()
        .collect()
}

fn repeated(what: String, rates: &[f64]) -> Option<Repeated> {
    let spread = Spread::of(rates.iter().copied())?;
    (rates.len() > 1 && spread.middle > 0.0).then_some(Repeated { what, spread })
}
