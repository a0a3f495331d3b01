//! The methods of `ComplaintService` with which people act, each with its request and its command.

use tonic::{Response, Status};

use super::act::{Head, Mutation};
use crate::{client::Client, proto::v1};

macro_rules! acts {
    ($($method:literal $command:literal $call:ident($request:ident)),+ $(,)?) => {
        /// The methods with which people act on a complaint, and the commands that call them.
        pub const ACTS: &[(&str, &str)] = &[
            $(($method, $command),)+
            ("UpdateComplaint", "correct"),
        ];

        $(impl Mutation for v1::$request {
            fn set(&mut self, head: Head) {
                self.name = head.name;
                self.actor = head.actor;
                self.request_id = head.request_id;
                self.etag = head.etag;
            }

            async fn call(self, client: &mut Client) -> Result<Response<v1::Complaint>, Status> {
                client.$call(self).await
            }
        })+
    };
}

acts! {
    "AcknowledgeComplaint" "ack" acknowledge_complaint(AcknowledgeComplaintRequest),
    "RecordContact" "contact" record_contact(RecordContactRequest),
    "SendUpdate" "update" send_update(SendUpdateRequest),
    "VerifyIdentity" "verify-identity" verify_identity(VerifyIdentityRequest),
    "ConvertEnquiry" "convert" convert_enquiry(ConvertEnquiryRequest),
    "PauseComplaint" "pause" pause_complaint(PauseComplaintRequest),
    "ResumeComplaint" "resume" resume_complaint(ResumeComplaintRequest),
    "AssignComplaint" "assign" assign_complaint(AssignComplaintRequest),
    "UnassignComplaint" "unassign" unassign_complaint(UnassignComplaintRequest),
    "ConcludeReview" "conclude" conclude_review(ConcludeReviewRequest),
    "ProposeOutcome" "propose" propose_outcome(ProposeOutcomeRequest),
    "RecordCustomerAnswer" "answer" record_customer_answer(RecordCustomerAnswerRequest),
    "ConfirmImplementation" "implemented" confirm_implementation(ConfirmImplementationRequest),
    "ResolveAtFirstContact" "resolve" resolve_at_first_contact(ResolveAtFirstContactRequest),
    "EscalateComplaint" "escalate" escalate_complaint(EscalateComplaintRequest),
    "WithdrawComplaint" "withdraw" withdraw_complaint(WithdrawComplaintRequest),
    "CloseComplaint" "close" close_complaint(CloseComplaintRequest),
    "ReopenComplaint" "reopen" reopen_complaint(ReopenComplaintRequest),
    "AddNote" "note" add_note(AddNoteRequest),
    "AddIssue" "add-issue" add_issue(AddIssueRequest),
    "AddCaseReference" "add-reference" add_case_reference(AddCaseReferenceRequest),
    "AddAttachment" "attach" add_attachment(AddAttachmentRequest),
    "LinkComplaint" "link" link_complaint(LinkComplaintRequest),
    "UnlinkComplaint" "unlink" unlink_complaint(UnlinkComplaintRequest),
    "ReferComplaint" "refer" refer_complaint(ReferComplaintRequest),
    "RecordReferralStage" "referral stage" record_referral_stage(RecordReferralStageRequest),
    "SubmitReferralReport" "referral report" submit_referral_report(SubmitReferralReportRequest),
    "RecordDocumentRequest" "referral request" record_document_request(RecordDocumentRequestRequest),
    "SubmitDocuments" "referral documents" submit_documents(SubmitDocumentsRequest),
    "RecordFindings" "referral findings" record_findings(RecordFindingsRequest),
    "ConfirmFindingsCarriedOut" "referral carried-out" confirm_findings_carried_out(ConfirmFindingsCarriedOutRequest),
}

impl Mutation for v1::UpdateComplaintRequest {
    fn set(&mut self, head: Head) {
        let complaint = self.complaint.get_or_insert_default();
        complaint.name = head.name;
        if !head.etag.is_empty() {
            complaint.etag = head.etag;
        }
        self.actor = head.actor;
        self.request_id = head.request_id;
    }

    async fn call(self, client: &mut Client) -> Result<Response<v1::Complaint>, Status> {
        client.update_complaint(self).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::collections::BTreeSet;

    use clap::CommandFactory as _;
    use prost_reflect::DescriptorPool;

    use super::ACTS;
    use crate::{cli::Cli, proto::DESCRIPTORS};

    /// Methods that change a complaint and are none of the acts above, with the reason.
    const OTHERS: &[(&str, &str)] = &[
        (
            "FileComplaint",
            "is `redress file`: there is no complaint yet",
        ),
        ("BatchAssignComplaints", MANY),
        ("BatchLabelComplaints", MANY),
        ("BatchPauseComplaints", MANY),
    ];
    const MANY: &str = "is for programs: at the terminal, a shell repeats the command";

    #[test]
    fn every_method_that_changes_a_complaint_has_a_command() {
        let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
        let service = pool
            .get_service_by_name("redress.v1.ComplaintService")
            .unwrap();
        let changing = service.methods().filter(|method| {
            let request = method.input();
            request.get_field_by_name("actor").is_some()
        });
        let changing: BTreeSet<String> = changing.map(|it| it.name().to_owned()).collect();
        let known = ACTS.iter().chain(OTHERS);
        let known: BTreeSet<String> = known.map(|(method, _)| (*method).to_owned()).collect();
        assert_eq!(changing, known);
    }

    #[test]
    fn the_command_of_every_act_exists() {
        let cli = Cli::command();
        for (method, command) in ACTS {
            let found = command
                .split(' ')
                .try_fold(&cli, |within, word| within.find_subcommand(word));
            assert!(found.is_some(), "{method}: redress {command}");
        }
    }
}
