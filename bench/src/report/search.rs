//! How long searches take.

use super::{
    section::Section,
    spread::Spread,
    table::{Table, count, figure, millis},
};
use crate::{
    load::Tally,
    search::{Question, Searches},
};

pub(super) fn search(searches: &Searches, section: &mut Section) {
    let complaints = u64::try_from(searches.complaints).unwrap_or(u64::MAX);
    section.say(&format!(
        "Four callers, each of which waits for its answer, search {} complaints for a page of fifty. One in fifty has the most common \
         name. A search looks at no more than 2 000 complaints, and says so where there may be more.",
        count(complaints),
    ));
    let mut table = Table::new(&["searched for", "how many", "p50 ms", "p99 ms", "slowest ms"]);
    for question in Question::ALL {
        let mut all = Tally::new();
        let asked = searches.rounds.iter().flatten();
        for asked in asked.filter(|asked| asked.question == question) {
            all.append(&asked.tally);
        }
        table.row(&[
            question.title().to_owned(),
            figure(all.calls() as f64),
            millis(all.quantile(0.5)),
            millis(all.quantile(0.99)),
            millis(all.quantile(1.0)),
        ]);
    }
    section.say(&table.text());
}

/// The 99th percentile of the question that takes longest, in seconds.
pub(super) fn slowest(searches: &Searches) -> Option<Spread> {
    let rounds = searches.rounds.iter().map(|round| {
        let of_each = round.iter().map(|asked| asked.tally.quantile(0.99));
        of_each.max().unwrap_or_default().as_secs_f64()
    });
    Spread::of(rounds)
}
