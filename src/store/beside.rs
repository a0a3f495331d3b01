//! What stands beside a log: personal data and notices. They may be erased, so that the log alone says what has to be there.

use std::collections::BTreeMap;

use diesel::{
    ExpressionMethods as _, PgConnection, QueryDsl as _, RunQueryDsl as _, SelectableHelper as _,
    dsl::{max, sql},
    sql_types::{BigInt, Bool, Uuid as SqlUuid},
};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Store, StoreError, any_array::among, notices::Quoted, personal, rows, schema};
use crate::domain::{Attached, EventKind, Notice};

/// How many rows are read at once: each may hold the ten thousand characters of a text.
const ROWS: usize = 200;
/// How many are told of one page of complaints; damage to more of them is damage to the table.
const TOLD: usize = 1_000;

/// The complaint that a row belongs to, with the number of its event.
type EventKey = (Uuid, i64);

/// What stands beside the log of one complaint.
#[derive(Debug, Default)]
pub struct Beside {
    /// What is there, whether it can be read or not.
    pub attached: Attached,
    /// What of it cannot be read; some thousand at the most.
    pub unreadable: Vec<StoreError>,
}

/// What is found of a row.
enum Found {
    Personal,
    /// The words of a notice, by their digest; `None`: words that they quote are gone.
    Words(Option<Vec<u8>>),
    Notice,
}

type Read = (EventKey, Result<Found, StoreError>);
/// Records an entry that exists but cannot be decoded.
type Note = fn(&mut Attached, i64);
type Page = fn(&[Uuid], EventKey, &mut PgConnection) -> Result<Vec<Read>, StoreError>;

impl Store {
    /// What stands beside the logs of these complaints.
    ///
    /// # Errors
    /// When the database fails.
    pub fn beside(&self, ids: &[Uuid]) -> Result<BTreeMap<Uuid, Beside>, StoreError> {
        let connection = &mut *self.connection()?;
        let mut found: BTreeMap<Uuid, Beside> = BTreeMap::new();
        let mut told = 0;
        let pages: [(Page, Note); 2] = [
            (personal_page, |attached, sequence| {
                attached.personal.insert(sequence);
                attached.words.insert(sequence, None);
            }),
            (notice_page, |attached, sequence| {
                attached.notices.insert(sequence);
            }),
        ];
        for (page, note_unreadable) in pages {
            let mut after = Some((Uuid::nil(), 0));
            while let Some(place) = after {
                let read = page(ids, place, connection)?;
                let full = read.len() == ROWS;
                after = read.last().filter(|_| full).map(|(place, _)| *place);
                for ((id, sequence), read) in read {
                    let beside = found.entry(id).or_default();
                    let attached = &mut beside.attached;
                    match read {
                        Ok(found) => found.note(attached, sequence),
                        Err(error) => {
                            note_unreadable(attached, sequence);
                            if told < TOLD {
                                told += 1;
                                beside.unreadable.push(error);
                            }
                        }
                    }
                }
            }
        }
        Ok(found)
    }

    /// The number of the last event of each of these complaints that erased personal data.
    ///
    /// # Errors
    /// When the database fails.
    pub fn erased_up_to(&self, ids: &[Uuid]) -> Result<BTreeMap<Uuid, i64>, StoreError> {
        use schema::event::dsl;
        let connection = &mut *self.connection()?;
        let found: Vec<(Uuid, Option<i64>)> = dsl::event
            .filter(dsl::complaint_id.eq(among(ids.iter().copied())))
            .filter(dsl::kind.eq(EventKind::PersonalDataErased.as_str()))
            .group_by(dsl::complaint_id)
            .select((dsl::complaint_id, max(dsl::sequence)))
            .load(connection)?;
        let found = found.into_iter();
        Ok(found.filter_map(|(id, last)| Some((id, last?))).collect())
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

impl Found {
    fn note(self, attached: &mut Attached, sequence: i64) {
        match self {
            Found::Personal => {
                attached.personal.insert(sequence);
            }
            Found::Words(digest) => {
                attached.personal.insert(sequence);
                if digest.is_some() {
                    attached.words.insert(sequence, digest);
                }
            }
            Found::Notice => {
                attached.notices.insert(sequence);
            }
        }
    }
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
        let passages = personal::read_one(sequence, &body).map(|personal| personal.notice);
        ((id, sequence), passages)
    });
    let read: Vec<_> = read.collect();
    let passages = read.iter().filter_map(|((id, _), passages)| {
        let passages = passages.as_ref().ok()?;
        Some((*id, passages.as_slice()))
    });
    let quoted = Quoted::by(passages, connection)?;
    let read = read.into_iter().map(|((id, sequence), passages)| {
        let found = passages.and_then(|passages| {
            if passages.is_empty() {
                return Ok(Found::Personal);
            }
            let text = quoted.text(id, &passages);
            let text =
                text.map_err(|error| rows::of_row(format_args!("notice {sequence}"), error))?;
            Ok(Found::Words(text.map(|text| Sha256::digest(text).to_vec())))
        });
        ((id, sequence), found)
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
        (place, Notice::try_from(row).map(|_| Found::Notice))
    });
    Ok(read.collect())
}
