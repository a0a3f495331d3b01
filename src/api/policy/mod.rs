//! The methods that change codes of practice.

mod convert;
mod migrate;
mod proposal;
mod simulate;

use std::collections::BTreeMap;

use tonic::{Request, Response, Status};

pub(crate) use self::convert::report;
use self::{migrate::MigrationStream, simulate::SimulationStream};
use super::{ComplaintApi, answer_change, answer_read, status};
use crate::{
    policy::PolicyRef,
    proto::v1::{self, policy_service_server::PolicyService},
    store::Activation,
};

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl PolicyService for ComplaintApi {
    async fn list_policies(
        &self,
        _: Request<v1::ListPoliciesRequest>,
    ) -> Answer<v1::ListPoliciesResponse> {
        answer_read(self.read_policies()).await
    }

    type SimulatePolicyStream = SimulationStream;

    async fn simulate_policy(
        &self,
        request: Request<v1::SimulatePolicyRequest>,
    ) -> Answer<Self::SimulatePolicyStream> {
        answer_read(self.begin_simulation(request.into_inner())).await
    }

    async fn activate_policy(
        &self,
        request: Request<v1::ActivatePolicyRequest>,
    ) -> Answer<v1::ActivatePolicyResponse> {
        answer_change(self.activate(request.into_inner())).await
    }

    type MigrateComplaintsStream = MigrationStream;

    async fn migrate_complaints(
        &self,
        request: Request<v1::MigrateComplaintsRequest>,
    ) -> Answer<Self::MigrateComplaintsStream> {
        answer_change(self.begin_migration(request.into_inner())).await
    }
}

impl ComplaintApi {
    async fn read_policies(&self) -> Result<v1::ListPoliciesResponse, Status> {
        let activations = self.reader.activations().await;
        let activations = activations.map_err(|error| status::of_store(&error))?;
        // The last one of each version.
        let activations: BTreeMap<PolicyRef, Activation> = activations
            .into_iter()
            .map(|activation| (activation.policy.clone(), activation))
            .collect();
        let (book, now) = (self.policies(), self.time.now());
        let mut versions: Vec<_> = book.versions().collect();
        versions.sort_by_key(|policy| (policy.name(), policy.effective_from));
        let policies = versions.into_iter().map(|policy| {
            let activation = activations.get(&policy.reference());
            convert::policy(policy, &book, now, activation)
        });
        Ok(v1::ListPoliciesResponse {
            policies: policies.collect(),
        })
    }

    async fn activate(
        &self,
        request: v1::ActivatePolicyRequest,
    ) -> Result<v1::ActivatePolicyResponse, Status> {
        let mut check = self.check();
        let actor = check.actor(&request.actor);
        let proposal = check.proposal(&request.policy, request.policy_file, request.calendars);
        let (actor, proposal) = check.finish(actor.zip(proposal))?;
        let engine = self.engine.clone();
        // Carried out to its end even if the caller goes away.
        let activated = tokio::task::spawn_blocking(move || engine.activate(&proposal, &actor));
        let activated = activated
            .await
            .map_err(|error| status::internal(&error))?
            .map_err(|error| status::of_activation(&error))?;
        let (book, now) = (self.policies(), self.time.now());
        let policy = convert::policy(&activated.policy, &book, now, Some(&activated.activation));
        Ok(v1::ActivatePolicyResponse {
            policy: Some(policy),
            already_active: !activated.is_new,
        })
    }
}
