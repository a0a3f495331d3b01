//! What is stored twice, to be searched by: the columns of a complaint beside its body, the kind of an event beside its
//! payload. And what is left of a complaint whose row is gone.

use diesel::{
    Queryable, QueryableByName, RunQueryDsl as _, Selectable,
    data_types::PgTimestamp,
    sql_types::{self, BigInt},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Store, StoreError,
    placement::Placement,
    rows::{self, nearest_instant},
    schema,
};
use crate::{
    domain::{Case, Event},
    writing,
};

/// A column that says otherwise than what it was taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Which: `complaint: column state`.
    pub what: String,
    /// What it says, as JSON.
    pub column: String,
    /// What the body or the payload says, as JSON.
    pub body: String,
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Mismatch { what, column, body } = self;
        write!(f, "{what}: {column}, and what it stands beside says {body}")
    }
}

/// The columns of a complaint that repeat what its body, its clocks or its log say.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = schema::complaint)]
pub(super) struct ComplaintColumns {
    brand: String,
    version: i64,
    state: String,
    channel: String,
    level: i32,
    assignee: Option<String>,
    policy: String,
    policy_version: String,
    received_at: PgTimestamp,
    filed_at: PgTimestamp,
    closed_at: Option<PgTimestamp>,
    escalation_eligible: bool,
    labels: Option<Vec<Option<String>>>,
    erased: bool,
    undelivered: bool,
    next_due_at: Option<PgTimestamp>,
    last_contact_at: Option<PgTimestamp>,
    referred: bool,
}

impl ComplaintColumns {
    /// What decides who may see the complaint.
    pub(super) fn placement(&self) -> Placement {
        Placement {
            brand: self.brand.clone(),
            assignee: self.assignee.clone(),
        }
    }

    /// Where they say otherwise than the body, the clocks and the log.
    pub(super) fn mismatches(self, case: &Case, log: &[Event]) -> impl Iterator<Item = Mismatch> {
        let body = &case.complaint;
        // Where these are not known, they say nothing.
        let next_due = self.next_due_at.and(rows::next_due(case));
        let contacts = log.iter().filter_map(Event::contact);
        let last_contact = self.last_contact_at.and_then(|_| contacts.max());
        let eligible = !body.escalation_reasons.is_empty();
        let closed_at = self.closed_at.map(nearest_instant);
        let columns = [
            ("brand", json!(self.brand), json!(body.brand)),
            ("version", json!(self.version), json!(body.version())),
            ("state", json!(self.state), json!(body.state.to_string())),
            (
                "channel",
                json!(self.channel),
                json!(body.channel.to_string()),
            ),
            ("level", json!(self.level), json!(body.level)),
            (
                "assignee",
                json!(self.assignee),
                json!(body.assignee.as_deref().map(writing::identity)),
            ),
            ("policy", json!(self.policy), json!(body.policy.name)),
            (
                "policy_version",
                json!(self.policy_version),
                json!(body.policy.version),
            ),
            (
                "received_at",
                json!(nearest_instant(self.received_at)),
                json!(body.received_at),
            ),
            (
                "filed_at",
                json!(nearest_instant(self.filed_at)),
                json!(body.filed_at),
            ),
            ("closed_at", json!(closed_at), json!(body.closed_at)),
            (
                "escalation_eligible",
                json!(self.escalation_eligible),
                json!(eligible),
            ),
            ("labels", json!(self.labels), json!(rows::labels(body))),
            ("erased", json!(self.erased), json!(body.is_erased())),
            (
                "undelivered",
                json!(self.undelivered),
                json!(body.undelivered().next().is_some()),
            ),
            (
                "next_due_at",
                json!(self.next_due_at.map(nearest_instant)),
                json!(next_due.map(nearest_instant)),
            ),
            (
                "last_contact_at",
                json!(self.last_contact_at.map(nearest_instant)),
                json!(last_contact),
            ),
            (
                "referred",
                json!(self.referred),
                json!(body.concerns_the_body()),
            ),
        ];
        columns
            .into_iter()
            .filter_map(|(name, column, body)| mismatch("complaint", name, &column, &body))
    }
}

/// The one of an event's kind, if there is one.
pub(super) fn kind_mismatch(sequence: i64, column: &str, payload: &str) -> Option<Mismatch> {
    let place = format!("event {sequence}");
    mismatch(&place, "kind", &json!(column), &json!(payload))
}

fn mismatch(place: &str, name: &str, column: &Value, body: &Value) -> Option<Mismatch> {
    (column != body).then(|| Mismatch {
        what: format!("{place}: column {name}"),
        column: column.to_string(),
        body: body.to_string(),
    })
}

/// What is left of a complaint whose row is gone.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Orphans {
    /// The complaint's id.
    #[diesel(sql_type = sql_types::Uuid)]
    pub complaint_id: Uuid,
    /// Cycles of clocks.
    #[diesel(sql_type = BigInt)]
    pub clocks: i64,
    /// Events.
    #[diesel(sql_type = BigInt)]
    pub events: i64,
}

impl Store {
    /// Clocks and events without a complaint, of ids after `after` and up to `last`; `None`: from the first one, up to the
    /// last.
    ///
    /// # Errors
    /// When the database fails.
    pub fn orphans(
        &self,
        after: Option<Uuid>,
        last: Option<Uuid>,
    ) -> Result<Vec<Orphans>, StoreError> {
        let query = "/* verify.orphans */ select complaint_id, sum(clocks)::bigint as clocks, sum(events)::bigint as events from ( \
             select k.complaint_id, 1 as clocks, 0 as events from clock k where k.complaint_id > $1 and k.complaint_id <= $2 \
             and not exists (select from complaint c where c.id = k.complaint_id) union all \
             select e.complaint_id, 0, 1 from event e where e.complaint_id > $1 and e.complaint_id <= $2 \
             and not exists (select from complaint c where c.id = e.complaint_id)) orphan \
             group by complaint_id order by complaint_id";
        self.ask(|connection| {
            let found = diesel::sql_query(query)
                .bind::<sql_types::Uuid, _>(after.unwrap_or(Uuid::nil()))
                .bind::<sql_types::Uuid, _>(last.unwrap_or(Uuid::max()))
                .load(connection)?;
            Ok(found)
        })
    }
}
