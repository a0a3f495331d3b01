//! Tables in Markdown, and figures as a person reads them.

use std::{fmt::Write as _, time::Duration};

use super::spread::Spread;
use crate::load::Tally;

/// A table in Markdown.
#[derive(Debug)]
pub(super) struct Table {
    text: String,
}

impl Table {
    pub(super) fn new(titles: &[&str]) -> Table {
        let mut table = Table {
            text: String::new(),
        };
        table.line(titles);
        table.line(&vec!["---"; titles.len()]);
        table
    }

    pub(super) fn row(&mut self, cells: &[String]) {
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        self.line(&cells);
    }

    pub(super) fn text(self) -> String {
        self.text
    }

    fn line(&mut self, cells: &[&str]) {
        let _ = writeln!(self.text, "| {} |", cells.join(" | "));
    }
}

/// Rates of several rounds.
pub(super) fn rate(rates: impl IntoIterator<Item = f64>) -> String {
    told(Spread::of(rates), |rates| {
        let Spread {
            least,
            middle,
            greatest,
        } = rates;
        format!(
            "{} ({}–{})",
            figure(middle),
            figure(least),
            figure(greatest)
        )
    })
}

/// A ratio of several rounds.
pub(super) fn ratio(spread: Option<Spread>) -> String {
    told(spread, |spread| spread.to_string())
}

/// What there is to say of figures; where there are none, a dash.
pub(super) fn told(spread: Option<Spread>, say: impl Fn(Spread) -> String) -> String {
    spread.map_or_else(|| "–".to_owned(), say)
}

/// A whole number with its thousands apart; below ten, with what tells.
pub(super) fn figure(number: f64) -> String {
    if number.abs() < 10.0 {
        let text = format!("{number:.2}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        return text.to_owned();
    }
    let digits = format!("{number:.0}");
    let mut apart = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 && !apart.ends_with('-') {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}

/// A count.
pub(super) fn count(number: u64) -> String {
    figure(number as f64)
}

pub(super) fn millis(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1_000.0)
}

pub(super) fn failures(tally: &Tally) -> String {
    let failures = tally.failures().into_iter();
    let failures: Vec<String> = failures
        .map(|(code, count)| format!("{count} {code:?}"))
        .collect();
    if failures.is_empty() {
        "none".to_owned()
    } else {
        failures.join(", ")
    }
}

/// `1 round`, `3 rounds`.
pub(super) fn counted(count: u32, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_at_a_glance() {
        let figures = [0.0, 0.5, 1.25, 9.0, 12.6, 512.0, 1_000.0, 1_234_567.0];
        let read = figures.map(figure).join(" ");
        assert_eq!(read, "0 0.5 1.25 9 13 512 1,000 1,234,567");
        assert_eq!(rate([900.0, 1_100.0, 1_000.0]), "1,000 (900–1,100)");
        assert_eq!(rate([]), "–");
    }

    #[test]
    fn a_table_has_its_titles_above_a_line() {
        let mut table = Table::new(&["a", "b"]);
        table.row(&["1".to_owned(), "2".to_owned()]);
        assert_eq!(table.text(), "| a | b |\n| --- | --- |\n| 1 | 2 |\n");
    }
}
