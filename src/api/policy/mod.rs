//! The methods that change codes of practice.

mod convert;
mod migrate;
mod simulate;

use std::collections::BTreeMap;

use jiff::civil::Date;

pub(crate) use self::convert::report;
use super::{ComplaintApi, page, problems};
use crate::{
    intake::{Problem, page_token::FilterDigest},
    policy::{Policy, PolicyRef},
    proto::v1,
    store::Activation,
};

impl ComplaintApi {
    pub(super) async fn read_policies(
        &self,
        request: v1::ListPoliciesRequest,
    ) -> Result<v1::ListPoliciesResponse, Problem> {
        let mut check = self.check();
        let size = check.page_size(request.page_size, 100);
        let digest = FilterDigest::of("ListPolicies", &[]);
        let after: Option<PolicyPlace> = check.page_token(&request.page_token, digest);
        let after = check.finish(Some(after))?;
        let activations = self.reader.activations().await;
        let activations = activations.map_err(|error| problems::of_store(&error))?;
        // The last one of each version.
        let activations: BTreeMap<PolicyRef, Activation> = activations
            .into_iter()
            .map(|activation| (activation.policy.clone(), activation))
            .collect();
        let (book, now) = (self.policies(), self.time.now());
        let mut versions: Vec<_> = book
            .versions()
            .map(|policy| (place(policy), policy))
            .filter(|(place, _)| after.as_ref().is_none_or(|after| place > after))
            .collect();
        versions.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let more = versions.len() > size;
        versions.truncate(size);
        let rows = versions.into_iter().map(|(place, policy)| {
            let activation = activations.get(&policy.reference());
            (place, convert::policy(policy, &book, now, activation))
        });
        let (policies, next_page_token) = page::fill(rows, more, digest, page::weight);
        Ok(v1::ListPoliciesResponse {
            policies,
            next_page_token,
        })
    }

    pub(super) async fn activate(
        &self,
        request: v1::ActivatePolicyRequest,
    ) -> Result<v1::ActivatePolicyResponse, Problem> {
        let mut check = self.check();
        let actor = check.actor(&request.actor);
        let proposal = check.proposal(&request.policy, request.policy_file, request.calendars);
        let (actor, proposal) = check.finish(actor.zip(proposal))?;
        let engine = self.engine.clone();
        // Carried out to its end even if the caller goes away.
        let activated = tokio::task::spawn_blocking(move || engine.activate(&proposal, &actor));
        let activated = activated
            .await
            .map_err(|error| problems::broken_off(&error))?
            .map_err(|error| problems::of_activation(&error))?;
        let (book, now) = (self.policies(), self.time.now());
        let policy = convert::policy(&activated.policy, &book, now, Some(&activated.activation));
        Ok(v1::ActivatePolicyResponse {
            policy: Some(policy),
            already_active: !activated.is_new,
        })
    }
}

/// The place of a version in the list: by name, first day and version. One without a first day comes after all that have
/// one.
type PolicyPlace = (String, Date, String);

fn place(policy: &Policy) -> PolicyPlace {
    (
        policy.name().to_owned(),
        policy.effective_from.unwrap_or(Date::MAX),
        policy.version().to_owned(),
    )
}
