//! The story's time: working hours slow enough to watch, nights, weekends and holidays in a flash.

use std::{future::Future, pin::Pin, time::Duration};

use jiff::{SignedDuration, Timestamp, ToSpan as _, civil::Date};
use tokio::sync::watch;

use crate::{
    calendar::Calendar,
    time_source::{Stopwatch, TimeSource},
};

/// How fast an hour passes while the office is open: a third of a second. "Within 15 minutes" is then a tenth of one.
const OPEN: i64 = 10_000;
/// And while it is closed: nothing happens then but for what fell due at closing time.
const CLOSED: i64 = 200_000;
/// Slow from before the opening until after the close, so that what falls due at the close is told of the same day.
const BEFORE_OPENING: SignedDuration = SignedDuration::from_mins(30);
const AFTER_CLOSE: SignedDuration = SignedDuration::from_mins(60);

/// Stands still at the story's start until it begins, passes through the story at two speeds, and goes on at real speed
/// after its end.
#[derive(Debug)]
pub(super) struct StoryTime {
    began: watch::Sender<Option<Stopwatch>>,
    start: Timestamp,
    end: Timestamp,
    /// In order; the first begins with the story, the last has no end.
    stretches: Vec<Stretch>,
}

/// A part of the story that passes at one speed.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stretch {
    /// Real time since the story began.
    real: Duration,
    /// The story's time at that moment.
    story: Timestamp,
    speed: i64,
}

impl StoryTime {
    pub(super) fn new(start: Timestamp, end: Timestamp, calendar: &Calendar) -> Self {
        let mut stretches = Vec::new();
        let mut real = Duration::ZERO;
        let changes = speed_changes(start, end, calendar);
        for (index, &(story, speed)) in changes.iter().enumerate() {
            stretches.push(Stretch { real, story, speed });
            if let Some((next, _)) = changes.get(index + 1) {
                real += scaled_down(next.duration_since(story), speed);
            }
        }
        StoryTime {
            began: watch::Sender::new(None),
            start,
            end,
            stretches,
        }
    }

    /// Lets the story's time run from now on.
    pub(super) fn begin(&self) {
        self.began.send_replace(Some(Stopwatch::start()));
    }

    /// When the story ends.
    pub(super) fn end(&self) -> Timestamp {
        self.end
    }

    /// How much of the story has passed, in seconds of its own time, and how much there is.
    pub(super) fn progress(&self) -> (u64, u64) {
        let seconds = |until: Timestamp| {
            u64::try_from(until.duration_since(self.start).as_secs()).unwrap_or(0)
        };
        let whole = seconds(self.end);
        (seconds(self.now()).min(whole), whole)
    }

    /// The story's time when it has been running for so long.
    fn at_real(&self, elapsed: Duration) -> Timestamp {
        let Some(stretch) = self
            .stretches
            .iter()
            .rev()
            .find(|stretch| stretch.real <= elapsed)
        else {
            return self.start;
        };
        let real = i64::try_from((elapsed - stretch.real).as_nanos()).unwrap_or(i64::MAX);
        // Whole microseconds, as every reading of time.
        let passed = SignedDuration::from_micros(real.saturating_mul(stretch.speed) / 1_000);
        stretch
            .story
            .saturating_add(passed)
            .unwrap_or(Timestamp::MAX)
    }

    /// For how long it has been running when an instant of the story is reached.
    fn reached(&self, at: Timestamp) -> Duration {
        let Some(stretch) = self
            .stretches
            .iter()
            .rev()
            .find(|stretch| stretch.story <= at)
        else {
            return Duration::ZERO;
        };
        stretch.real + scaled_down(at.duration_since(stretch.story), stretch.speed)
    }
}

impl TimeSource for StoryTime {
    fn now(&self) -> Timestamp {
        let began = *self.began.borrow();
        began.map_or(self.start, |began| self.at_real(began.elapsed()))
    }

    fn past(&self, at: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let mut begins = self.began.subscribe();
        Box::pin(async move {
            // The sender is `self`, so it outlives the wait.
            let Ok(began) = begins.wait_for(Option::is_some).await.map(|began| *began) else {
                return;
            };
            let elapsed = began.map_or(Duration::ZERO, Stopwatch::elapsed);
            // A microsecond of real time is longer than the one by which an instant must have passed.
            let wait = self.reached(at).saturating_sub(elapsed) + Duration::from_micros(1);
            tokio::time::sleep(wait.min(Duration::from_secs(86_400))).await;
        })
    }
}

/// From when on which speed holds, in order.
fn speed_changes(start: Timestamp, end: Timestamp, calendar: &Calendar) -> Vec<(Timestamp, i64)> {
    let mut changes = vec![(start, CLOSED)];
    let mut change = |at: Timestamp, speed: i64| {
        let at = at.clamp(start, end);
        changes.retain(|(earlier, _)| *earlier < at);
        changes.push((at, speed));
    };
    let mut day: Date = calendar.date_of(start);
    while day <= calendar.date_of(end) {
        let mut open = calendar.intervals(day);
        if let Some(first) = open.next() {
            let close = open.last().unwrap_or(first).end;
            change(
                first
                    .start
                    .saturating_sub(BEFORE_OPENING)
                    .unwrap_or(first.start),
                OPEN,
            );
            change(close.saturating_add(AFTER_CLOSE).unwrap_or(close), CLOSED);
        }
        let Ok(next) = day.checked_add(1.day()) else {
            break;
        };
        day = next;
    }
    change(end, 1);
    changes
}

/// Story time in real time. Neither side is ever negative.
fn scaled_down(story: SignedDuration, speed: i64) -> Duration {
    let nanos = story.as_nanos() / i128::from(speed);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::calendar::CalendarBook;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// From Monday 11 May 2026, 08:30 in Toronto; the 18th is Victoria Day.
    fn time() -> StoryTime {
        let book = CalendarBook::builtin().unwrap();
        StoryTime::new(
            at("2026-05-11T12:30:00Z"),
            at("2026-05-29T21:30:00Z"),
            book.get("ca-federal").unwrap(),
        )
    }

    #[test]
    fn it_stands_still_until_the_story_begins() {
        let time = time();
        assert_eq!(time.now(), at("2026-05-11T12:30:00Z"));
        time.begin();
        assert!(time.now() >= at("2026-05-11T12:30:00Z"));
    }

    #[test]
    fn both_ways_between_story_and_real_time_agree() {
        let time = time();
        for text in [
            "2026-05-11T13:12:00Z",
            "2026-05-12T02:00:00Z",
            "2026-05-16T16:00:00Z",
            "2026-05-20T21:00:00Z",
            "2026-06-01T00:00:00Z",
        ] {
            let off = time
                .at_real(time.reached(at(text)))
                .duration_since(at(text))
                .abs();
            assert!(off <= SignedDuration::from_secs(1), "{text}: {off:?}");
        }
    }

    #[test]
    fn it_never_goes_backwards_and_hurries_through_a_holiday() {
        let time = time();
        let real = |text: &str| time.reached(at(text));
        let readings = (0..7_000).map(|step| time.at_real(Duration::from_millis(step * 10)));
        assert!(readings.is_sorted());
        let victoria_day = real("2026-05-18T22:00:00Z") - real("2026-05-18T12:30:00Z");
        let next_day = real("2026-05-19T22:00:00Z") - real("2026-05-19T12:30:00Z");
        assert!(
            victoria_day * 15 < next_day,
            "{victoria_day:?} {next_day:?}"
        );
    }

    #[test]
    fn the_whole_story_takes_about_a_minute() {
        let time = time();
        let whole = time.reached(time.end());
        assert!((45..=70).contains(&whole.as_secs()), "{whole:?}");
        let after = time
            .at_real(whole + Duration::from_secs(10))
            .duration_since(time.end());
        assert!(after <= SignedDuration::from_secs(11), "{after:?}");
    }

    #[tokio::test]
    async fn what_waits_for_an_instant_wakes_after_it() {
        let time = time();
        time.begin();
        let soon = at("2026-05-11T12:31:00Z");
        while time.now() <= soon {
            time.past(soon).await;
        }
        assert!(time.now() > soon);
    }
}
