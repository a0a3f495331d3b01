//! The scripts that pgbench runs, made from a complaint that the service has filed.
//!
//! Every value is bound, as an application binds it; what must differ from one complaint to the next is made up anew:
//! * the id, which grows as the service's ids do, so that both append to the same end of an index,
//! * the tracking number, which jumps about,
//! * the id of the request, likewise.

use uuid::Uuid;

use super::filed::{Filed, Rows};

/// Ids are 14 hexadecimal digits of the example and 18 decimal ones that count.
const KEPT_OF_ID: usize = 14;
const COUNTER_BASE: u64 = 100_000_000_000_000_000;
/// Tracking numbers have eight characters and two that check them. Ten digits from 1 to 9 look the same.
const TRACKING_NUMBERS: u64 = 3_486_784_401;
/// One for all runs: numbers that are shuffled alike meet nowhere.
const SEED: u64 = 1;

/// What pgbench runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Statement {
    /// The rows of a filing as an ordinary program writes them: BEGIN, a statement for each table, COMMIT.
    Transaction,
    /// The same rows by one statement.
    AtOnce,
    /// A complaint with its personal data.
    ReadOne,
    /// A complaint with its clocks.
    ReadClocks,
}

/// A script, with what its variables are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Script {
    pub(crate) text: String,
    pub(crate) variables: Vec<(String, String)>,
}

impl Statement {
    pub(crate) const ALL: [Statement; 4] = [
        Statement::Transaction,
        Statement::AtOnce,
        Statement::ReadOne,
        Statement::ReadClocks,
    ];

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Statement::Transaction => "file, BEGIN … COMMIT",
            Statement::AtOnce => "file, one statement",
            Statement::ReadOne => "select one with its personal data",
            Statement::ReadClocks => "select one with its clocks",
        }
    }

    /// The script that does this with complaints like the example, of which `stock` are there to read.
    pub(crate) fn script(self, example: &Filed, stock: usize) -> Script {
        let mut variables = vec![("prefix".to_owned(), prefix(example.id))];
        let text = match self {
            Statement::Transaction => {
                let inserts = inserts(example, &mut variables);
                format!("{}begin;\n{};\ncommit;\n", fresh(), inserts.join(";\n"))
            }
            Statement::AtOnce => {
                let mut inserts = inserts(example, &mut variables);
                let last = inserts.pop().unwrap_or_default();
                let named = inserts.iter().enumerate();
                let named: Vec<String> = named
                    .map(|(number, insert)| format!("w{number} as ({insert})"))
                    .collect();
                format!("{}with {}\n{last};\n", fresh(), named.join(",\n"))
            }
            Statement::ReadOne => reading(
                stock,
                "select c.body, p.body from complaint c left join personal p on p.complaint_id = c.id",
            ),
            Statement::ReadClocks => reading(
                stock,
                "select c.body, k.* from complaint c join clock k on k.complaint_id = c.id",
            ),
        };
        Script { text, variables }
    }
}

/// The id that the first script run gives to its `number`th complaint, from 1.
pub(super) fn nth(example: Uuid, number: u64) -> Option<Uuid> {
    let digits = COUNTER_BASE + number;
    Uuid::try_parse(&format!("{}{digits}", prefix(example))).ok()
}

fn prefix(example: Uuid) -> String {
    let mut digits = example.simple().to_string();
    digits.truncate(KEPT_OF_ID);
    digits
}

/// What every transaction makes up. `base`, `clients` and `n` keep clients and runs apart.
fn fresh() -> String {
    let group = |from: u32| {
        let digits: Vec<String> = (0..5)
            .map(|place| {
                let (divisor, weight) = (9_u64.pow(from + place), 10_u64.pow(place));
                format!("((:shuffled / {divisor}) % 9 + 1) * {weight}")
            })
            .collect();
        digits.join(" + ")
    };
    format!(
        "\\set n :n + 1\n\
         \\set number :base + :n * :clients + :client_id\n\
         \\set digits {COUNTER_BASE} + :number\n\
         \\set shuffled permute(:number, {TRACKING_NUMBERS}, {SEED})\n\
         \\set left {}\n\
         \\set right {}\n\
         \\set request random({COUNTER_BASE}, {})\n",
        group(0),
        group(5),
        COUNTER_BASE * 10 - 1,
    )
}

fn reading(stock: usize, select: &str) -> String {
    format!(
        "\\set digits {COUNTER_BASE} + random(1, {stock})\n{select} where c.id = (:prefix::text || :digits::text)::uuid;\n"
    )
}

/// One insert for each table.
fn inserts(example: &Filed, variables: &mut Vec<(String, String)>) -> Vec<String> {
    let tables = example.tables.iter();
    tables.map(|table| insert(table, variables)).collect()
}

fn insert(table: &Rows, variables: &mut Vec<(String, String)>) -> String {
    let mut rows = Vec::new();
    for row in &table.rows {
        let mut values = Vec::new();
        for (column, value) in table.columns.iter().zip(row) {
            values.push(match (table.table.as_str(), column.as_str(), value) {
                ("complaint", "id", _) | (_, "complaint_id", _) => {
                    "(:prefix::text || :digits::text)::uuid".to_owned()
                }
                ("complaint", "tracking_number", _) => {
                    "'RD-' || :left::text || '-' || :right::text".to_owned()
                }
                ("request", "id", _) => "(:request::text || :prefix::text)::uuid".to_owned(),
                (_, _, None) => "null".to_owned(),
                (_, _, Some(value)) => {
                    let name = format!("v{}", variables.len());
                    variables.push((name.clone(), value.clone()));
                    format!(":{name}")
                }
            });
        }
        rows.push(format!("({})", values.join(", ")));
    }
    format!(
        "insert into {} ({}) values {}",
        table.table,
        table.columns.join(", "),
        rows.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Filed {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Filed {
            id: Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001),
            tables: vec![
                Rows {
                    table: "complaint".to_owned(),
                    columns: owned(&["id", "tracking_number", "assignee", "body"]),
                    rows: vec![vec![
                        Some("0190".to_owned()),
                        Some("RD-1".to_owned()),
                        None,
                        Some(r#"{"at":"12:30","urgent":true}"#.to_owned()),
                    ]],
                },
                Rows {
                    table: "clock".to_owned(),
                    columns: owned(&["complaint_id", "name"]),
                    rows: vec![
                        vec![Some("0190".to_owned()), Some("resolution".to_owned())],
                        vec![Some("0190".to_owned()), Some("update".to_owned())],
                    ],
                },
            ],
        }
    }

    #[test]
    fn every_value_is_bound_and_what_identifies_a_complaint_is_made_up() {
        let script = Statement::Transaction.script(&example(), 10);
        assert!(script.text.ends_with(
            "begin;\n\
             insert into complaint (id, tracking_number, assignee, body) values \
             ((:prefix::text || :digits::text)::uuid, 'RD-' || :left::text || '-' || :right::text, null, :v1);\n\
             insert into clock (complaint_id, name) values ((:prefix::text || :digits::text)::uuid, :v2), \
             ((:prefix::text || :digits::text)::uuid, :v3);\n\
             commit;\n"
        ), "{}", script.text);
        let values: Vec<&str> = script.variables.iter().map(|(_, value)| &**value).collect();
        assert_eq!(
            values,
            [
                "01900000000070",
                r#"{"at":"12:30","urgent":true}"#,
                "resolution",
                "update"
            ]
        );
    }

    #[test]
    fn one_statement_writes_the_same_rows_as_the_transaction() {
        let (one, many) = (
            Statement::AtOnce.script(&example(), 10),
            Statement::Transaction.script(&example(), 10),
        );
        assert_eq!(one.variables, many.variables);
        assert_eq!(one.text.matches("insert into").count(), 2);
        assert_eq!(
            one.text.lines().filter(|line| line.ends_with(';')).count(),
            1
        );
    }
}
