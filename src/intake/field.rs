//! The fields of requests, as the API spells what the domain refuses.

use crate::domain::Field;

/// The path of a field in its request.
pub(crate) const fn path_of(field: Field) -> &'static str {
    match field {
        Field::PauseEnd => "end_time",
        Field::ResumedAt => "resumed_time",
        Field::AcknowledgedAt => "acknowledgement.acknowledged_time",
        Field::PromisedDate => "acknowledgement.promised_time",
        Field::VerifiedAt => "verified_time",
        Field::ContactAt => "contact_time",
        Field::UpdateSentAt => "sent_time",
        Field::NewPromisedDate => "new_promised_time",
        Field::ReferredAt => "referred_time",
        Field::StageReachedAt => "stage_time",
        Field::SubmittedAt => "submitted_time",
        Field::DocumentsRequestedAt => "requested_time",
        Field::FindingsMadeAt => "findings_time",
        Field::FindingsCarriedOutAt => "carried_out_time",
        Field::DueDate => "due_time",
        Field::ReceivedAt => "received_time",
        Field::FirstContactAt => "first_contact_time",
        Field::ConvertedAt => "converted_time",
        Field::DecidedAt => "decided_time",
        Field::RootCause => "root_cause",
        Field::CommunicatedAt => "communicated_time",
        Field::AnsweredAt => "answered_time",
        Field::ImplementedAt => "implemented_time",
        Field::ResolvedAt => "resolved_time",
        Field::WithdrawnAt => "withdrawn_time",
        Field::ClosedAt => "closed_time",
        Field::ReopenedAt => "reopened_time",
        Field::EscalationAskedAt => "requested_time",
        Field::DeliveredAt => "took_place_time",
        Field::Assignee => "assignee",
        Field::UrgencyReasons => "complaint.customer.urgency_reasons",
        Field::CustomerName => "complaint.customer.full_name",
        Field::Actor => "actor",
        Field::HoldReason => "reason",
        Field::Issues => "issues",
        Field::Labels => "labels",
        Field::Attachments => "attachment",
        Field::CaseReferences => "case_references",
        Field::OtherComplaint => "other_complaint",
        Field::Links => "name",
        Field::LinksOfOther => "other_complaint",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use prost_reflect::{DescriptorPool, Kind, MessageDescriptor};

    use super::*;
    use crate::proto::DESCRIPTORS;

    fn has(message: &MessageDescriptor, path: &str) -> bool {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let field = message.get_field_by_name(first);
        field.is_some_and(|field| match field.kind() {
            Kind::Message(inner) if !rest.is_empty() => has(&inner, rest),
            _ => rest.is_empty(),
        })
    }

    #[test]
    fn every_path_is_one_of_some_request() {
        let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
        for field in Field::ALL {
            let path = path_of(field);
            let mut requests = pool
                .all_messages()
                .filter(|m| m.name().ends_with("Request"));
            assert!(requests.any(|request| has(&request, path)), "{path}");
        }
    }
}
