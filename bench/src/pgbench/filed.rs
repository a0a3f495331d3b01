//! A complaint as the service has written it, row by row.

use diesel::{
    PgConnection, QueryableByName, RunQueryDsl as _, sql_query,
    sql_types::{Array, BigInt, Nullable, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

use crate::error::BenchError;

/// The tables of a complaint, in the order in which the service writes them, with the column that holds its id.
const TABLES: [(&str, &str); 7] = [
    ("request", "complaint_id"),
    ("complaint", "id"),
    ("clock", "complaint_id"),
    ("event", "complaint_id"),
    ("personal", "complaint_id"),
    ("notice", "complaint_id"),
    ("search_key", "complaint_id"),
];

/// The rows of one complaint in one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) table: String,
    /// Those that are given when a row is written.
    pub(crate) columns: Vec<String>,
    /// Each value as Postgres writes it.
    pub(crate) rows: Vec<Vec<Option<String>>>,
}

/// All rows of one complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filed {
    pub(crate) id: Uuid,
    pub(crate) tables: Vec<Rows>,
}

#[derive(QueryableByName)]
struct Columns {
    #[diesel(sql_type = Array<Text>)]
    names: Vec<String>,
}

#[derive(QueryableByName)]
struct Values {
    #[diesel(sql_type = Array<Nullable<Text>>)]
    row: Vec<Option<String>>,
}

#[derive(QueryableByName)]
struct Size {
    #[diesel(sql_type = BigInt)]
    rows: i64,
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}

impl Filed {
    /// Reads what the service has written for a complaint that it has just filed.
    pub(crate) fn read(connection: &mut PgConnection, id: Uuid) -> Result<Filed, BenchError> {
        let tables = TABLES.map(|(table, key)| {
            // The transaction's number is not given: the database fills it in for both sides.
            let columns: Columns = sql_query(format!(
                "select array_agg(attname::text order by attnum) as names from pg_attribute \
                 where attrelid = '{table}'::regclass and attnum > 0 and not attisdropped and attname <> 'xid'"
            ))
            .get_result(connection)?;
            let columns = columns.names;
            let values: Vec<Values> = sql_query(format!(
                "select array[{}::text] as row from {table} where {key} = $1",
                columns.join("::text, ")
            ))
            .bind::<SqlUuid, _>(id)
            .load(connection)?;
            Ok(Rows {
                table: table.to_owned(),
                columns,
                rows: values.into_iter().map(|values| values.row).collect(),
            })
        });
        let tables: Result<Vec<Rows>, BenchError> = tables.into_iter().collect();
        Ok(Filed {
            id,
            // A plain filing may leave a table alone.
            tables: tables?
                .into_iter()
                .filter(|table| !table.rows.is_empty())
                .collect(),
        })
    }
}

/// How many rows, and how many bytes of them, each table holds for a complaint.
pub(crate) fn shape(
    connection: &mut PgConnection,
    id: Uuid,
) -> Result<Vec<(String, i64, i64)>, BenchError> {
    let mut shape = Vec::new();
    for (table, key) in TABLES {
        let size: Size = sql_query(format!(
            "select count(*) as rows, coalesce(sum(pg_column_size(t.*)), 0) as bytes from {table} t where {key} = $1"
        ))
        .bind::<SqlUuid, _>(id)
        .get_result(connection)?;
        shape.push((table.to_owned(), size.rows, size.bytes));
    }
    Ok(shape)
}
