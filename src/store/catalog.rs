//! The texts of policies and calendars that were ever in use, and housekeeping.

use diesel::{
    PgConnection, RunQueryDsl as _,
    dsl::sql,
    sql_types::{BigInt, Bool, Timestamptz},
};
use jiff::Timestamp;

use super::{
    Store, StoreError,
    policy_versions::{self, StoredPolicy},
    rows,
    rule_texts::{self, StoredFor, StoredText, TextKind},
};

impl Store {
    /// Keeps these policies and calendars for good, and notes that they are in use now.
    ///
    /// # Errors
    /// When the database fails.
    pub fn keep_texts(
        &self,
        policies: &[StoredPolicy],
        calendars: &[StoredText],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // All or none: what is loaded together is found together again.
        self.transaction(|transaction| {
            let connection = &mut *transaction.connection;
            for policy in policies {
                policy_versions::keep_policy(policy, StoredFor::Use, now, connection)?;
            }
            for calendar in calendars {
                let kind = TextKind::Calendar;
                rule_texts::keep(kind, calendar, StoredFor::Use, now, connection)?;
            }
            Ok(())
        })
    }

    /// Every policy that was ever in use, in the order of their last use.
    ///
    /// # Errors
    /// When the database fails.
    pub fn kept_policies(&self) -> Result<Vec<StoredPolicy>, StoreError> {
        self.ask(policy_versions::policies)
    }

    /// The versions of a policy that were loaded last, together: their periods follow one another.
    ///
    /// # Errors
    /// When the database fails.
    pub fn last_loaded(&self, name: &str) -> Result<Vec<StoredPolicy>, StoreError> {
        self.ask(|connection| policy_versions::last_loaded(name, connection))
    }

    /// Forgets the answers to requests that came before `before`, a bounded number at a time, if no other process is at it.
    /// Returns how many; nought: none is left, or another process is at it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn forget_requests(&self, before: Timestamp) -> Result<usize, StoreError> {
        self.forget(
            "/* request.forget */ delete from request where id in \
             (select id from request where at < $1 order by at limit 5000)",
            before,
        )
    }

    /// Deletes what a statement finds that is older than `before`, if no other process is at it.
    pub(super) fn forget(
        &self,
        statement: &'static str,
        before: Timestamp,
    ) -> Result<usize, StoreError> {
        use diesel::Connection as _;
        let forget = |connection: &mut PgConnection| {
            let free = diesel::select(sql::<Bool>("pg_try_advisory_xact_lock(7233734)"))
                .get_result::<bool>(connection)?;
            if !free {
                return Ok(0);
            }
            let forgotten = diesel::sql_query(statement)
                .bind::<Timestamptz, _>(rows::bind(before))
                .execute(connection)?;
            Ok(forgotten)
        };
        self.ask(|connection| connection.transaction(forget))
    }

    /// How many transactions old the oldest snapshot is that anything in this database holds.
    ///
    /// # Errors
    /// When the database fails.
    pub fn oldest_snapshot_age(&self) -> Result<i64, StoreError> {
        let age = "/* snapshot.age */ coalesce((select max(age(backend_xmin)) from pg_stat_activity \
             where datname = current_database()), 0)::bigint";
        self.ask(|connection| Ok(diesel::select(sql::<BigInt>(age)).get_result(connection)?))
    }
}
