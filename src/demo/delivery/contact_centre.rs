//! The contact centre, which gets the events that its advisers are asked about.

use std::sync::Arc;

use super::{
    receiver::{Arrived, Receiver},
    tally::Tally,
};
use crate::{
    demo::{aside::Asides, error::DemoError, time::StoryTime},
    proto::v1,
    terminal::Tone,
    time_source::TimeSource as _,
};

pub(super) const TITLE: &str = "Contact centre";
pub(super) const KINDS: [v1::EventKind; 4] = [
    v1::EventKind::Acknowledged,
    v1::EventKind::Breached,
    v1::EventKind::Escalated,
    v1::EventKind::Closed,
];

/// Receives, verifies and shows events. Returns only on failure.
pub(super) async fn listen(
    mut receiver: Receiver,
    (time, asides, tally): (Arc<StoryTime>, Asides, Tally),
) -> DemoError {
    loop {
        match receiver.next().await {
            Arrived::Event(told) => {
                tally.count(|counts| counts.events += 1);
                let words = format!(
                    "webhook verified: {} {}",
                    told.tracking_number,
                    told.kind.replace('_', " ")
                );
                asides.tell(time.now(), Tone::Quiet, "contact centre", words);
            }
            Arrived::TurnedAway => {}
            Arrived::Unproved(why) => {
                return DemoError::Delivery(format!("a webhook is not believed: {why}"));
            }
            Arrived::Unreadable => {
                return DemoError::Delivery("a webhook holds no event".to_owned());
            }
        }
    }
}
