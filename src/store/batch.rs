//! One transaction's rows, table by table.

use diesel::{
    data_types::PgTimestamp,
    sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text, Timestamptz, Uuid},
};
use jiff::Timestamp;
use jiff_diesel::{Timestamp as At, ToDiesel as _};

use super::{StoreError, rows, unnest::columns};
use crate::{
    domain::{
        Case, Clock, Complaint, Customer, Dispatched, Event, Notice, NoticeState, Personal,
        search_terms,
    },
    writing,
};

columns! {
    Complaints {
        id: uuid::Uuid => Uuid, tracking_number: String => Text, brand: String => Text, version: i64 => BigInt, state: String => Text,
        channel: String => Text, level: i32 => Integer, assignee: Option<String> => Nullable<Text>,
        policy: String => Text, policy_version: String => Text, received_at: At => Timestamptz, filed_at: At => Timestamptz,
        closed_at: Option<At> => Nullable<Timestamptz>, escalation_eligible: bool => Bool, labels: Option<String> => Nullable<Text>, erased: bool => Bool, undelivered: bool => Bool,
        next_due_at: Option<PgTimestamp> => Nullable<Timestamptz>, last_contact_at: Option<At> => Nullable<Timestamptz>,
        referred: bool => Bool, body: String => Text,
    }
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
}

columns! {
    Events {
        complaint_id: uuid::Uuid => Uuid, sequence: i64 => BigInt, kind: String => Text, at: At => Timestamptz,
        actor: String => Text, payload: String => Text, hash: Vec<u8> => Binary, clock: Option<String> => Nullable<Text>,
        cycle: Option<i32> => Nullable<Integer>, step: Option<i32> => Nullable<Integer>,
        repetition: Option<i32> => Nullable<Integer>, step_due_at: Option<At> => Nullable<Timestamptz>,
        standing: Option<String> => Nullable<Text>,
    }
}

columns! {
    PersonalData { complaint_id: uuid::Uuid => Uuid, sequence: i64 => BigInt, body: String => Text }
}

columns! {
    Notices {
        complaint_id: uuid::Uuid => Uuid, sequence: i64 => BigInt, kind: String => Text, text_version: String => Text,
        language: String => Text, channel: String => Text, at: At => Timestamptz,
    }
}

columns! {
    Dispatches {
        complaint_id: uuid::Uuid => Uuid, sequence: i64 => BigInt, means: String => Text, brand: String => Text,
        state: String => Text, since: At => Timestamptz, next_attempt_at: Option<At> => Nullable<Timestamptz>,
        attempt: i32 => Integer,
    }
}

columns! {
    Erasures { complaint_id: uuid::Uuid => Uuid, sequence: i64 => BigInt }
}

columns! {
    Requests {
        id: uuid::Uuid => Uuid, fingerprint: Vec<u8> => Binary, complaint_id: uuid::Uuid => Uuid, at: At => Timestamptz,
        answer: String => Text,
    }
}

columns! {
    SearchKeys { key: i64 => BigInt, complaint_id: uuid::Uuid => Uuid }
}

// The keys that a complaint keeps, separated by commas: an array in a column would be unnested with it.
columns! {
    KeptSearchKeys { complaint_id: uuid::Uuid => Uuid, keys: String => Text }
}

impl Complaints {
    fn push(&mut self, case: &Case, last_contact: Option<Timestamp>) -> Result<(), StoreError> {
        let complaint = &case.complaint;
        self.body.push(rows::write_json("complaint", complaint)?);
        self.id.push(complaint.id);
        self.tracking_number
            .push(complaint.tracking_number.as_str().to_owned());
        self.brand.push(complaint.brand.clone());
        self.version.push(complaint.version());
        self.state.push(complaint.state.to_string());
        self.channel.push(complaint.channel.to_string());
        self.level.push(rows::integer(complaint.level)?);
        // As it is searched for; how it is written stands in the body.
        let assignee = complaint.assignee.as_deref();
        self.assignee.push(assignee.map(writing::identity));
        self.policy.push(complaint.policy.name.clone());
        self.policy_version.push(complaint.policy.version.clone());
        self.received_at.push(complaint.received_at.to_diesel());
        self.filed_at.push(complaint.filed_at.to_diesel());
        self.closed_at.push(at(complaint.closed_at));
        // Neither keys nor values have line ends.
        let labels = rows::labels(complaint);
        self.labels.push(labels.map(|labels| labels.join("\n")));
        self.erased.push(complaint.is_erased());
        self.undelivered
            .push(complaint.undelivered().next().is_some());
        self.next_due_at.push(rows::next_due(case));
        self.last_contact_at.push(at(last_contact));
        self.referred.push(complaint.concerns_the_body());
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

/// What one transaction writes, by one statement.
#[derive(Debug, Default)]
pub struct Batch {
    pub(super) new_complaints: Complaints,
    pub(super) changed_complaints: Complaints,
    pub(super) new_clocks: Clocks,
    pub(super) changed_clocks: Clocks,
    pub(super) events: Events,
    pub(super) personal: PersonalData,
    pub(super) notices: Notices,
    pub(super) dispatches: Dispatches,
    pub(super) erasures: Erasures,
    pub(super) search_keys: SearchKeys,
    pub(super) kept_search_keys: KeptSearchKeys,
    pub(super) requests: Requests,
}

impl Batch {
    /// Adds a complaint that was filed in this batch, as it stands at its end, with all clocks that run. `last_contact`: when
    /// customer and provider were last in touch in this batch.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn insert_complaint(
        &mut self,
        case: &Case,
        last_contact: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.new_complaints.push(case, last_contact)
    }

    /// Adds a complaint that was locked in this transaction, as it stands at the batch's end; as [`Batch::insert_complaint`].
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn update_complaint(
        &mut self,
        case: &Case,
        last_contact: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.changed_complaints.push(case, last_contact)
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
        let standing = event.standing.as_ref();
        let standing = standing.map(|standing| rows::write_json("standing", standing));
        rows.standing.push(standing.transpose()?);
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

    /// Adds a notice. Its words are personal data, and added with these.
    pub fn insert_notice(&mut self, complaint: uuid::Uuid, notice: &Notice) {
        let rows = &mut self.notices;
        rows.complaint_id.push(complaint);
        rows.sequence.push(notice.sequence);
        rows.kind.push(notice.kind.to_string());
        rows.text_version.push(notice.text_version.clone());
        rows.language.push(notice.language.code().to_owned());
        rows.channel.push(notice.channel.to_string());
        rows.at.push(notice.at.to_diesel());
    }

    /// Adds where a dispatch of this complaint stands at the batch's end: each dispatch once.
    pub fn put_dispatch(&mut self, complaint: &Complaint, dispatched: &Dispatched) {
        let rows = &mut self.dispatches;
        let waits = dispatched.state == NoticeState::Waiting;
        rows.complaint_id.push(complaint.id);
        rows.sequence.push(dispatched.notice);
        rows.means.push(dispatched.means.to_string());
        rows.brand.push(complaint.brand.clone());
        rows.state.push(dispatched.state.to_string());
        rows.since.push(dispatched.at.to_diesel());
        rows.next_attempt_at
            .push(at(Some(dispatched.at).filter(|_| waits)));
        // Attempts count from 1; 0 stands for any.
        rows.attempt.push(dispatched.attempt.unwrap_or(0));
    }

    /// Erases the personal data on record that came with the event of this number and those before it. The notices stay, without
    /// their words.
    pub fn erase(&mut self, complaint: uuid::Uuid, up_to: i64) {
        self.erasures.complaint_id.push(complaint);
        self.erasures.sequence.push(up_to);
    }

    /// Adds the keys by which a complaint is found, unless they exist. Without a customer, only those that are not personal.
    pub fn put_search_keys(&mut self, complaint: &Complaint, customer: Option<&Customer>) {
        for key in search_keys(complaint, customer) {
            self.search_keys.key.push(key);
            self.search_keys.complaint_id.push(complaint.id);
        }
    }

    /// Replaces the keys by which a complaint is found. Without a customer, no personal ones are left.
    pub fn replace_search_keys(&mut self, complaint: &Complaint, customer: Option<&Customer>) {
        let keys = search_keys(complaint, customer).map(|key| key.to_string());
        let keys: Vec<String> = keys.collect();
        self.kept_search_keys.complaint_id.push(complaint.id);
        self.kept_search_keys.keys.push(keys.join(","));
        self.put_search_keys(complaint, customer);
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
}

/// The keys of a complaint.
pub(super) fn search_keys(
    complaint: &Complaint,
    customer: Option<&Customer>,
) -> impl Iterator<Item = i64> {
    let terms = search_terms(complaint, customer).into_iter();
    terms.map(|term| term.key(&complaint.brand))
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
