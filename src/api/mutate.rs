//! Requests that change something.

use super::{ComplaintApi, convert, problems};
use crate::{
    access::{Caller, Rule},
    domain::Actor,
    intake::{Header, Mutation, Problem, envelope},
    proto::v1,
};

impl ComplaintApi {
    /// Has a request carried out: checks all of it, hands it to the engine, and answers with the complaint.
    pub(super) async fn mutate<M: Mutation + Send>(
        &self,
        caller: &Caller,
        request: M,
    ) -> Result<v1::Complaint, Problem> {
        let acting = self.acting_by(caller, M::METHOD, &request.header())?;
        let envelope = envelope(request, acting, self.check_of(caller))?;
        let changed = self.engine.submit(envelope).await;
        let changed = changed.map_err(|error| problems::of_engine(&error))?;
        Ok(convert::complaint(&changed, &self.policies()))
    }

    /// Who acts by a caller's request of this method, which may override what bounds a promise only if its caller may.
    ///
    /// # Errors
    /// PERMISSION_DENIED when it overrides that and its caller may not, or as [`ComplaintApi::acting`].
    pub(super) fn acting_by(
        &self,
        caller: &Caller,
        method: &'static str,
        header: &Header<'_>,
    ) -> Result<Actor, Problem> {
        let acting = self.acting(caller, method, header.actor)?;
        if header.overrides {
            let rule = self.rule(method)?;
            let overriding = caller.overriding(rule, &acting);
            overriding.map_err(|_| problems::override_not_permitted(rule))?;
        }
        Ok(acting)
    }

    /// Refuses a caller who may not call this method.
    ///
    /// # Errors
    /// PERMISSION_DENIED.
    pub(super) fn permitted(&self, caller: &Caller, method: &'static str) -> Result<(), Problem> {
        let rule = self.rule(method)?;
        match rule.admits(caller) {
            true => Ok(()),
            false => Err(problems::role_required(rule)),
        }
    }

    /// Who acts by a caller's request of this method that names `actor`.
    ///
    /// # Errors
    /// PERMISSION_DENIED when it is somebody else than the caller, who may not act for others.
    pub(super) fn acting(
        &self,
        caller: &Caller,
        method: &'static str,
        actor: &str,
    ) -> Result<Actor, Problem> {
        let rule = self.rule(method)?;
        let acting = caller.acting(rule, actor);
        acting.map_err(|_| problems::actor_not_caller(rule))
    }

    fn rule(&self, method: &'static str) -> Result<&Rule, Problem> {
        let rule = self.rules.of_method(method).map(|rule| &**rule);
        rule.ok_or_else(|| Problem::internal(&"a method has no rule"))
    }
}
