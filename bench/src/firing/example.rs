//! What the service does to the rows of a complaint when a step of it fires: read from one complaint, as it stands in a book
//! where the step has fired, and in a copy of the book where it has not.

use std::collections::BTreeMap;

use diesel::{
    PgConnection, QueryableByName, RunQueryDsl as _, sql_query,
    sql_types::{Bool, Text},
};
use uuid::Uuid;

use crate::{
    error::BenchError,
    pgbench::{Filed, Rows},
};

/// A value of a column, with its type. `None`: null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) column: String,
    pub(super) kind: String,
    pub(super) text: Option<String>,
}

/// What the firing of one step writes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Example {
    /// What changes of the clock whose step it is.
    pub(super) clock: Vec<Value>,
    /// What changes of the complaint.
    pub(super) complaint: Vec<Value>,
    /// New rows, with the table of each.
    pub(super) inserted: Vec<(String, Vec<Value>)>,
}

/// A column as the catalog has it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub(super) struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    /// Whether it is part of the primary key.
    #[diesel(sql_type = Bool)]
    key: bool,
}

type Columns = BTreeMap<String, Vec<Column>>;

impl Example {
    /// Reads it. Blocks.
    pub(super) fn read(
        fired: &mut PgConnection,
        unfired: &mut PgConnection,
        complaint: Uuid,
    ) -> Result<Example, BenchError> {
        let (before, after) = (
            Filed::read(unfired, complaint)?,
            Filed::read(fired, complaint)?,
        );
        let mut columns = Columns::new();
        for rows in &after.tables {
            let found: Vec<Column> = sql_query(format!(
                "select a.attname::text as name, format_type(a.atttypid, a.atttypmod) as kind, \
                 coalesce(a.attnum = any(i.indkey), false) as key \
                 from pg_attribute a left join pg_index i on i.indrelid = a.attrelid and i.indisprimary \
                 where a.attrelid = '{}'::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum",
                rows.table
            ))
            .load(fired)?;
            columns.insert(rows.table.clone(), found);
        }
        Example::compare(&before, &after, &columns)
    }

    /// Row by row. What plain SQL could not write in the same way is an error.
    fn compare(before: &Filed, after: &Filed, columns: &Columns) -> Result<Example, BenchError> {
        let mut example = Example::default();
        let mut clocks = 0;
        for rows in &after.tables {
            let known = columns.get(&rows.table).map_or(&[][..], Vec::as_slice);
            let former = before
                .tables
                .iter()
                .find(|former| former.table == rows.table);
            for row in &rows.rows {
                let values = values(rows, row, known);
                let same = former.and_then(|former| {
                    let mut former_rows = former.rows.iter();
                    former_rows.find(|other| key(former, other, known) == key(rows, row, known))
                });
                let Some(same) = same else {
                    example.inserted.push((rows.table.clone(), values));
                    continue;
                };
                let changed = values
                    .into_iter()
                    .zip(same)
                    .filter(|(value, was)| value.text != **was);
                let changed: Vec<Value> = changed.map(|(value, _)| value).collect();
                match rows.table.as_str() {
                    _ if changed.is_empty() => {}
                    "clock" => {
                        clocks += 1;
                        example.clock = changed;
                    }
                    "complaint" => example.complaint = changed,
                    other => {
                        return Err(BenchError::NoExample(format!(
                            "it changes a row of {other}"
                        )));
                    }
                }
            }
        }
        let events = example
            .inserted
            .iter()
            .filter(|(table, _)| table == "event")
            .count();
        if (clocks, events) != (1, 1) {
            let what = format!("it changes {clocks} clocks and writes {events} events");
            return Err(BenchError::NoExample(what));
        }
        // The event comes last: it is what the statement ends with.
        example.inserted.sort_by_key(|(table, _)| table == "event");
        Ok(example)
    }
}

fn values(rows: &Rows, row: &[Option<String>], known: &[Column]) -> Vec<Value> {
    let named = rows.columns.iter().zip(row);
    named
        .map(|(name, text)| Value {
            column: name.clone(),
            kind: known
                .iter()
                .find(|column| column.name == *name)
                .map_or_else(|| "text".to_owned(), |column| column.kind.clone()),
            text: text.clone(),
        })
        .collect()
}

/// What tells a row from the others of its table.
fn key<'r>(rows: &Rows, row: &'r [Option<String>], known: &[Column]) -> Vec<&'r Option<String>> {
    let is_key = |name: &String| {
        known
            .iter()
            .any(|column| column.key && column.name == *name)
    };
    let named = rows.columns.iter().zip(row);
    named
        .filter(|(name, _)| is_key(name))
        .map(|(_, text)| text)
        .collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn rows(table: &str, columns: &[&str], rows: &[&[&str]]) -> Rows {
        Rows {
            table: table.to_owned(),
            columns: columns.iter().map(|name| (*name).to_owned()).collect(),
            rows: rows
                .iter()
                .map(|row| row.iter().map(|text| Some((*text).to_owned())).collect())
                .collect(),
        }
    }

    fn complaint(version: &str, clocks: &[&[&str]], events: &[&[&str]]) -> Filed {
        Filed {
            id: Uuid::nil(),
            tables: vec![
                rows(
                    "complaint",
                    &["id", "version", "state"],
                    &[&["1", version, "received"]],
                ),
                rows("clock", &["complaint_id", "name", "next_step"], clocks),
                rows("event", &["complaint_id", "sequence", "kind"], events),
            ],
        }
    }

    fn columns() -> Columns {
        let column = |name: &str, kind: &str, key: bool| Column {
            name: name.to_owned(),
            kind: kind.to_owned(),
            key,
        };
        let table = |name: &str, columns: Vec<Column>| (name.to_owned(), columns);
        Columns::from([
            table(
                "complaint",
                vec![
                    column("id", "uuid", true),
                    column("version", "bigint", false),
                ],
            ),
            table(
                "clock",
                vec![
                    column("name", "text", true),
                    column("next_step", "integer", false),
                ],
            ),
            table("event", vec![column("sequence", "bigint", true)]),
        ])
    }

    /// As the firing of a first step looks.
    pub(in super::super) fn fired() -> Example {
        // The rows of an updated table come back in another order.
        let before = complaint(
            "1",
            &[&["1", "resolution", "0"], &["1", "update", "0"]],
            &[&["1", "1", "filed"]],
        );
        let events: [&[&str]; 2] = [&["1", "1", "filed"], &["1", "2", "reminder"]];
        let after = complaint(
            "2",
            &[&["1", "update", "0"], &["1", "resolution", "1"]],
            &events,
        );
        Example::compare(&before, &after, &columns()).unwrap()
    }

    #[test]
    fn what_a_firing_changes_is_found_row_by_row() {
        let value = |column: &str, kind: &str, text: &str| Value {
            column: column.to_owned(),
            kind: kind.to_owned(),
            text: Some(text.to_owned()),
        };
        let example = fired();
        assert_eq!(example.clock, [value("next_step", "integer", "1")]);
        assert_eq!(example.complaint, [value("version", "bigint", "2")]);
        let event = vec![
            value("complaint_id", "text", "1"),
            value("sequence", "bigint", "2"),
            value("kind", "text", "reminder"),
        ];
        assert_eq!(example.inserted, [("event".to_owned(), event)]);
    }

    #[test]
    fn a_complaint_of_which_nothing_fired_is_no_example() {
        let same = complaint("1", &[&["1", "resolution", "0"]], &[&["1", "1", "filed"]]);
        let refused = Example::compare(&same, &same, &columns());
        assert!(matches!(refused, Err(BenchError::NoExample(_))));
    }
}
