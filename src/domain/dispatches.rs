//! Where the sending of each notice stands, by the log alone.

use std::collections::BTreeMap;

use super::{
    customer::ContactMeans,
    event::{Event, Fact},
    fate::NoticeState,
};

/// The dispatches that follow from a log: by the notice and the means by which it was to be sent.
#[must_use]
pub fn dispatches(log: &[Event]) -> BTreeMap<(i64, ContactMeans), NoticeState> {
    let mut means_of: BTreeMap<i64, ContactMeans> = BTreeMap::new();
    let mut dispatches = BTreeMap::new();
    for event in log {
        let (notice, state) = match &event.fact {
            Fact::NoticeIssued {
                means: Some(means), ..
            } => {
                means_of.insert(event.sequence, *means);
                (event.sequence, NoticeState::Waiting)
            }
            Fact::NoticeRequeued { notice, means } => {
                means_of.insert(*notice, *means);
                (*notice, NoticeState::Waiting)
            }
            Fact::NoticeSent(delivery) => (delivery.notice, NoticeState::Sent),
            Fact::NoticePosted(delivery) => (delivery.notice, NoticeState::Posted),
            Fact::NoticeTold(delivery) => (delivery.notice, NoticeState::Told),
            Fact::NoticeDelivered(delivery) => (delivery.notice, NoticeState::Delivered),
            Fact::NoticeFailed(failed) => (failed.notice, NoticeState::Failed),
            _ => continue,
        };
        // One that was never to be sent, such as one that was told on the line, has no dispatch.
        if let Some(means) = means_of.get(&notice) {
            dispatches.insert((notice, *means), state);
        }
    }
    dispatches
}
