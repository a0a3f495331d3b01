//! The methods of `PolicyService`.

use tonic::Request;

use super::{
    caller::parted,
    reply::{Reply, ReplyStream, answer_change, answer_read, answer_stream},
};
use crate::{
    api::ComplaintApi,
    proto::v1::{self, policy_service_server::PolicyService},
};

#[tonic::async_trait]
impl PolicyService for ComplaintApi {
    async fn list_policies(
        &self,
        request: Request<v1::ListPoliciesRequest>,
    ) -> Reply<v1::ListPoliciesResponse> {
        answer_read(self.read_policies(request.into_inner())).await
    }

    async fn get_policy(&self, request: Request<v1::GetPolicyRequest>) -> Reply<v1::Policy> {
        answer_read(self.read_policy(request.into_inner())).await
    }

    async fn get_migration(
        &self,
        request: Request<v1::GetMigrationRequest>,
    ) -> Reply<v1::Migration> {
        answer_read(self.read_migration(request.into_inner())).await
    }

    async fn list_migrations(
        &self,
        request: Request<v1::ListMigrationsRequest>,
    ) -> Reply<v1::ListMigrationsResponse> {
        answer_read(self.read_migrations(request.into_inner())).await
    }

    type SimulatePolicyStream = ReplyStream<v1::SimulatePolicyResponse>;

    async fn simulate_policy(
        &self,
        request: Request<v1::SimulatePolicyRequest>,
    ) -> Reply<Self::SimulatePolicyStream> {
        answer_stream(self.begin_simulation(request.into_inner())).await
    }

    async fn activate_policy(
        &self,
        request: Request<v1::ActivatePolicyRequest>,
    ) -> Reply<v1::ActivatePolicyResponse> {
        let (caller, request) = parted(request);
        answer_change(self.activate(&caller, request)).await
    }

    type MigrateComplaintsStream = ReplyStream<v1::Migration>;

    async fn migrate_complaints(
        &self,
        request: Request<v1::MigrateComplaintsRequest>,
    ) -> Reply<Self::MigrateComplaintsStream> {
        let (caller, request) = parted(request);
        answer_stream(self.begin_migration(&caller, request)).await
    }
}
