//! Derives staff messages from the log.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::directory::{Addressee, Concern, Directory};
use crate::{
    domain::{Fact, NoticeFailure},
    policy::Role,
    store::{NewStaffMessage, StaffMessageKind, StoredEvent},
};

/// Older events are reported in digests only. They are read when log readers have to start over.
const NEWS: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a matter waits for a digest before somebody else is notified: longer than the addressee's consecutive days off.
const FOR_DIGEST: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The messages that follow from some events.
#[derive(Debug, Default)]
pub(super) struct News {
    pub(super) messages: Vec<NewStaffMessage>,
    /// The number of events for which only the fallback could be notified.
    pub(super) unreached: u64,
}

/// The message that an event calls for: its kind, the role of its addressees, and the promise that it is about.
fn told_by(fact: &Fact) -> Option<(StaffMessageKind, Role, Option<&str>)> {
    match fact {
        Fact::Reminder { clock, to, .. } => {
            Some((StaffMessageKind::Reminder, *to, Some(clock.as_str())))
        }
        Fact::Breached { clock, to, .. } => {
            Some((StaffMessageKind::Breached, *to, Some(clock.as_str())))
        }
        Fact::EscalationEligible { .. } => {
            Some((StaffMessageKind::EscalationEligible, Role::Supervisor, None))
        }
        // Erased data must not reach anybody.
        Fact::NoticeFailed(failed) if failed.reason != NoticeFailure::Erased => {
            Some((StaffMessageKind::NoticeFailed, Role::Handler, None))
        }
        _ => None,
    }
}

/// Whether digests report it anyway, because they list what is due.
fn is_in_digests(kind: StaffMessageKind) -> bool {
    matches!(
        kind,
        StaffMessageKind::Reminder | StaffMessageKind::Breached
    )
}

impl News {
    /// The messages for these events, by this directory, at `now`.
    pub(super) fn of(events: &[StoredEvent], directory: &Directory, now: Timestamp) -> Self {
        let mut news = News::default();
        for event in events {
            news.add(event, directory, now);
        }
        news
    }

    fn add(&mut self, event: &StoredEvent, directory: &Directory, now: Timestamp) {
        // Unreadable events are reported by the verification.
        let Ok(content) = &event.content else { return };
        let recent = now.duration_since(content.at) <= NEWS;
        let told = content.fact.as_ref().filter(|_| recent).and_then(told_by);
        let Some(((kind, to, clock), (standing, about))) = told.zip(content.after.as_ref()) else {
            return;
        };
        let concern = Concern {
            to,
            assignee: standing.assignee.as_deref(),
            brand: &about.brand,
        };
        let mut whom = directory.reach(&concern, now);
        let last_resort = whom.is_empty();
        if last_resort {
            self.unreached += 1;
            whom = directory.fallback(now);
        }
        let cycle = content.firing.as_ref().map(|firing| firing.cycle);
        for key in whom {
            let Some(addressee) = directory.addressee(key) else {
                continue;
            };
            let at_once = addressee.is_told_at_once();
            if !at_once && is_in_digests(kind) {
                continue;
            }
            self.messages.push(NewStaffMessage {
                id: Uuid::new_v4(),
                kind,
                addressee: key.to_owned(),
                complaint: event.complaint,
                sequence: event.sequence,
                promise: clock.map(str::to_owned).zip(cycle),
                last_resort,
                means: addressee.first_means(),
                for_digest: !at_once,
                send_at: send_at(addressee, at_once, now),
            });
        }
    }
}

fn send_at(addressee: &Addressee, at_once: bool, now: Timestamp) -> Timestamp {
    if at_once {
        return addressee.reachable_from(now);
    }
    now.saturating_add(FOR_DIGEST).unwrap_or(Timestamp::MAX)
}
