//! The methods of `ComplaintService`.

use tonic::Request;

use super::{
    caller::parted,
    reply::{Reply, ReplyStream, answer_change, answer_read},
    status::status_message,
};
use crate::{
    api::ComplaintApi,
    intake::{Bulk, Mutation, Problem},
    proto::v1::{self, complaint_service_server::ComplaintService},
};

impl ComplaintApi {
    pub(super) async fn change<M: Mutation + Send>(
        &self,
        request: Request<M>,
    ) -> Reply<v1::Complaint> {
        let (caller, request) = parted(request);
        answer_change(self.mutate(&caller, request)).await
    }

    async fn change_each<B: Bulk + Sync>(
        &self,
        request: Request<B>,
    ) -> Reply<v1::BatchComplaintsResponse> {
        let (caller, request) = parted(request);
        let results = answer_change(self.mutate_each(&caller, request)).await?;
        Ok(results.map(|results| v1::BatchComplaintsResponse {
            results: results.into_iter().map(result).collect(),
        }))
    }
}

fn result((complaint, changed): (String, Result<String, Problem>)) -> v1::BatchResult {
    use v1::batch_result::Result as R;
    v1::BatchResult {
        complaint,
        result: Some(match changed {
            Ok(etag) => R::Etag(etag),
            Err(problem) => R::Error(status_message(problem)),
        }),
    }
}

#[tonic::async_trait]
impl ComplaintService for ComplaintApi {
    async fn file_complaint(
        &self,
        request: Request<v1::FileComplaintRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn get_complaint(
        &self,
        request: Request<v1::GetComplaintRequest>,
    ) -> Reply<v1::Complaint> {
        let (reading, request) = self.reading("GetComplaint", request)?;
        reading
            .answer(self.read_complaint(reading.caller(), request))
            .await
    }

    async fn list_complaints(
        &self,
        request: Request<v1::ListComplaintsRequest>,
    ) -> Reply<v1::ListComplaintsResponse> {
        let (reading, request) = self.reading("ListComplaints", request)?;
        reading
            .answer(self.read_complaints(reading.caller(), request))
            .await
    }

    async fn search_complaints(
        &self,
        request: Request<v1::SearchComplaintsRequest>,
    ) -> Reply<v1::SearchComplaintsResponse> {
        let (reading, request) = self.reading("SearchComplaints", request)?;
        reading
            .answer(ComplaintApi::search_complaints(
                self,
                reading.caller(),
                request,
            ))
            .await
    }

    async fn count_complaints(
        &self,
        request: Request<v1::CountComplaintsRequest>,
    ) -> Reply<v1::CountComplaintsResponse> {
        let (caller, request) = parted(request);
        answer_read(self.read_counts(&caller, request)).await
    }

    async fn batch_assign_complaints(
        &self,
        request: Request<v1::BatchAssignComplaintsRequest>,
    ) -> Reply<v1::BatchComplaintsResponse> {
        self.change_each(request).await
    }

    async fn batch_label_complaints(
        &self,
        request: Request<v1::BatchLabelComplaintsRequest>,
    ) -> Reply<v1::BatchComplaintsResponse> {
        self.change_each(request).await
    }

    async fn batch_pause_complaints(
        &self,
        request: Request<v1::BatchPauseComplaintsRequest>,
    ) -> Reply<v1::BatchComplaintsResponse> {
        self.change_each(request).await
    }

    async fn convert_enquiry(
        &self,
        request: Request<v1::ConvertEnquiryRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn acknowledge_complaint(
        &self,
        request: Request<v1::AcknowledgeComplaintRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn verify_identity(
        &self,
        request: Request<v1::VerifyIdentityRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn record_contact(
        &self,
        request: Request<v1::RecordContactRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn send_update(&self, request: Request<v1::SendUpdateRequest>) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn pause_complaint(
        &self,
        request: Request<v1::PauseComplaintRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn resume_complaint(
        &self,
        request: Request<v1::ResumeComplaintRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn assign_complaint(
        &self,
        request: Request<v1::AssignComplaintRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn unassign_complaint(
        &self,
        request: Request<v1::UnassignComplaintRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn add_issue(&self, request: Request<v1::AddIssueRequest>) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn add_case_reference(
        &self,
        request: Request<v1::AddCaseReferenceRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn update_complaint(
        &self,
        request: Request<v1::UpdateComplaintRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn add_attachment(
        &self,
        request: Request<v1::AddAttachmentRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn add_note(&self, request: Request<v1::AddNoteRequest>) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn link_complaint(
        &self,
        request: Request<v1::LinkComplaintRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn unlink_complaint(
        &self,
        request: Request<v1::UnlinkComplaintRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn conclude_review(
        &self,
        request: Request<v1::ConcludeReviewRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn propose_outcome(
        &self,
        request: Request<v1::ProposeOutcomeRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn record_customer_answer(
        &self,
        request: Request<v1::RecordCustomerAnswerRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn confirm_implementation(
        &self,
        request: Request<v1::ConfirmImplementationRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn resolve_at_first_contact(
        &self,
        request: Request<v1::ResolveAtFirstContactRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn escalate_complaint(
        &self,
        request: Request<v1::EscalateComplaintRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn refer_complaint(
        &self,
        request: Request<v1::ReferComplaintRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn record_referral_stage(
        &self,
        request: Request<v1::RecordReferralStageRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn submit_referral_report(
        &self,
        request: Request<v1::SubmitReferralReportRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn record_document_request(
        &self,
        request: Request<v1::RecordDocumentRequestRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn submit_documents(
        &self,
        request: Request<v1::SubmitDocumentsRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn record_findings(
        &self,
        request: Request<v1::RecordFindingsRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn confirm_findings_carried_out(
        &self,
        request: Request<v1::ConfirmFindingsCarriedOutRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn check_referral_eligibility(
        &self,
        request: Request<v1::CheckReferralEligibilityRequest>,
    ) -> Reply<v1::CheckReferralEligibilityResponse> {
        let (caller, request) = parted(request);
        answer_read(self.read_eligibility(&caller, request)).await
    }

    async fn withdraw_complaint(
        &self,
        request: Request<v1::WithdrawComplaintRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn close_complaint(
        &self,
        request: Request<v1::CloseComplaintRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn reopen_complaint(
        &self,
        request: Request<v1::ReopenComplaintRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn get_event(&self, request: Request<v1::GetEventRequest>) -> Reply<v1::Event> {
        let (reading, request) = self.reading("GetEvent", request)?;
        reading
            .answer(self.read_event(reading.caller(), request))
            .await
    }

    async fn list_events(
        &self,
        request: Request<v1::ListEventsRequest>,
    ) -> Reply<v1::ListEventsResponse> {
        let (reading, request) = self.reading("ListEvents", request)?;
        reading
            .answer(self.read_events(reading.caller(), request))
            .await
    }

    async fn get_clock(&self, request: Request<v1::GetClockRequest>) -> Reply<v1::Clock> {
        let (caller, request) = parted(request);
        answer_read(self.read_clock(&caller, request)).await
    }

    async fn list_clocks(
        &self,
        request: Request<v1::ListClocksRequest>,
    ) -> Reply<v1::ListClocksResponse> {
        let (caller, request) = parted(request);
        answer_read(self.read_clocks(&caller, request)).await
    }

    async fn get_notice(&self, request: Request<v1::GetNoticeRequest>) -> Reply<v1::Notice> {
        let (reading, request) = self.reading("GetNotice", request)?;
        reading
            .answer(self.read_notice(reading.caller(), request))
            .await
    }

    async fn list_notices(
        &self,
        request: Request<v1::ListNoticesRequest>,
    ) -> Reply<v1::ListNoticesResponse> {
        let (reading, request) = self.reading("ListNotices", request)?;
        reading
            .answer(self.read_notices(reading.caller(), request))
            .await
    }

    async fn preview_notices(
        &self,
        request: Request<v1::PreviewNoticesRequest>,
    ) -> Reply<v1::PreviewNoticesResponse> {
        let (reading, request) = self.reading("PreviewNotices", request)?;
        reading
            .answer(ComplaintApi::preview_notices(
                self,
                reading.caller(),
                request,
            ))
            .await
    }

    async fn explain_clock(
        &self,
        request: Request<v1::ExplainClockRequest>,
    ) -> Reply<v1::ClockExplanation> {
        let (caller, request) = parted(request);
        answer_read(self.read_explanation(&caller, request)).await
    }

    type WatchEventsStream = ReplyStream<v1::WatchEventsResponse>;

    async fn watch_events(
        &self,
        request: Request<v1::WatchEventsRequest>,
    ) -> Reply<Self::WatchEventsStream> {
        let (reading, request) = self.reading("WatchEvents", request)?;
        reading
            .stream(self.begin_to_watch(reading.caller(), request))
            .await
    }
}
