//! The methods of `DispatchService`.

use tonic::Request;

use super::{
    caller::parted,
    reply::{Reply, answer_read},
};
use crate::{
    api::ComplaintApi,
    proto::v1::{self, dispatch_service_server::DispatchService},
};

#[tonic::async_trait]
impl DispatchService for ComplaintApi {
    async fn list_dispatches(
        &self,
        request: Request<v1::ListDispatchesRequest>,
    ) -> Reply<v1::ListDispatchesResponse> {
        let (caller, request) = parted(request);
        answer_read(self.read_dispatches(&caller, request)).await
    }

    async fn claim_dispatches(
        &self,
        request: Request<v1::ClaimDispatchesRequest>,
    ) -> Reply<v1::ClaimDispatchesResponse> {
        let (reading, request) = self.reading("ClaimDispatches", request)?;
        reading
            .answer(ComplaintApi::claim_dispatches(
                self,
                reading.caller(),
                request,
            ))
            .await
    }

    async fn record_dispatch(
        &self,
        request: Request<v1::RecordDispatchRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn record_notice_delivery(
        &self,
        request: Request<v1::RecordNoticeDeliveryRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn resend_notice(
        &self,
        request: Request<v1::ResendNoticeRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }
}
