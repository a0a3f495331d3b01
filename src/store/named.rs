//! What is read by the name of a complaint: itself, itself with its personal data, its clocks.

use std::collections::BTreeMap;

use diesel::{
    ExpressionMethods as _, JoinOnDsl as _, NullableExpressionMethods as _, PgConnection,
    QueryDsl as _, QueryResult, RunQueryDsl,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, Nullable, Text, Uuid as SqlUuid},
};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Reader, StoreError,
    among::{LIST, among},
    lookup::{FoundByName, LookUp, Names},
    rows,
    schema::{clock, complaint, personal},
};
use crate::{
    domain::{Clock, Complaint, ComplaintRef, Personal},
    policy::PolicyRef,
};

/// A complaint with what was read beside it.
#[derive(Debug, Clone)]
pub struct StoredComplaint {
    /// The complaint.
    pub complaint: Complaint,
    /// The customer and the words of the issues; empty where they were not asked for or were erased.
    pub personal: Vec<Personal>,
}

/// The clocks of a complaint.
#[derive(Debug, Clone)]
pub struct StoredClocks {
    /// The complaint.
    pub id: Uuid,
    /// The codes that bind the complaint: the provider's own, and the others.
    pub binding: Binding,
    /// Every cycle of every clock, those that live first, then by start.
    pub clocks: Vec<Clock>,
}

/// Those members of a complaint's JSON that say what binds it.
#[derive(Debug, Clone, Deserialize)]
pub struct Binding {
    /// The provider's own code.
    pub policy: PolicyRef,
    /// The others.
    #[serde(default)]
    pub beside: Vec<PolicyRef>,
}

impl Reader {
    /// One complaint.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn complaint(&self, which: ComplaintRef) -> Result<Option<Complaint>, StoreError> {
        self.patiently(self.look_up(&self.complaints, which)).await
    }

    /// One complaint with its personal data, as far as they are not erased.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn complaint_with_personal(
        &self,
        which: ComplaintRef,
    ) -> Result<Option<StoredComplaint>, StoreError> {
        self.patiently(self.look_up(&self.with_personal, which))
            .await
    }

    /// The clocks of one complaint; `None`: there is no such complaint.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn clocks(&self, which: ComplaintRef) -> Result<Option<StoredClocks>, StoreError> {
        self.patiently(self.look_up(&self.clocks, which)).await
    }
}

/// A query of complaints by names of either kind.
macro_rules! named {
    ($names:expr, $query:expr) => {
        match $names {
            Names::Ids(ids) => $query
                .filter(complaint::id.eq(among(ids.iter().copied())))
                .into_boxed(),
            Names::TrackingNumbers(numbers) => $query
                .filter(complaint::tracking_number.eq(among(numbers.iter().copied())))
                .into_boxed(),
        }
    };
}

impl Names<'_> {
    /// The name under which a complaint was asked for.
    fn name(&self, id: Uuid, tracking_number: &str) -> Result<ComplaintRef, StoreError> {
        Ok(match self {
            Names::Ids(_) => ComplaintRef::Id(id),
            Names::TrackingNumbers(_) => ComplaintRef::Tracking(rows::word(tracking_number)?),
        })
    }
}

impl LookUp for Complaint {
    fn find(
        names: &Names<'_>,
        connection: &mut PgConnection,
    ) -> Result<FoundByName<Self>, StoreError> {
        let query = named!(names, complaint::table);
        let columns = (complaint::id, complaint::tracking_number, complaint::body);
        let found: Vec<(Uuid, String, String)> = query.select(columns).load(connection)?;
        let read = found.into_iter().map(|(id, number, body)| {
            Ok((
                names.name(id, &number)?,
                rows::read_json("complaint", &body),
            ))
        });
        read.collect()
    }
}

impl LookUp for StoredComplaint {
    fn find(
        names: &Names<'_>,
        connection: &mut PgConnection,
    ) -> Result<FoundByName<Self>, StoreError> {
        type Row = ((Uuid, String, String), Option<String>);
        let theirs = personal::table.on(personal::complaint_id.eq(complaint::id));
        let query = named!(names, complaint::table.left_join(theirs));
        let columns = (complaint::id, complaint::tracking_number, complaint::body);
        let found: Vec<Row> = query
            .order((complaint::id, personal::sequence))
            .select((columns, personal::body.nullable()))
            .load(connection)?;
        let mut complaints = FoundByName::<StoredComplaint>::new();
        for ((id, number, body), personal) in found {
            let entry = complaints.entry(names.name(id, &number)?);
            let complaint = entry.or_insert_with(|| {
                Ok(StoredComplaint {
                    complaint: rows::read_json("complaint", &body)?,
                    personal: Vec::new(),
                })
            });
            let read = personal.map(|body| rows::read_json("personal data", &body));
            add(complaint, read.transpose(), |complaint, personal| {
                complaint.personal.extend(personal);
            });
        }
        Ok(complaints)
    }
}

impl LookUp for StoredClocks {
    fn find(
        names: &Names<'_>,
        connection: &mut PgConnection,
    ) -> Result<FoundByName<Self>, StoreError> {
        type Row = (Uuid, String, Option<String>, Option<rows::ClockRow>);
        let query = SelectClocks(names);
        let found: Vec<Row> = query.load(connection)?;
        let mut complaints = FoundByName::<StoredClocks>::new();
        for (id, number, body, clock) in found {
            let entry = complaints.entry(names.name(id, &number)?);
            // The first row brings it: Postgres joins what is lateral complaint by complaint.
            let clocks = entry.or_insert_with(|| {
                Ok(StoredClocks {
                    id,
                    binding: rows::read_json("complaint", &body.unwrap_or_default())?,
                    clocks: Vec::new(),
                })
            });
            let read = clock.map(Clock::try_from).transpose();
            add(clocks, read, |clocks, clock| clocks.clocks.extend(clock));
        }
        for clocks in complaints.values_mut().flatten() {
            clocks
                .clocks
                .sort_by(|one, other| place(one).cmp(&place(other)));
        }
        Ok(complaints)
    }
}

/// Adds what was read to what was found, unless either is an error.
fn add<T, U>(
    found: &mut Result<T, StoreError>,
    read: Result<U, StoreError>,
    add: impl FnOnce(&mut T, U),
) {
    match (found.as_mut(), read) {
        (Ok(found), Ok(read)) => add(found, read),
        (Ok(_), Err(error)) => *found = Err(error),
        (Err(_), _) => {}
    }
}

/// Where a clock stands among those of its complaint.
fn place(clock: &Clock) -> (bool, Timestamp, &str, i32) {
    (clock.stop.is_some(), clock.start, &clock.name, clock.cycle)
}

/// Every clock of these complaints, a row each, and a row for a complaint without any. The complaint's JSON comes once.
struct SelectClocks<'n>(&'n Names<'n>);

impl QueryId for SelectClocks<'_> {
    // Its text is its identity.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for SelectClocks<'_> {
    type SqlType = (SqlUuid, Text, Nullable<Text>, Nullable<clock::SqlType>);
}

impl QueryFragment<Pg> for SelectClocks<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "/* clock.look_up */ select c.id, c.tracking_number, case when clock.place > 1 then null else c.body end, ",
        );
        clock::all_columns.walk_ast(out.reborrow())?;
        out.push_sql(
            " from complaint c left join lateral \
             (select *, row_number() over () as place from clock where complaint_id = c.id) clock on true where ",
        );
        let (before, after) = LIST;
        match self.0 {
            Names::Ids(ids) => {
                out.push_sql("c.id = ");
                out.push_sql(before);
                out.push_bind_param::<Array<SqlUuid>, _>(ids)?;
            }
            Names::TrackingNumbers(numbers) => {
                out.push_sql("c.tracking_number = ");
                out.push_sql(before);
                out.push_bind_param::<Array<Text>, _>(numbers)?;
            }
        }
        out.push_sql(after);
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for SelectClocks<'_> {}

/// The personal data that came with events, as JSON, in the order in which they came.
pub(super) fn personal_of(
    ids: &[Uuid],
    connection: &mut PgConnection,
) -> Result<BTreeMap<Uuid, Vec<String>>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found: Vec<(Uuid, String)> = personal::table
        .filter(personal::complaint_id.eq(among(ids.iter().copied())))
        .order((personal::complaint_id, personal::sequence))
        .select((personal::complaint_id, personal::body))
        .load(connection)?;
    let mut bodies: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
    for (complaint, body) in found {
        bodies.entry(complaint).or_default().push(body);
    }
    Ok(bodies)
}
