//! Complaints with all that is stored of them: as they stand, every cycle of every clock, and the whole log. What is read
//! together is of one moment, so that a write in between is never taken for a contradiction. Nothing is locked.

use std::collections::BTreeMap;

use diesel::{
    ExpressionMethods as _, OptionalExtension as _, PgConnection, QueryDsl as _, Queryable,
    RunQueryDsl as _, Selectable, SelectableHelper as _,
    data_types::PgTimestamp,
    dsl::{AsExprOf, sql},
    expression::{SqlLiteral, UncheckedBind},
    sql_types::{Bool, Text, Uuid as SqlUuid},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Mismatch, Reader, Store, StoreError,
    any_array::among,
    denormalized::{self, ComplaintColumns},
    events::EventRow,
    links, log, rows, schema,
};
use crate::{
    access::Scope,
    domain::{Case, Clock, Complaint, ComplaintRef, Event, Link},
};

/// All that is stored of one complaint.
#[derive(Debug, Clone)]
pub struct History {
    /// As it stands, with every cycle of every clock.
    pub case: Case,
    /// Its events, in order.
    pub log: Vec<Event>,
    /// Columns that say otherwise than what they were taken from; those of the complaint only where they were read.
    pub mismatches: Vec<Mismatch>,
    /// The clocks that fire nothing for a while, or did not.
    pub put_aside: Vec<PutAside>,
    /// Links that the other complaint does not have; only where the columns of the complaint were read.
    pub one_sided: Vec<Link>,
}

/// A clock that fires nothing for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutAside {
    /// The clock.
    pub clock: String,
    /// Its cycle.
    pub cycle: i32,
    /// Until when.
    pub until: Timestamp,
}

/// One complaint of a page.
#[derive(Debug)]
pub struct ListedHistory {
    /// Its id.
    pub id: Uuid,
    /// What the customer quotes.
    pub tracking_number: String,
    /// Its place: the next page begins after that of the last one.
    pub place: HistoryPlace,
    /// Its history; an error where what is stored cannot be read, which holds up no other complaint.
    pub history: Result<History, StoreError>,
}

/// Where a complaint stands in every order in which pages of them are read: by id; by policy and id; by policy, receipt and
/// id. None of it ever changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryPlace {
    /// The name of its policy.
    pub policy: String,
    /// When it was received.
    pub received_at: Timestamp,
    /// Its id.
    pub id: Uuid,
}

/// Which complaints are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// All of them, in the order of their ids.
    All,
    /// Those that are not over, policy by policy, of each in the order of their ids: in this order an index holds them,
    /// and nothing that is over is walked past.
    Open,
}

/// How many events a page reads at the most, unless one complaint alone has more.
const EVENTS: i64 = 20_000;

impl Store {
    /// Complaints with their histories, in the order of the coverage, after `after`: three statements for `limit` of them, or
    /// for fewer where their logs are long. None: there are no more.
    ///
    /// # Errors
    /// When the database fails.
    pub fn histories(
        &self,
        coverage: Coverage,
        after: Option<&HistoryPlace>,
        limit: i64,
    ) -> Result<Vec<ListedHistory>, StoreError> {
        self.ask(|connection| {
            at_one_moment(connection, |connection| {
                page(coverage, after, limit, connection)
            })
        })
    }

    /// As [`Self::histories`], but `None` where another process reads a page in this way at the same moment: of two that
    /// are at it, one goes on and the other gives way.
    ///
    /// # Errors
    /// When the database fails.
    pub fn histories_alone(
        &self,
        coverage: Coverage,
        after: Option<&HistoryPlace>,
        limit: i64,
    ) -> Result<Option<Vec<ListedHistory>>, StoreError> {
        self.ask(|connection| {
            at_one_moment(connection, |connection| {
                let free = diesel::select(sql::<Bool>("pg_try_advisory_xact_lock(7233735)"))
                    .get_result::<bool>(connection)?;
                if !free {
                    return Ok(None);
                }
                page(coverage, after, limit, connection).map(Some)
            })
        })
    }

    /// One complaint with its history; `None`: there is none of this name.
    ///
    /// # Errors
    /// When the database fails.
    pub fn history(&self, which: &ComplaintRef) -> Result<Option<ListedHistory>, StoreError> {
        self.ask(|connection| find(which, &Scope::default(), connection))
    }

    /// How many complaints there are.
    ///
    /// # Errors
    /// When the database fails.
    pub fn count(&self, coverage: Coverage) -> Result<i64, StoreError> {
        use schema::complaint::dsl;
        self.ask(|connection| {
            let mut query = dsl::complaint.count().into_boxed();
            if coverage == Coverage::Open {
                query = query.filter(dsl::closed_at.is_null());
            }
            Ok(query.get_result(connection)?)
        })
    }
}

impl Reader {
    /// As [`Store::history`], for a caller of this scope.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn history(
        &self,
        which: ComplaintRef,
        scope: &Scope,
    ) -> Result<Option<ListedHistory>, StoreError> {
        let scope = scope.clone();
        self.read(move |connection| find(&which, &scope, connection))
            .await
    }
}

fn find(
    which: &ComplaintRef,
    scope: &Scope,
    connection: &mut PgConnection,
) -> Result<Option<ListedHistory>, StoreError> {
    at_one_moment(connection, |connection| {
        use schema::complaint::dsl;
        let query = dsl::complaint.select((Head::as_select(), ComplaintColumns::as_select()));
        let row: Option<Row> = match which {
            ComplaintRef::Id(id) => query.filter(dsl::id.eq(id)).first(connection),
            ComplaintRef::Tracking(number) => query
                .filter(dsl::tracking_number.eq(number.as_str()))
                .first(connection),
        }
        .optional()?;
        let row = row.filter(|(_, columns)| columns.placement().is_within(scope));
        let mut found = whole_histories_of(row.into_iter().collect(), connection)?;
        Ok(found.pop())
    })
}

fn page(
    coverage: Coverage,
    after: Option<&HistoryPlace>,
    limit: i64,
    connection: &mut PgConnection,
) -> Result<Vec<ListedHistory>, StoreError> {
    use schema::complaint::dsl;
    let rows: Vec<Row> = match coverage {
        Coverage::All => {
            let after = after.map_or(Uuid::nil(), |place| place.id);
            dsl::complaint
                .select((Head::as_select(), ComplaintColumns::as_select()))
                .filter(dsl::id.gt(after))
                .order(dsl::id)
                .limit(limit)
                .load(connection)?
        }
        Coverage::Open => dsl::complaint
            .select((Head::as_select(), ComplaintColumns::as_select()))
            .filter(dsl::closed_at.is_null())
            .filter(after_in_policy(after))
            .order((dsl::policy, dsl::id))
            .limit(limit)
            .load(connection)?,
    };
    whole_histories_of(rows, connection)
}

type AfterPolicy = UncheckedBind<SqlLiteral<Bool>, AsExprOf<String, Text>>;
type AfterInPolicy = UncheckedBind<SqlLiteral<Bool, AfterPolicy>, AsExprOf<Uuid, SqlUuid>>;

/// After a place in the order of [`Coverage::Open`].
pub(super) fn after_in_policy(after: Option<&HistoryPlace>) -> SqlLiteral<Bool, AfterInPolicy> {
    let (policy, id) = after.map_or_else(
        // Before every name.
        || (String::new(), Uuid::nil()),
        |place| (place.policy.clone(), place.id),
    );
    sql("(policy, id) > (")
        .bind::<Text, _>(policy)
        .sql(", ")
        .bind::<SqlUuid, _>(id)
        .sql(")")
}

/// Every statement of `work` sees the database as it was at the first.
pub(super) fn at_one_moment<T>(
    connection: &mut PgConnection,
    work: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut transaction = connection.build_transaction().repeatable_read().read_only();
    transaction.run(work)
}

/// The columns of a complaint with which its history begins.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = schema::complaint)]
pub(super) struct Head {
    pub(super) id: Uuid,
    pub(super) tracking_number: String,
    policy: String,
    received_at: PgTimestamp,
    pub(super) body: String,
}

type Row = (Head, ComplaintColumns);

/// As [`histories_of`], with what the columns of the complaints say, and whether their links are found on the other side.
fn whole_histories_of(
    rows: Vec<Row>,
    connection: &mut PgConnection,
) -> Result<Vec<ListedHistory>, StoreError> {
    let (heads, columns): (Vec<Head>, Vec<ComplaintColumns>) = rows.into_iter().unzip();
    let mut found = histories_of(heads, connection)?;
    for (found, columns) in found.iter_mut().zip(columns) {
        if let Ok(history) = &mut found.history {
            let mismatches: Vec<_> = columns.mismatches(&history.case, &history.log).collect();
            history.mismatches.extend(mismatches);
        }
    }
    let histories = found.iter().filter_map(|found| found.history.as_ref().ok());
    let complaints = histories.map(|history| &history.case.complaint);
    let mut one_sided = links::one_sided(complaints, connection)?;
    for found in &mut found {
        if let Ok(history) = &mut found.history {
            history.one_sided = one_sided.remove(&found.id).unwrap_or_default();
        }
    }
    Ok(found)
}

/// That member of a complaint's JSON which says how long its log is.
#[derive(serde::Deserialize)]
struct Length {
    last_sequence: i64,
}

/// The first of them, as many as are read at once.
fn no_more_than_events(heads: &mut Vec<Head>) {
    let mut events = 0_i64;
    let fit = heads.iter().take_while(|head| {
        // Where it cannot be told, it counts for nothing.
        let length = rows::read_json("complaint", &head.body);
        let length = length.map_or(0, |length: Length| length.last_sequence.max(0));
        events = events.saturating_add(length);
        events <= EVENTS
    });
    let fit = fit.count().max(1);
    heads.truncate(fit);
}

pub(super) fn histories_of(
    mut heads: Vec<Head>,
    connection: &mut PgConnection,
) -> Result<Vec<ListedHistory>, StoreError> {
    no_more_than_events(&mut heads);
    let ids: Vec<Uuid> = heads.iter().map(|head| head.id).collect();
    let mut clocks = clocks_of(&ids, connection)?;
    let mut logs = logs_of(&ids, connection)?;
    let found = heads.into_iter().map(|head| {
        let clocks = clocks.remove(&head.id).unwrap_or_default();
        let log = logs.remove(&head.id).unwrap_or_default();
        ListedHistory {
            id: head.id,
            tracking_number: head.tracking_number,
            history: history(&head.body, clocks, log),
            place: HistoryPlace {
                policy: head.policy,
                received_at: rows::nearest_instant(head.received_at),
                id: head.id,
            },
        }
    });
    Ok(found.collect())
}

fn history(
    body: &str,
    clocks: Vec<rows::ClockRow>,
    log: Vec<EventRow>,
) -> Result<History, StoreError> {
    let complaint: Complaint = rows::read_json("complaint", body)?;
    let put_aside = clocks.iter().filter_map(put_aside).collect();
    let clocks = clocks.into_iter().map(Clock::try_from);
    let (mut events, mut mismatches) = (Vec::with_capacity(log.len()), Vec::new());
    for mut row in log {
        let kind = std::mem::take(&mut row.kind);
        let event = Event::try_from(row)?;
        let by_payload = event.fact.kind().to_string();
        mismatches.extend(denormalized::kind_mismatch(
            event.sequence,
            &kind,
            &by_payload,
        ));
        events.push(event);
    }
    Ok(History {
        case: Case {
            complaint,
            clocks: clocks.collect::<Result<_, _>>()?,
        },
        log: events,
        mismatches,
        put_aside,
        one_sided: Vec::new(),
    })
}

fn put_aside(row: &rows::ClockRow) -> Option<PutAside> {
    let until = rows::nearest_instant(row.put_aside_until?);
    Some(PutAside {
        clock: row.name.clone(),
        cycle: row.cycle,
        until,
    })
}

fn clocks_of(
    ids: &[Uuid],
    connection: &mut PgConnection,
) -> Result<BTreeMap<Uuid, Vec<rows::ClockRow>>, StoreError> {
    use schema::clock::dsl;
    let found: Vec<rows::ClockRow> = dsl::clock
        .filter(dsl::complaint_id.eq(among(ids.iter().copied())))
        .order((dsl::complaint_id, dsl::name, dsl::cycle))
        .select(rows::ClockRow::as_select())
        .load(connection)?;
    Ok(rows::by_complaint(found, |row| row.complaint_id))
}

pub(super) fn logs_of(
    ids: &[Uuid],
    connection: &mut PgConnection,
) -> Result<BTreeMap<Uuid, Vec<EventRow>>, StoreError> {
    use schema::event::dsl;
    let found: Vec<EventRow> = dsl::event
        .filter(dsl::complaint_id.eq(among(ids.iter().copied())))
        .order((dsl::complaint_id, dsl::sequence))
        .select(log::event_columns())
        .load(connection)?;
    Ok(rows::by_complaint(found, |row| row.complaint_id))
}
