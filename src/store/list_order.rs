//! The orders in which complaints are listed. Each is that of an index, or of what is due.

use diesel::{
    BoxableExpression, IntoSql as _, NullableExpressionMethods as _,
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
}

/// An instant of a complaint.
pub(super) type Key =
    Box<dyn BoxableExpression<complaint::table, Pg, SqlType = Nullable<Timestamptz>>>;

/// By which instant complaints are listed.
pub(super) fn key(filter: &Filter) -> Key {
    match filter.order {
        Order::Filed | Order::FiledLast => {
            Box::new(None::<PgTimestamp>.into_sql::<Nullable<Timestamptz>>())
        }
        Order::Received => Box::new(complaint::received_at.nullable()),
        Order::Due => first_due(filter),
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
