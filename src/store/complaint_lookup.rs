//! What is read by the name of a complaint: its id, itself, itself with its personal data. What grows with it is not among
//! them.

use diesel::{
    ExpressionMethods as _, PgConnection, QueryDsl as _, QueryResult, RunQueryDsl,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Nullable, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{
    StoreError,
    any_array::{LIST, among},
    lookup::{FoundByName, LookUp, Names},
    personal::{SHOWN, read_personal},
    rows,
    schema::complaint,
};
use crate::domain::{Complaint, ComplaintRef, Personal};

/// The bytes of personal data that are looked up with a complaint, together with others. Where there are more, they are read
/// by themselves, so that what many ask for at once stays small.
const TOGETHER: i64 = 64 << 10;

/// A complaint with what was read beside it.
#[derive(Debug, Clone)]
pub struct StoredComplaint {
    /// The complaint.
    pub complaint: Complaint,
    /// The customer and the words of the issues; empty where they were not asked for or were erased. What was said or written
    /// belongs to the events.
    pub personal: Vec<Personal>,
}

/// What comes of looking up a complaint with its personal data.
#[derive(Debug, Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every one is the larger variant, which a box would only make slower"
)]
pub(super) enum WithPersonal {
    All(StoredComplaint),
    /// There are more than are read together with those of others.
    Large,
}

/// One complaint with all of its personal data.
pub(super) fn alone(
    which: &ComplaintRef,
    connection: &mut PgConnection,
) -> Result<Option<StoredComplaint>, StoreError> {
    match with_personal(&Names::from(which), i64::MAX, connection)?.remove(which) {
        None => Ok(None),
        Some(found) => match found? {
            WithPersonal::All(stored) => Ok(Some(stored)),
            WithPersonal::Large => Err(StoreError::corrupt("personal data", "too large")),
        },
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
    pub(super) fn name(&self, id: Uuid, tracking_number: &str) -> Result<ComplaintRef, StoreError> {
        Ok(match self {
            Names::Ids(_) => ComplaintRef::Id(id),
            Names::TrackingNumbers(_) => ComplaintRef::Tracking(rows::word(tracking_number)?),
        })
    }

    /// Writes that the complaint `c` is one of these.
    pub(super) fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let (before, after) = LIST;
        match self {
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

impl LookUp for Uuid {
    fn find(
        names: &Names<'_>,
        connection: &mut PgConnection,
    ) -> Result<FoundByName<Self>, StoreError> {
        let query = named!(names, complaint::table);
        let columns = (complaint::id, complaint::tracking_number);
        let found: Vec<(Uuid, String)> = query.select(columns).load(connection)?;
        let read = found
            .into_iter()
            .map(|(id, number)| Ok((names.name(id, &number)?, Ok(id))));
        read.collect()
    }
}

impl LookUp for WithPersonal {
    fn find(
        names: &Names<'_>,
        connection: &mut PgConnection,
    ) -> Result<FoundByName<Self>, StoreError> {
        with_personal(names, TOGETHER, connection)
    }
}

/// A row for each complaint, with its personal data where they have no more than `most` bytes.
fn with_personal(
    names: &Names<'_>,
    most: i64,
    connection: &mut PgConnection,
) -> Result<FoundByName<WithPersonal>, StoreError> {
    type Row = (Uuid, String, String, Option<Vec<String>>, i64);
    let found: Vec<Row> = SelectWithPersonal { names, most }.load(connection)?;
    let read = found.into_iter().map(|(id, number, body, shown, bytes)| {
        let name = names.name(id, &number)?;
        if bytes > most {
            return Ok((name, Ok(WithPersonal::Large)));
        }
        let stored = read_with_personal(&body, &shown.unwrap_or_default());
        Ok((name, stored.map(WithPersonal::All)))
    });
    read.collect()
}

fn read_with_personal(body: &str, shown: &[String]) -> Result<StoredComplaint, StoreError> {
    Ok(StoredComplaint {
        complaint: rows::read_json("complaint", body)?,
        personal: read_personal(shown)?,
    })
}

struct SelectWithPersonal<'n> {
    names: &'n Names<'n>,
    most: i64,
}

impl QueryId for SelectWithPersonal<'_> {
    // Its text is its identity.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for SelectWithPersonal<'_> {
    type SqlType = (SqlUuid, Text, Text, Nullable<Array<Text>>, BigInt);
}

impl QueryFragment<Pg> for SelectWithPersonal<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "/* complaint.look_up */ select c.id, c.tracking_number, c.body, case when shown.bytes <= ",
        );
        out.push_bind_param::<BigInt, _>(&self.most)?;
        out.push_sql(" then shown.bodies end, shown.bytes from complaint c cross join lateral ");
        out.push_sql(SHOWN);
        out.push_sql(" shown where ");
        self.names.push(&mut out)
    }
}

impl RunQueryDsl<PgConnection> for SelectWithPersonal<'_> {}
