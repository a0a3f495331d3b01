//! One whom messages reach: a person, or a team with an address of its own.

use jiff::{
    Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};

use crate::{calendar::Calendar, store::StaffMeans};

/// One whom messages reach, how, and when.
#[derive(Debug, Clone)]
pub struct Addressee {
    /// The name as it is written.
    pub name: String,
    pub(super) mail: Option<String>,
    pub(super) webhook: Option<String>,
    /// Working days and zone.
    pub(super) calendar: Calendar,
    /// The same days, with the hours that are not quiet.
    pub(super) awake: Calendar,
    pub(super) digest: Option<Time>,
    pub(super) at_once: bool,
}

impl Addressee {
    /// Where a message goes by this means; none if it goes nowhere.
    #[must_use]
    pub fn address(&self, means: StaffMeans) -> Option<&str> {
        match means {
            StaffMeans::Mail => self.mail.as_deref(),
            StaffMeans::Webhook => self.webhook.as_deref(),
        }
    }

    /// By what it is told first.
    #[must_use]
    pub fn first_means(&self) -> StaffMeans {
        if self.mail.is_some() {
            StaffMeans::Mail
        } else {
            StaffMeans::Webhook
        }
    }

    /// By what it is told where this one has failed.
    #[must_use]
    pub fn means_after(&self, failed: StaffMeans) -> Option<StaffMeans> {
        (failed == StaffMeans::Mail && self.webhook.is_some()).then_some(StaffMeans::Webhook)
    }

    /// Whether each thing is told as it comes. The digest comes in any case where there is one.
    #[must_use]
    pub fn is_told_at_once(&self) -> bool {
        self.at_once
    }

    /// When it may be told what there is to tell from `at` on: at once on a working day outside the quiet hours, else when the
    /// next such time begins.
    #[must_use]
    pub fn reachable_from(&self, at: Timestamp) -> Timestamp {
        // A calendar without any working time for half a century: rather at night than never.
        self.awake.next_working_instant(at).unwrap_or(at)
    }

    /// The day whose digest is to be sent at `now`: that of `now`, if it is a working day and the hour has come.
    #[must_use]
    pub fn digest_day(&self, now: Timestamp) -> Option<Date> {
        let hour = self.digest?;
        let day = self.calendar.date_of(now);
        let begins = self.zone().to_zoned(day.to_datetime(hour)).ok()?;
        (self.calendar.is_working_day(day) && begins.timestamp() <= now).then_some(day)
    }

    /// The local date of an instant.
    #[must_use]
    pub fn date_of(&self, at: Timestamp) -> Date {
        self.calendar.date_of(at)
    }

    /// The zone in which it reads times.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        self.calendar.zone()
    }

    /// The next working day after this one; the day after it where there is none for half a century.
    #[must_use]
    pub fn working_day_after(&self, day: Date) -> Date {
        let start = |day: Date| day.to_zoned(self.zone().clone()).ok();
        let tomorrow = day.tomorrow().unwrap_or(day);
        let next = start(tomorrow).map(|start| start.timestamp());
        let next = next.and_then(|next| self.calendar.next_working_instant(next).ok());
        next.map_or(tomorrow, |next| self.date_of(next).max(tomorrow))
    }

    /// The first instant after this day, by the local clock: the last one at which something is due on it.
    #[must_use]
    pub fn end_of(&self, day: Date) -> Timestamp {
        let start = day
            .tomorrow()
            .and_then(|next| next.to_zoned(self.zone().clone()));
        start.map_or(Timestamp::MAX, |start| start.timestamp())
    }
}
