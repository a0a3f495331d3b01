//! The personal data that are shown with a complaint: the customer, and the words of the issues. They came with its filing,
//! with the last correction of the customer's data, and with each issue that was added; what was said or written since belongs to the events, and is not read here.

use std::collections::BTreeMap;

use diesel::{
    PgConnection, QueryResult, RunQueryDsl,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Nullable, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{StoreError, any_array::LIST, rows};
use crate::domain::{Customer, Personal};

/// For the complaint `c`: as JSON, in the order in which they came, and how many bytes they have. A complaint's first event is
/// its filing. Those that added an issue have an index of their own, so the number of the others is of no matter.
pub(super) const SHOWN: &str = "(select array_agg(p.body order by p.sequence) as bodies, \
     coalesce(sum(octet_length(p.body)), 0)::bigint as bytes from \
     (select sequence, body::text from personal where complaint_id = c.id and sequence = any(array( \
     select 1::bigint union all select e.sequence from event e \
     where e.complaint_id = c.id and e.kind = 'issue_added' union all \
     (select max(e.sequence) from event e where e.complaint_id = c.id and e.kind = 'customer_corrected')))) p)";

/// For the complaint `c`: the JSON of what came with its customer as corrected last. Taken apart in the database, one that is damaged
/// would fail the whole statement.
pub(super) const CUSTOMER: &str = "(select p.body::text from personal p where p.complaint_id = c.id \
     and p.sequence = coalesce((select max(e.sequence) from event e \
     where e.complaint_id = c.id and e.kind = 'customer_corrected'), 1))";

/// Personal data from their JSON.
pub(super) fn read_personal(bodies: &[String]) -> Result<Vec<Personal>, StoreError> {
    let read = bodies.iter();
    read.map(|body| rows::read_json("personal data", body))
        .collect()
}

/// The personal data that came with an event.
pub(super) fn read_one(event: i64, body: &str) -> Result<Personal, StoreError> {
    rows::read_json(&format!("personal data of event {event}"), body)
}

/// What is shown with each of these complaints, in the order in which they are given, until there are enough bytes.
#[derive(Debug, QueryId)]
struct SelectShown {
    ids: Vec<Uuid>,
    bytes: i64,
}

impl Query for SelectShown {
    type SqlType = (SqlUuid, Nullable<Array<Text>>, BigInt);
}

impl QueryFragment<Pg> for SelectShown {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let (before, after) = LIST;
        out.push_sql(
            "/* personal.shown */ select id, bodies, bytes from (select c.id, shown.bodies, shown.bytes, \
             (sum(shown.bytes) over (order by array_position(",
        );
        out.push_bind_param::<Array<SqlUuid>, _>(&self.ids)?;
        out.push_sql(", c.id))) - shown.bytes as before from complaint c cross join lateral ");
        out.push_sql(SHOWN);
        out.push_sql(" shown where c.id = ");
        out.push_sql(before);
        out.push_bind_param::<Array<SqlUuid>, _>(&self.ids)?;
        out.push_sql(after);
        out.push_sql(") listed where before <= ");
        out.push_bind_param::<BigInt, _>(&self.bytes)?;
        out.push_sql(" order by id");
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for SelectShown {}

/// What is shown with complaints, by their ids.
pub(super) type Shown = BTreeMap<Uuid, Vec<String>>;

/// Reads what is shown with the first of these complaints, in whatever order they are: until that has this many bytes, and of
/// one complaint at least. Returns how many bytes it has.
pub(super) fn shown_with(
    ids: Vec<Uuid>,
    bytes: usize,
    connection: &mut PgConnection,
) -> Result<(Shown, usize), StoreError> {
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    let found: Vec<(Uuid, Option<Vec<String>>, i64)> =
        SelectShown { ids, bytes }.load(connection)?;
    let total = found.iter().map(|(.., bytes)| *bytes).sum::<i64>();
    let shown = found
        .into_iter()
        .map(|(id, bodies, _)| (id, bodies.unwrap_or_default()));
    Ok((shown.collect(), usize::try_from(total).unwrap_or(0)))
}

/// The customer of a complaint as it is known now. `None`: erased, or unreadable; whoever reads the complaint is told of that.
pub(super) fn customer_of(
    complaint: Uuid,
    connection: &mut PgConnection,
) -> Result<Option<Customer>, StoreError> {
    let (shown, _) = shown_with(vec![complaint], 0, connection)?;
    let bodies = shown.into_values().flatten();
    let read = bodies.filter_map(|body| rows::read_json::<Personal>("personal data", &body).ok());
    Ok(read.filter_map(|personal| personal.customer).next_back())
}

/// The customer in this JSON. `None`: nobody is on record.
pub(super) fn read_customer(body: Option<&str>) -> Result<Option<Customer>, StoreError> {
    let read = body.map(|body| rows::read_json::<Personal>("personal data", body));
    Ok(read.transpose()?.and_then(|personal| personal.customer))
}

/// The customers of these complaints as they are known now, without those that cannot be read.
pub(super) fn readable_customers(
    ids: impl IntoIterator<Item = Uuid>,
    connection: &mut PgConnection,
) -> Result<BTreeMap<Uuid, Option<Customer>>, StoreError> {
    let ids: Vec<Uuid> = ids.into_iter().collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found: Vec<(Uuid, Option<String>)> = SelectCustomers { ids }.load(connection)?;
    let read = found.into_iter().filter_map(|(id, body)| {
        let customer = read_customer(body.as_deref()).ok()?;
        Some((id, customer))
    });
    Ok(read.collect())
}

#[derive(Debug, QueryId)]
struct SelectCustomers {
    ids: Vec<Uuid>,
}

impl Query for SelectCustomers {
    type SqlType = (SqlUuid, Nullable<Text>);
}

impl QueryFragment<Pg> for SelectCustomers {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let (before, after) = LIST;
        out.push_sql("/* personal.customers */ select c.id, ");
        out.push_sql(CUSTOMER);
        out.push_sql(" from complaint c where c.id = ");
        out.push_sql(before);
        out.push_bind_param::<Array<SqlUuid>, _>(&self.ids)?;
        out.push_sql(after);
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for SelectCustomers {}
