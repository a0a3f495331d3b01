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

    async fn get_policy(&self, request: Request<v1::GetPolicyRequest>) -> Answer<v1::Policy> {
        answer_read(self.read_policy(request.into_inner())).await
    }

    async fn get_migration(
        &self,
        request: Request<v1::GetMigrationRequest>,
    ) -> Answer<v1::Migration> {
        answer_read(self.read_migration(request.into_inner())).await
    }

    async fn list_migrations(
        &self,
        request: Request<v1::ListMigrationsRequest>,
    ) -> Answer<v1::ListMigrationsResponse> {
        answer_read(self.read_migrations(request.into_inner())).await
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

    type MigrateComplaintsStream = AnswerStream<v1::Migration>;

    async fn migrate_complaints(
        &self,
        request: Request<v1::MigrateComplaintsRequest>,
    ) -> Answer<Self::MigrateComplaintsStream> {
        answer_stream(self.begin_migration(request.into_inner())).await
    }
}
