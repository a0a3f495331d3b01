//! Sends messages to staff: a message is claimed with a lease, and only its last attempt can record the outcome.

use diesel::{
    OptionalExtension as _, PgConnection, QueryResult, QueryableByName, RunQueryDsl as _,
    data_types::PgTimestamp,
    query_dsl::methods::LoadQuery,
    sql_query,
    sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use jiff::{Timestamp, civil::Date};
use uuid::Uuid;

use super::{
    Store, StoreError,
    rows::{bind, instant, read_json, word},
    staff_messages::{StaffMeans, StaffMessageKind},
    subscription::{Definition, SubscriptionState},
};
use crate::domain::State;

/// A claimed message, with the current state of its complaint.
#[derive(Debug, Clone)]
pub struct ClaimedStaffMessage {
    /// Its id, the same for every attempt.
    pub id: Uuid,
    /// Its kind.
    pub kind: StaffMessageKind,
    /// The addressee.
    pub addressee: String,
    /// The means.
    pub means: StaffMeans,
    /// The number of this attempt.
    pub attempt: i32,
    /// Earlier failures by this means.
    pub tries: i32,
    /// Whether it has reached the fallback.
    pub last_resort: bool,
    /// Whether it was left to a digest, and none was sent for too long.
    pub for_digest: bool,
    /// The day of a digest.
    pub day: Option<Date>,
    /// Whose digest it is, if not the addressee's own.
    pub of_whom: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// The complaint that it is about, if any.
    pub about: Option<StaffMatter>,
    /// The subscription that it is about, if any that still exists.
    pub subscription: Option<StaffSubscription>,
}

/// The current state of a subscription that a message is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffSubscription {
    /// Its id.
    pub id: Uuid,
    /// Its title.
    pub title: String,
    /// Who created it.
    pub owner: String,
    /// Whether it is disabled.
    pub is_disabled: bool,
    /// Why it was last disabled.
    pub reason: String,
}

/// The current state of the complaint that a message is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffMatter {
    /// The complaint.
    pub complaint: Uuid,
    /// The tracking number.
    pub tracking_number: String,
    /// Its state.
    pub state: State,
    /// Its level.
    pub level: i32,
    /// Whether it is flagged as eligible for escalation.
    pub escalation_eligible: bool,
    /// The promise.
    pub promise: Option<StaffPromise>,
}

/// A promise that a message is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffPromise {
    /// Its clock.
    pub clock: String,
    /// When it is due. `None`: it is paused, or no longer timed.
    pub due: Option<Timestamp>,
    /// Whether it is still open.
    pub is_running: bool,
}

/// The next attempt after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextTry {
    /// The means.
    pub means: StaffMeans,
    /// Failures by this means so far.
    pub tries: i32,
    /// When.
    pub at: Timestamp,
}

/// The fallback for a message that could not be sent to its addressee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastResort {
    /// A new id for the message.
    pub id: Uuid,
    /// The fallback addressee.
    pub addressee: String,
    /// The means to try first.
    pub means: StaffMeans,
    /// When to send it.
    pub send_at: Timestamp,
}

#[derive(Debug, QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    addressee: String,
    #[diesel(sql_type = Text)]
    means: String,
    #[diesel(sql_type = Integer)]
    attempt: i32,
    #[diesel(sql_type = Integer)]
    tries: i32,
    #[diesel(sql_type = Bool)]
    last_resort: bool,
    #[diesel(sql_type = Bool)]
    for_digest: bool,
    #[diesel(sql_type = Nullable<Text>)]
    day: Option<String>,
    #[diesel(sql_type = Text)]
    of_whom: String,
    #[diesel(sql_type = Timestamptz)]
    created_at: PgTimestamp,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    complaint_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    tracking_number: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    state: Option<String>,
    #[diesel(sql_type = Nullable<Integer>)]
    level: Option<i32>,
    #[diesel(sql_type = Nullable<Bool>)]
    escalation_eligible: Option<bool>,
    #[diesel(sql_type = Nullable<Text>)]
    clock: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    subscription_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    subscription_body: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    subscription_state: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    disabled_why: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    clock_state: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    due_at: Option<PgTimestamp>,
}

/// A message with the state of its complaint, as of the same moment.
macro_rules! with_matter {
    ($messages:literal) => {
        concat!(
            "select m.id, m.kind, m.addressee, m.means, m.attempt, m.tries, m.last_resort, m.for_digest, \
             m.day::text as day, m.of_whom, m.created_at, m.complaint_id, c.tracking_number, c.state, c.level, \
             c.escalation_eligible, m.clock, \
             k.state as clock_state, k.due_at, s.id as subscription_id, s.body::text as subscription_body, \
             s.state as subscription_state, (select detail from subscription_change where subscription_id = s.id \
             and kind = 'disabled' order by number desc limit 1) as disabled_why from ",
            $messages,
            " m left join complaint c on c.id = m.complaint_id \
             left join subscription s on s.id = m.subscription_id \
             left join clock k on k.complaint_id = m.complaint_id and k.name = m.clock and k.cycle = m.cycle "
        )
    };
}

impl Row {
    fn read(self) -> Result<ClaimedStaffMessage, StoreError> {
        let day = self.day.map(|day| day.parse::<Date>()).transpose();
        let about = match (
            self.complaint_id,
            self.tracking_number,
            self.state,
            self.level,
        ) {
            (Some(complaint), Some(tracking_number), Some(state), Some(level)) => {
                let due = self.due_at.map(|due| instant("due_at", due)).transpose()?;
                let clock_state = self.clock_state;
                let promise = self.clock.map(|clock| StaffPromise {
                    clock,
                    due,
                    is_running: clock_state.as_deref() == Some("running"),
                });
                Some(StaffMatter {
                    complaint,
                    tracking_number,
                    state: word(&state)?,
                    level,
                    escalation_eligible: self.escalation_eligible.unwrap_or_default(),
                    promise,
                })
            }
            _ => None,
        };
        let subscription = match (self.subscription_id, self.subscription_body) {
            (Some(id), Some(body)) => {
                let definition: Definition = read_json("subscription", &body)?;
                let state = self.subscription_state.unwrap_or_default();
                Some(StaffSubscription {
                    id,
                    title: definition.title,
                    owner: definition.owner,
                    is_disabled: state == SubscriptionState::Disabled.as_str(),
                    reason: self.disabled_why.unwrap_or_default(),
                })
            }
            _ => None,
        };
        Ok(ClaimedStaffMessage {
            id: self.id,
            kind: word(&self.kind)?,
            addressee: self.addressee,
            means: word(&self.means)?,
            attempt: self.attempt,
            tries: self.tries,
            last_resort: self.last_resort,
            for_digest: self.for_digest,
            day: day.map_err(|error| StoreError::corrupt("day", error))?,
            of_whom: self.of_whom,
            created_at: instant("created_at", self.created_at)?,
            about,
            subscription,
        })
    }
}

impl Store {
    /// Claims messages to send at `now`, the longest waiting first, until `until`. Messages being claimed concurrently are
    /// skipped.
    ///
    /// # Errors
    /// When the database fails.
    pub fn claim_staff_messages(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: i64,
    ) -> Result<Vec<ClaimedStaffMessage>, StoreError> {
        let rows: Vec<Row> = sql_query(concat!(
            "/* staff.claim */ with due as (select id from staff_message where send_at <= $1 order by send_at, id limit $3 \
             for update skip locked), claimed as (update staff_message m set attempt = attempt + 1, send_at = $2 from due \
             where m.id = due.id returning m.*) ",
            with_matter!("claimed"),
            "order by m.created_at, m.id"
        ))
        .bind::<Timestamptz, _>(bind(now))
        .bind::<Timestamptz, _>(bind(until))
        .bind::<BigInt, _>(limit)
        .load(&mut *self.connection()?)?;
        rows.into_iter().map(Row::read).collect()
    }

    /// The messages waiting for somebody's digest, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn staff_messages_for_digest(
        &self,
        addressee: &str,
        limit: i64,
    ) -> Result<Vec<ClaimedStaffMessage>, StoreError> {
        let rows: Vec<Row> = self.ask(|connection| {
            let query = sql_query(concat!(
                "/* staff.for_digest */ ",
                with_matter!("staff_message"),
                "where m.addressee = $1 and m.for_digest and m.send_at is not null order by m.created_at, m.id limit $2"
            ));
            let query = query.bind::<Text, _>(addressee).bind::<BigInt, _>(limit);
            Ok(query.load(connection)?)
        })?;
        rows.into_iter().map(Row::read).collect()
    }

    /// Ends a message after this attempt: it was sent, or no longer applies. A digest also ends the messages that it reported in
    /// addition to promises. Does nothing if another attempt has begun.
    ///
    /// # Errors
    /// When the database fails.
    pub fn staff_message_ended(
        &self,
        message: &ClaimedStaffMessage,
        sent: bool,
        told_with_it: &[Uuid],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let ended = sql_query(
            "/* staff.ended */ with own as (update staff_message set state = $3, send_at = null, ended_at = $4 \
             where id = $1 and attempt = $2 and state = 'waiting' returning 1), told as (update staff_message \
             set state = 'sent', send_at = null, ended_at = $4 where id = any($5) and for_digest and send_at is not null \
             and exists (select from own) \
             returning 1) select count(*) as count from own",
        )
        .bind::<SqlUuid, _>(message.id)
        .bind::<Integer, _>(message.attempt)
        .bind::<Text, _>(if sent { "sent" } else { "lapsed" })
        .bind::<Timestamptz, _>(bind(now))
        .bind::<Array<SqlUuid>, _>(told_with_it);
        counted(ended, &mut *self.connection()?)
    }

    /// Records a failed attempt, to be followed by another. Does nothing if that has begun already.
    ///
    /// # Errors
    /// When the database fails.
    pub fn staff_message_failed(
        &self,
        message: &ClaimedStaffMessage,
        next: NextTry,
    ) -> Result<bool, StoreError> {
        let failed = sql_query(
            "/* staff.failed */ with own as (update staff_message set means = $3, tries = $4, send_at = $5 \
             where id = $1 and attempt = $2 and state = 'waiting' returning 1) select count(*) as count from own",
        )
        .bind::<SqlUuid, _>(message.id)
        .bind::<Integer, _>(message.attempt)
        .bind::<Text, _>(next.means.as_str())
        .bind::<Integer, _>(next.tries)
        .bind::<Timestamptz, _>(bind(next.at));
        counted(failed, &mut *self.connection()?)
    }

    /// Gives a message up and, if there is a fallback, hands it on, in one transaction. Skips fallback addressees who have the
    /// same message already. Does nothing if another attempt has begun.
    ///
    /// # Errors
    /// When the database fails.
    pub fn staff_message_given_up(
        &self,
        message: &ClaimedStaffMessage,
        to: &[LastResort],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (mut ids, mut addressees, mut means, mut send_at) = (vec![], vec![], vec![], vec![]);
        for last in to {
            ids.push(last.id);
            addressees.push(last.addressee.as_str());
            means.push(last.means.as_str());
            send_at.push(bind(last.send_at));
        }
        let given_up = sql_query(
            "/* staff.given_up */ with own as (update staff_message set state = $3, send_at = null, ended_at = $4 \
             where id = $1 and attempt = $2 and state = 'waiting' returning *), handed as (insert into staff_message \
             (id, kind, addressee, complaint_id, subscription_id, sequence, clock, cycle, day, of_whom, last_resort, means, \
             send_at, state, created_at) select n.id, own.kind, n.addressee, own.complaint_id, own.subscription_id, own.sequence, \
             own.clock, own.cycle, own.day, \
             case when own.day is null then '' when own.of_whom = '' then own.addressee else own.of_whom end, true, n.means, \
             n.send_at, 'waiting', $4 from own, unnest($5, $6, $7, $8) as n (id, addressee, means, send_at) \
             on conflict do nothing) select count(*) as count from own",
        )
        .bind::<SqlUuid, _>(message.id)
        .bind::<Integer, _>(message.attempt)
        .bind::<Text, _>(if to.is_empty() { "given_up" } else { "handed_on" })
        .bind::<Timestamptz, _>(bind(now))
        .bind::<Array<SqlUuid>, _>(ids)
        .bind::<Array<Text>, _>(addressees)
        .bind::<Array<Text>, _>(means)
        .bind::<Array<Timestamptz>, _>(send_at);
        counted(given_up, &mut *self.connection()?)
    }
}

#[derive(Debug, QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Whether a statement that returns the number of changed rows changed any.
fn counted<'q>(
    statement: impl LoadQuery<'q, PgConnection, Count>,
    connection: &mut PgConnection,
) -> Result<bool, StoreError> {
    let found: QueryResult<Count> = statement.get_result(connection);
    Ok(found.optional()?.is_some_and(|found| found.count > 0))
}
