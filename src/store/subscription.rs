//! Subscriptions as stored.

use std::collections::BTreeSet;

use diesel::{
    QueryableByName,
    data_types::PgTimestamp,
    sql_types::{BigInt, Binary, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    StoreError,
    position::{LogPlace, Position},
    rows::{instant, read_json, word},
};
use crate::{
    access::{Queues, Scope},
    domain::EventKind,
    policy::words,
};

words! {
    /// The state of a subscription.
    SubscriptionState {
        Active = "active",
        Paused = "paused",
        /// Its receiver has failed for days, or says that it is gone.
        Disabled = "disabled",
        Deleted = "deleted",
    }
}

words! {
    /// What a dead letter does to its line.
    AfterGivingUp {
        /// The line continues; the receiver sees a gap.
        Skip = "skip",
        /// The line is held until somebody has the delivery sent again.
        Hold = "hold",
    }
}

words! {
    /// A change of a subscription.
    SubscriptionChangeKind {
        Created = "created",
        Updated = "updated",
        Paused = "paused",
        Resumed = "resumed",
        SecretRotated = "secret_rotated",
        Replayed = "replayed",
        /// By the service itself.
        Disabled = "disabled",
        /// The log did not continue from its position, so it was moved to the end.
        Repositioned = "repositioned",
        Deleted = "deleted",
    }
}

/// What a subscription wants, its endpoint, and its scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// For display.
    pub title: String,
    /// The URL that events are posted to.
    pub endpoint: String,
    /// Selects events.
    pub filter: EventFilter,
    /// Whether personal text is included.
    pub texts: bool,
    /// What a dead letter does to its line.
    pub after_giving_up: AfterGivingUp,
    /// The contact for the endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_email: Option<String>,
    /// Who created it.
    pub owner: String,
    /// Whether the owner was authenticated.
    pub owner_known: bool,
    /// The brands that the owner could see at that time. `None`: all.
    brands: Option<BTreeSet<String>>,
    /// The queues that the owner could see.
    queues: Option<StoredQueues>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct StoredQueues {
    assignees: BTreeSet<String>,
    unassigned: bool,
}

/// Selects events. An empty list matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventFilter {
    /// Complaints of this brand.
    pub brand: Option<String>,
    /// Events of these kinds.
    pub kinds: Vec<EventKind>,
    /// Complaints under these codes of practice of the provider.
    pub policies: Vec<String>,
    /// Events that leave the complaint at one of these levels.
    pub levels: Vec<u32>,
    /// Events caused by a step of one of these clocks.
    pub clocks: Vec<String>,
}

impl Definition {
    /// A definition that belongs to `owner`, and is limited to this scope.
    #[must_use]
    pub fn of(owner: String, owner_known: bool, scope: &Scope) -> Self {
        let queues = scope.queues.as_ref().map(|queues| StoredQueues {
            assignees: queues.assignees().map(str::to_owned).collect(),
            unassigned: queues.unassigned,
        });
        Definition {
            title: String::new(),
            endpoint: String::new(),
            filter: EventFilter::default(),
            texts: false,
            after_giving_up: AfterGivingUp::Skip,
            contact_email: None,
            owner,
            owner_known,
            brands: scope.brands.clone(),
            queues,
        }
    }

    /// The scope of its events.
    #[must_use]
    pub fn scope(&self) -> Scope {
        let queues = self.queues.as_ref().map(|stored| {
            let mut queues = Queues::of(stored.assignees.iter().map(String::as_str));
            queues.unassigned = stored.unassigned;
            queues
        });
        Scope {
            brands: self.brands.clone(),
            queues,
        }
    }

    /// Whether a caller with this scope can see all of its brands.
    #[must_use]
    pub fn is_within(&self, scope: &Scope) -> bool {
        match (&scope.brands, &self.filter.brand, &self.brands) {
            (None, ..) => true,
            (Some(seen), Some(brand), _) => seen.contains(brand),
            (Some(seen), None, Some(brands)) => brands.is_subset(seen),
            (Some(_), None, None) => false,
        }
    }
}

/// A stored subscription.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// Its id.
    pub id: Uuid,
    /// Incremented with each change by a caller.
    pub version: i64,
    /// Its state.
    pub state: SubscriptionState,
    /// When it was created.
    pub created_at: Timestamp,
    /// What it wants.
    pub definition: Definition,
    /// The signing secret, encrypted.
    pub secret: Vec<u8>,
    /// The previous signing secret, encrypted, and when it expires.
    pub former_secret: Option<(Vec<u8>, Timestamp)>,
    /// Its position in the log.
    pub position: Position,
    /// Since when no delivery has succeeded.
    pub failing_since: Option<Timestamp>,
    /// Nothing is sent before this time, not even a probe. `None`: everything is sent.
    pub open_until: Option<Timestamp>,
    /// Failed probes since the circuit breaker opened.
    pub probes: i32,
    /// When the receiver first said that it is gone.
    pub gone_at: Option<Timestamp>,
}

impl Subscription {
    /// Whether the last attempt failed.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.failing_since.is_some() || self.open_until.is_some() || self.gone_at.is_some()
    }

    /// Forgets what attempts have told about the endpoint.
    pub fn forget_health(&mut self) {
        (self.failing_since, self.gone_at) = (None, None);
        (self.open_until, self.probes) = (None, 0);
    }
}

/// A recorded change of a subscription.
#[derive(Debug, Clone)]
pub struct SubscriptionChange {
    /// The kind.
    pub kind: SubscriptionChangeKind,
    /// When it was made.
    pub at: Timestamp,
    /// Who made it; may be the service itself.
    pub actor: String,
    /// For display.
    pub detail: String,
}

/// The columns of [`SubscriptionRow`].
pub(super) const COLUMNS: &str = "id, version, state, created_at, body::text as body, secret, former_secret, former_until, \
     branch, xid, number, failing_since, open_until, probes, gone_at";

#[derive(Debug, QueryableByName)]
pub(super) struct SubscriptionRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Timestamptz)]
    created_at: PgTimestamp,
    #[diesel(sql_type = Text)]
    body: String,
    #[diesel(sql_type = Binary)]
    secret: Vec<u8>,
    #[diesel(sql_type = Nullable<Binary>)]
    former_secret: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    former_until: Option<PgTimestamp>,
    #[diesel(sql_type = SqlUuid)]
    branch: Uuid,
    #[diesel(sql_type = BigInt)]
    xid: i64,
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    failing_since: Option<PgTimestamp>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    open_until: Option<PgTimestamp>,
    #[diesel(sql_type = Integer)]
    probes: i32,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    gone_at: Option<PgTimestamp>,
}

impl TryFrom<SubscriptionRow> for Subscription {
    type Error = StoreError;

    fn try_from(row: SubscriptionRow) -> Result<Self, StoreError> {
        let optional =
            |column: &str, at: Option<PgTimestamp>| at.map(|at| instant(column, at)).transpose();
        let former_until = optional("former_until", row.former_until)?;
        Ok(Subscription {
            id: row.id,
            version: row.version,
            state: word(&row.state)?,
            created_at: instant("created_at", row.created_at)?,
            definition: read_json("subscription", &row.body)?,
            secret: row.secret,
            former_secret: row.former_secret.zip(former_until),
            position: Position {
                branch: row.branch,
                place: LogPlace {
                    xid: row.xid,
                    number: u32::try_from(row.number).unwrap_or(u32::MAX),
                },
            },
            failing_since: optional("failing_since", row.failing_since)?,
            open_until: optional("open_until", row.open_until)?,
            probes: row.probes,
            gone_at: optional("gone_at", row.gone_at)?,
        })
    }
}

#[derive(Debug, QueryableByName)]
pub(super) struct ChangeRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Timestamptz)]
    at: PgTimestamp,
    #[diesel(sql_type = Text)]
    actor: String,
    #[diesel(sql_type = Text)]
    detail: String,
}

impl TryFrom<ChangeRow> for SubscriptionChange {
    type Error = StoreError;

    fn try_from(row: ChangeRow) -> Result<Self, StoreError> {
        Ok(SubscriptionChange {
            kind: word(&row.kind)?,
            at: instant("at", row.at)?,
            actor: row.actor,
            detail: row.detail,
        })
    }
}
