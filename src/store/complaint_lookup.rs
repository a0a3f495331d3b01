//! What is read by the name of a complaint: its id, itself, itself with its personal data. What grows with it is not among
//! them.

use diesel::{
    ExpressionMethods as _, PgConnection, QueryDsl as _, QueryResult, RunQueryDsl,
    SelectableHelper as _,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Nullable, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{
    StoreError,
    any_array::{LIST, among},
    lookup::{FoundByName, LookUp, Names, Shared},
    personal::{SHOWN, read_personal},
    placement::{Placed, Placement},
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

/// One complaint with all of its personal data.
pub(super) fn alone(
    which: &ComplaintRef,
    connection: &mut PgConnection,
) -> Result<Option<Placed<StoredComplaint>>, StoreError> {
    let found = with_personal(&Names::from(which), i64::MAX, connection)?.remove(which);
    Ok(found.map(|Placed { placement, read }| Placed {
        placement,
        read: read.and_then(|found| match found {
            Shared::All(stored) => Ok(stored),
            Shared::TooMuch => Err(StoreError::corrupt("personal data", "too large")),
        }),
    }))
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
        let columns = (
            complaint::id,
            complaint::tracking_number,
            Placement::as_select(),
            complaint::body,
        );
        let found: Vec<(Uuid, String, Placement, String)> =
            query.select(columns).load(connection)?;
        let read = found.into_iter().map(|(id, number, placement, body)| {
            let read = rows::read_json("complaint", &body);
            Ok((names.name(id, &number)?, Placed { placement, read }))
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
        let columns = (
            complaint::id,
            complaint::tracking_number,
            Placement::as_select(),
        );
        let found: Vec<(Uuid, String, Placement)> = query.select(columns).load(connection)?;
        let read = found.into_iter().map(|(id, number, placement)| {
            Ok((
                names.name(id, &number)?,
                Placed {
                    placement,
                    read: Ok(id),
                },
            ))
        });
        read.collect()
    }
}

impl LookUp for Shared<StoredComplaint> {
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
) -> Result<FoundByName<Shared<StoredComplaint>>, StoreError> {
    type Row = (Uuid, String, Placement, String, Option<Vec<String>>, i64);
    let found: Vec<Row> = SelectWithPersonal { names, most }.load(connection)?;
    let read = found
        .into_iter()
        .map(|(id, number, placement, body, shown, bytes)| {
            let name = names.name(id, &number)?;
            if bytes > most {
                let read = Ok(Shared::TooMuch);
                return Ok((name, Placed { placement, read }));
            }
            let stored = read_with_personal(&body, &shown.unwrap_or_default());
            let read = stored.map(Shared::All);
            Ok((name, Placed { placement, read }))
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
    type SqlType = (
        SqlUuid,
        Text,
        (Text, Nullable<Text>),
        Text,
        Nullable<Array<Text>>,
        BigInt,
    );
}

impl QueryFragment<Pg> for SelectWithPersonal<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "/* complaint.look_up */ select c.id, c.tracking_number, c.brand, c.assignee, c.body, case when shown.bytes <= ",
        );
        out.push_bind_param::<BigInt, _>(&self.most)?;
        out.push_sql(" then shown.bodies end, shown.bytes from complaint c cross join lateral ");
        out.push_sql(SHOWN);
        out.push_sql(" shown where ");
        self.names.push(&mut out)
    }
}

impl RunQueryDsl<PgConnection> for SelectWithPersonal<'_> {}
