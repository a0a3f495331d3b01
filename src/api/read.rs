//! The reads of one complaint, and of many.

use prost::Message;
use tonic::Status;
use uuid::Uuid;

use super::{
    ComplaintApi,
    check::{Check, SHORT},
    convert,
    mask::Mask,
    page::{self, FilterDigest},
    status,
};
use crate::{
    domain::{self, Complaint, ComplaintRef, Finding, Invoices, notice::Language},
    engine::EngineError,
    proto::v1,
    store::{Filter, StoreError, StoredComplaint},
};

impl ComplaintApi {
    pub(super) async fn read_complaint(
        &self,
        request: v1::GetComplaintRequest,
    ) -> Result<v1::Complaint, Status> {
        let mut check = self.check();
        let mask = check.read_mask(request.read_mask);
        let which = named(check, &request.name)?;
        let stored = if mask == Mask::Default || mask.wants_personal_data() {
            found(self.reader.complaint_with_personal(which).await)?
        } else {
            StoredComplaint {
                complaint: found(self.reader.complaint(which).await)?,
                personal: Vec::new(),
            }
        };
        mask.apply(convert::stored(&stored, &self.policies()))
    }

    pub(super) async fn read_complaints(
        &self,
        request: v1::ListComplaintsRequest,
    ) -> Result<v1::ListComplaintsResponse, Status> {
        let list = List::of(self.check(), request)?;
        let personal = list.mask.wants_personal_data();
        let limit = one_more(list.size);
        let found = self
            .reader
            .complaints(list.filter, list.after, limit, personal);
        let mut found = found.await.map_err(|error| status::of_store(&error))?;
        let next_page_token =
            page::next(&mut found, list.size, list.digest, |last| last.complaint.id);
        let policies = self.policies();
        let complaints = found
            .iter()
            .map(|stored| list.mask.apply(convert::stored(stored, &policies)))
            .collect::<Result<_, _>>()?;
        Ok(v1::ListComplaintsResponse {
            complaints,
            next_page_token,
        })
    }

    pub(super) async fn read_events(
        &self,
        request: v1::ListEventsRequest,
    ) -> Result<v1::ListEventsResponse, Status> {
        let mut check = self.check();
        let size = check.page_size(request.page_size, 100);
        let token = check.token_form(&request.page_token);
        // A complaint has two names: the token goes with the id, which is not known before.
        let which = named(check, &request.name)?;
        let which = found(self.reader.complaint(which).await)?.id;
        let digest = FilterDigest::of(which.as_bytes());
        let mut check = self.check();
        let after = token.and_then(|token| check.token_for(token, digest));
        let after = check.finish(Some(after.unwrap_or(0)))?;
        let found = self.reader.events(which, after, one_more(size)).await;
        let mut found = found.map_err(|error| status::of_store(&error))?;
        let next_page_token = page::next(&mut found, size, digest, |last| last.sequence);
        Ok(v1::ListEventsResponse {
            events: found.into_iter().map(convert::event).collect(),
            next_page_token,
        })
    }

    pub(super) async fn read_clocks(
        &self,
        request: v1::ListClocksRequest,
    ) -> Result<v1::ListClocksResponse, Status> {
        let which = named(self.check(), &request.name)?;
        let stored = found(self.reader.clocks(which).await)?;
        let policies = self.policies();
        let policy = policies.bound(&stored.binding.policy, &stored.binding.beside);
        let clocks = stored.clocks.into_iter();
        let clocks = clocks.map(|clock| convert::clock(clock, policy.as_deref()));
        Ok(v1::ListClocksResponse {
            clocks: clocks.collect(),
        })
    }

    pub(super) async fn read_notices(
        &self,
        request: v1::ListNoticesRequest,
    ) -> Result<v1::ListNoticesResponse, Status> {
        let which = named(self.check(), &request.name)?;
        let which = found(self.reader.complaint(which).await)?.id;
        let notices = self.reader.notices(which).await;
        let notices = notices.map_err(|error| status::of_store(&error))?;
        Ok(v1::ListNoticesResponse {
            notices: notices.into_iter().map(convert::notice).collect(),
        })
    }

    pub(super) async fn read_eligibility(
        &self,
        request: v1::CheckReferralEligibilityRequest,
    ) -> Result<v1::CheckReferralEligibilityResponse, Status> {
        // What a small business pays counts among the personal data.
        let which = named(self.check(), &request.name)?;
        let stored = found(self.reader.complaint_with_personal(which).await)?;
        let mut customers = stored.personal.iter().filter_map(|p| p.customer.as_ref());
        let invoices = customers.next().map(|customer| customer.invoices);
        self.eligibility(&stored.complaint, invoices.unwrap_or_default())
    }

    fn eligibility(
        &self,
        complaint: &Complaint,
        invoices: Invoices,
    ) -> Result<v1::CheckReferralEligibilityResponse, Status> {
        let policies = self.policies();
        let Some(policy) = policies.get(&complaint.policy) else {
            return Err(status::of_engine(&EngineError::PolicyNotLoaded {
                name: complaint.policy.name.clone(),
                version: complaint.policy.version.clone(),
            }));
        };
        let eligibility = domain::eligibility(complaint, invoices, policy, self.time.now());
        let finding = |finding: Finding| v1::EligibilityFinding {
            rule: finding.rule.to_owned(),
            holds: finding.holds,
            explanation: finding.explanation,
            source: policy.recourse.source.clone(),
        };
        let bodies = &policy.recourse.body;
        let body = bodies
            .get(complaint.language.code())
            .or_else(|| bodies.get(Language::English.code()));
        let body = body.cloned();
        let (body_name, body_website, body_phone) = body
            .map(|body| (body.name, body.website, body.phone))
            .unwrap_or_default();
        Ok(v1::CheckReferralEligibilityResponse {
            presumably_eligible: eligibility.presumably_eligible,
            findings: eligibility.findings.into_iter().map(finding).collect(),
            body_name,
            body_website,
            body_phone,
        })
    }
}

/// The name of a complaint, once the whole request is checked.
fn named(mut check: Check, name: &str) -> Result<ComplaintRef, Status> {
    let which = check.complaint(name);
    check.finish(which)
}

/// What was found, or what is told in its place.
fn found<T>(found: Result<Option<T>, StoreError>) -> Result<T, Status> {
    let found = found.map_err(|error| status::of_store(&error))?;
    found.ok_or_else(status::not_found)
}

/// One more than the page holds tells whether there is another page.
fn one_more(size: usize) -> i64 {
    i64::try_from(size).map_or(i64::MAX, |size| size.saturating_add(1))
}

/// A checked request for a list.
#[derive(Debug)]
struct List {
    filter: Filter,
    mask: Mask,
    size: usize,
    after: Option<Uuid>,
    digest: FilterDigest,
}

impl List {
    fn of(mut check: Check, mut request: v1::ListComplaintsRequest) -> Result<Self, Status> {
        let size = check.page_size(request.page_size, 50);
        let mask = check.read_mask(request.read_mask.take());
        let token = std::mem::take(&mut request.page_token);
        request.page_size = 0;
        // What is left is the filter. `late` moves on with the time, but stays the same filter.
        let digest = FilterDigest::of(&request.encode_to_vec());
        let after = check.page_token(&token, digest);
        let filter = filter(&mut check, &request);
        let filter = check.finish(Some(filter))?;
        Ok(List {
            filter,
            mask,
            size,
            after,
            digest,
        })
    }
}

fn filter(check: &mut Check, request: &v1::ListComplaintsRequest) -> Filter {
    if request.level.is_some_and(|level| level < 0) {
        check.violation("level", "must not be negative");
    }
    let due_before = check.any_time("due_before", request.due_before);
    let late = request.late.then(|| check.now());
    let due_before = match (late, due_before) {
        (Some(now), Some(before)) => Some(now.min(before)),
        (late, before) => late.or(before),
    };
    let clock = check.optional("clock", &request.clock, SHORT);
    if clock.is_some() && !request.late && request.due_before.is_none() {
        check.violation("clock", "needs late or due_before");
    }
    Filter {
        states: check.choices("states", &request.states),
        level: request.level,
        channels: check.choices("channels", &request.channels),
        assignee: check.optional("assignee", &request.assignee, SHORT),
        policy: check.optional("policy", &request.policy, SHORT),
        due_before,
        clock,
        escalation_eligible: request.escalation_eligible,
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
