//! Requests about the delivery of notices.

use jiff::{SignedDuration, Timestamp};
use prost::Message as _;

use super::{
    change::Change,
    check::Check,
    mutation::{Header, Mutation},
    page_token::FilterDigest,
    problem::Problem,
};
use crate::{
    domain::{Command, ContactMeans, DeliveryReport, NoticeFailure, NoticeState},
    engine::Work,
    proto::v1,
    store::DispatchPlace,
};

/// The most characters of a code of a failure.
const LONGEST_CODE: usize = 64;
/// The most characters of a deliverer's reference.
const LONGEST_REFERENCE: usize = 128;

impl Change for v1::RecordDispatchRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let notice = notice(check, self.notice);
        let means = check.choice("means", self.means);
        let state = check.choice_of("state", self.state, |state| {
            use NoticeState as S;
            matches!(state, S::Sent | S::Posted | S::Told | S::Failed)
        });
        let failed = state == Some(NoticeState::Failed);
        let failure = match failed {
            // That a person was erased is for the service to see.
            true => check.choice_of("failure", self.failure, |it| it != NoticeFailure::Erased),
            false => {
                if self.failure != 0 {
                    check.violation("failure", "needs NOTICE_STATE_FAILED");
                }
                None
            }
        };
        if !failed && !self.code.is_empty() {
            check.violation("code", "needs NOTICE_STATE_FAILED");
        }
        if self.attempt < 0 {
            check.violation("attempt", "must not be negative");
        }
        let code = code(check, &self.code);
        let took_place_at = check.time("took_place_time", self.took_place_time);
        let reference = reference(check, &self.reference);
        Some(Command::RecordDispatch(DeliveryReport {
            notice: notice?,
            means: means?,
            state: state?,
            failure,
            code,
            took_place_at,
            reference,
            attempt: (self.attempt > 0).then_some(self.attempt),
            sent_attempt: None,
        }))
    }
}

impl Mutation for v1::RecordNoticeDeliveryRequest {
    const METHOD: &'static str = "RecordNoticeDelivery";

    fn header(&self) -> Header<'_> {
        Header {
            request_id: &self.request_id,
            actor: &self.actor,
            overrides: false,
        }
    }

    fn work(self, check: &mut Check) -> Option<Work> {
        let complaint = check.complaint(&self.name);
        let version = check.etag(&self.etag);
        let notice = notice(check, self.notice);
        let means = check.choice::<ContactMeans>("means", self.means);
        if self.attempt < 0 {
            check.violation("attempt", "must not be negative");
        }
        if self.delivered && !self.code.is_empty() {
            check.violation("code", "must be empty where it was delivered");
        }
        let code = code(check, &self.code);
        let took_place_at = check.time("took_place_time", self.took_place_time);
        let reference = reference(check, &self.reference);
        let (notice, means) = (notice?, means?);
        let came_back = match means {
            ContactMeans::Letter => NoticeFailure::Returned,
            _ => NoticeFailure::Bounced,
        };
        let (state, failure) = match self.delivered {
            true => (NoticeState::Delivered, None),
            false => (NoticeState::Failed, Some(came_back)),
        };
        let report = DeliveryReport {
            notice,
            means,
            state,
            failure,
            code,
            took_place_at,
            reference,
            attempt: None,
            sent_attempt: (self.attempt > 0).then_some(self.attempt),
        };
        Some(Work::Change {
            complaint: complaint?,
            version,
            command: Box::new(Command::RecordDispatch(report)),
        })
    }
}

impl Change for v1::ResendNoticeRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let notice = notice(check, self.notice);
        let means = check.choice_if_any("means", self.means);
        if means == Some(ContactMeans::Chat) {
            check.violation("means", "no notice is sent by chat");
        }
        Some(Command::ResendNotice {
            notice: notice?,
            means,
        })
    }
}

/// The number of a notice.
fn notice(check: &mut Check, number: i64) -> Option<i64> {
    if number < 1 {
        check.violation("notice", "must be the number of a notice, from 1");
        return None;
    }
    Some(number)
}

fn code(check: &mut Check, text: &str) -> Option<String> {
    opaque(check, "code", text, (LONGEST_CODE, ".-_"))
}

fn reference(check: &mut Check, text: &str) -> Option<String> {
    opaque(check, "reference", text, (LONGEST_REFERENCE, ".-_:/@=+"))
}

/// Something that stands in the audit trail for ever, and leaves little room for anything personal.
fn opaque(
    check: &mut Check,
    field: &str,
    text: &str,
    (longest, marks): (usize, &str),
) -> Option<String> {
    let fits = |it: char| it.is_ascii_alphanumeric() || marks.contains(it);
    if text.len() > longest || !text.chars().all(fits) {
        let marks: Vec<String> = marks.chars().map(|mark| format!("`{mark}`")).collect();
        let marks = marks.join(", ");
        let wanted = format!("must be at most {longest} letters of ASCII, digits and {marks}");
        check.violation(field, wanted);
        return None;
    }
    (!text.is_empty()).then(|| text.to_owned())
}

/// A checked request for what waits.
#[derive(Debug)]
pub(crate) struct DispatchList {
    pub(crate) means: Option<ContactMeans>,
    pub(crate) brand: Option<String>,
    pub(crate) size: usize,
    pub(crate) after: Option<DispatchPlace>,
    pub(crate) digest: FilterDigest,
}

impl DispatchList {
    /// # Errors
    /// INVALID_ARGUMENT with every violation.
    pub(crate) fn of(
        mut check: Check,
        mut request: v1::ListDispatchesRequest,
    ) -> Result<Self, Problem> {
        let size = check.page_size(request.page_size, 50);
        let token = std::mem::take(&mut request.page_token);
        request.page_size = 0;
        // What is left is the filter.
        let digest = FilterDigest::of("ListDispatches", &request.encode_to_vec());
        let after = check.page_token(&token, digest);
        let means = check.choice_if_any("means", request.means);
        let brand = check.known_brand("brand", &request.brand);
        check.finish(Some(DispatchList {
            means,
            brand,
            size,
            after,
            digest,
        }))
    }
}

/// A checked claim.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) actor: String,
    pub(crate) means: ContactMeans,
    pub(crate) brand: Option<String>,
    pub(crate) count: usize,
    pub(crate) now: Timestamp,
    pub(crate) lease_end: Timestamp,
}

impl Claim {
    /// # Errors
    /// INVALID_ARGUMENT with every violation.
    pub(crate) fn of(
        mut check: Check,
        actor: &str,
        request: &v1::ClaimDispatchesRequest,
    ) -> Result<Self, Problem> {
        let actor = check.actor(actor);
        let means = check.choice_of("means", request.means, |it| it != ContactMeans::Chat);
        let brand = check.known_brand("brand", &request.brand);
        let count = within(&mut check, "count", request.count, (1, 100), 10);
        let lease = within(
            &mut check,
            "lease_seconds",
            request.lease_seconds,
            (30, 3_600),
            300,
        );
        let now = check.now();
        let lease_end = now.saturating_add(SignedDuration::from_secs(lease.into()));
        let claim = actor.zip(means).map(|(actor, means)| Claim {
            actor,
            means,
            brand,
            count: usize::try_from(count).unwrap_or(1),
            now,
            lease_end: lease_end.unwrap_or(now),
        });
        check.finish(claim)
    }
}

/// A number within bounds; 0 stands for the default.
fn within(
    check: &mut Check,
    field: &str,
    given: i32,
    (least, most): (i32, i32),
    default: i32,
) -> i32 {
    match given {
        0 => default,
        given if (least..=most).contains(&given) => given,
        _ => {
            check.violation(field, format!("must be {least} to {most}"));
            default
        }
    }
}
