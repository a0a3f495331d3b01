//! The reads of one complaint.

use super::{ComplaintApi, convert, personal::Of, problems};
use crate::{
    access::Caller,
    domain::{self, AppliedRule, Complaint, ComplaintRef, Invoices, notice::Language},
    engine::EngineError,
    intake::{Check, Choice as _, Mask, Problem},
    policy::RecourseBody,
    proto::v1,
    store::{StoreError, StoredComplaint},
};

impl ComplaintApi {
    pub(super) async fn read_complaint(
        &self,
        caller: &Caller,
        request: v1::GetComplaintRequest,
    ) -> Result<Of<v1::Complaint>, Problem> {
        let mut check = self.check_of(caller);
        let mask = check.read_mask(request.read_mask);
        let (which, scope) = (named(check, &request.name)?, caller.scope());
        let stored = if mask == Mask::Default || mask.wants_personal_data() {
            found(self.reader.complaint_with_personal(which, scope).await)?
        } else {
            StoredComplaint {
                complaint: found(self.reader.complaint(which, scope).await)?,
                personal: Vec::new(),
            }
        };
        Ok(Of {
            complaint: stored.complaint.id,
            message: mask.apply(convert::stored(&stored, &self.policies()))?,
        })
    }

    pub(super) async fn read_eligibility(
        &self,
        caller: &Caller,
        request: v1::CheckReferralEligibilityRequest,
    ) -> Result<v1::CheckReferralEligibilityResponse, Problem> {
        // What a small business pays counts among the personal data.
        let which = named(self.check_of(caller), &request.name)?;
        let stored = self.reader.complaint_with_personal(which, caller.scope());
        let stored = found(stored.await)?;
        let mut customers = stored.personal.iter().filter_map(|p| p.customer.as_ref());
        let invoices = customers.next_back().map(|customer| customer.invoices);
        self.eligibility(&stored.complaint, invoices.unwrap_or_default())
    }

    fn eligibility(
        &self,
        complaint: &Complaint,
        invoices: Invoices,
    ) -> Result<v1::CheckReferralEligibilityResponse, Problem> {
        let policies = self.policies();
        let Some(policy) = policies.get(&complaint.policy) else {
            return Err(problems::of_engine(&EngineError::PolicyNotLoaded {
                name: complaint.policy.name.clone(),
                version: complaint.policy.version.clone(),
            }));
        };
        let eligibility = domain::eligibility(complaint, invoices, policy, self.time.now());
        let finding = |finding: AppliedRule| v1::EligibilityFinding {
            rule: finding.rule.number(),
            holds: finding.holds,
            explanation: finding.explanation,
            source: policy.recourse.source.clone(),
        };
        let bodies = &policy.recourse.body;
        let body = bodies
            .get(complaint.language.code())
            .or_else(|| bodies.get(Language::English.code()));
        let text = |of: fn(&RecourseBody) -> Option<&String>| {
            body.and_then(of).cloned().unwrap_or_default()
        };
        Ok(v1::CheckReferralEligibilityResponse {
            likely_eligible: eligibility.likely_eligible,
            findings: eligibility.findings.into_iter().map(finding).collect(),
            body_name: text(|body| Some(&body.name)),
            body_website: text(|body| Some(&body.website)),
            body_phone: text(|body| body.phone.as_ref()),
            body_phone_is_free: body.is_some_and(|body| body.toll_free == Some(true)),
            body_phone_cost: text(|body| body.phone_cost.as_ref()),
            body_tty: text(|body| body.tty.as_ref()),
            body_fax: text(|body| body.fax.as_ref()),
            body_address: text(|body| body.address.as_ref()),
            body_time_limit: text(|body| body.time_limit.as_ref()),
            body_is_free_of_charge: policy.recourse.free_of_charge,
        })
    }
}

/// The name of a complaint, once the whole request is checked.
pub(super) fn named(mut check: Check, name: &str) -> Result<ComplaintRef, Problem> {
    let which = check.complaint(name);
    check.finish(which)
}

/// What was found, or what is told in its place.
pub(super) fn found<T>(found: Result<Option<T>, StoreError>) -> Result<T, Problem> {
    let found = found.map_err(|error| problems::of_store(&error))?;
    found.ok_or_else(problems::not_found)
}
