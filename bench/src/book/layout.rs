//! Which complaints a book holds, and when they came in.
//!
//! All of them are entered in one evening. Those of a wave were received at one instant of the day, so half of the time to
//! acknowledge them is over at one instant of the next forenoon. What comes in during the evening counts from the next
//! opening and falls due at noon, and letters still later: nobody fires these.

use std::time::Duration;

use jiff::Timestamp;
use redress::policy::Channel;

use super::Scale;
use crate::{error::BenchError, overload::Due};

/// Ten o'clock in Toronto on a Monday, with no holiday near; the calendar's hours are nine to five. 2026-06-01T14:00:00Z.
const FIRST_RECEIPT: i64 = 1_780_322_400;
/// Half past five, when the complaints of the day are entered.
const EVENING: i64 = FIRST_RECEIPT + 27_000;
/// Between the receipts of two waves. Half of that, by the rule of half the time, lies between their due times.
const BETWEEN_RECEIPTS: Duration = Duration::from_secs(480);
/// Between the due times of two waves: a service that fires one must be gone before the next.
pub(super) const BETWEEN_WAVES: Duration = Duration::from_secs(240);
/// From the first receipt to the close.
const DAY: Duration = Duration::from_secs(25_200);

/// When the entering begins.
pub(super) fn evening() -> Timestamp {
    at(EVENING)
}

/// A night in which nothing is due: all is entered, and the first wave is hours away.
pub(super) fn night() -> Timestamp {
    at(EVENING + 8 * 3_600)
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or_default()
}

/// Complaints that are entered together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Section {
    pub(super) count: usize,
    pub(super) channel: Channel,
    /// `None`: when it is entered.
    pub(super) received: Option<Timestamp>,
    /// How much later than the one before each was received.
    pub(super) apart: Duration,
    /// What it is there for; `None`: to be open.
    pub(super) wave: Option<Use>,
}

impl Section {
    /// Complaints that are there to be open.
    pub(super) fn standing(count: usize) -> Section {
        Section {
            count,
            channel: Channel::Mail,
            received: None,
            apart: Duration::ZERO,
            wave: None,
        }
    }
}

/// What a wave is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    EverySize,
    Replicas,
    Round,
    Held,
    Steady,
    Spare,
}

/// The sections of all books: those of the smallest, and what each larger one holds beyond the one before it.
///
/// # Errors
/// When the waves do not fit into the books, or into the day.
pub(super) fn sections(scale: &Scale) -> Result<Vec<Vec<Section>>, BenchError> {
    let mut waves = 0;
    let mut wave = |count: usize, used: Use, due: Due| {
        let after = BETWEEN_RECEIPTS * waves;
        waves += 1;
        Section {
            count,
            channel: Channel::Form,
            received: at(FIRST_RECEIPT).checked_add(after).ok(),
            // Half the time of those who come twice as far apart.
            apart: match due {
                Due::Steadily(_) => Duration::from_secs(2) / divisor(scale.steady_rate),
                Due::AtOnce => Duration::ZERO,
            },
            wave: Some(used),
        }
    };
    let last = scale.sizes.len().saturating_sub(1);
    let (mut books, mut open) = (Vec::new(), 0);
    for (place, size) in scale.sizes.iter().enumerate() {
        let mut sections = Vec::new();
        if place == 0 {
            sections.push(wave(*size, Use::EverySize, Due::AtOnce));
        }
        if place == 1 {
            let more = 1..scale.repeats;
            sections.extend(more.map(|_| wave(scale.smallest(), Use::EverySize, Due::AtOnce)));
        }
        if place == last {
            let shared = scale.replicas.iter();
            sections.extend(shared.map(|_| wave(scale.shared, Use::Replicas, Due::AtOnce)));
            for round in 0..scale.rounds {
                sections.push(wave(scale.at_once, Use::Round, Due::AtOnce));
                if round < scale.held {
                    sections.push(wave(scale.at_once, Use::Held, Due::AtOnce));
                }
            }
            let steady = Due::Steadily(scale.steady);
            sections.push(wave(steps(scale, steady), Use::Steady, steady));
            let spare = scale.beside.iter();
            sections.extend(spare.map(|(_, due)| wave(steps(scale, *due), Use::Spare, *due)));
        }
        let filled: usize = sections.iter().map(|section| section.count).sum();
        let rest = size.checked_sub(open + filled);
        let rest = rest.ok_or(BenchError::BookTooSmall {
            open: *size,
            waves: open + filled,
        })?;
        sections.extend(plain(rest));
        sections.retain(|section| section.count > 0);
        open = *size;
        books.push(sections);
    }
    if BETWEEN_RECEIPTS * waves > DAY || scale.steady > BETWEEN_WAVES {
        return Err(BenchError::DayTooShort);
    }
    Ok(books)
}

/// So many complaints that are there to be open.
pub(super) fn plain(count: usize) -> [Section; 2] {
    [
        (count / 2, Channel::Form),
        (count - count / 2, Channel::Mail),
    ]
    .map(|(count, channel)| Section {
        count,
        channel,
        received: None,
        apart: Duration::ZERO,
        wave: None,
    })
}

/// How many steps fall due in this way.
fn steps(scale: &Scale, due: Due) -> usize {
    match due {
        Due::AtOnce => scale.at_once,
        Due::Steadily(time) => usize::try_from(time.as_secs()).unwrap_or(0) * scale.steady_rate,
    }
}

fn divisor(rate: usize) -> u32 {
    u32::try_from(rate).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overload::Load;

    #[test]
    fn each_book_is_filled_to_its_size_and_waves_come_in_order() {
        let scale = Scale::full(None);
        let books = sections(&scale).unwrap();
        let counts = books
            .iter()
            .map(|book| book.iter().map(|section| section.count).sum());
        let counts: Vec<usize> = counts.collect();
        assert_eq!(counts, [10_000, 90_000, 900_000]);
        let received: Vec<_> = books
            .iter()
            .flatten()
            .filter_map(|section| section.received)
            .collect();
        assert!(received.is_sorted_by(|one, other| one < other));
        assert!(*received.last().unwrap() < evening());
    }

    #[test]
    fn what_is_to_fall_due_steadily_was_received_half_as_fast() {
        let books = sections(&Scale::full(None)).unwrap();
        let steady = books
            .iter()
            .flatten()
            .find(|section| section.wave == Some(Use::Steady))
            .unwrap();
        assert_eq!(
            (steady.count, steady.apart),
            (30_000, Duration::from_millis(4))
        );
    }

    #[test]
    fn waves_that_do_not_fit_are_refused() {
        let mut scale = Scale::full(None);
        scale.at_once = 1_000_000;
        assert!(matches!(
            sections(&scale),
            Err(BenchError::BookTooSmall { .. })
        ));
        let mut scale = Scale::full(None);
        scale.beside = vec![(Load::Callers(1), Due::AtOnce); 100];
        scale.at_once = 100;
        assert!(matches!(sections(&scale), Err(BenchError::DayTooShort)));
    }
}
