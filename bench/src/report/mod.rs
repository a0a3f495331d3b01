//! What a run came to, as a page.

mod ratio;

use std::{fmt::Write as _, time::Duration};

use self::ratio::{PAIRS, Spread};
use crate::{
    load::Tally,
    machine::Machine,
    pgbench::Ran,
    plan::Plan,
    rounds::{Arrival, Results},
};

const HOW_TO_READ: &str = "\
Each round measures the service and then, with pgbench, what plain Postgres does for the same end: on the same server,
with `fsync`, `synchronous_commit` and `full_page_writes` on, in a database of the same schema, after a checkpoint. pgbench
writes the very rows that the service wrote for the same filing: they are read back from the service's database, and the run
ends with an error where number and size of the rows differ. It binds every value and prepares its statements.

- **Compare the ratios.** They are taken round by round, so what disturbs the machine disturbs both sides. A rate by itself
  is one of this machine on this day.
- A ratio is the service's rate through that of Postgres: above 1 the service is faster. *At best* compares the best number
  of callers with the best number of clients; *one caller* a single one of each, where every call waits for its own commit.
- The service does more than Postgres for the same row: it checks the form, decides what follows, times the promises, chains
  the log, and answers over HTTP/2. Only under load it has the means to make up for it, as calls that wait share a commit.
- Service, load generator, pgbench and Postgres share the cores: each takes from the others what it needs itself.
- *read one* takes two statements of the service, *read one's clocks* likewise; Postgres is given one for each.
- Calls *on schedule* arrive whether or not the former ones are answered, and their time counts from when they were to
  arrive. Callers wait for their answer before they call again. Percentiles are of all rounds together.
";

/// A page about one run.
#[derive(Debug)]
pub(crate) struct Report<'r> {
    pub(crate) plan: &'r Plan,
    pub(crate) machine: &'r Machine,
    /// Of Postgres.
    pub(crate) server: &'r str,
    pub(crate) results: &'r Results,
    /// The run's own included.
    pub(crate) load_at_end: &'r str,
}

impl Report<'_> {
    /// The page in Markdown.
    pub(crate) fn page(&self) -> String {
        let mut page = "# Redress beside plain Postgres\n\n".to_owned();
        page.push_str(&self.setting());
        page.push_str("\n## Ratios\n\n");
        page.push_str(&self.ratios());
        page.push_str("\n## The service\n\n");
        page.push_str(&self.service());
        page.push_str("\n## Plain Postgres\n\n");
        page.push_str(&self.postgres());
        page.push_str("\n## How to read this\n\n");
        page.push_str(HOW_TO_READ);
        page
    }

    /// What is wrong with the figures; empty: nothing.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (work, arrival, tally) in self.results.rounds.iter().flat_map(|round| &round.service) {
            let name = format!("{}, {}", work.title(), arrived(*arrival));
            if tally.per_second() == 0.0 {
                faults.push(format!("{name}: no call succeeded"));
            }
            if !tally.failures().is_empty() {
                faults.push(format!("{name}: failed: {}", failures(tally)));
            }
        }
        for (statement, clients, ran) in
            self.results.rounds.iter().flat_map(|round| &round.postgres)
        {
            if ran.per_second == 0.0 {
                faults.push(format!(
                    "{}, {clients} clients: nothing ran",
                    statement.title()
                ));
            }
        }
        let rounds = self.results.rounds.iter();
        let measured: usize = rounds
            .map(|round| round.service.len() + round.postgres.len())
            .sum();
        if u64::try_from(measured) != Ok(self.plan.measurements()) {
            faults.push("not everything that was planned was measured".to_owned());
        }
        for (work, statement) in PAIRS {
            for spread in [
                Spread::at_best(self.results, work, statement),
                Spread::alone(self.results, work, statement),
            ] {
                if !(spread.least > 0.0 && spread.greatest.is_finite()) {
                    let (service, postgres) = (work.title(), statement.title());
                    faults.push(format!("{service} / {postgres}: no ratio"));
                }
            }
        }
        faults
    }

    fn setting(&self) -> String {
        let machine = self.machine;
        let mut text = String::new();
        let _ = writeln!(
            text,
            "{}, commit {}. {} cores ({}), {}, {}, Postgres {}. Load average before: {}, at the end: {}. {} of {} s a measurement.",
            machine.date,
            machine.commit,
            machine.cores,
            machine.processor,
            machine.memory,
            machine.kernel,
            self.server,
            machine.load,
            self.load_at_end,
            counted(self.plan.rounds, "round"),
            self.plan.duration.as_secs(),
        );
        if !machine.optimised {
            text.push_str(
                "\n**Built without --release: these figures say only that everything runs.**\n",
            );
        }
        text
    }

    fn ratios(&self) -> String {
        let mut table = Table::new(&["service", "Postgres", "at best", "one caller"]);
        for (work, statement) in PAIRS {
            table.row(&[
                work.title().to_owned(),
                statement.title().to_owned(),
                Spread::at_best(self.results, work, statement).to_string(),
                Spread::alone(self.results, work, statement).to_string(),
            ]);
        }
        format!(
            "{}\nThe service's rate through that of Postgres: the middle of the rounds, and the least and the greatest.\n",
            table.text
        )
    }

    fn service(&self) -> String {
        let mut table = Table::new(&[
            "call",
            "arrivals",
            "a second (least–greatest)",
            "p50 ms",
            "p99 ms",
            "p99.9 ms",
            "failures",
        ]);
        let Some(first) = self.results.rounds.first() else {
            return table.text;
        };
        for (place, (work, arrival, _)) in first.service.iter().enumerate() {
            let rounds = self
                .results
                .rounds
                .iter()
                .filter_map(|round| round.service.get(place));
            let mut all = Tally::new();
            let mut rates = Vec::new();
            for (_, _, tally) in rounds {
                all.append(tally);
                rates.push(tally.per_second());
            }
            table.row(&[
                work.title().to_owned(),
                arrived(*arrival),
                rate(&Spread::of(rates)),
                millis(all.quantile(0.5)),
                millis(all.quantile(0.99)),
                millis(all.quantile(0.999)),
                failures(&all),
            ]);
        }
        table.text
    }

    fn postgres(&self) -> String {
        let mut table = Table::new(&[
            "statement",
            "clients",
            "a second (least–greatest)",
            "average ms",
        ]);
        let Some(first) = self.results.rounds.first() else {
            return table.text;
        };
        for (place, (statement, clients, _)) in first.postgres.iter().enumerate() {
            let rounds = self
                .results
                .rounds
                .iter()
                .filter_map(|round| round.postgres.get(place));
            let ran: Vec<&Ran> = rounds.map(|(_, _, ran)| ran).collect();
            let rates = ran.iter().map(|ran| ran.per_second).collect();
            let averages = ran.iter().map(|ran| ran.average.as_secs_f64()).collect();
            let average = Spread::of(averages).middle;
            table.row(&[
                statement.title().to_owned(),
                clients.to_string(),
                rate(&Spread::of(rates)),
                millis(Duration::from_secs_f64(average)),
            ]);
        }
        table.text
    }
}

/// A table in Markdown.
#[derive(Debug)]
struct Table {
    text: String,
}

impl Table {
    fn new(titles: &[&str]) -> Table {
        let mut table = Table {
            text: String::new(),
        };
        table.line(titles);
        table.line(&vec!["---"; titles.len()]);
        table
    }

    fn row(&mut self, cells: &[String]) {
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        self.line(&cells);
    }

    fn line(&mut self, cells: &[&str]) {
        let _ = writeln!(self.text, "| {} |", cells.join(" | "));
    }
}

fn arrived(arrival: Arrival) -> String {
    match arrival {
        Arrival::Callers(1) => "1 caller".to_owned(),
        Arrival::Callers(callers) => format!("{callers} callers"),
        Arrival::Rate(rate) => format!("{rate} a second, on schedule"),
    }
}

fn counted(count: u32, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}

fn rate(rates: &Spread) -> String {
    format!(
        "{:.0} ({:.0}–{:.0})",
        rates.middle, rates.least, rates.greatest
    )
}

fn millis(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1_000.0)
}

fn failures(tally: &Tally) -> String {
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
