//! What stands in the database, row by row.

use diesel::{QueryableByName, RunQueryDsl as _, sql_query, sql_types::Text};

use super::service::Service;

#[derive(QueryableByName)]
struct TableName {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    row: String,
}

/// Every row of every table, as text; bytes in hexadecimal.
pub(crate) fn every_row(service: &Service) -> Vec<String> {
    let connection = &mut service.database.connect();
    let tables: Vec<TableName> = sql_query(
        "select format('%I.%I', table_schema, table_name) as name from information_schema.tables \
         where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')",
    )
    .load(connection)
    .unwrap();
    assert!(tables.len() > 9, "all tables are seen");
    let mut rows = Vec::new();
    for TableName { name } in tables {
        let found: Vec<Row> = sql_query(format!("select t::text as row from {name} t"))
            .load(connection)
            .unwrap();
        rows.extend(
            found
                .into_iter()
                .map(|Row { row }| format!("{name}: {row}")),
        );
    }
    rows
}

pub(crate) fn rows_with(rows: &[String], datum: &str) -> Vec<String> {
    let hex = base16ct::lower::encode_string(datum.as_bytes());
    let has = |row: &&String| row.contains(datum) || row.contains(&hex);
    rows.iter().filter(has).cloned().collect()
}
