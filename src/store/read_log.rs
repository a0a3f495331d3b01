//! Writes the record of who was shown personal data.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use diesel::{
    PgConnection, QueryResult, RunQueryDsl,
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{Text, Timestamptz, Uuid as SqlUuid},
};
use jiff::Timestamp;
use jiff_diesel::Timestamp as At;
use r2d2::ManageConnection as _;
use uuid::Uuid;

use super::{
    StoreError, rows,
    session::Sessions,
    unnest::{Rows as _, columns},
};
use crate::{access::PersonalKind, writing};

/// A read of a complaint's personal data.
#[derive(Debug, Clone)]
pub struct NewRead {
    /// When it happened.
    pub at: Timestamp,
    /// Its id. Writing it again under the same id has no effect.
    pub id: Uuid,
    /// The complaint.
    pub complaint: Uuid,
    /// The reader.
    pub reader: Arc<str>,
    /// The method.
    pub method: &'static str,
    /// The kinds of data shown.
    pub shown: BTreeSet<PersonalKind>,
    /// The purpose that the reader gave; empty: none.
    pub purpose: Arc<str>,
}

columns! {
    ReadRows {
        at: At => Timestamptz, id: Uuid => SqlUuid, complaint_id: Uuid => SqlUuid, reader: String => Text,
        reader_key: String => Text, method: String => Text, shown: String => Text, purpose: String => Text,
    }
}

impl ReadRows {
    fn of(reads: &[NewRead]) -> Self {
        let mut rows = ReadRows::default();
        for read in reads {
            rows.at.push(rows::bind(read.at));
            rows.id.push(read.id);
            rows.complaint_id.push(read.complaint);
            rows.reader.push(read.reader.as_ref().to_owned());
            rows.reader_key.push(writing::identity(&read.reader));
            rows.method.push(read.method.to_owned());
            let shown: Vec<&str> = read.shown.iter().map(|kind| kind.as_str()).collect();
            rows.shown.push(shown.join(" "));
            rows.purpose.push(read.purpose.as_ref().to_owned());
        }
        rows
    }
}

/// Writes reads on a connection of its own, so that it neither delays nor waits for reading and writing complaints.
pub struct ReadLog {
    sessions: Sessions,
    /// `None` before the first write, and after a failed one.
    connection: Mutex<Option<PgConnection>>,
}

impl fmt::Debug for ReadLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadLog").finish_non_exhaustive()
    }
}

impl ReadLog {
    pub(super) fn new(sessions: Sessions) -> Self {
        ReadLog {
            sessions,
            connection: Mutex::new(None),
        }
    }

    /// Writes all of these reads or none, in one statement.
    ///
    /// Blocks; not for an async task.
    ///
    /// # Errors
    /// When the database fails. The reads may be written again, even if they were stored.
    pub fn write(&self, reads: &[NewRead]) -> Result<(), StoreError> {
        let mut place = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let kept = place
            .take()
            .and_then(|mut kept| self.sessions.is_valid(&mut kept).ok().map(|()| kept));
        let mut connection = match kept {
            Some(kept) => kept,
            None => self.sessions.connect()?,
        };
        Insert(ReadRows::of(reads)).execute(&mut connection)?;
        if !self.sessions.has_broken(&mut connection) {
            *place = Some(connection);
        }
        Ok(())
    }
}

struct Insert(ReadRows);

impl QueryId for Insert {
    type QueryId = Insert;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Pg> for Insert {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "/* personal_read.write */ insert into personal_read (at, id, complaint_id, reader, reader_key, method, shown, purpose) \
             select at, id, complaint_id, reader, reader_key, method, string_to_array(shown, ' '), purpose from",
        );
        self.0.unnest(out.reborrow())?;
        out.push_sql("on conflict do nothing");
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for Insert {}
