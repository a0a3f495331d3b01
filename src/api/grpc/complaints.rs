//! The methods of `ComplaintService`.

use tonic::Request;

use super::answer::{Answer, AnswerStream, answer_change, answer_read, answer_stream};
use crate::{
    api::ComplaintApi,
    proto::v1::{self, complaint_service_server::ComplaintService},
};

#[tonic::async_trait]
impl ComplaintService for ComplaintApi {
    async fn file_complaint(
        &self,
        request: Request<v1::FileComplaintRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn get_complaint(
        &self,
        request: Request<v1::GetComplaintRequest>,
    ) -> Answer<v1::Complaint> {
        answer_read(self.read_complaint(request.into_inner())).await
    }

    async fn list_complaints(
        &self,
        request: Request<v1::ListComplaintsRequest>,
    ) -> Answer<v1::ListComplaintsResponse> {
        answer_read(self.read_complaints(request.into_inner())).await
    }

    async fn convert_enquiry(
        &self,
        request: Request<v1::ConvertEnquiryRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn acknowledge_complaint(
        &self,
        request: Request<v1::AcknowledgeComplaintRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn verify_identity(
        &self,
        request: Request<v1::VerifyIdentityRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn record_contact(
        &self,
        request: Request<v1::RecordContactRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn send_update(&self, request: Request<v1::SendUpdateRequest>) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn pause_complaint(
        &self,
        request: Request<v1::PauseComplaintRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn resume_complaint(
        &self,
        request: Request<v1::ResumeComplaintRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn assign_complaint(
        &self,
        request: Request<v1::AssignComplaintRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn unassign_complaint(
        &self,
        request: Request<v1::UnassignComplaintRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn add_issue(&self, request: Request<v1::AddIssueRequest>) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn add_case_reference(
        &self,
        request: Request<v1::AddCaseReferenceRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn update_complaint(
        &self,
        request: Request<v1::UpdateComplaintRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn add_attachment(
        &self,
        request: Request<v1::AddAttachmentRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn add_note(&self, request: Request<v1::AddNoteRequest>) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn link_complaint(
        &self,
        request: Request<v1::LinkComplaintRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn unlink_complaint(
        &self,
        request: Request<v1::UnlinkComplaintRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn conclude_review(
        &self,
        request: Request<v1::ConcludeReviewRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn propose_outcome(
        &self,
        request: Request<v1::ProposeOutcomeRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn record_customer_answer(
        &self,
        request: Request<v1::RecordCustomerAnswerRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn confirm_implementation(
        &self,
        request: Request<v1::ConfirmImplementationRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn resolve_at_first_contact(
        &self,
        request: Request<v1::ResolveAtFirstContactRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn escalate_complaint(
        &self,
        request: Request<v1::EscalateComplaintRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn refer_complaint(
        &self,
        request: Request<v1::ReferComplaintRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn record_referral_stage(
        &self,
        request: Request<v1::RecordReferralStageRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn submit_referral_report(
        &self,
        request: Request<v1::SubmitReferralReportRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn record_document_request(
        &self,
        request: Request<v1::RecordDocumentRequestRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn submit_documents(
        &self,
        request: Request<v1::SubmitDocumentsRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn record_findings(
        &self,
        request: Request<v1::RecordFindingsRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn confirm_findings_carried_out(
        &self,
        request: Request<v1::ConfirmFindingsCarriedOutRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn check_referral_eligibility(
        &self,
        request: Request<v1::CheckReferralEligibilityRequest>,
    ) -> Answer<v1::CheckReferralEligibilityResponse> {
        answer_read(self.read_eligibility(request.into_inner())).await
    }

    async fn withdraw_complaint(
        &self,
        request: Request<v1::WithdrawComplaintRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn close_complaint(
        &self,
        request: Request<v1::CloseComplaintRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn reopen_complaint(
        &self,
        request: Request<v1::ReopenComplaintRequest>,
    ) -> Answer<v1::Complaint> {
        answer_change(self.mutate(request.into_inner())).await
    }

    async fn get_event(&self, request: Request<v1::GetEventRequest>) -> Answer<v1::Event> {
        answer_read(self.read_event(request.into_inner())).await
    }

    async fn list_events(
        &self,
        request: Request<v1::ListEventsRequest>,
    ) -> Answer<v1::ListEventsResponse> {
        answer_read(self.read_events(request.into_inner())).await
    }

    async fn get_clock(&self, request: Request<v1::GetClockRequest>) -> Answer<v1::Clock> {
        answer_read(self.read_clock(request.into_inner())).await
    }

    async fn list_clocks(
        &self,
        request: Request<v1::ListClocksRequest>,
    ) -> Answer<v1::ListClocksResponse> {
        answer_read(self.read_clocks(request.into_inner())).await
    }

    async fn get_notice(&self, request: Request<v1::GetNoticeRequest>) -> Answer<v1::Notice> {
        answer_read(self.read_notice(request.into_inner())).await
    }

    async fn list_notices(
        &self,
        request: Request<v1::ListNoticesRequest>,
    ) -> Answer<v1::ListNoticesResponse> {
        answer_read(self.read_notices(request.into_inner())).await
    }

    async fn explain_clock(
        &self,
        request: Request<v1::ExplainClockRequest>,
    ) -> Answer<v1::ClockExplanation> {
        answer_read(self.read_explanation(request.into_inner())).await
    }

    type WatchEventsStream = AnswerStream<v1::WatchEventsResponse>;

    async fn watch_events(
        &self,
        request: Request<v1::WatchEventsRequest>,
    ) -> Answer<Self::WatchEventsStream> {
        answer_stream(self.begin_to_watch(request.into_inner())).await
    }
}
