//! Firing as one statement of plain SQL, made from what the service wrote for one complaint of the wave. All complaints of a
//! wave are alike, so what changes is the same for all; it is bound, as an application binds it. What tells them apart
//! comes from the claim.

use super::example::{Example, Value};

/// A script for pgbench, with what its variables are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Script {
    pub(super) text: String,
    pub(super) variables: Vec<(String, String)>,
}

/// The statement that fires up to `batch` steps due by `due`.
///
/// The complaint's row lock makes the sets of parallel clients disjoint. The clock is looked at again when it is updated, since
/// what was joined may be older than the lock; what somebody else has fired meanwhile drops out there.
pub(super) fn script(example: &Example, due: &str, batch: usize) -> Script {
    let mut bound = Bound(vec![("due".to_owned(), due.to_owned())]);
    let mut parts = vec![
        format!(
            "claimed as (\
             select k.complaint_id, k.name, k.cycle, k.next_fire_at, k.next_step, k.next_repetition \
             from clock k join complaint c on c.id = k.complaint_id \
             where k.next_fire_at <= :due::timestamptz order by k.next_fire_at limit {batch} \
             for update of c skip locked)"
        ),
        format!(
            "fired as (update clock k set {} from claimed d \
             where k.complaint_id = d.complaint_id and k.name = d.name and k.cycle = d.cycle \
             and k.next_fire_at <= :due::timestamptz \
             returning k.complaint_id, k.name, k.cycle, d.next_fire_at, d.next_step, d.next_repetition)",
            bound.assignments(&example.clock)
        ),
    ];
    if !example.complaint.is_empty() {
        parts.push(format!(
            "told as (update complaint c set {} from fired f where c.id = f.complaint_id)",
            bound.assignments(&example.complaint)
        ));
    }
    let mut inserts = Vec::new();
    for (table, values) in &example.inserted {
        inserts.push(bound.insert(table, values));
    }
    let last = inserts.pop().unwrap_or_default();
    for (number, insert) in inserts.iter().enumerate() {
        parts.push(format!("added{number} as ({insert})"));
    }
    Script {
        text: format!("with {}\n{last};\n", parts.join(",\n")),
        variables: bound.0,
    }
}

/// What the statement is given.
struct Bound(Vec<(String, String)>);

impl Bound {
    fn value(&mut self, value: &Value) -> String {
        match &value.text {
            None => format!("null::{}", value.kind),
            Some(text) => {
                let name = format!("v{}", self.0.len());
                self.0.push((name.clone(), text.clone()));
                format!(":{name}::{}", value.kind)
            }
        }
    }

    fn assignments(&mut self, values: &[Value]) -> String {
        let values = values.iter();
        let assigned: Vec<String> = values
            .map(|value| format!("{} = {}", value.column, self.value(value)))
            .collect();
        assigned.join(", ")
    }

    fn insert(&mut self, table: &str, values: &[Value]) -> String {
        let columns: Vec<&str> = values.iter().map(|value| value.column.as_str()).collect();
        let columns = columns.join(", ");
        let values = values
            .iter()
            .map(|value| match (table, value.column.as_str()) {
                (_, "complaint_id") => "f.complaint_id".to_owned(),
                ("event", "clock") => "f.name".to_owned(),
                ("event", "cycle") => "f.cycle".to_owned(),
                ("event", "step") => "f.next_step".to_owned(),
                ("event", "repetition") => "f.next_repetition".to_owned(),
                ("event", "step_due_at") => "f.next_fire_at".to_owned(),
                _ => self.value(value),
            });
        let values: Vec<String> = values.collect();
        format!(
            "insert into {table} ({columns}) select {} from fired f",
            values.join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{super::example::tests::fired, *};

    #[test]
    fn one_statement_claims_and_writes_what_the_service_wrote() {
        let script = script(&fired(), "2026-06-02T13:30:00Z", 500);
        let lines: Vec<&str> = script.text.lines().collect();
        assert!(
            lines[0].contains("limit 500 for update of c skip locked)"),
            "{}",
            lines[0]
        );
        assert!(
            lines[1].starts_with(
                "fired as (update clock k set next_step = :v1::integer from claimed d"
            )
        );
        assert!(lines[1].contains("and k.next_fire_at <= :due::timestamptz returning"));
        assert_eq!(
            lines[2],
            "told as (update complaint c set version = :v2::bigint from fired f where c.id = f.complaint_id)"
        );
        assert_eq!(
            lines[3],
            "insert into event (complaint_id, sequence, kind) \
             select f.complaint_id, :v3::bigint, :v4::text from fired f;"
        );
        let values: Vec<&str> = script.variables.iter().map(|(_, value)| &**value).collect();
        assert_eq!(values, ["2026-06-02T13:30:00Z", "1", "2", "2", "reminder"]);
    }
}
