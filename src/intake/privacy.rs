//! Requests about the person behind a complaint: what holds the personal data, and their erasure.

use jiff::Timestamp;
use prost::Message as _;

use super::{
    change::Change,
    check::{Check, SHORT},
    page_token::FilterDigest,
    problem::Problem,
};
use crate::{
    domain::{Command, ComplaintRef, ErasureReason},
    proto::v1,
    store::{PersonKey, ReadPlace},
};

impl Change for v1::PlaceLegalHoldRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let reason = check.choice("reason", self.reason)?;
        Some(Command::PlaceLegalHold { reason })
    }
}

impl Change for v1::ReleaseLegalHoldRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        let reason = check.choice("reason", self.reason)?;
        Some(Command::ReleaseLegalHold { reason })
    }
}

impl Change for v1::ErasePersonRequest {
    fn command(self, check: &mut Check) -> Option<Command> {
        // That a retention has ended is for the service to see.
        let reason = check.choice_of("reason", self.reason, |reason| {
            reason != ErasureReason::RetentionEnded
        })?;
        Some(Command::ErasePerson { reason })
    }
}

/// A checked request for the list of reads.
#[derive(Debug)]
pub(crate) struct ReadsList {
    pub(crate) complaints: Vec<ComplaintRef>,
    pub(crate) reader: Option<String>,
    pub(crate) since: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
    pub(crate) size: usize,
    pub(crate) after: Option<ReadPlace>,
    pub(crate) digest: FilterDigest,
}

impl ReadsList {
    /// # Errors
    /// INVALID_ARGUMENT with every violation.
    pub(crate) fn of(
        mut check: Check,
        mut request: v1::ListPersonalDataReadsRequest,
    ) -> Result<Self, Problem> {
        let size = check.page_size(request.page_size, 100);
        let token = std::mem::take(&mut request.page_token);
        request.page_size = 0;
        // What is left is the filter.
        let digest = FilterDigest::of("ListPersonalDataReads", &request.encode_to_vec());
        let after = check.page_token(&token, digest);
        let complaints = check.complaints(&request.complaints);
        let reader = check.optional("reader", &request.reader, SHORT);
        let since = check.any_time("start_time", request.start_time);
        let until = check.any_time("end_time", request.end_time);
        if since
            .zip(until)
            .is_some_and(|(since, until)| since >= until)
        {
            check.violation("end_time", "must lie after start_time");
        }
        check.finish(Some(ReadsList {
            complaints,
            reader,
            since,
            until,
            size,
            after,
            digest,
        }))
    }
}

/// Reads which complaints are exported; at least one.
///
/// # Errors
/// INVALID_ARGUMENT with every violation.
pub(crate) fn exported(
    mut check: Check,
    request: &v1::ExportPersonRequest,
) -> Result<Vec<ComplaintRef>, Problem> {
    if request.complaints.is_empty() {
        check.violation("complaints", "must name at least one complaint");
    }
    let complaints = check.complaints(&request.complaints);
    check.finish(Some(complaints))
}

/// Reads by what a person is looked for.
pub(crate) fn identity(check: &mut Check, request: v1::FindPersonRequest) -> Option<PersonKey> {
    use v1::find_person_request::Identity as Given;
    let required = |check: &mut Check, field: &str, text: &str| {
        if text.trim().is_empty() {
            check.violation(field, "is required");
        }
    };
    match request.identity {
        None => {
            check.violation("identity", "give one of email, phone and account_number");
            None
        }
        Some(Given::Email(email)) => {
            required(check, "email", &email);
            check.email("email", &email).map(PersonKey::Email)
        }
        Some(Given::Phone(phone)) => {
            required(check, "phone", &phone);
            let phone = check.phone_of_any("phone", &phone);
            phone.map(PersonKey::Phone)
        }
        Some(Given::AccountNumber(number)) => {
            let number = check.required("account_number", &number, SHORT);
            number.map(PersonKey::AccountNumber)
        }
    }
}
