//! The methods that change codes of practice.

mod convert;
mod migrate;
mod read;
mod simulate;

pub(crate) use self::convert::report;
use super::{ComplaintApi, problems};
use crate::{access::Caller, intake::Problem, proto::v1};

impl ComplaintApi {
    pub(super) async fn activate(
        &self,
        caller: &Caller,
        request: v1::ActivatePolicyRequest,
    ) -> Result<v1::ActivatePolicyResponse, Problem> {
        let acting = self.acting(caller, "ActivatePolicy", &request.actor)?;
        let mut check = self.check();
        let actor = check.actor(&acting.name);
        let proposal = check.proposal(&request.policy, request.policy_file, request.calendars);
        let (actor, proposal) = check.finish(actor.zip(proposal))?;
        let engine = self.engine.clone();
        // Carried out to its end even if the caller goes away.
        let activated =
            tokio::task::spawn_blocking(move || engine.activate_policy(&proposal, &actor));
        let activated = activated
            .await
            .map_err(|error| problems::broken_off(&error))?
            .map_err(|error| problems::of_activation(&error))?;
        let (book, now) = (self.policies(), self.time.now());
        let policy = convert::policy(&activated.version, &book, now, Some(&activated.activation));
        Ok(v1::ActivatePolicyResponse {
            policy: Some(policy),
            already_active: !activated.is_new,
        })
    }
}
