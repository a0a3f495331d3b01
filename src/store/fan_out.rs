//! Fans the log out into deliveries: a page of events becomes deliveries to the subscriptions that want them, and the
//! subscriptions' positions move in the same transaction. Whoever locks a subscription's row does this for it; others skip it.

use std::collections::BTreeSet;

use diesel::{
    PgConnection, QueryResult, QueryableByName, RunQueryDsl,
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_query,
    sql_types::{Array, BigInt, Bool, Timestamptz, Uuid as SqlUuid},
};
use jiff::Timestamp;
use jiff_diesel::Timestamp as At;
use uuid::Uuid;

use super::{
    Store, StoreError,
    branches::{self, Present},
    deliveries,
    delivery_claims::DeliveryLine,
    events::StoredEvent,
    log,
    position::{LogPlace, Position, PositionError},
    rows::bind,
    subscription::{Subscription, SubscriptionChange, SubscriptionChangeKind, SubscriptionState},
    subscriptions,
    unnest::{Rows as _, columns},
};

/// How many events a page of the log has.
const PAGE: i64 = 200;
/// The actor recorded for what the service does by itself.
const SERVICE: &str = "redress";

/// The result of a pass over the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FannedOut {
    /// How many deliveries were added.
    pub added: usize,
    /// Whether there may be more to read.
    pub more: bool,
}

columns! {
    NewDeliveries {
        subscription_id: Uuid => SqlUuid, complaint_id: Uuid => SqlUuid, sequence: i64 => BigInt, first: bool => Bool,
    }
}

/// A subscription that continues from this place on the current branch.
struct Follower<'s> {
    subscription: &'s Subscription,
    place: LogPlace,
}

impl Store {
    /// Moves each subscription on by a page of the log, and adds deliveries of the events that it wants. Subscriptions that are
    /// less than a page apart share one, so those that keep up cost one page together, and one that has days to catch up with
    /// delays nobody. A subscription that changed since it was read is left to the next pass.
    ///
    /// # Errors
    /// When the database fails.
    pub fn fan_out(
        &self,
        subscriptions: &[Subscription],
        now: Timestamp,
        wants: impl Fn(&Subscription, &StoredEvent) -> bool,
    ) -> Result<FannedOut, StoreError> {
        const NOTHING: FannedOut = FannedOut {
            added: 0,
            more: false,
        };
        let followed = subscriptions
            .iter()
            .filter(|it| it.state == SubscriptionState::Active && it.open_until.is_none());
        let followed: Vec<&Subscription> = followed.collect();
        if followed.is_empty() {
            return Ok(NOTHING);
        }
        let connection = &mut *self.connection()?;
        let present = branches::present(connection)?;
        let (mut followers, mut lost) = (Vec::new(), Vec::new());
        for subscription in followed {
            match branches::resolve(adopted(subscription.position, present), present, connection) {
                Ok(Position { place, .. })
                | Err(PositionError::Parted {
                    at: Position { place, .. },
                }) => {
                    followers.push(Follower {
                        subscription,
                        place,
                    });
                }
                Err(PositionError::Store(error)) => return Err(error),
                Err(PositionError::OtherLog | PositionError::Ahead { .. }) => {
                    lost.push(subscription.id);
                }
            }
        }
        if !lost.is_empty() {
            let end = branches::end(connection)?;
            for id in lost {
                reposition(id, end, now, connection)?;
            }
        }
        let mut fanned_out = NOTHING;
        while let Some(behind) = followers.iter().map(|follower| follower.place).min() {
            if behind >= LogPlace::behind(present.settled) {
                break;
            }
            // The settled log does not change, so it is read before anything is locked.
            let events = log::page(behind, PAGE, false, connection)?;
            let Some(last) = events.last() else {
                break;
            };
            let to = Position {
                branch: present.branch,
                place: last.place,
            };
            let (near, further): (Vec<_>, Vec<_>) = followers
                .into_iter()
                .partition(|follower| follower.place < to.place);
            followers = further;
            let page = fan_out_page(&near, &events, to, now, &wants, connection)?;
            fanned_out.added += page.added;
            fanned_out.more |= page.more;
        }
        Ok(fanned_out)
    }
}

/// Adds deliveries of a page of events, and moves the subscriptions behind its end to it.
fn fan_out_page(
    followers: &[Follower<'_>],
    events: &[StoredEvent],
    to: Position,
    now: Timestamp,
    wants: impl Fn(&Subscription, &StoredEvent) -> bool,
    connection: &mut PgConnection,
) -> Result<FannedOut, StoreError> {
    super::pool::in_transaction(connection, |transaction| {
        let connection = &mut *transaction.connection;
        let held = hold(followers, connection)?;
        let held = followers
            .iter()
            .filter(|follower| held.contains(&follower.subscription.id));
        let held: Vec<&Follower<'_>> = held.collect();
        let rows = wanted(&held, events, wants);
        deliveries::alone(rows.subscription_id.iter().copied(), connection)?;
        let added = add(&rows, now, connection)?;
        let ids = held.iter().map(|follower| follower.subscription.id);
        advance(ids.collect(), to, connection)?;
        // What another process holds, it goes on with itself.
        let more = !held.is_empty();
        Ok(FannedOut { added, more })
    })
}

/// A position in a log taken over from another database counts as one on the current branch.
fn adopted(position: Position, present: Present) -> Position {
    if position.branch.is_nil() && position.place.xid > 0 {
        Position {
            branch: present.branch,
            ..position
        }
    } else {
        position
    }
}

/// What these subscriptions want of a page. An event can be the first of its line only if it is the first one of its complaint
/// that is wanted from the page.
fn wanted(
    followers: &[&Follower<'_>],
    events: &[StoredEvent],
    wants: impl Fn(&Subscription, &StoredEvent) -> bool,
) -> NewDeliveries {
    let mut rows = NewDeliveries::default();
    for follower in followers {
        let mut lines = BTreeSet::new();
        let after = events.partition_point(|event| event.place <= follower.place);
        for event in events.get(after..).unwrap_or_default() {
            if wants(follower.subscription, event) {
                rows.subscription_id.push(follower.subscription.id);
                rows.complaint_id.push(event.complaint);
                rows.sequence.push(event.sequence);
                rows.first.push(lines.insert(event.complaint));
            }
        }
    }
    rows
}

#[derive(Debug, QueryableByName)]
struct Held {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Locks the subscriptions that nobody else has locked and whose positions are unchanged.
fn hold(
    followers: &[Follower<'_>],
    connection: &mut PgConnection,
) -> Result<BTreeSet<Uuid>, StoreError> {
    let ids = followers.iter().map(|follower| follower.subscription.id);
    let positions = followers
        .iter()
        .map(|follower| follower.subscription.position);
    let statement = "/* subscription.hold */ select s.id from subscription s join unnest($1, $2, $3, $4) as n(id, branch, xid, number) \
         on s.id = n.id and s.branch = n.branch and s.xid = n.xid and s.number = n.number where s.state = 'active' order by s.id \
         for update of s skip locked";
    let held: Vec<Held> = sql_query(statement)
        .bind::<Array<SqlUuid>, _>(ids.collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(positions.clone().map(|it| it.branch).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(positions.clone().map(|it| it.place.xid).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(
            positions
                .map(|it| i64::from(it.place.number))
                .collect::<Vec<_>>(),
        )
        .load(connection)?;
    Ok(held.into_iter().map(|held| held.id).collect())
}

/// Adds deliveries; existing ones stay unchanged. Returns how many were added.
fn add(
    rows: &NewDeliveries,
    now: Timestamp,
    connection: &mut PgConnection,
) -> Result<usize, StoreError> {
    if rows.count() == 0 {
        return Ok(0);
    }
    let added = Insert {
        rows,
        now: bind(now),
    }
    .execute(connection)?;
    if added < rows.count() {
        // A delivery meant to be the first of its line existed already.
        let lines = rows.subscription_id.iter().zip(&rows.complaint_id);
        let lines: BTreeSet<DeliveryLine> = lines
            .map(|(subscription, complaint)| DeliveryLine {
                subscription: *subscription,
                complaint: *complaint,
            })
            .collect();
        deliveries::make_ready(&lines, connection)?;
    }
    Ok(added)
}

/// Adds one delivery, unless it exists. The caller must hold its line.
pub(super) fn add_one(
    line: DeliveryLine,
    sequence: i64,
    now: Timestamp,
    connection: &mut PgConnection,
) -> Result<usize, StoreError> {
    let mut rows = NewDeliveries::default();
    rows.subscription_id.push(line.subscription);
    rows.complaint_id.push(line.complaint);
    rows.sequence.push(sequence);
    rows.first.push(false);
    Ok(Insert {
        rows: &rows,
        now: bind(now),
    }
    .execute(connection)?)
}

struct Insert<'r> {
    rows: &'r NewDeliveries,
    now: At,
}

impl QueryId for Insert<'_> {
    // As in `deliveries`.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for Insert<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "/* delivery.add */ insert into delivery (subscription_id, complaint_id, sequence, state, ready, attempt, failures, \
             due_at, added_at, attempts) select n.subscription_id, n.complaint_id, n.sequence, 'waiting', n.first and not exists \
             (select from delivery d where d.subscription_id = n.subscription_id and d.complaint_id = n.complaint_id \
             and d.finished_at is null), 0, 0, now.at, now.at, '[]' from (select ",
        );
        out.push_bind_param::<Timestamptz, _>(&self.now)?;
        out.push_sql("::timestamptz as at) as now,");
        self.rows.unnest(out.reborrow())?;
        out.push_sql(" on conflict do nothing");
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for Insert<'_> {}

fn advance(ids: Vec<Uuid>, to: Position, connection: &mut PgConnection) -> Result<(), StoreError> {
    let statement = "/* subscription.advance */ update subscription set branch = $2, xid = $3, number = $4 where id = any($1)";
    sql_query(statement)
        .bind::<Array<SqlUuid>, _>(ids)
        .bind::<SqlUuid, _>(to.branch)
        .bind::<BigInt, _>(to.place.xid)
        .bind::<BigInt, _>(i64::from(to.place.number))
        .execute(connection)?;
    Ok(())
}

/// Moves a subscription to the end of the log, because the log does not continue from its position.
fn reposition(
    id: Uuid,
    end: Position,
    now: Timestamp,
    connection: &mut PgConnection,
) -> Result<(), StoreError> {
    tracing::error!(subscription = %id, "a subscription's position belongs to another log, so it continues from the end of this one; replay what it missed");
    super::pool::in_transaction(connection, |transaction| {
        let connection = &mut *transaction.connection;
        let statement = "/* subscription.reposition */ update subscription set branch = $2, xid = $3, number = $4 where id = $1";
        sql_query(statement)
            .bind::<SqlUuid, _>(id)
            .bind::<SqlUuid, _>(end.branch)
            .bind::<BigInt, _>(end.place.xid)
            .bind::<BigInt, _>(i64::from(end.place.number))
            .execute(connection)?;
        let change = SubscriptionChange {
            kind: SubscriptionChangeKind::Repositioned,
            at: now,
            actor: SERVICE.to_owned(),
            detail: "the log is another one than before; what lies between was not sent".to_owned(),
        };
        subscriptions::note(id, &change, connection)
    })
}
