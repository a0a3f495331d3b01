//! Who was shown personal data of which complaint: the list of it, and its end.

use std::collections::BTreeSet;

use diesel::{
    PgConnection, QueryResult, QueryableByName, RunQueryDsl as _,
    data_types::PgTimestamp,
    sql_query,
    sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Reader, Store, StoreError, rows};
use crate::{
    access::{PersonalKind, Scope},
    writing,
};

/// How many are looked at for one page of a caller who does not see every complaint: some twenty milliseconds.
const LOOKED_AT: usize = 5_000;

/// Which reads are listed. All that is set must hold.
#[derive(Debug, Clone, Default)]
pub struct ReadFilter {
    /// Of one of these complaints; `None`: of any.
    pub complaints: Option<BTreeSet<Uuid>>,
    /// By this reader, in any spelling.
    pub reader: Option<String>,
    /// At this instant or later.
    pub since: Option<Timestamp>,
    /// Before this instant.
    pub until: Option<Timestamp>,
    /// Of complaints within it alone.
    pub scope: Scope,
}

/// Where a page ends: when it was, as it is stored, and its id.
pub type ReadPlace = (i64, Uuid);

/// That somebody was shown personal data of a complaint, as it is on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalRead {
    /// When.
    pub at: Timestamp,
    /// Of which complaint.
    pub complaint: Uuid,
    /// To whom.
    pub reader: String,
    /// By which method.
    pub method: String,
    /// What; `None`: something that only a newer release knows.
    pub shown: Vec<Option<PersonalKind>>,
    /// For what purpose, as the reader said; empty: nothing was said.
    pub purpose: String,
}

/// A page of the reads on record, the last ones first.
#[derive(Debug)]
pub struct ReadPage {
    /// Those of the page.
    pub reads: Vec<PersonalRead>,
    /// After what the next page begins; `None`: there is none.
    pub next: Option<ReadPlace>,
}

#[derive(Debug, QueryableByName)]
struct Row {
    #[diesel(sql_type = Timestamptz)]
    at: PgTimestamp,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    complaint_id: Uuid,
    #[diesel(sql_type = Text)]
    reader: String,
    #[diesel(sql_type = Text)]
    method: String,
    #[diesel(sql_type = Array<Nullable<Text>>)]
    shown: Vec<Option<String>>,
    #[diesel(sql_type = Text)]
    purpose: String,
    #[diesel(sql_type = Nullable<Text>)]
    brand: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    assignee: Option<String>,
}

impl Row {
    /// Of a complaint that is gone there is no telling where it belongs.
    fn is_within(&self, scope: &Scope) -> bool {
        match &self.brand {
            Some(brand) => scope.includes(brand, self.assignee.as_deref()),
            None => scope.is_everything(),
        }
    }

    fn place(&self) -> ReadPlace {
        (self.at.0, self.id)
    }
}

impl From<Row> for PersonalRead {
    fn from(row: Row) -> Self {
        let shown = row.shown.into_iter();
        PersonalRead {
            at: rows::nearest_instant(row.at),
            complaint: row.complaint_id,
            reader: row.reader,
            method: row.method,
            shown: shown.map(|word| word?.parse().ok()).collect(),
            purpose: row.purpose,
        }
    }
}

impl ReadFilter {
    /// The statement of a page. The parts of an index that it reads are those of the complaints, else that of the reader, else
    /// all of it, each from the place on and no further than the page.
    fn statement(&self) -> String {
        let reader = if self.reader.is_some() {
            " and r.reader_key = $5"
        } else {
            ""
        };
        let first = format!(
            "select r.* from personal_read r where (r.at, r.id) < ($1, $2) and r.at >= $3{reader}"
        );
        let ordered = "order by r.at desc, r.id desc";
        let page = if self.complaints.is_some() {
            format!(
                "select r.* from unnest($6) named (complaint) cross join lateral \
                 ({first} and r.complaint_id = named.complaint {ordered} limit $4) r {ordered} limit $4"
            )
        } else {
            format!("{first} {ordered} limit $4")
        };
        format!(
            "/* personal_read.list */ select r.at, r.id, r.complaint_id, r.reader, r.method, r.shown, r.purpose, c.brand, c.assignee \
             from ({page}) r left join complaint c on c.id = r.complaint_id {ordered}"
        )
    }

    fn read(
        &self,
        after: Option<ReadPlace>,
        limit: usize,
        connection: &mut PgConnection,
    ) -> QueryResult<Vec<Row>> {
        let first = self
            .until
            .map_or(PgTimestamp(i64::MAX), rows::stored_instant);
        let (at, id) = after.unwrap_or((first.0, Uuid::nil()));
        let since = self
            .since
            .map_or(PgTimestamp(i64::MIN), rows::stored_instant);
        let complaints = self.complaints.iter().flatten();
        let complaints: Vec<Uuid> = complaints.copied().collect();
        sql_query(self.statement())
            .bind::<Timestamptz, _>(PgTimestamp(at))
            .bind::<SqlUuid, _>(id)
            .bind::<Timestamptz, _>(since)
            .bind::<BigInt, _>(i64::try_from(limit).unwrap_or(i64::MAX))
            .bind::<Text, _>(
                self.reader
                    .as_deref()
                    .map(writing::identity)
                    .unwrap_or_default(),
            )
            .bind::<Array<SqlUuid>, _>(complaints)
            .load(connection)
    }
}

impl Reader {
    /// The reads on record that pass a filter, the last ones first, after a place or from the first on: as many as these, or fewer
    /// where not all of them are within the scope.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn personal_reads(
        &self,
        filter: ReadFilter,
        after: Option<ReadPlace>,
        size: usize,
    ) -> Result<ReadPage, StoreError> {
        let limit = if filter.scope.is_everything() {
            size + 1
        } else {
            LOOKED_AT.max(size + 1)
        };
        let scope = filter.scope.clone();
        let found = self.read(move |connection| Ok(filter.read(after, limit, connection)?));
        let found = found.await?;
        let end = found
            .last()
            .filter(|_| found.len() == limit)
            .map(Row::place);
        let mut page = ReadPage {
            reads: Vec::new(),
            next: end,
        };
        let mut last = None;
        for row in found.into_iter().filter(|row| row.is_within(&scope)) {
            if page.reads.len() == size {
                page.next = last;
                break;
            }
            last = Some(row.place());
            page.reads.push(row.into());
        }
        Ok(page)
    }
}

impl Store {
    /// Deletes what is on record of reads before this instant, a bounded number at a time, if no other process is at it. Returns
    /// how many; nought: none is left, or another process is at it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn forget_personal_reads(&self, before: Timestamp) -> Result<usize, StoreError> {
        self.forget(
            "/* personal_read.forget */ delete from personal_read where (at, id) in \
             (select at, id from personal_read where at < $1 order by at, id limit 5000)",
            before,
        )
    }
}
