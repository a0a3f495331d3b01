//! Policies, read.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::convert;
use crate::{
    api::{ComplaintApi, page, problems},
    intake::{PolicyName, Problem, page_token::FilterDigest},
    policy::{Policy, PolicyRef},
    proto::v1,
    store::{Activation, VersionRef},
};

impl ComplaintApi {
    pub(in crate::api) async fn read_policies(
        &self,
        request: v1::ListPoliciesRequest,
    ) -> Result<v1::ListPoliciesResponse, Problem> {
        let mut check = self.check();
        let size = check.page_size(request.page_size, 100);
        let digest = FilterDigest::of("ListPolicies", &[]);
        let after: Option<PolicyPlace> = check.page_token(&request.page_token, digest);
        let after = check.finish(Some(after))?;
        let activations = self.activations().await?;
        let (book, now) = (self.policies(), self.time.now());
        let mut versions: Vec<_> = book
            .versions_at_hand()
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

    pub(in crate::api) async fn read_policy(
        &self,
        request: v1::GetPolicyRequest,
    ) -> Result<v1::Policy, Problem> {
        let mut check = self.check();
        let name = check.policy_name(&request.name);
        let name = check.finish(name)?;
        let activations = self.activations().await?;
        let (book, now) = (self.policies(), self.time.now());
        let found = match &name {
            PolicyName::InForce(policy) => book.in_force(policy, now),
            PolicyName::Version(version) => book.get(version),
        };
        let found = found.filter(|policy| book.names().contains(policy.name()));
        let policy = found.ok_or_else(problems::policy_not_found)?;
        let activation = activations.get(&policy.reference());
        Ok(convert::policy(policy, &book, now, activation))
    }

    /// The last activation of each version that was put into use while the service ran.
    async fn activations(&self) -> Result<BTreeMap<PolicyRef, Activation>, Problem> {
        let activations = self.reader.activations().await;
        let activations = activations.map_err(|error| problems::of_store(&error))?;
        let of_policies = activations.into_iter();
        let of_policies = of_policies.filter_map(|activation| match &activation.version {
            VersionRef::Policy(policy) => Some((policy.clone(), activation)),
            VersionRef::Brand(_) => None,
        });
        Ok(of_policies.collect())
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
