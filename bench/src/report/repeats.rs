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
    let sides = [
        ("calls of the service", calls(findings)),
        ("statements of Postgres", statements(findings)),
        ("firing", firing(findings)),
    ];
    let rows: Vec<_> = sides
        .iter()
        .filter_map(|(side, all)| row(side, all))
        .collect();
    if rows.is_empty() {
        section.say("Nothing was measured more than once.");
        return section;
    }
    let mut table = Table::new(&["what", "in the middle", "at most", "that of"]);
    for row in rows {
        table.row(&row);
    }
    section.say(
        "From the least to the greatest rate of the rounds, as a share of the middle one: in the middle of all that was \
         measured, and where it was most.",
    );
    section.say(&table.text());
    section
}

fn row(side: &str, all: &[Repeated]) -> Option<[String; 4]> {
    let width = Spread::of(all.iter().map(|one| one.spread.width()))?;
    let widest = all
        .iter()
        .max_by(|one, other| one.spread.width().total_cmp(&other.spread.width()))?;
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    Some([
        side.to_owned(),
        percent(width.middle),
        percent(width.greatest),
        widest.what.clone(),
    ])
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_of_all_is_named_and_what_was_measured_once_is_left_out() {
        assert!(repeated("once".to_owned(), &[5.0]).is_none());
        let all = [
            ("calm", [95.0, 100.0, 105.0]),
            ("wild", [60.0, 100.0, 110.0]),
        ];
        let all = all.map(|(what, rates)| repeated(what.to_owned(), &rates));
        let all: Vec<Repeated> = all.into_iter().flatten().collect();
        let row = row("calls", &all).unwrap();
        assert_eq!(row, ["calls", "10 %", "50 %", "wild"]);
    }
}
