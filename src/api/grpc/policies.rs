//! The methods of `PolicyService`.

use tonic::Request;

use super::answer::{Answer, AnswerStream, answer_change, answer_read, answer_stream};
use crate::{
    api::ComplaintApi,
    proto::v1::{self, policy_service_server::PolicyService},
};

#[tonic::async_trait]
impl PolicyService for ComplaintApi {
    async fn list_policies(
        &self,
        request: Request<v1::ListPoliciesRequest>,
    ) -> Answer<v1::ListPoliciesResponse> {
        answer_read(self.read_policies(request.into_inner())).await
    }

    type SimulatePolicyStream = AnswerStream<v1::SimulatePolicyResponse>;

    async fn simulate_policy(
        &self,
        request: Request<v1::SimulatePolicyRequest>,
    ) -> Answer<Self::SimulatePolicyStream> {
        answer_stream(self.begin_simulation(request.into_inner())).await
    }

    async fn activate_policy(
        &self,
        request: Request<v1::ActivatePolicyRequest>,
    ) -> Answer<v1::ActivatePolicyResponse> {
        answer_change(self.activate(request.into_inner())).await
    }

    type MigrateComplaintsStream = AnswerStream<v1::MigrateComplaintsResponse>;

    async fn migrate_complaints(
        &self,
        request: Request<v1::MigrateComplaintsRequest>,
    ) -> Answer<Self::MigrateComplaintsStream> {
        answer_stream(self.begin_migration(request.into_inner())).await
    }
}
