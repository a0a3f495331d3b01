//! The statement that writes a batch: one for all of its tables, so that a batch costs one round trip, whatever is in it.
//!
//! Its text depends on nothing but which tables have rows. So there are few texts, and every connection prepares each once
//! and keeps it.

use diesel::{
    PgConnection, QueryResult, RunQueryDsl,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, BigInt},
};

use super::{Batch, StoreError, unnest::Rows};

/// What is done with rows of one table.
struct Part<'b> {
    name: &'static str,
    before: &'static str,
    rows: &'b dyn Rows,
    after: &'static str,
    /// Whether each row writes one; otherwise it writes any number.
    one_each: bool,
    /// Whether a row that is not written was taken by somebody else in between: the same again then finds that out.
    fenced: bool,
}

const REQUESTS: &str = "insert into request (id, fingerprint, complaint_id, at, answer) \
     select id, fingerprint, complaint_id, at, answer::json from";

const NEW_COMPLAINTS: &str = "insert into complaint (id, tracking_number, brand, version, state, channel, level, assignee, policy, policy_version, \
     received_at, filed_at, closed_at, escalation_eligible, labels, erased, undelivered, next_due_at, last_contact_at, \
     referred, body) \
     select id, tracking_number, brand, version, state, channel, level, assignee, policy, policy_version, received_at, filed_at, \
     closed_at, escalation_eligible, string_to_array(labels, E'\\n'), erased, undelivered, next_due_at, last_contact_at, referred, body::json from";

/// How it came in, and when it was entered, never change.
const CHANGED_COMPLAINTS: &str = "update complaint c set version = n.version, state = n.state, level = n.level, assignee = n.assignee, \
     policy = n.policy, policy_version = n.policy_version, received_at = n.received_at, closed_at = n.closed_at, \
     escalation_eligible = n.escalation_eligible, labels = string_to_array(n.labels, E'\\n'), erased = n.erased, \
     undelivered = n.undelivered, next_due_at = n.next_due_at, \
     last_contact_at = greatest(c.last_contact_at, n.last_contact_at), referred = n.referred, body = n.body::json from";

const NEW_CLOCKS: &str = "insert into clock (complaint_id, name, cycle, state, started_at, due_at, target, stopped_at, breached_at, \
     segment_start, counted_before, remaining, next_fire_at, next_step, next_repetition, calendar, calendar_version, \
     tzdb_version) select n.* from";

/// A cycle that has ended is never touched again.
const CHANGED_CLOCKS: &str = "update clock k set state = n.state, due_at = n.due_at, target = n.target, stopped_at = n.stopped_at, \
     breached_at = n.breached_at, segment_start = n.segment_start, counted_before = n.counted_before, \
     remaining = n.remaining, next_fire_at = n.next_fire_at, next_step = n.next_step, \
     next_repetition = n.next_repetition, calendar = n.calendar, calendar_version = n.calendar_version, \
     tzdb_version = n.tzdb_version, put_aside_until = null from";

const EVENTS: &str = "insert into event (complaint_id, sequence, kind, at, actor, payload, hash, clock, cycle, step, repetition, \
     step_due_at, standing) select complaint_id, sequence, kind, at, actor, payload::json, hash, clock, cycle, step, \
     repetition, step_due_at, standing::json from";

const PERSONAL: &str = "insert into personal (complaint_id, sequence, body) select complaint_id, sequence, body::json from";

/// Every part of the statement sees the tables as they were before it, so it never erases what it inserts itself.
const ERASED_PERSONAL: &str = "delete from personal p using";

const NOTICES: &str = "insert into notice (complaint_id, sequence, kind, text_version, language, channel, at) select n.* from";

/// Whoever ends a dispatch by an attempt must hold it still. A claim takes no lock that is held here, so it may come in between.
const DISPATCHES: &str = "insert into dispatch (complaint_id, sequence, means, brand, state, since, next_attempt_at, attempt) select n.* from";

const PRESENT_DISPATCHES: &str = "on conflict (complaint_id, sequence, means) do update set state = excluded.state, \
     since = excluded.since, next_attempt_at = excluded.next_attempt_at, leased_until = null, claimed_by = null, \
     failures = case when excluded.state = 'waiting' then 0 else dispatch.failures end \
     where excluded.attempt = 0 or dispatch.attempt = excluded.attempt";

/// What is corrected may have been there already.
const SEARCH_KEYS: &str = "insert into search_key (key, complaint_id) select n.* from";

/// Leaves what is inserted again, since the parts are carried out in no order.
const DROPPED_SEARCH_KEYS: &str = "delete from search_key s using";

impl Batch {
    /// What there is to do.
    fn parts(&self) -> Vec<Part<'_>> {
        let part = |name, before, rows, after| Part {
            name,
            before,
            rows,
            after,
            one_each: true,
            fenced: false,
        };
        // A promise is timed once at a time: the cycle that ends goes before the one that begins. Postgres carries out the
        // parts of a statement in no order but that in which they read of one another.
        let after_changed = if self.changed_clocks.count() == 0 {
            ""
        } else {
            "where (select count(*) from changed_clocks) is not null"
        };
        let parts = [
            // In one order everywhere, so that two batches that share request ids wait for one another and never in a circle.
            part(
                "requests",
                REQUESTS,
                &self.requests as &dyn Rows,
                "order by id",
            ),
            part("new_complaints", NEW_COMPLAINTS, &self.new_complaints, ""),
            part(
                "changed_complaints",
                CHANGED_COMPLAINTS,
                &self.changed_complaints,
                "where c.id = n.id",
            ),
            part(
                "changed_clocks",
                CHANGED_CLOCKS,
                &self.changed_clocks,
                "where k.complaint_id = n.complaint_id and k.name = n.name and k.cycle = n.cycle and k.stopped_at is null",
            ),
            part("new_clocks", NEW_CLOCKS, &self.new_clocks, after_changed),
            part("events", EVENTS, &self.events, ""),
            part("personal_data", PERSONAL, &self.personal, ""),
            part("notices", NOTICES, &self.notices, ""),
            Part {
                fenced: true,
                ..part(
                    "dispatches",
                    DISPATCHES,
                    &self.dispatches,
                    PRESENT_DISPATCHES,
                )
            },
            Part {
                one_each: false,
                ..part(
                    "search_keys",
                    SEARCH_KEYS,
                    &self.search_keys,
                    "on conflict do nothing",
                )
            },
            Part {
                one_each: false,
                ..part(
                    "dropped_search_keys",
                    DROPPED_SEARCH_KEYS,
                    &self.kept_search_keys,
                    "where s.complaint_id = n.complaint_id and s.key <> all (string_to_array(n.keys, ',')::bigint[])",
                )
            },
            Part {
                name: "erased_personal",
                before: ERASED_PERSONAL,
                rows: &self.erasures,
                after: "where p.complaint_id = n.complaint_id and p.sequence <= n.sequence",
                one_each: false,
                fenced: false,
            },
        ];
        let with_rows = parts.into_iter().filter(|part| part.rows.count() > 0);
        with_rows.collect()
    }

    /// Writes everything. Every row is written, or something came in between that our locks forbid.
    pub(super) fn write(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let parts = self.parts();
        if parts.is_empty() {
            return Ok(());
        }
        let statement = Write(&parts);
        let written: Vec<i64> = statement.get_result(connection)?;
        for (part, written) in parts.iter().zip(written) {
            let expected = part.rows.count();
            if part.one_each && usize::try_from(written) != Ok(expected) {
                let name = part.name;
                if part.fenced {
                    let why = "a dispatch was claimed in between".to_owned();
                    return Err(StoreError::Retry(why));
                }
                return Err(StoreError::Corrupt(format!(
                    "{expected} {name} were to be written, {written} were"
                )));
            }
        }
        Ok(())
    }
}

/// Returns how many rows each part has written, in their order.
struct Write<'b>(&'b [Part<'b>]);

impl QueryId for Write<'_> {
    // Its text is its identity.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Write<'_> {
    type SqlType = Array<BigInt>;
}

impl QueryFragment<Pg> for Write<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut separator = "/* batch.write */ with ";
        for part in self.0 {
            out.push_sql(separator);
            out.push_sql(part.name);
            out.push_sql(" as (");
            out.push_sql(part.before);
            part.rows.unnest(out.reborrow())?;
            out.push_sql(part.after);
            out.push_sql(" returning 1)");
            separator = ", ";
        }
        let mut separator = " select array[";
        for part in self.0 {
            out.push_sql(separator);
            out.push_sql("(select count(*) from ");
            out.push_sql(part.name);
            out.push_sql(")");
            separator = ", ";
        }
        out.push_sql("]");
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for Write<'_> {}
