//! Gives their keys to complaints that have none, since a release filed them that knew nothing of searches; and compares the keys
//! that complaints have with those that they should have.
//!
//! A complaint gets its keys under its lock, so that nothing is put back that an erasure removes at the same moment.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{
    Connection as _, ExpressionMethods as _, PgConnection, QueryDsl as _, QueryableByName,
    RunQueryDsl as _,
    dsl::sql,
    sql_types::{BigInt, Bool, Text, Uuid as SqlUuid},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Batch, Store, StoreError, Transaction, any_array::among, batch::search_keys, filed_at,
    personal::readable_customers, rows, schema,
};
use crate::domain::{Complaint, Customer};

/// How many complaints are looked at, and locked at most, in one transaction.
const PAGE: i64 = 200;

/// The keys of a complaint that are not as they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongKeys {
    /// How many it should have and lacks.
    pub missing: usize,
    /// How many it has and should not.
    pub surplus: usize,
}

#[derive(Debug, QueryableByName)]
struct Looked {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Bool)]
    has_keys: bool,
}

#[derive(Debug, QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    body: String,
}

impl Store {
    /// Gives their keys to the complaints of one page that have none: the first page after which not all was looked at, or that
    /// begins no later than with what was filed at `since`. Returns the last complaint of the page, after which the next begins;
    /// `None`: there are no more, or another process is at it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn fill_search_keys(
        &self,
        since: Timestamp,
        after: Option<Uuid>,
    ) -> Result<Option<Uuid>, StoreError> {
        self.ask(|connection| {
            let after = match after {
                Some(after) => after,
                None => progress(connection)?.min(filed_at(since)),
            };
            fill(after, connection)
        })
    }

    /// The keys of these complaints that are not as they should be, by the complaint. Those whose customer cannot be read are not
    /// among them.
    ///
    /// # Errors
    /// When the database fails.
    pub fn wrong_search_keys<'c>(
        &self,
        complaints: impl IntoIterator<Item = &'c Complaint>,
    ) -> Result<BTreeMap<Uuid, WrongKeys>, StoreError> {
        use schema::search_key::dsl;
        let complaints: BTreeMap<Uuid, &Complaint> = complaints
            .into_iter()
            .map(|complaint| (complaint.id, complaint))
            .collect();
        let connection = &mut *self.connection()?;
        let customers = readable_customers(complaints.keys().copied(), connection)?;
        let stored: Vec<(Uuid, i64)> = dsl::search_key
            .filter(dsl::complaint_id.eq(among(complaints.keys().copied())))
            .select((dsl::complaint_id, dsl::key))
            .load(connection)?;
        let mut keys: BTreeMap<Uuid, BTreeSet<i64>> = BTreeMap::new();
        for (id, key) in stored {
            keys.entry(id).or_default().insert(key);
        }
        let compared = customers.into_iter().filter_map(|(id, customer)| {
            let stored = keys.remove(&id).unwrap_or_default();
            let wanted: BTreeSet<i64> =
                search_keys(complaints.get(&id)?, customer.as_ref()).collect();
            let wrong = WrongKeys {
                missing: wanted.difference(&stored).count(),
                surplus: stored.difference(&wanted).count(),
            };
            (wanted != stored).then_some((id, wrong))
        });
        Ok(compared.collect())
    }
}

/// Gives their keys to all complaints that were filed before.
pub(super) fn fill_all(connection: &mut PgConnection) -> Result<(), StoreError> {
    let mut after = progress(connection)?;
    while let Some(last) = fill(after, connection)? {
        after = last;
    }
    Ok(())
}

fn progress(connection: &mut PgConnection) -> Result<Uuid, StoreError> {
    use schema::search_progress::dsl;
    Ok(dsl::search_progress.select(dsl::after).first(connection)?)
}

/// The page after this complaint.
fn fill(after: Uuid, connection: &mut PgConnection) -> Result<Option<Uuid>, StoreError> {
    let mut locked_by_others = BTreeSet::new();
    let last = connection.transaction(|connection| {
        let free = diesel::select(sql::<Bool>("pg_try_advisory_xact_lock(7233738)"))
            .get_result::<bool>(connection)?;
        if !free {
            return Ok(None);
        }
        let page: Vec<Looked> = diesel::sql_query(
            "/* search.unfilled */ select c.id, exists (select from search_key s where s.complaint_id = c.id) as has_keys \
             from (select id from complaint where id > $1 order by id limit $2) c order by c.id",
        )
        .bind::<SqlUuid, _>(after)
        .bind::<BigInt, _>(PAGE)
        .load(connection)?;
        let last = page.last().map(|looked| looked.id);
        let without = page.into_iter().filter(|looked| !looked.has_keys);
        let without: BTreeSet<Uuid> = without.map(|looked| looked.id).collect();
        let filled = give(&without, "skip locked", connection)?;
        locked_by_others = &without - &filled;
        Ok::<_, StoreError>(last)
    })?;
    // Whoever waits for a complaint holds no other.
    for id in locked_by_others {
        connection.transaction(|connection| give(&[id].into(), "", connection))?;
    }
    if let Some(last) = last {
        diesel::sql_query(
            "/* search.advance */ update search_progress set after = greatest(after, $1)",
        )
        .bind::<SqlUuid, _>(last)
        .execute(connection)?;
    }
    Ok(last)
}

/// Gives complaints their keys, under their locks. Returns those that it locked.
fn give(
    ids: &BTreeSet<Uuid>,
    patience: &str,
    connection: &mut PgConnection,
) -> Result<BTreeSet<Uuid>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let lock = format!(
        "/* search.lock */ select id, body::text from complaint where id = any($1) order by id for update {patience}"
    );
    let locked: Vec<Row> = diesel::sql_query(lock)
        .bind::<diesel::sql_types::Array<SqlUuid>, _>(ids.iter().copied().collect::<Vec<_>>())
        .load(connection)?;
    let locked_ids: BTreeSet<Uuid> = locked.iter().map(|row| row.id).collect();
    let customers = readable_customers(locked_ids.iter().copied(), connection)?;
    let mut batch = Batch::default();
    for Row { id, body } in locked {
        match rows::read_json::<Complaint>("complaint", &body) {
            Ok(complaint) => {
                let customer: Option<&Customer> = customers.get(&id).and_then(Option::as_ref);
                batch.put_search_keys(&complaint, customer);
            }
            Err(error) => {
                tracing::warn!(complaint = %id, %error, "failed to read a complaint; it is not found by searches");
            }
        }
    }
    Transaction::new(connection).write(&batch)?;
    Ok(locked_ids)
}
