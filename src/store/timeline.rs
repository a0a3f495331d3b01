//! What belongs to one complaint and grows over time, a page at a time: its events, and what the customer was told.

use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, PgConnection,
    QueryDsl as _, RunQueryDsl as _,
    dsl::sql,
    sql_types::{Bool, Nullable, Text},
};
use uuid::Uuid;

use super::{
    Reader, StoreError,
    events::{self, EventRow, StoredEvent},
    list::{Extent, Listed},
    log,
    notices::{self, Numbered},
    personal, schema,
};
use crate::domain::{Customer, Notice};

/// What a customer takes up at the most, in bytes.
const CUSTOMER: usize = 8 << 10;
/// How many rows are read at once: each may hold the ten thousand characters of a text.
const ROWS: usize = 100;

impl Reader {
    /// The events of one complaint in order, after a sequence number. `texts`: with what was said or written.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn events(
        &self,
        complaint: Uuid,
        after: i64,
        extent: Extent,
        texts: bool,
    ) -> Result<Listed<StoredEvent>, StoreError> {
        let place = |event: &StoredEvent| event.sequence;
        self.read(move |connection| {
            let mut read = |after, limit| events(complaint, after, limit, texts, connection);
            in_pieces(after, extent, StoredEvent::bytes, place, &mut read)
        })
        .await
    }

    /// One event of a complaint; `None`: it has no such event.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn event(
        &self,
        complaint: Uuid,
        sequence: i64,
        texts: bool,
    ) -> Result<Option<StoredEvent>, StoreError> {
        let before = sequence.saturating_sub(1);
        let mut found = self
            .read(move |connection| events(complaint, before, 1, texts, connection))
            .await?;
        Ok(found.pop().filter(|event| event.sequence == sequence))
    }

    /// The notice that was decided with the event of this number; `None`: there is none.
    ///
    /// # Errors
    /// When the database is away, or what is stored cannot be read.
    pub async fn notice(
        &self,
        complaint: Uuid,
        sequence: i64,
    ) -> Result<Option<Notice>, StoreError> {
        let before = sequence.saturating_sub(1);
        let mut found = self
            .read(move |connection| notices::page(complaint, before, 1, connection))
            .await?;
        let found = found.pop().filter(|(number, _)| *number == sequence);
        found.map(|(_, notice)| notice).transpose()
    }

    /// What the customer was told, in order, after the sequence number of an event, each with that number; an error stands
    /// where one cannot be read. Erased texts are empty.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn notices(
        &self,
        complaint: Uuid,
        after: i64,
        extent: Extent,
    ) -> Result<Listed<Numbered<Notice>>, StoreError> {
        let weight = |(_, notice): &Numbered<Notice>| notice.as_ref().map_or(0, |n| n.text.len());
        let place = |(sequence, _): &Numbered<Notice>| *sequence;
        self.read(move |connection| {
            let mut read = |after, limit| notices::page(complaint, after, limit, connection);
            in_pieces(after, extent, weight, place, &mut read)
        })
        .await
    }
}

impl Reader {
    /// The customer as filed and after each correction, in order, after the sequence number of an event, each with that number;
    /// an error stands where one cannot be read. What was erased is not among them.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn customers(
        &self,
        complaint: Uuid,
        after: i64,
        extent: Extent,
    ) -> Result<Listed<Numbered<Customer>>, StoreError> {
        let weight = |_: &Numbered<Customer>| CUSTOMER;
        let place = |(sequence, _): &Numbered<Customer>| *sequence;
        self.read(move |connection| {
            let mut read = |after, limit| customers(complaint, after, limit, connection);
            in_pieces(after, extent, weight, place, &mut read)
        })
        .await
    }
}

/// Reads on until the extent is full, so that what is read beyond it is bounded too.
fn in_pieces<T>(
    mut after: i64,
    extent: Extent,
    weight: impl Fn(&T) -> usize,
    place: impl Fn(&T) -> i64,
    read: &mut impl FnMut(i64, i64) -> Result<Vec<T>, StoreError>,
) -> Result<Listed<T>, StoreError> {
    let (mut items, mut bytes) = (Vec::new(), 0);
    loop {
        let wanted = ROWS.min(extent.rows - items.len());
        let piece = Extent {
            rows: wanted,
            ..extent
        };
        let mut found = read(after, piece.limit())?;
        let more = found.len() > wanted;
        found.truncate(wanted);
        bytes += found.iter().map(&weight).sum::<usize>();
        items.append(&mut found);
        after = items.last().map_or(after, &place);
        if !more || items.len() == extent.rows || bytes > extent.bytes {
            return Ok(Listed { items, more });
        }
    }
}

fn events(
    complaint: Uuid,
    after: i64,
    limit: i64,
    texts: bool,
    connection: &mut PgConnection,
) -> Result<Vec<StoredEvent>, StoreError> {
    use schema::{event, personal};
    let found: Vec<(EventRow, Option<String>)> = event::table
        .left_join(
            personal::table.on(personal::complaint_id
                .eq(event::complaint_id)
                .and(personal::sequence.eq(event::sequence))),
        )
        .filter(event::complaint_id.eq(complaint))
        .filter(event::sequence.gt(after))
        .order(event::sequence)
        .limit(limit)
        .select((
            log::event_columns(),
            // Those of a filing and of a notice hold no text of the event.
            sql::<Nullable<Text>>("case when ")
                .bind::<Bool, _>(texts)
                .sql(" and event.kind not in ('filed', 'notice_issued') then personal.body::text end"),
        ))
        .load(connection)?;
    events::read(found, connection)
}

fn customers(
    complaint: Uuid,
    after: i64,
    limit: i64,
    connection: &mut PgConnection,
) -> Result<Vec<Numbered<Customer>>, StoreError> {
    use schema::personal::dsl;
    let found: Vec<(i64, String)> = dsl::personal
        .filter(dsl::complaint_id.eq(complaint))
        .filter(dsl::sequence.gt(after))
        .filter(sql::<Bool>(
            "(sequence = 1 or exists (select from event e where e.complaint_id = personal.complaint_id \
             and e.sequence = personal.sequence and e.kind = 'customer_corrected'))",
        ))
        .order(dsl::sequence)
        .limit(limit)
        .select((dsl::sequence, dsl::body))
        .load(connection)?;
    let read = found.into_iter().map(|(sequence, body)| {
        let customer = personal::read_one(sequence, &body).and_then(|read| {
            let what = format!("personal data of event {sequence}");
            let missing = || StoreError::corrupt(&what, "there is no customer in it");
            read.customer.ok_or_else(missing)
        });
        (sequence, customer)
    });
    Ok(read.collect())
}
