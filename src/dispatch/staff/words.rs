//! The text of staff messages. Contains no customer data: only the tracking number, the promise, when it is due, and the state of
//! the complaint.

use std::fmt::Write as _;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    digest::{DueList, Section},
    directory::Addressee,
    link::ComplaintUrl,
};
use crate::{
    domain::notice::promised_day,
    store::{ClaimedStaffMessage, DuePromise, StaffMatter, StaffMessageKind, StaffSubscription},
};

/// The text of a message.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) data: Value,
}

/// Writes messages for one addressee, as of one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writer<'w> {
    pub(super) to: &'w Addressee,
    pub(super) url: Option<&'w ComplaintUrl>,
    pub(super) now: Timestamp,
}

/// How to resume a disabled subscription.
pub(in crate::dispatch) fn how_to_resume(id: Uuid) -> String {
    format!(
        "Its events are kept. Once the endpoint works again, resume the subscription; it continues where it stopped:\n\n\
         redress subscriptions resume {id}\n"
    )
}

/// Why somebody gets a message meant for another person.
const LAST_RESORT: &str =
    "You are told this because nobody could be told whom it is for: see the staff directory.\n";

impl Writer<'_> {
    /// The message for a single event.
    pub(super) fn at_once(self, message: &ClaimedStaffMessage, about: &StaffMatter) -> Words {
        let number = &about.tracking_number;
        let promise = about.promise.as_ref();
        let clock = promise.map_or_else(String::new, |promise| spoken(&promise.clock));
        let due = promise.and_then(|promise| promise.due);
        let late = due.is_some_and(|due| due < self.now);
        let when = due.map_or_else(String::new, |due| self.time(due));
        let (subject, what) = match message.kind {
            StaffMessageKind::Reminder if !late => (
                format!("{number}: {clock}, due {when}"),
                format!("Complaint {number}: the promise \"{clock}\" is due {when}."),
            ),
            StaffMessageKind::Reminder | StaffMessageKind::Breached => (
                format!("{number}: {clock} is late, it was due {when}"),
                format!("Complaint {number}: the promise \"{clock}\" was due {when} and is late."),
            ),
            StaffMessageKind::EscalationEligible => (
                format!("{number}: may be escalated"),
                format!("Complaint {number} may be escalated to a higher level."),
            ),
            // The message for a single event is neither a digest nor about a subscription.
            StaffMessageKind::NoticeFailed
            | StaffMessageKind::SubscriptionDisabled
            | StaffMessageKind::Digest => (
                format!("{number}: the customer could not be told something"),
                format!(
                    "Complaint {number}: a notice did not reach the customer. Find another way, and have it sent again."
                ),
            ),
        };
        let mut text = format!("{what}\n\n{}\n", standing(about));
        let link = self.link(about);
        if let Some(link) = &link {
            let _ = writeln!(text, "{link}");
        }
        if message.last_resort {
            let _ = write!(text, "\n{LAST_RESORT}");
        }
        let data = json!({
            "addressee": self.to.name,
            "complaint": about.complaint,
            "tracking_number": number,
            "clock": promise.map(|promise| &promise.clock),
            "due_time": due,
            "late": late,
            "state": about.state,
            "level": about.level,
            "url": link,
        });
        Words {
            subject,
            text,
            data,
        }
    }

    /// The message that a subscription is disabled, for those notified in place of its contact.
    pub(super) fn disabled(self, subscription: &StaffSubscription) -> Words {
        let StaffSubscription {
            id,
            title,
            owner,
            reason,
            ..
        } = subscription;
        let text = format!(
            "The subscription \"{title}\" of {owner} was disabled: {reason}. Whoever answers for its endpoint could not be told by \
             mail.\n\n{}",
            how_to_resume(*id)
        );
        let data = json!({
            "addressee": self.to.name,
            "subscription": format!("subscriptions/{id}"),
            "title": title,
            "creator": owner,
            "reason": reason,
        });
        Words {
            subject: format!("Subscription disabled: {title}"),
            text,
            data,
        }
    }

    /// A digest. `beside`: other matters, which are not due. `of_whom`: whose digest it is, if not the addressee's own.
    pub(super) fn digest(
        self,
        due: &DueList,
        beside: &[(StaffMessageKind, StaffMatter)],
        of_whom: Option<&str>,
    ) -> Words {
        let DueList {
            day,
            next,
            late,
            today,
            soon,
        } = due;
        let tomorrow = day.tomorrow().is_ok_and(|tomorrow| tomorrow == *next);
        let by = if tomorrow {
            "tomorrow".to_owned()
        } else {
            format!("by {}", day_name(*next))
        };
        let of = |kind| beside.iter().filter(move |(of, _)| *of == kind);
        let flagged = of(StaffMessageKind::EscalationEligible);
        let failed = of(StaffMessageKind::NoticeFailed);
        let parts = [
            (late.count(), "late".to_owned()),
            (today.count(), "due today".to_owned()),
            (soon.count(), format!("due {by}")),
            (flagged.clone().count(), "may be escalated".to_owned()),
            (failed.clone().count(), "not told".to_owned()),
        ];
        let told = parts.iter().filter(|(count, _)| *count > 0);
        let told: Vec<String> = told
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        let subject = format!("Complaints: {}", told.join(", "));
        let mut text = String::new();
        self.section(&mut text, "Late", late);
        self.section(&mut text, "Due today", today);
        self.section(&mut text, &format!("Due {by}"), soon);
        self.matters(&mut text, "May be escalated", flagged.clone());
        self.matters(
            &mut text,
            "The customer could not be told something",
            failed.clone(),
        );
        let zone = self.to.zone().iana_name().unwrap_or("the addressee");
        let _ = writeln!(text, "{}, times of {zone}.", day_name(*day));
        if let Some(name) = of_whom {
            let _ = write!(text, "\nThis is the digest of {name}. {LAST_RESORT}");
        }
        let data = json!({
            "addressee": self.to.name,
            "of_whom": of_whom,
            "day": day,
            "late": self.listed(late),
            "due_today": self.listed(today),
            "due_by_next_working_day": self.listed(soon),
            "next_working_day": next,
            "may_be_escalated": self.told(flagged),
            "not_told": self.told(failed),
        });
        Words {
            subject,
            text,
            data,
        }
    }

    fn section(self, text: &mut String, title: &str, section: &Section) {
        if section.count() == 0 {
            return;
        }
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{title} ({}):\n", section.count());
        for promise in section.promises() {
            let urgent = if promise.urgent { "urgent, " } else { "" };
            let _ = writeln!(
                text,
                "- {}: {urgent}{}, due {}; {}, level {}",
                promise.tracking_number,
                spoken(&promise.clock),
                self.time(promise.due),
                spoken(promise.state.as_str()),
                promise.level
            );
            if let Some(url) = self.url {
                let link = url.of(promise.complaint, &promise.tracking_number);
                let _ = writeln!(text, "  {link}");
            }
        }
        if section.unnamed() > 0 {
            let _ = writeln!(text, "- and {} more", section.unnamed());
        }
        text.push('\n');
    }

    fn matters<'m>(
        self,
        text: &mut String,
        title: &str,
        matters: impl Iterator<Item = &'m (StaffMessageKind, StaffMatter)> + Clone,
    ) {
        let count = matters.clone().count();
        if count == 0 {
            return;
        }
        let _ = writeln!(text, "{title} ({count}):\n");
        for (_, about) in matters {
            let _ = writeln!(text, "- {}: {}", about.tracking_number, standing(about));
            if let Some(link) = self.link(about) {
                let _ = writeln!(text, "  {link}");
            }
        }
        text.push('\n');
    }

    fn listed(self, section: &Section) -> Value {
        let promises = section.promises().map(|promise: &DuePromise| {
            json!({
                "complaint": promise.complaint,
                "tracking_number": promise.tracking_number,
                "clock": promise.clock,
                "due_time": promise.due,
                "urgent": promise.urgent,
                "state": promise.state,
                "level": promise.level,
                "url": self.url.map(|url| url.of(promise.complaint, &promise.tracking_number)),
            })
        });
        let promises: Vec<Value> = promises.collect();
        json!({ "count": section.count(), "promises": promises })
    }

    fn told<'m>(self, matters: impl Iterator<Item = &'m (StaffMessageKind, StaffMatter)>) -> Value {
        let told = matters.map(|(_, about)| {
            json!({
                "complaint": about.complaint,
                "tracking_number": about.tracking_number,
                "state": about.state,
                "level": about.level,
                "url": self.link(about),
            })
        });
        Value::Array(told.collect())
    }

    fn link(self, about: &StaffMatter) -> Option<String> {
        let url = self.url?;
        Some(url.of(about.complaint, &about.tracking_number))
    }

    /// An instant in the addressee's time zone. What is due at the end of a day is shown as due on that day.
    fn time(self, at: Timestamp) -> String {
        time(at, self.to.zone())
    }
}

fn time(at: Timestamp, zone: &TimeZone) -> String {
    let local = zone.to_datetime(at);
    let day = promised_day(at, zone);
    if day == local.date() {
        return format!("{}, {}", day_name(day), local.strftime("%H:%M"));
    }
    format!("{}, 24:00", day_name(day))
}

fn day_name(day: Date) -> String {
    day.strftime("%a %-d %b %Y").to_string()
}

fn standing(about: &StaffMatter) -> String {
    format!("{}, level {}", spoken(about.state.as_str()), about.level)
}

fn spoken(word: &str) -> String {
    word.replace('_', " ")
}
