//! What sending a notice requires: addressee, address and text. Read at the time of sending, so that corrections and erasures
//! since it was issued apply.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{
    ExpressionMethods as _, JoinOnDsl as _, NullableExpressionMethods as _, QueryDsl as _,
    RunQueryDsl as _, SelectableHelper as _,
};
use uuid::Uuid;

use super::{
    Store, StoreError, Transaction,
    any_array::among,
    notices::Quoted,
    rows::{NoticeRow, of_row},
    schema,
};
use crate::domain::{ContactMeans, Customer, Notice, notice::Passage};

/// Identifies a dispatch: the complaint, the sequence number of the event that issued the notice, and the means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DispatchKey {
    /// The complaint.
    pub complaint: Uuid,
    /// The sequence number of the event that issued the notice.
    pub notice: i64,
    /// The means.
    pub means: ContactMeans,
}

/// A notice with its addressee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The tracking number.
    pub tracking_number: String,
    /// The notice, with its text below [the addressee](Notice::letter). Empty: the text was erased.
    pub notice: Notice,
    /// The address for the means. `None`: there is none, or it was removed.
    pub address: Option<String>,
}

/// A notice with the passages of its text.
type Read = Result<(Notice, Vec<Passage>), StoreError>;

impl Store {
    /// The notices of these dispatches. Each that does not exist or cannot be read gives its own error.
    ///
    /// # Errors
    /// When the database fails.
    pub fn dispatch_letters(
        &self,
        keys: &[DispatchKey],
    ) -> Result<BTreeMap<DispatchKey, Result<Letter, StoreError>>, StoreError> {
        use schema::{complaint, notice, personal};
        if keys.is_empty() {
            return Ok(BTreeMap::new());
        }
        let ids: BTreeSet<Uuid> = keys.iter().map(|key| key.complaint).collect();
        let connection = &mut *self.connection()?;
        let found: Vec<(Uuid, NoticeRow, Option<String>)> = notice::table
            .left_join(personal::table.on(diesel::BoolExpressionMethods::and(
                personal::complaint_id.eq(notice::complaint_id),
                personal::sequence.eq(notice::sequence),
            )))
            .filter(notice::complaint_id.eq(among(ids.iter().copied())))
            .filter(notice::sequence.eq(among(keys.iter().map(|key| key.notice))))
            .select((
                notice::complaint_id,
                NoticeRow::as_select(),
                personal::body.nullable(),
            ))
            .load(connection)?;
        let numbers: Vec<(Uuid, String)> = complaint::table
            .filter(complaint::id.eq(among(ids.iter().copied())))
            .select((complaint::id, complaint::tracking_number))
            .load(connection)?;
        let numbers: BTreeMap<Uuid, String> = numbers.into_iter().collect();
        let customers = Transaction::new(connection).customers(ids)?;
        let mut read: BTreeMap<(Uuid, i64), Read> = BTreeMap::new();
        for (id, row, body) in found {
            let sequence = row.sequence;
            let passages = body.map(|body| super::personal::read_one(sequence, &body));
            let passages = passages.transpose().map(|personal| {
                let passages = personal.map(|personal| personal.notice);
                passages.unwrap_or_default()
            });
            let notice = Notice::try_from(row);
            read.insert((id, sequence), notice.and_then(|it| Ok((it, passages?))));
        }
        let by = read.iter().filter_map(|((id, _), it)| {
            let (_, passages) = it.as_ref().ok()?;
            Some((*id, passages.as_slice()))
        });
        let quoted = Quoted::by(by, connection)?;
        let letters = keys.iter().map(|key| {
            let customer = customers.get(&key.complaint);
            let letter = match read.get(&(key.complaint, key.notice)) {
                Some(Ok((notice, passages))) => {
                    let number = numbers.get(&key.complaint).cloned().unwrap_or_default();
                    letter(key, (notice, passages), &quoted, customer, number)
                }
                Some(Err(error)) => Err(error.clone()),
                None => Err(StoreError::Corrupt(format!(
                    "notice {}: missing",
                    key.notice
                ))),
            };
            (*key, letter)
        });
        Ok(letters.collect())
    }
}

fn letter(
    key: &DispatchKey,
    (notice, passages): (&Notice, &[Passage]),
    quoted: &Quoted,
    customer: Option<&Customer>,
    tracking_number: String,
) -> Result<Letter, StoreError> {
    let text = quoted.text(key.complaint, passages);
    let text = text.map_err(|error| of_row(format_args!("notice {}", key.notice), error))?;
    let address = customer.and_then(|customer| customer.address(key.means));
    Ok(Letter {
        tracking_number,
        address: address.map(str::to_owned),
        notice: Notice {
            text: text.unwrap_or_default(),
            addressee: customer.map(|customer| customer.full_name.clone()),
            ..notice.clone()
        },
    })
}
