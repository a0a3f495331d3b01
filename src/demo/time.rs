//! Story time: working hours at a speed that can be watched, nights, weekends and holidays in a flash, and slower still while
//! something is in flight, because networks and disks keep to real time.

use std::{future::Future, pin::Pin, time::Duration};

use jiff::{SignedDuration, Timestamp, ToSpan as _, civil::Date};
use tokio::sync::watch;

use crate::{
    calendar::Calendar,
    time_source::{Stopwatch, TimeSource},
};

/// The speed while the office is open and nothing happens: an hour takes a seventh of a second.
const OPEN: i64 = 25_000;
/// The speed while it is closed: then nothing happens except what fell due at closing time.
const CLOSED: i64 = 500_000;
/// The speed while something is in flight. A lease of a minute must outlast a real request.
const ATTENTIVE: i64 = 20;
/// How long to stay slow after an event, in real time.
pub(super) const ATTENTION: Duration = Duration::from_millis(200);
/// Slow from before opening until after closing, so that what falls due at closing time is shown on the same day.
const BEFORE_OPENING: SignedDuration = SignedDuration::from_mins(30);
const AFTER_CLOSE: SignedDuration = SignedDuration::from_mins(60);

/// Stands still at the story's start until it begins, passes through the story at two speeds, slows down whenever something
/// happens, and continues at real speed after the story's end.
#[derive(Debug)]
pub(super) struct StoryTime {
    course: watch::Sender<Option<Course>>,
    start: Timestamp,
    end: Timestamp,
    /// In order; the first begins with the story, the last is open-ended.
    stretches: Vec<Stretch>,
}

/// How time continues from an instant.
#[derive(Debug, Clone, Copy)]
struct Course {
    /// Measures from that instant.
    since: Stopwatch,
    from: Timestamp,
    /// How long it is slow at first.
    attentive: Duration,
}

/// A part of the story with a constant speed.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stretch {
    /// Real time since the story began.
    real: Duration,
    /// Story time at that moment.
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
            course: watch::Sender::new(None),
            start,
            end,
            stretches,
        }
    }

    /// Starts story time.
    pub(super) fn begin(&self) {
        self.course.send_replace(Some(Course {
            since: Stopwatch::start(),
            from: self.start,
            attentive: Duration::ZERO,
        }));
    }

    /// Slows story time down for at least this long.
    pub(super) fn attend(&self, real: Duration) {
        self.course.send_if_modified(|course| {
            let Some(course) = course else { return false };
            let elapsed = course.since.elapsed();
            if course.attentive >= elapsed + real {
                return false;
            }
            let from = self.on(course, elapsed);
            if from < self.end {
                *course = Course {
                    since: Stopwatch::start(),
                    from,
                    attentive: real,
                };
            }
            // Waiting tasks now have to wait longer; they wake in time to see that.
            false
        });
    }

    /// Waits until an instant has passed.
    pub(super) async fn reach(&self, at: Timestamp) {
        while self.now() <= at {
            self.past(at).await;
        }
    }

    /// The end of the story.
    pub(super) fn end(&self) -> Timestamp {
        self.end
    }

    /// How much of the story has passed, in seconds of story time, and its total.
    pub(super) fn progress(&self) -> (u64, u64) {
        let seconds = |until: Timestamp| {
            u64::try_from(until.duration_since(self.start).as_secs()).unwrap_or(0)
        };
        let whole = seconds(self.end);
        (seconds(self.now()).min(whole), whole)
    }

    /// Story time this long after the start of a course.
    fn on(&self, course: &Course, elapsed: Duration) -> Timestamp {
        let slow = story_time(elapsed.min(course.attentive), ATTENTIVE);
        let from = course.from.saturating_add(slow).unwrap_or(Timestamp::MAX);
        match elapsed.checked_sub(course.attentive) {
            Some(rest) if !rest.is_zero() => self.at_real(self.reached(from) + rest).max(from),
            _ => from,
        }
    }

    /// The real time until an instant, if nothing slows it down.
    fn wait(&self, at: Timestamp) -> Duration {
        let course = *self.course.borrow();
        let Some(course) = course else {
            return Duration::ZERO;
        };
        let elapsed = course.since.elapsed();
        let slow = course.attentive.saturating_sub(elapsed);
        let now = self.on(&course, elapsed);
        let left = at.duration_since(now);
        if left <= story_time(slow, ATTENTIVE) {
            return scaled_down(left.max(SignedDuration::ZERO), ATTENTIVE);
        }
        let after = self.on(&course, elapsed + slow);
        slow + self.reached(at).saturating_sub(self.reached(after))
    }

    /// Story time after this much real time without slowdowns.
    fn at_real(&self, elapsed: Duration) -> Timestamp {
        let Some(stretch) = self
            .stretches
            .iter()
            .rev()
            .find(|stretch| stretch.real <= elapsed)
        else {
            return self.start;
        };
        let passed = story_time(elapsed - stretch.real, stretch.speed);
        stretch
            .story
            .saturating_add(passed)
            .unwrap_or(Timestamp::MAX)
    }

    /// The real time until an instant of the story without slowdowns.
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
        let course = *self.course.borrow();
        course.map_or(self.start, |course| {
            self.on(&course, course.since.elapsed())
        })
    }

    /// Story time is slow when an awaited instant comes.
    fn past(&self, at: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let mut begins = self.course.subscribe();
        Box::pin(async move {
            // The sender is `self`, so it outlives the wait.
            if begins.wait_for(Option::is_some).await.is_err() || self.now() > at {
                return;
            }
            while self.now() <= at {
                // One microsecond of real time covers the one by which an instant must have passed.
                let wait = self.wait(at) + Duration::from_micros(1);
                tokio::time::sleep(wait.min(Duration::from_secs(86_400))).await;
            }
            self.attend(ATTENTION);
        })
    }
}

/// The speed changes, in order.
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

/// Converts real time to story time, in whole microseconds, like every reading of time.
fn story_time(real: Duration, speed: i64) -> SignedDuration {
    let nanos = i64::try_from(real.as_nanos()).unwrap_or(i64::MAX);
    SignedDuration::from_micros(nanos.saturating_mul(speed) / 1_000)
}

/// Converts story time to real time. Neither is ever negative.
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
    fn the_whole_story_leaves_time_within_a_minute_for_what_happens_in_it() {
        let time = time();
        let whole = time.reached(time.end());
        assert!((15..=30).contains(&whole.as_secs()), "{whole:?}");
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

    #[test]
    fn it_passes_slowly_while_something_happens_and_never_back() {
        let time = time();
        time.begin();
        let course = Course {
            since: Stopwatch::start(),
            from: at("2026-05-11T14:00:00Z"),
            attentive: Duration::from_millis(500),
        };
        let after = |millis| time.on(&course, Duration::from_millis(millis));
        assert_eq!(after(0), at("2026-05-11T14:00:00Z"));
        assert_eq!(after(250), at("2026-05-11T14:00:05Z"));
        assert_eq!(after(500), at("2026-05-11T14:00:10Z"));
        assert!(after(1_000) > at("2026-05-11T16:00:00Z"));
        assert!((0..2_000).map(after).is_sorted());
        let before = time.now();
        time.attend(Duration::from_secs(60));
        let slow = time.now();
        assert!(before <= slow);
        assert!(time.wait(slow + SignedDuration::from_secs(40)) > Duration::from_secs(1));
    }
}
