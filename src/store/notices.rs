//! Notices with their text, which is personal data and stored as such. Passages that somebody entered are stored with the event
//! that they came with, and inserted when a notice is read.

use std::collections::BTreeMap;

use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _,
    NullableExpressionMethods as _, OptionalExtension as _, PgConnection, QueryDsl as _,
    RunQueryDsl as _, SelectableHelper as _,
};
use uuid::Uuid;

use super::{
    StoreError,
    any_array::among,
    personal,
    rows::{self, NoticeRow},
    schema,
};
use crate::domain::{
    Complaint, Fates, Notice, Personal,
    notice::{Passage, text_of},
};

/// The sequence number of an event, with associated data.
pub(super) type Numbered<T> = (i64, Result<T, StoreError>);

/// The personal data of the events that notices quote, as far as it exists; for unreadable data, the reason.
pub(super) struct Quoted(BTreeMap<(Uuid, i64), Result<Personal, String>>);

impl Quoted {
    /// What these notices quote. Each is given by its complaint and its passages.
    pub(super) fn by<'p>(
        notices: impl Iterator<Item = (Uuid, &'p [Passage])>,
        connection: &mut PgConnection,
    ) -> Result<Self, StoreError> {
        use schema::personal::dsl;
        let quoted = notices.flat_map(|(complaint, passages)| {
            passages.iter().filter_map(move |passage| match passage {
                Passage::Own(_) => None,
                Passage::Quoted(quotation) => Some((complaint, quotation.event)),
            })
        });
        let (complaints, events): (Vec<Uuid>, Vec<i64>) = quoted.unzip();
        if events.is_empty() {
            return Ok(Quoted(BTreeMap::new()));
        }
        let found: Vec<(Uuid, i64, String)> = dsl::personal
            .filter(dsl::complaint_id.eq(among(complaints)))
            .filter(dsl::sequence.eq(among(events)))
            .select((dsl::complaint_id, dsl::sequence, dsl::body))
            .load(connection)?;
        let read = found.into_iter().map(|(complaint, event, body)| {
            let personal = personal::read_one(event, &body).map_err(|error| match error {
                StoreError::Corrupt(why) => why,
                other => other.to_string(),
            });
            ((complaint, event), personal)
        });
        Ok(Quoted(read.collect()))
    }

    /// The text of a notice. `None`: it is erased.
    ///
    /// # Errors
    /// When a passage that it quotes cannot be read.
    pub(super) fn text(
        &self,
        complaint: Uuid,
        passages: &[Passage],
    ) -> Result<Option<String>, StoreError> {
        for passage in passages {
            if let Passage::Quoted(quotation) = passage
                && let Some(Err(why)) = self.0.get(&(complaint, quotation.event))
            {
                return Err(StoreError::Corrupt(why.clone()));
            }
        }
        let text = text_of(passages, |quotation| {
            let quoted = self.0.get(&(complaint, quotation.event))?;
            quoted.as_ref().ok()?.quoted(quotation.of)
        });
        Ok(text.filter(|text| !text.is_empty()))
    }
}

/// What happened to the notices of a complaint, as far as it is tracked, and how often those with these numbers were attempted.
fn fates(
    complaint: Uuid,
    (after, last): (i64, i64),
    connection: &mut PgConnection,
) -> Result<(Fates, BTreeMap<i64, u32>), StoreError> {
    let body: Option<String> = schema::complaint::table
        .find(complaint)
        .select(schema::complaint::body)
        .first(connection)
        .optional()?;
    // An unreadable complaint is reported where the complaint itself is read.
    let read = body.and_then(|body| rows::read_json::<Complaint>("complaint", &body).ok());
    let fates = read.map(|complaint| complaint.notices).unwrap_or_default();
    let tried = super::dispatch_attempts::attempts(complaint, (after, last), connection)?;
    Ok((fates, tried))
}

/// A page of the notices of a complaint, after the event with this number.
pub(super) fn page(
    complaint: Uuid,
    after: i64,
    limit: i64,
    connection: &mut PgConnection,
) -> Result<Vec<Numbered<Notice>>, StoreError> {
    use schema::{notice, personal};
    let found: Vec<(NoticeRow, Option<String>)> = notice::table
        .left_join(
            personal::table.on(personal::complaint_id
                .eq(notice::complaint_id)
                .and(personal::sequence.eq(notice::sequence))),
        )
        .filter(notice::complaint_id.eq(complaint))
        .filter(notice::sequence.gt(after))
        .order(notice::sequence)
        .limit(limit)
        .select((NoticeRow::as_select(), personal::body.nullable()))
        .load(connection)?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let read = found.into_iter().map(|(row, body)| {
        let sequence = row.sequence;
        let passages = || -> Result<Vec<Passage>, StoreError> {
            let read = body.map(|body| super::personal::read_one(sequence, &body));
            Ok(read
                .transpose()?
                .map(|personal| personal.notice)
                .unwrap_or_default())
        };
        let notice = Notice::try_from(row).and_then(|notice| Ok((notice, passages()?)));
        (sequence, notice)
    });
    let read: Vec<Numbered<(Notice, Vec<Passage>)>> = read.collect();
    let passages = read.iter().filter_map(|(_, notice)| notice.as_ref().ok());
    let passages = passages.map(|(_, passages)| (complaint, passages.as_slice()));
    let quoted = Quoted::by(passages, connection)?;
    let customer = super::personal::customer_of(complaint, connection)?;
    let addressee = customer.map(|customer| customer.full_name);
    let last = read.last().map_or(after, |(sequence, _)| *sequence);
    let (mut fates, attempts) = fates(complaint, (after, last), connection)?;
    let notices = read.into_iter().map(|(sequence, notice)| {
        let whole = notice.and_then(|(notice, passages)| {
            let text = quoted.text(complaint, &passages);
            let text =
                text.map_err(|error| rows::of_row(format_args!("notice {sequence}"), error))?;
            Ok(Notice {
                text: text.unwrap_or_default(),
                addressee: addressee.clone(),
                fate: fates.remove(&sequence),
                attempts: attempts.get(&sequence).copied().unwrap_or_default(),
                ..notice
            })
        });
        (sequence, whole)
    });
    Ok(notices.collect())
}
