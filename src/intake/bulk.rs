//! Requests that change many complaints by one act, read as one command for each.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    change::Change as _,
    check::Check,
    mutation::{Header, keyed},
    problem::Problem,
};
use crate::{
    domain::{
        Actor, Command, CommandKind, ComplaintRef, Correction, LabelChanges, Labels, PauseReason,
    },
    engine::{Envelope, Work},
    proto::v1,
};

/// The most complaints of one call.
const MOST: usize = 500;

/// A request that changes many complaints.
pub(crate) trait Bulk: Send {
    /// The method's name.
    const METHOD: &'static str;
    /// The method that does the same to one complaint.
    const EACH: CommandKind;

    /// As those of a request that changes one.
    fn header(&self) -> Header<'_>;

    /// The complaints, as they are named.
    fn complaints(&self) -> &[String];

    /// What is done to each; what cannot be read is noted.
    fn command(&self, check: &mut Check) -> Option<Command>;
}

/// What the engine is given for one complaint, by the name that the request has for it.
pub(crate) type Each = (String, Envelope);

/// What the engine is given for each complaint.
///
/// # Errors
/// INVALID_ARGUMENT with every violation.
pub(crate) fn envelopes<B: Bulk>(
    request: &B,
    acting: &Actor,
    mut check: Check,
) -> Result<Vec<Each>, Problem> {
    let names = request.complaints();
    let complaints = named(&mut check, names);
    let id = check.request_id(request.header().request_id);
    let actor = check.actor(&acting.name);
    let command = request.command(&mut check);
    let scope = check.scope().clone();
    let (name, command) = check.finish(actor.zip(command))?;
    let actor = Actor {
        name,
        ..acting.clone()
    };
    let each = names.iter().zip(complaints);
    Ok(each
        .map(|(name, complaint)| {
            let work = Work::Change {
                complaint: complaint.clone(),
                version: None,
                command: Box::new(command.clone()),
            };
            let request = id.map(|id| of_each(id, &complaint));
            let method = B::EACH.as_str();
            let envelope = keyed(method, request, actor.clone(), scope.clone(), work);
            (name.clone(), envelope)
        })
        .collect())
}

/// The complaints, each of which is named once.
fn named(check: &mut Check, names: &[String]) -> Vec<ComplaintRef> {
    if names.is_empty() || names.len() > MOST {
        check.violation("complaints", format!("must have 1 to {MOST} names"));
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    let mut complaints = Vec::with_capacity(names.len());
    for (place, name) in names.iter().enumerate() {
        let field = format!("complaints[{place}]");
        let Some(complaint) = check.complaint_in(&field, name) else {
            continue;
        };
        if !seen.insert(complaint.clone()) {
            check.violation(field, "must not be named twice");
        }
        complaints.push(complaint);
    }
    complaints
}

/// The request id of one complaint: the same for the same name, however it is spelled.
fn of_each(request: Uuid, complaint: &ComplaintRef) -> Uuid {
    let digest = Sha256::new().chain_update(request);
    let digest = match complaint {
        ComplaintRef::Id(id) => digest.chain_update(id),
        ComplaintRef::Tracking(number) => digest.chain_update(number.as_str()),
    };
    let digest: [u8; 32] = digest.finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// What all requests of this kind have.
macro_rules! bulk {
    ($method:literal, $each:ident) => {
        const METHOD: &'static str = $method;
        const EACH: CommandKind = CommandKind::$each;

        fn header(&self) -> Header<'_> {
            Header {
                request_id: &self.request_id,
                actor: &self.actor,
                overrides: false,
            }
        }

        fn complaints(&self) -> &[String] {
            &self.complaints
        }
    };
}

impl Bulk for v1::BatchAssignComplaintsRequest {
    bulk!("BatchAssignComplaints", Assign);

    fn command(&self, check: &mut Check) -> Option<Command> {
        let single = v1::AssignComplaintRequest {
            assignee: self.assignee.clone(),
            ..v1::AssignComplaintRequest::default()
        };
        single.command(check)
    }
}

impl Bulk for v1::BatchPauseComplaintsRequest {
    bulk!("BatchPauseComplaints", Pause);

    fn command(&self, check: &mut Check) -> Option<Command> {
        let of_all = |reason| reason != PauseReason::WaitingForCustomer;
        let reason = check.choice_of("reason", self.reason, of_all);
        let until = check.time("end_time", self.end_time);
        Some(Command::Pause {
            reason: reason?,
            until,
            question: None,
        })
    }
}

/// The most keys of labels that a request takes away.
const MOST_KEYS: usize = 32;

impl Bulk for v1::BatchLabelComplaintsRequest {
    bulk!("BatchLabelComplaints", Update);

    fn command(&self, check: &mut Check) -> Option<Command> {
        let set: Labels = check.labels("labels", &self.labels);
        if self.labels.is_empty() && self.remove_keys.is_empty() {
            check.violation("labels", "must not be empty where remove_keys is");
        }
        if self.remove_keys.len() > MOST_KEYS {
            check.violation("remove_keys", format!("must have at most {MOST_KEYS}"));
            return None;
        }
        let mut remove = BTreeSet::new();
        for (place, key) in self.remove_keys.iter().enumerate() {
            let field = format!("remove_keys[{place}]");
            let Some(key) = check.label_key(&field, key) else {
                continue;
            };
            if set.contains_key(&key) {
                check.violation(field, "must not be set and taken away");
            }
            remove.insert(key);
        }
        Some(Command::Update(Box::new(Correction {
            label_changes: Some(LabelChanges { set, remove }),
            ..Correction::default()
        })))
    }
}
