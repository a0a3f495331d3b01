//! The methods of `PrivacyService`.

use tonic::Request;

use super::{
    caller::parted,
    reply::{Reply, ReplyStream, answer_read},
};
use crate::{
    api::ComplaintApi,
    proto::v1::{self, privacy_service_server::PrivacyService},
};

#[tonic::async_trait]
impl PrivacyService for ComplaintApi {
    async fn erase_person(&self, request: Request<v1::ErasePersonRequest>) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn place_legal_hold(
        &self,
        request: Request<v1::PlaceLegalHoldRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    async fn release_legal_hold(
        &self,
        request: Request<v1::ReleaseLegalHoldRequest>,
    ) -> Reply<v1::Complaint> {
        self.change(request).await
    }

    type ExportPersonStream = ReplyStream<v1::ExportPersonResponse>;

    async fn export_person(
        &self,
        request: Request<v1::ExportPersonRequest>,
    ) -> Reply<Self::ExportPersonStream> {
        let (reading, request) = self.reading("ExportPerson", request)?;
        reading
            .stream(self.begin_export(reading.caller(), request))
            .await
    }

    type FindPersonStream = ReplyStream<v1::FindPersonResponse>;

    async fn find_person(
        &self,
        request: Request<v1::FindPersonRequest>,
    ) -> Reply<Self::FindPersonStream> {
        let (reading, request) = self.reading("FindPerson", request)?;
        reading
            .stream(self.begin_search(reading.caller(), request))
            .await
    }

    async fn list_personal_data_reads(
        &self,
        request: Request<v1::ListPersonalDataReadsRequest>,
    ) -> Reply<v1::ListPersonalDataReadsResponse> {
        let (caller, request) = parted(request);
        answer_read(self.read_reads(&caller, request)).await
    }
}
