//! Links between complaints. Both complaints have a link, each as seen from its own side.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::tracking::TrackingNumber;
use crate::policy::words;

words! {
    /// What a complaint is to another one.
    LinkKind {
        /// It says what the other one says already.
        DuplicateOf = "duplicate_of",
        DuplicatedBy = "duplicated_by",
        /// It takes up a matter that the other one was about.
        FollowUpOf = "follow_up_of",
        FollowedUpBy = "followed_up_by",
        /// Both have one cause, such as an outage.
        SameCause = "same_cause",
    }
}

impl LinkKind {
    /// The same link as the other complaint has it.
    #[must_use]
    pub const fn reverse(self) -> LinkKind {
        match self {
            LinkKind::DuplicateOf => LinkKind::DuplicatedBy,
            LinkKind::DuplicatedBy => LinkKind::DuplicateOf,
            LinkKind::FollowUpOf => LinkKind::FollowedUpBy,
            LinkKind::FollowedUpBy => LinkKind::FollowUpOf,
            LinkKind::SameCause => LinkKind::SameCause,
        }
    }
}

/// A link as one of its complaints has it. Of two complaints there is one link at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What the complaint is to the other one.
    pub kind: LinkKind,
    /// The other one.
    pub complaint: Uuid,
    /// What the customer of the other one quotes.
    pub tracking_number: TrackingNumber,
}
