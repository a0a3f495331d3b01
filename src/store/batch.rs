//! One transaction's rows, table by table.

use diesel::{
    PgConnection, RunQueryDsl,
    sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text, Timestamptz, Uuid},
};
use jiff::Timestamp;
use jiff_diesel::{Timestamp as At, ToDiesel as _};

use super::{StoreError, columns::columns, rows};
use crate::domain::{Clock, Complaint, Event, Notice, Personal};

columns! {
    Complaints {
        id: uuid::Uuid => Uuid, tracking_number: String => Text, version: i64 => BigInt, state: String => Text,
        channel: String => Text, level: i32 => Integer, assignee: Option<String> => Nullable<Text>,
        policy: String => Text, policy_version: String => Text, received_at: At => Timestamptz, filed_at: At => Timestamptz,
        closed_at: Option<At> => Nullable<Timestamptz>, escalation_eligible: bool => Bool, body: String => Text,
    }
    InsertComplaints =
    "/* complaint.insert */ insert into complaint (id, tracking_number, version, state, channel, level, assignee, policy, \
     policy_version, received_at, filed_at, closed_at, escalation_eligible, body) \
     select id, tracking_number, version, state, channel, level, assignee, policy, policy_version, received_at, filed_at, \
     closed_at, escalation_eligible, body::json from" .. "";
    // How it came in, and when it was entered, never change.
    UpdateComplaints =
    "/* complaint.update */ update complaint c set version = n.version, state = n.state, level = n.level, \
     assignee = n.assignee, policy = n.policy, policy_version = n.policy_version, received_at = n.received_at, \
     closed_at = n.closed_at, escalation_eligible = n.escalation_eligible, body = n.body::json from"
    .. "where c.id = n.id";
}

columns! {
    Clocks {
        complaint_id: uuid::Uuid => Uuid, name: String => Text, cycle: i32 => Integer, state: String => Text,
        started_at: At => Timestamptz, due_at: Option<At> => Nullable<Timestamptz>, target: String => Text,
        stopped_at: Option<At> => Nullable<Timestamptz>, breached_at: Option<At> => Nullable<Timestamptz>,
        segment_start: At => Timestamptz, counted_before: i64 => BigInt, remaining: Option<i64> => Nullable<BigInt>,
        next_fire_at: Option<At> => Nullable<Timestamptz>, next_step: Option<i32> => Nullable<Integer>,
        next_repetition: Option<i32> => Nullable<Integer>, calendar: String => Text, calendar_version: String => Text,
        tzdb_version: String => Text,
    }
    InsertClocks =
    "/* clock.insert */ insert into clock (complaint_id, name, cycle, state, started_at, due_at, target, stopped_at, \
     breached_at, segment_start, counted_before, remaining, next_fire_at, next_step, next_repetition, calendar, \
     calendar_version, tzdb_version) select * from" .. "";
    // A cycle that has ended is never touched again.
    UpdateClocks =
    "/* clock.update */ update clock k set state = n.state, due_at = n.due_at, target = n.target, \
     stopped_at = n.stopped_at, breached_at = n.breached_at, segment_start = n.segment_start, \
     counted_before = n.counted_before, remaining = n.remaining, next_fire_at = n.next_fire_at, next_step = n.next_step, \
     next_repetition = n.next_repetition, calendar = n.calendar, calendar_version = n.calendar_version, \
     tzdb_version = n.tzdb_version, put_aside_until = null from"
    .. "where k.complaint_id = n.complaint_id and k.name = n.name and k.cycle = n.cycle and k.stopped_at is null";
}

columns! {
    Events {
        complaint_id: uuid::Uuid => Uuid, sequence: i64 => BigInt, kind: String => Text, at: At => Timestamptz,
        actor: String => Text, payload: String => Text, hash: Vec<u8> => Binary, clock: Option<String> => Nullable<Text>,
        cycle: Option<i32> => Nullable<Integer>, step: Option<i32> => Nullable<Integer>,
        repetition: Option<i32> => Nullable<Integer>, step_due_at: Option<At> => Nullable<Timestamptz>,
    }
    InsertEvents =
    "/* event.insert */ insert into event (complaint_id, sequence, kind, at, actor, payload, hash, clock, cycle, step, \
     repetition, step_due_at) select complaint_id, sequence, kind, at, actor, payload::json, hash, clock, cycle, step, \
     repetition, step_due_at from" .. "";
}

columns! {
    PersonalData { complaint_id: uuid::Uuid => Uuid, sequence: i64 => BigInt, body: String => Text }
    InsertPersonal =
    "/* personal.insert */ insert into personal select complaint_id, sequence, body::json from" .. "";
}

columns! {
    Notices {
        complaint_id: uuid::Uuid => Uuid, sequence: i64 => BigInt, kind: String => Text, text_version: String => Text,
        language: String => Text, channel: String => Text, at: At => Timestamptz, text: String => Text,
    }
    InsertNotices =
    "/* notice.insert */ insert into notice select * from" .. "";
}

columns! {
    Requests {
        id: uuid::Uuid => Uuid, fingerprint: Vec<u8> => Binary, complaint_id: uuid::Uuid => Uuid, at: At => Timestamptz,
        answer: String => Text,
    }
    // In one order everywhere, so that two batches that share request ids wait for one another and never in a circle.
    InsertRequests =
    "/* request.insert */ insert into request select id, fingerprint, complaint_id, at, answer::json from" .. "order by id";
}

impl Complaints {
    fn push(&mut self, complaint: &Complaint) -> Result<(), StoreError> {
        self.body.push(rows::write_json("complaint", complaint)?);
        self.id.push(complaint.id);
        self.tracking_number
            .push(complaint.tracking_number.as_str().to_owned());
        self.version.push(complaint.version);
        self.state.push(complaint.state.to_string());
        self.channel.push(complaint.channel.to_string());
        self.level.push(rows::integer(complaint.level)?);
        self.assignee.push(complaint.assignee.clone());
        self.policy.push(complaint.policy.name.clone());
        self.policy_version.push(complaint.policy.version.clone());
        self.received_at.push(complaint.received_at.to_diesel());
        self.filed_at.push(complaint.filed_at.to_diesel());
        self.closed_at.push(at(complaint.closed_at));
        self.escalation_eligible
            .push(!complaint.escalation_reasons.is_empty());
        Ok(())
    }
}

impl Clocks {
    fn push(&mut self, complaint: uuid::Uuid, clock: &Clock) -> Result<(), StoreError> {
        let (next_step, next_repetition) = next_step(clock)?;
        self.complaint_id.push(complaint);
        self.name.push(clock.name.clone());
        self.cycle.push(clock.cycle);
        self.state.push(clock.state.to_string());
        self.started_at.push(clock.start.to_diesel());
        self.due_at.push(at(clock.due));
        self.target.push(rows::write_target(&clock.target));
        self.stopped_at.push(at(clock.stop));
        self.breached_at.push(at(clock.breached_at));
        self.segment_start.push(clock.segment_start.to_diesel());
        self.counted_before.push(clock.counted_before);
        self.remaining.push(clock.remaining);
        self.next_fire_at.push(at(clock.next.map(|next| next.at)));
        self.next_step.push(next_step);
        self.next_repetition.push(next_repetition);
        self.calendar.push(clock.calendar.clone());
        self.calendar_version.push(clock.calendar_version.clone());
        self.tzdb_version.push(clock.tzdb_version.clone());
        Ok(())
    }
}

/// What one transaction writes. Statements without rows are not sent.
#[derive(Debug, Default)]
pub struct Batch {
    new_complaints: Complaints,
    changed_complaints: Complaints,
    new_clocks: Clocks,
    changed_clocks: Clocks,
    events: Events,
    personal: PersonalData,
    notices: Notices,
    requests: Requests,
}

impl Batch {
    /// Adds a complaint that was filed in this batch, as it stands at its end.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn insert_complaint(&mut self, complaint: &Complaint) -> Result<(), StoreError> {
        self.new_complaints.push(complaint)
    }

    /// Adds a complaint that was locked in this transaction, as it stands at the batch's end.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn update_complaint(&mut self, complaint: &Complaint) -> Result<(), StoreError> {
        self.changed_complaints.push(complaint)
    }

    /// Adds a cycle that began in this batch.
    ///
    /// # Errors
    /// When a number in it does not fit its column.
    pub fn insert_clock(&mut self, complaint: &Complaint, clock: &Clock) -> Result<(), StoreError> {
        self.new_clocks.push(complaint.id, clock)
    }

    /// Adds a live cycle that changed in this batch.
    ///
    /// # Errors
    /// When a number in it does not fit its column.
    pub fn update_clock(&mut self, complaint: &Complaint, clock: &Clock) -> Result<(), StoreError> {
        self.changed_clocks.push(complaint.id, clock)
    }

    /// Adds an event.
    ///
    /// # Errors
    /// When a number in it does not fit its column.
    pub fn insert_event(&mut self, complaint: uuid::Uuid, event: &Event) -> Result<(), StoreError> {
        let rows = &mut self.events;
        let firing = event.firing.as_ref();
        rows.step.push(
            firing
                .map(|firing| rows::integer(firing.step))
                .transpose()?,
        );
        rows.repetition.push(
            firing
                .map(|firing| rows::integer(firing.repetition))
                .transpose()?,
        );
        rows.clock.push(firing.map(|firing| firing.clock.clone()));
        rows.cycle.push(firing.map(|firing| firing.cycle));
        rows.step_due_at.push(at(firing.map(|firing| firing.due)));
        rows.complaint_id.push(complaint);
        rows.sequence.push(event.sequence);
        rows.kind.push(event.fact.kind().to_string());
        rows.at.push(event.at.to_diesel());
        rows.actor.push(event.actor.clone());
        rows.payload.push(event.payload.clone());
        rows.hash.push(event.hash.clone());
        Ok(())
    }

    /// Adds the personal data that came with an event.
    ///
    /// # Errors
    /// When they cannot be written as JSON.
    pub fn insert_personal(
        &mut self,
        complaint: uuid::Uuid,
        sequence: i64,
        personal: &Personal,
    ) -> Result<(), StoreError> {
        let rows = &mut self.personal;
        rows.body.push(rows::write_json("personal data", personal)?);
        rows.complaint_id.push(complaint);
        rows.sequence.push(sequence);
        Ok(())
    }

    /// Adds a notice.
    pub fn insert_notice(&mut self, complaint: uuid::Uuid, notice: &Notice) {
        let rows = &mut self.notices;
        rows.complaint_id.push(complaint);
        rows.sequence.push(notice.sequence);
        rows.kind.push(notice.kind.to_string());
        rows.text_version.push(notice.text_version.clone());
        rows.language.push(notice.language.code().to_owned());
        rows.channel.push(notice.channel.to_string());
        rows.at.push(notice.at.to_diesel());
        rows.text.push(notice.text.clone());
    }

    /// Adds the answer to a request, to be given again if the request is repeated.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn insert_request(
        &mut self,
        id: uuid::Uuid,
        fingerprint: &[u8; 32],
        now: Timestamp,
        answer: &Complaint,
    ) -> Result<(), StoreError> {
        let rows = &mut self.requests;
        rows.answer.push(rows::write_json("answer", answer)?);
        rows.id.push(id);
        rows.fingerprint.push(fingerprint.to_vec());
        rows.complaint_id.push(answer.id);
        rows.at.push(now.to_diesel());
        Ok(())
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.sequence.is_empty() && self.requests.id.is_empty()
    }

    /// Writes everything; at most eight statements, whatever the number of rows.
    pub(super) fn write(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let Batch {
            new_complaints,
            changed_complaints,
            new_clocks,
            changed_clocks,
            ..
        } = self;
        let Batch {
            events,
            personal,
            notices,
            requests,
            ..
        } = self;
        // A batch that repeats a request of another one learns it before it writes anything else.
        execute(InsertRequests(requests), requests.id.len(), connection)?;
        execute(
            InsertComplaints(new_complaints),
            new_complaints.id.len(),
            connection,
        )?;
        execute(
            UpdateComplaints(changed_complaints),
            changed_complaints.id.len(),
            connection,
        )?;
        execute(
            UpdateClocks(changed_clocks),
            changed_clocks.name.len(),
            connection,
        )?;
        execute(InsertClocks(new_clocks), new_clocks.name.len(), connection)?;
        execute(InsertEvents(events), events.sequence.len(), connection)?;
        execute(
            InsertPersonal(personal),
            personal.sequence.len(),
            connection,
        )?;
        execute(InsertNotices(notices), notices.sequence.len(), connection)
    }
}

/// Runs a statement for its rows. Every row is written, or something came in between that our locks forbid.
fn execute<Q>(
    statement: Q,
    expected: usize,
    connection: &mut PgConnection,
) -> Result<(), StoreError>
where
    Q: RunQueryDsl<PgConnection> + diesel::query_dsl::methods::ExecuteDsl<PgConnection>,
{
    if expected == 0 {
        return Ok(());
    }
    let written = statement.execute(connection)?;
    if written != expected {
        return Err(StoreError::Corrupt(format!(
            "{expected} rows were to be written, {written} were"
        )));
    }
    Ok(())
}

fn at(instant: Option<Timestamp>) -> Option<At> {
    instant.map(|instant| instant.to_diesel())
}

fn next_step(clock: &Clock) -> Result<(Option<i32>, Option<i32>), StoreError> {
    let Some(next) = clock.next else {
        return Ok((None, None));
    };
    Ok((
        Some(rows::integer(next.step)?),
        Some(rows::integer(next.repetition)?),
    ))
}
