//! The orders in which complaints are listed. Each is that of an index, or of what is due.

use std::cmp::Ordering;

use diesel::{
    BoxableExpression, IntoSql as _,
    data_types::PgTimestamp,
    dsl::sql,
    pg::Pg,
    sql_types::{Nullable, Text, Timestamptz},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    list_filter::{Filter, Order},
    rows,
    schema::complaint,
};

/// The place of a complaint in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPlace {
    /// The complaint: those of one instant are listed by their ids.
    pub id: Uuid,
    /// The instant by which it is listed, as it is stored; `None`: it is listed by its id alone.
    pub(super) key: Option<i64>,
}

impl ListPlace {
    /// In a list by ids alone.
    #[must_use]
    pub const fn of(id: Uuid) -> Self {
        ListPlace { id, key: None }
    }

    /// Which of two comes first in a list of this order.
    pub(super) fn compare(&self, other: &Self, order: Order) -> Ordering {
        let forwards = (self.key, self.id).cmp(&(other.key, other.id));
        match order.is_backwards() {
            true => forwards.reverse(),
            false => forwards,
        }
    }
}

/// An instant of a complaint.
pub(super) type Key =
    Box<dyn BoxableExpression<complaint::table, Pg, SqlType = Nullable<Timestamptz>>>;

/// By which instant complaints are listed.
pub(super) fn key(filter: &Filter) -> Key {
    match filter.order {
        Order::Due if filter.clock.is_some() => first_due(filter),
        order => match key_column(order) {
            None => Box::new(None::<PgTimestamp>.into_sql::<Nullable<Timestamptz>>()),
            Some(key) => Box::new(sql::<Nullable<Timestamptz>>(
                &key.replace("c.", "complaint."),
            )),
        },
    }
}

/// The same as SQL, of the complaint `c`. A level is an instant so many microseconds before the first one that Postgres counts, so
/// that the highest comes first.
pub(super) const fn key_column(order: Order) -> Option<&'static str> {
    match order {
        Order::Filed | Order::FiledLast => None,
        Order::Due => Some("coalesce(c.next_due_at, '-infinity'::timestamptz)"),
        Order::Received | Order::ReceivedLast => Some("c.received_at"),
        Order::Level => {
            Some("timestamptz '2000-01-01 00:00:00Z' - c.level * interval '1 microsecond'")
        }
        Order::LastContact => Some("coalesce(c.last_contact_at, c.received_at)"),
        Order::Closed | Order::ClosedLast => Some("c.closed_at"),
    }
}

fn first_due(filter: &Filter) -> Key {
    let first = sql::<Nullable<Timestamptz>>(
        "(select min(k.due_at) from clock k where k.complaint_id = complaint.id and k.state = 'running' and k.due_at < ",
    );
    let before = filter.due_before.map(rows::bind);
    let first = first.bind::<Nullable<Timestamptz>, _>(before);
    match filter.clock.clone() {
        None => Box::new(first.sql(")")),
        Some(clock) => Box::new(first.sql(" and k.name = ").bind::<Text, _>(clock).sql(")")),
    }
}
