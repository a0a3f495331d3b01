//! Dispatches: sending a notice by a means. A claim holds a dispatch for the duration of a lease, fenced by its attempt number;
//! the outcome is a command, which ends the dispatch together with the event (`store/write.rs`).

use std::collections::BTreeMap;

use diesel::{
    ExpressionMethods as _, QueryDsl as _, QueryableByName, RunQueryDsl as _,
    data_types::PgTimestamp,
    sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Reader, Store, StoreError, Transaction,
    dispatch_letters::{DispatchKey, Letter},
    rows::{bind, instant, word},
};
use crate::{
    access::Scope,
    domain::{
        ContactMeans,
        notice::{Language, NoticeKind},
    },
};

/// Selects dispatches by sender.
#[derive(Debug, Clone)]
pub struct Senders {
    brands: Vec<String>,
    queues: Option<Vec<String>>,
    unassigned: bool,
}

impl Senders {
    /// Dispatches of these brands, restricted to the scope.
    pub fn within<'b>(brands: impl IntoIterator<Item = &'b str>, scope: &Scope) -> Self {
        let brands = brands.into_iter();
        let brands = brands.filter(|brand| scope.includes_brand(brand));
        let queues = scope.queues.as_ref();
        Senders {
            brands: brands.map(str::to_owned).collect(),
            queues: queues.map(|queues| queues.assignees().map(str::to_owned).collect()),
            unassigned: queues.is_none_or(|queues| queues.unassigned),
        }
    }
}

/// A claimed dispatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedDispatch {
    /// The dispatch.
    pub key: DispatchKey,
    /// The sending brand.
    pub brand: String,
    /// The language of the notice.
    pub language: Language,
    /// The kind of notice.
    pub kind: NoticeKind,
    /// From 1. An outcome counts only while this is the last attempt.
    pub attempt: i32,
    /// How often it was postponed since it was queued.
    pub failures: u32,
    /// When the lease expires.
    pub leased_until: Timestamp,
}

/// A waiting dispatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingDispatch {
    /// The dispatch.
    pub key: DispatchKey,
    /// The sending brand.
    pub brand: String,
    /// The language of the notice.
    pub language: Language,
    /// The kind of notice.
    pub kind: NoticeKind,
    /// When the notice was issued.
    pub issued_at: Timestamp,
    /// How often it was claimed.
    pub attempts: i32,
    /// When it is due; for a claimed one, when the lease expires.
    pub next_attempt_at: Timestamp,
    /// Who holds it until then. `None`: nobody.
    pub claimed_by: Option<String>,
    /// The result code of the last attempt.
    pub last_code: Option<String>,
    /// The tracking number.
    pub tracking_number: String,
}

/// The end of a page of waiting dispatches: due time, complaint and notice.
pub type DispatchPlace = (Timestamp, Uuid, i64);

impl WaitingDispatch {
    /// Its position in the list.
    #[must_use]
    pub fn place(&self) -> DispatchPlace {
        (self.next_attempt_at, self.key.complaint, self.key.notice)
    }
}

/// The stored states of a complaint's dispatches, by notice and means.
pub type DispatchStates = BTreeMap<(i64, ContactMeans), String>;

/// The longest lease: an hour, in seconds.
pub const LONGEST_LEASE: i64 = 3_600;

#[derive(Debug, QueryableByName)]
struct ClaimedRow {
    #[diesel(sql_type = SqlUuid)]
    complaint_id: Uuid,
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = Text)]
    brand: String,
    #[diesel(sql_type = Text)]
    language: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Integer)]
    attempt: i32,
    #[diesel(sql_type = Integer)]
    failures: i32,
    #[diesel(sql_type = Timestamptz)]
    leased_until: PgTimestamp,
}

#[derive(Debug, QueryableByName)]
struct WaitingRow {
    #[diesel(sql_type = SqlUuid)]
    complaint_id: Uuid,
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = Text)]
    means: String,
    #[diesel(sql_type = Text)]
    brand: String,
    #[diesel(sql_type = Text)]
    language: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Timestamptz)]
    issued_at: PgTimestamp,
    #[diesel(sql_type = Integer)]
    attempt: i32,
    #[diesel(sql_type = Timestamptz)]
    next_attempt_at: PgTimestamp,
    #[diesel(sql_type = Nullable<Text>)]
    claimed_by: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    last_code: Option<String>,
    #[diesel(sql_type = Text)]
    tracking_number: String,
}

/// For each brand and means, the first waiting dispatches after a position.
const WAITING: &str = "/* dispatch.list */ select d.*, n.language, n.kind, n.at as issued_at, o.tracking_number \
     from unnest($1) as b(brand) cross join unnest($2) as m(means) cross join lateral ( \
     select w.complaint_id, w.sequence, w.means, w.brand, w.attempt, w.next_attempt_at, w.claimed_by, w.last_code \
     from dispatch w where w.state = 'waiting' and w.means = m.means and w.brand = b.brand \
     and (w.next_attempt_at, w.complaint_id, w.sequence) > ($3, $4, $5) \
     and ($6 is null or exists (select from complaint c where c.id = w.complaint_id \
     and (c.assignee = any($6) or ($7 and c.assignee is null)))) \
     order by w.next_attempt_at, w.complaint_id, w.sequence limit $8) d \
     join notice n on n.complaint_id = d.complaint_id and n.sequence = d.sequence \
     join complaint o on o.id = d.complaint_id \
     order by d.next_attempt_at, d.complaint_id, d.sequence limit $8";

/// For each brand, the first due dispatches, except those behind another one of their complaint. Those being claimed concurrently
/// are skipped.
const CLAIM: &str = "/* dispatch.claim */ with turn as ( \
     select d.complaint_id, d.sequence, d.means from unnest($1) as b(brand) cross join lateral ( \
     select w.complaint_id, w.sequence, w.means, w.next_attempt_at from dispatch w \
     where w.state = 'waiting' and w.means = $2 and w.brand = b.brand and w.next_attempt_at <= $3 \
     and not exists (select from dispatch f where f.complaint_id = w.complaint_id and f.means = w.means \
     and f.state = 'waiting' and f.sequence < w.sequence) \
     and ($4 is null or exists (select from complaint c where c.id = w.complaint_id \
     and (c.assignee = any($4) or ($5 and c.assignee is null)))) \
     order by w.next_attempt_at, w.complaint_id, w.sequence limit $6 for update of w skip locked) d \
     order by d.next_attempt_at, d.complaint_id, d.sequence limit $6), \
     claimed as (update dispatch d set attempt = d.attempt + 1, leased_until = $7, next_attempt_at = $7, claimed_by = $8 \
     from turn t where d.complaint_id = t.complaint_id and d.sequence = t.sequence and d.means = t.means and d.state = 'waiting' \
     returning d.complaint_id, d.sequence, d.brand, d.attempt, d.failures, d.leased_until) \
     select d.complaint_id, d.sequence, d.brand, n.language, n.kind, d.attempt, d.failures, d.leased_until from claimed d \
     join notice n on n.complaint_id = d.complaint_id and n.sequence = d.sequence order by d.complaint_id, d.sequence";

impl Store {
    /// Claims at most `most` due dispatches, each until `lease_until`: nobody else can claim them before, unless they are
    /// postponed. Of a complaint's notices by one means only the first waiting one is claimed, so that they are sent in order.
    ///
    /// # Errors
    /// When the database fails.
    pub fn claim_dispatches(
        &self,
        senders: &Senders,
        means: ContactMeans,
        (now, lease_until): (Timestamp, Timestamp),
        most: usize,
        claimed_by: &str,
    ) -> Result<Vec<ClaimedDispatch>, StoreError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows: Vec<ClaimedRow> = self.transaction(|transaction| {
            let claimed = diesel::sql_query(CLAIM)
                .bind::<Array<Text>, _>(&senders.brands)
                .bind::<Text, _>(means.as_str())
                .bind::<Timestamptz, _>(bind(now))
                .bind::<Nullable<Array<Text>>, _>(senders.queues.as_ref())
                .bind::<Bool, _>(senders.unassigned)
                .bind::<BigInt, _>(most)
                .bind::<Timestamptz, _>(bind(lease_until))
                .bind::<Text, _>(claimed_by)
                .load(transaction.connection);
            claimed.map_err(StoreError::from)
        })?;
        let claimed = rows.into_iter().map(|row| {
            Ok(ClaimedDispatch {
                key: DispatchKey {
                    complaint: row.complaint_id,
                    notice: row.sequence,
                    means,
                },
                brand: row.brand,
                language: word(&row.language)?,
                kind: word(&row.kind)?,
                attempt: row.attempt,
                failures: row.failures.try_into().unwrap_or(0),
                leased_until: instant("leased_until", row.leased_until)?,
            })
        });
        claimed.collect()
    }

    /// Postpones a claimed dispatch until `next_attempt_at`, with the result code of the attempt. `false`: the attempt no longer
    /// holds it, and nothing changes.
    ///
    /// # Errors
    /// When the database fails.
    pub fn put_off_dispatch(
        &self,
        key: DispatchKey,
        attempt: i32,
        next_attempt_at: Timestamp,
        code: &str,
    ) -> Result<bool, StoreError> {
        let query = "/* dispatch.put_off */ update dispatch set next_attempt_at = $1, last_code = $2, failures = failures + 1, \
             leased_until = null, claimed_by = null where complaint_id = $3 and sequence = $4 and means = $5 and attempt = $6 and state = 'waiting'";
        let written = self.transaction(|transaction| {
            let written = diesel::sql_query(query)
                .bind::<Timestamptz, _>(bind(next_attempt_at))
                .bind::<Text, _>(code)
                .bind::<SqlUuid, _>(key.complaint)
                .bind::<BigInt, _>(key.notice)
                .bind::<Text, _>(key.means.as_str())
                .bind::<Integer, _>(attempt)
                .execute(transaction.connection);
            written.map_err(StoreError::from)
        })?;
        Ok(written == 1)
    }

    /// When the next dispatch by this means is due, after this instant. `None`: there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub fn next_dispatch(
        &self,
        senders: &Senders,
        means: ContactMeans,
        after: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        #[derive(QueryableByName)]
        struct Next {
            #[diesel(sql_type = Nullable<Timestamptz>)]
            at: Option<PgTimestamp>,
        }
        let query = "/* dispatch.next */ select min(f.next_attempt_at) as at from unnest($1) as b(brand) cross join lateral ( \
             select next_attempt_at from dispatch where state = 'waiting' and means = $2 and brand = b.brand \
             and next_attempt_at > $3 order by next_attempt_at limit 1) f";
        self.ask(|connection| {
            let found: Next = diesel::sql_query(query)
                .bind::<Array<Text>, _>(&senders.brands)
                .bind::<Text, _>(means.as_str())
                .bind::<Timestamptz, _>(bind(after))
                .get_result(connection)?;
            found
                .at
                .map(|at| instant("next_attempt_at", at))
                .transpose()
        })
    }

    /// For each of these means, since when the oldest dispatch has been waiting.
    ///
    /// # Errors
    /// When the database fails.
    pub fn oldest_dispatches(
        &self,
        by: &[ContactMeans],
    ) -> Result<Vec<(ContactMeans, Option<Timestamp>)>, StoreError> {
        #[derive(QueryableByName)]
        struct Oldest {
            #[diesel(sql_type = Text)]
            means: String,
            #[diesel(sql_type = Nullable<Timestamptz>)]
            since: Option<PgTimestamp>,
        }
        let query = "/* dispatch.oldest */ select m.means, (select d.since from dispatch d where d.state = 'waiting' \
             and d.means = m.means order by d.since limit 1) as since from unnest($1) as m(means)";
        let words: Vec<&str> = by.iter().map(|means| means.as_str()).collect();
        self.ask(|connection| {
            let found: Vec<Oldest> = diesel::sql_query(query)
                .bind::<Array<Text>, _>(&words)
                .load(connection)?;
            let found = found.into_iter().map(|row| {
                let since = row.since.map(|at| instant("since", at)).transpose()?;
                Ok((word(&row.means)?, since))
            });
            found.collect()
        })
    }
}

impl Store {
    /// The states of these complaints' dispatches, by notice and means.
    ///
    /// # Errors
    /// When the database fails.
    pub fn dispatch_states(
        &self,
        ids: &[Uuid],
    ) -> Result<BTreeMap<Uuid, DispatchStates>, StoreError> {
        #[derive(QueryableByName)]
        struct State {
            #[diesel(sql_type = SqlUuid)]
            complaint_id: Uuid,
            #[diesel(sql_type = BigInt)]
            sequence: i64,
            #[diesel(sql_type = Text)]
            means: String,
            #[diesel(sql_type = Text)]
            state: String,
        }
        let query = "/* verify.dispatches */ select complaint_id, sequence, means, state from dispatch \
             where complaint_id = any($1)";
        self.ask(|connection| {
            let found: Vec<State> = diesel::sql_query(query)
                .bind::<Array<SqlUuid>, _>(ids)
                .load(connection)?;
            let mut states: BTreeMap<Uuid, DispatchStates> = BTreeMap::new();
            for row in found {
                let of_one = states.entry(row.complaint_id).or_default();
                of_one.insert((row.sequence, word(&row.means)?), row.state);
            }
            Ok(states)
        })
    }

    /// The current versions of these complaints.
    ///
    /// # Errors
    /// When the database fails.
    pub fn versions(&self, ids: &[Uuid]) -> Result<BTreeMap<Uuid, i64>, StoreError> {
        use super::schema::complaint::dsl;
        self.ask(|connection| {
            let ids = ids.iter().copied();
            let found: Vec<(Uuid, i64)> = dsl::complaint
                .filter(dsl::id.eq(super::any_array::among(ids)))
                .select((dsl::id, dsl::version))
                .load(connection)?;
            Ok(found.into_iter().collect())
        })
    }
}

impl TryFrom<WaitingRow> for WaitingDispatch {
    type Error = StoreError;

    fn try_from(row: WaitingRow) -> Result<Self, StoreError> {
        Ok(WaitingDispatch {
            key: DispatchKey {
                complaint: row.complaint_id,
                notice: row.sequence,
                means: word(&row.means)?,
            },
            brand: row.brand,
            language: word(&row.language)?,
            kind: word(&row.kind)?,
            issued_at: instant("at", row.issued_at)?,
            attempts: row.attempt,
            next_attempt_at: instant("next_attempt_at", row.next_attempt_at)?,
            claimed_by: row.claimed_by,
            last_code: row.last_code,
            tracking_number: row.tracking_number,
        })
    }
}

impl Reader {
    /// At most so many waiting dispatches, ordered by due time, from the start or after a position.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn dispatches(
        &self,
        senders: Senders,
        means: Vec<ContactMeans>,
        after: Option<DispatchPlace>,
        limit: usize,
    ) -> Result<Vec<WaitingDispatch>, StoreError> {
        let (at, complaint, notice) = after.unwrap_or((Timestamp::UNIX_EPOCH, Uuid::nil(), 0));
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let means: Vec<&str> = means.into_iter().map(ContactMeans::as_str).collect();
        self.read(move |connection| {
            let found: Vec<WaitingRow> = diesel::sql_query(WAITING)
                .bind::<Array<Text>, _>(&senders.brands)
                .bind::<Array<Text>, _>(&means)
                .bind::<Timestamptz, _>(bind(at))
                .bind::<SqlUuid, _>(complaint)
                .bind::<BigInt, _>(notice)
                .bind::<Nullable<Array<Text>>, _>(senders.queues.as_ref())
                .bind::<Bool, _>(senders.unassigned)
                .bind::<BigInt, _>(limit)
                .load(connection)?;
            found.into_iter().map(WaitingDispatch::try_from).collect()
        })
        .await
    }

    /// Like [`Store::claim_dispatches`], each with what sending it requires.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn claim_dispatches(
        &self,
        senders: Senders,
        means: ContactMeans,
        times: (Timestamp, Timestamp),
        most: usize,
        claimed_by: String,
    ) -> Result<Vec<(ClaimedDispatch, Result<Letter, StoreError>)>, StoreError> {
        let claimed = async {
            let permit = self.permit().await?;
            let span = tracing::Span::current();
            let done = self.spawn(permit, span, move |store| {
                let claimed = store.claim_dispatches(&senders, means, times, most, &claimed_by)?;
                let keys: Vec<DispatchKey> = claimed.iter().map(|claimed| claimed.key).collect();
                let mut letters = store.dispatch_letters(&keys)?;
                let with_letters = claimed.into_iter().filter_map(|claimed| {
                    let letter = letters.remove(&claimed.key)?;
                    Some((claimed, letter))
                });
                Ok(with_letters.collect())
            });
            done.await.map_err(|_| StoreError::abandoned())?
        };
        self.patiently(claimed).await
    }
}

impl Transaction<'_> {
    /// The attempts that hold the waiting dispatches of these notices.
    ///
    /// # Errors
    /// When the database fails.
    pub fn dispatch_attempts(
        &mut self,
        notices: &[(Uuid, i64)],
    ) -> Result<BTreeMap<(Uuid, i64), i32>, StoreError> {
        #[derive(QueryableByName)]
        struct Attempt {
            #[diesel(sql_type = SqlUuid)]
            complaint_id: Uuid,
            #[diesel(sql_type = BigInt)]
            sequence: i64,
            #[diesel(sql_type = Integer)]
            attempt: i32,
        }
        if notices.is_empty() {
            return Ok(BTreeMap::new());
        }
        let (complaints, sequences): (Vec<Uuid>, Vec<i64>) = notices.iter().copied().unzip();
        let query = "/* dispatch.attempts */ select d.complaint_id, d.sequence, d.attempt from dispatch d \
             join unnest($1, $2) as n(complaint_id, sequence) on d.complaint_id = n.complaint_id and d.sequence = n.sequence \
             where d.state = 'waiting'";
        let found: Vec<Attempt> = diesel::sql_query(query)
            .bind::<Array<SqlUuid>, _>(complaints)
            .bind::<Array<BigInt>, _>(sequences)
            .load(self.connection)?;
        let found = found.into_iter();
        Ok(found
            .map(|row| ((row.complaint_id, row.sequence), row.attempt))
            .collect())
    }
}
