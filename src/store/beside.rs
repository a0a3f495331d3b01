//! What stands beside a log and follows from nothing: personal data and notices. They may be erased, so that only whether what
//! is left can be read is looked at.

use diesel::{
    ExpressionMethods as _, PgConnection, QueryDsl as _, RunQueryDsl as _, SelectableHelper as _,
    dsl::sql,
    sql_types::{BigInt, Bool, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{Store, StoreError, any_array::among, rows, schema};
use crate::domain::{Notice, Personal};

/// How many rows are read at once: each may hold the ten thousand characters of a text.
const ROWS: usize = 200;
/// How many are told of one complaint after another; damage to more of them is damage to the table.
const TOLD: usize = 1_000;

/// The complaint that a row belongs to, with the number of its event.
type EventKey = (Uuid, i64);
type Read = (EventKey, Result<(), StoreError>);

impl Store {
    /// What cannot be read of the personal data and notices of these complaints, some thousand at the most.
    ///
    /// # Errors
    /// When the database fails.
    pub fn unreadable_beside(&self, ids: &[Uuid]) -> Result<Vec<(Uuid, StoreError)>, StoreError> {
        let connection = &mut *self.connection()?;
        let mut told = Vec::new();
        for page in [personal_page, notice_page] {
            let mut after = Some((Uuid::nil(), 0));
            while let Some(place) = after.filter(|_| told.len() < TOLD) {
                let read = page(ids, place, connection)?;
                let full = read.len() == ROWS;
                after = read.last().filter(|_| full).map(|(place, _)| *place);
                let damaged = read.into_iter();
                told.extend(damaged.filter_map(|((id, _), read)| Some((id, read.err()?))));
            }
        }
        Ok(told)
    }
}

macro_rules! after {
    ($place:expr) => {
        sql::<Bool>("(complaint_id, sequence) > (")
            .bind::<SqlUuid, _>($place.0)
            .sql(", ")
            .bind::<BigInt, _>($place.1)
            .sql(")")
    };
}

#[expect(clippy::cast_possible_wrap, reason = "a small constant")]
fn personal_page(
    ids: &[Uuid],
    after: EventKey,
    connection: &mut PgConnection,
) -> Result<Vec<Read>, StoreError> {
    use schema::personal::dsl;
    let found: Vec<(Uuid, i64, String)> = dsl::personal
        .filter(dsl::complaint_id.eq(among(ids.iter().copied())))
        .filter(after!(after))
        .order((dsl::complaint_id, dsl::sequence))
        .limit(ROWS as i64)
        .load(connection)?;
    let read = found.into_iter().map(|(id, sequence, body)| {
        let what = format!("personal data of event {sequence}");
        let read = rows::read_json::<Personal>(&what, &body);
        ((id, sequence), read.map(drop))
    });
    Ok(read.collect())
}

#[expect(clippy::cast_possible_wrap, reason = "a small constant")]
fn notice_page(
    ids: &[Uuid],
    after: EventKey,
    connection: &mut PgConnection,
) -> Result<Vec<Read>, StoreError> {
    use schema::notice::dsl;
    let found: Vec<(Uuid, rows::NoticeRow)> = dsl::notice
        .filter(dsl::complaint_id.eq(among(ids.iter().copied())))
        .filter(after!(after))
        .order((dsl::complaint_id, dsl::sequence))
        .limit(ROWS as i64)
        .select((dsl::complaint_id, rows::NoticeRow::as_select()))
        .load(connection)?;
    let read = found.into_iter().map(|(id, row)| {
        let place = (id, row.sequence);
        (place, Notice::try_from(row).map(drop))
    });
    Ok(read.collect())
}
