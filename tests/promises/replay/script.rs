//! What became of each complaint: the book says how it ended, chance says how long everything took. Always the same
//! chance, so that every run plays the same quarter.

use jiff::Timestamp;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use redress::{
    calendar::{Calendar, Term, Unit},
    proto::v1::ClosureReason,
};

use super::book::{Entry, Status};

/// One thing that somebody does about a complaint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    File {
        acknowledged: bool,
    },
    Acknowledge,
    Update {
        new_date_after: Option<u32>,
    },
    Pause,
    CustomerWrites,
    CustomerComplainsAgain,
    Propose {
        remedy: bool,
        decided_hours_ago: u32,
    },
    Answer {
        accepted: bool,
    },
    Implement,
    Escalate {
        to: &'static str,
    },
    Refer,
    Report,
    ResolveOnTheLine,
    Close(ClosureReason),
}

/// An act and when it is done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene {
    pub(super) at: Timestamp,
    pub(super) act: Act,
    /// What whoever does it is called, with a number.
    pub(super) by: &'static str,
}

/// The acts about one complaint, in order. Delays are hours of the office's working time, eight to a day.
pub(super) fn scenes(number: usize, entry: &Entry, calendar: &Calendar) -> Vec<Scene> {
    let mut writer = Writer {
        chance: StdRng::seed_from_u64(2_015_000_000 + number as u64),
        calendar,
        at: entry.filed_at(),
        by: "adviser",
        scenes: Vec::new(),
    };
    writer.write(entry);
    writer.scenes
}

struct Writer<'a> {
    chance: StdRng,
    calendar: &'a Calendar,
    at: Timestamp,
    by: &'static str,
    scenes: Vec<Scene>,
}

impl Writer<'_> {
    fn write(&mut self, entry: &Entry) {
        let settled = matches!(entry.status, Status::Closed | Status::Solved);
        if entry.by_phone && settled && self.happens(8) {
            self.play(Act::File {
                acknowledged: false,
            });
            return self.play(Act::ResolveOnTheLine);
        }
        let acknowledged = entry.by_phone && self.happens(85);
        self.play(Act::File { acknowledged });
        if !acknowledged {
            if entry.status == Status::Open && self.happens(15) {
                return;
            }
            self.within(1..=9, 12, 17..=30);
            self.play(Act::Acknowledge);
        }
        match entry.status {
            Status::Closed | Status::Solved => self.settle(entry.status),
            Status::Pending => self.leave_pending(),
            Status::Open => self.leave_open(),
        }
    }

    fn settle(&mut self, status: Status) {
        self.review(12..=70, 12, 82..=110);
        self.propose();
        if status == Status::Closed && self.happens(12) {
            // Silence for ten working days.
            self.hours(90..=100);
            return self.play(Act::Close(ClosureReason::NoAnswer));
        }
        if self.happens(8) {
            self.hours(4..=16);
            self.play(Act::Answer { accepted: false });
            self.hours(4..=16);
            if status == Status::Closed && self.happens(40) {
                return self.play(Act::Close(ClosureReason::ProviderDecision));
            }
            self.escalate("lead");
            self.hours(8..=50);
            self.propose();
        }
        self.hours(2..=24);
        self.play(Act::Answer { accepted: true });
        if matches!(
            self.last_proposal(),
            Some(Act::Propose { remedy: true, .. })
        ) {
            self.within(4..=36, 10, 44..=60);
            self.play(Act::Implement);
        }
        self.hours(1..=8);
        self.play(Act::Close(ClosureReason::Accepted));
    }

    fn leave_pending(&mut self) {
        if self.happens(30) {
            self.hours(2..=12);
            return self.play(Act::Pause);
        }
        self.review(20..=70, 20, 82..=110);
        self.propose();
    }

    fn leave_open(&mut self) {
        self.review(24..=72, 50, 90..=130);
        if self.happens(15) {
            self.play(Act::CustomerComplainsAgain);
        }
        if self.happens(40) {
            self.escalate("lead");
            if self.happens(40) {
                self.hours(45..=70);
                self.escalate("manager");
                if self.happens(40) {
                    self.hours(8..=40);
                    self.play(Act::Refer);
                    if self.happens(70) {
                        self.within(40..=80, 20, 130..=170);
                        self.play(Act::Report);
                    }
                }
            }
        }
    }

    /// Lets the review take its time, with an update about once a week, and now and then a pause or another date.
    fn review(
        &mut self,
        usual: std::ops::RangeInclusive<u32>,
        late: u32,
        then: std::ops::RangeInclusive<u32>,
    ) {
        let mut left = if self.happens(late) {
            self.draw(then)
        } else {
            self.draw(usual)
        };
        if left > 20 && self.happens(8) {
            self.hours(2..=4);
            self.play(Act::Pause);
            self.within(8..=60, 30, 85..=95);
            self.play(Act::CustomerWrites);
        }
        while left > 30 {
            let passed = if self.happens(12) {
                self.draw(42..=52)
            } else {
                self.draw(26..=38)
            };
            self.hours(passed..=passed);
            let new_date_after = (left > 60 && self.happens(25)).then_some(left);
            self.play(Act::Update { new_date_after });
            left = left.saturating_sub(passed);
        }
        self.hours(left..=left);
    }

    fn propose(&mut self) {
        let decided_hours_ago = if self.happens(10) {
            self.draw(20..=40)
        } else {
            self.draw(0..=3)
        };
        // At a higher level it is decided anew, and that never before the escalation.
        let escalated = self.by != "adviser";
        let decided_hours_ago = if escalated { 0 } else { decided_hours_ago };
        let remedy = self.happens(60);
        self.play(Act::Propose {
            remedy,
            decided_hours_ago,
        });
    }

    fn escalate(&mut self, to: &'static str) {
        self.play(Act::Escalate { to });
        self.by = to;
        self.within(1..=9, 20, 17..=24);
        self.play(Act::Acknowledge);
    }

    fn last_proposal(&self) -> Option<Act> {
        let acts = self.scenes.iter().rev().map(|scene| scene.act);
        acts.into_iter()
            .find(|act| matches!(act, Act::Propose { .. }))
    }

    fn play(&mut self, act: Act) {
        let (at, by) = (self.at, self.by);
        self.scenes.push(Scene { at, act, by });
    }

    /// Lets working hours pass: mostly the usual ones, in `late` of a hundred cases others.
    fn within(
        &mut self,
        usual: std::ops::RangeInclusive<u32>,
        late: u32,
        then: std::ops::RangeInclusive<u32>,
    ) {
        let hours = if self.happens(late) { then } else { usual };
        self.hours(hours);
    }

    fn hours(&mut self, hours: std::ops::RangeInclusive<u32>) {
        let count = self.draw(hours);
        self.at = working_hours_after(self.calendar, self.at, count);
    }

    fn happens(&mut self, in_a_hundred: u32) -> bool {
        self.draw(1..=100) <= in_a_hundred
    }

    fn draw(&mut self, range: std::ops::RangeInclusive<u32>) -> u32 {
        self.chance.random_range(range)
    }
}

/// So many working hours on.
pub(super) fn working_hours_after(calendar: &Calendar, at: Timestamp, count: u32) -> Timestamp {
    if count == 0 {
        return at;
    }
    let unit = Unit::WorkingHours;
    calendar
        .due_after(at, &Term { count, unit })
        .expect("within the calendar's range")
}
