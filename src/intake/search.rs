//! What a caller searches for.

use std::collections::BTreeMap;

use prost::Message as _;

use super::{
    check::{Check, LINE, SHORT, TextRule},
    mask::Mask,
    page_token::FilterDigest,
    problem::Problem,
};
use crate::{
    brand::BrandBook,
    domain::{ComplaintRef, Criterion, State, TrackingNumber},
    policy::PolicyBook,
    proto::v1,
    store::{DEFAULT_PAGE, ListPlace, Search},
};

/// More than any postal code has with its blanks.
const POSTAL_CODE: TextRule = TextRule::one_line(20);
/// More than a tracking number has, however it is parted.
const TRACKING_NUMBER: TextRule = TextRule::one_line(40);
/// More than any way to write fifteen digits.
const PHONE: TextRule = TextRule::one_line(40);

/// A checked search.
#[derive(Debug)]
pub(crate) struct Searched {
    /// Without what follows from [`Self::customer_of`].
    pub(crate) search: Search,
    /// The complaint whose customer's complaints are wanted.
    pub(crate) customer_of: Option<ComplaintRef>,
    /// Whether it searches by personal data.
    pub(crate) personal: bool,
    pub(crate) mask: Mask,
    pub(crate) size: usize,
    pub(crate) after: Option<ListPlace>,
    pub(crate) digest: FilterDigest,
}

impl Searched {
    /// # Errors
    /// INVALID_ARGUMENT with every violation.
    pub(crate) fn of(
        mut check: Check,
        mut request: v1::SearchComplaintsRequest,
        policies: &PolicyBook,
    ) -> Result<Self, Problem> {
        let size = check.page_size(request.page_size, DEFAULT_PAGE);
        let mask = check.read_mask(request.read_mask.take());
        let token = std::mem::take(&mut request.page_token);
        request.page_size = 0;
        // What is left is the search.
        let digest = FilterDigest::of("SearchComplaints", &request.encode_to_vec());
        let after = check.page_token(&token, digest);
        let mut search = filters(&mut check, &request, policies);
        let given = Given::of(&request);
        if given == Given::Nothing {
            check.violation(
                "name",
                "give one of phone, email, account_number, case_reference, body_reference, tracking_number, name, postal_code \
                 and customer_of",
            );
        }
        criteria(&mut check, &request, &mut search);
        let customer_of = match request.customer_of.trim() {
            "" => None,
            name => check.complaint_in("customer_of", name),
        };
        check.finish(Some(Searched {
            search,
            customer_of,
            personal: given == Given::Personal,
            mask,
            size,
            after,
            digest,
        }))
    }
}

/// What a search goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Given {
    Nothing,
    /// Nothing but numbers and references of complaints.
    References,
    Personal,
}

impl Given {
    fn of(request: &v1::SearchComplaintsRequest) -> Self {
        let given = |texts: &[&String]| texts.iter().any(|text| !text.trim().is_empty());
        let personal = [
            &request.phone,
            &request.email,
            &request.account_number,
            &request.name,
            &request.postal_code,
            &request.customer_of,
        ];
        let references = [
            &request.case_reference,
            &request.body_reference,
            &request.tracking_number,
        ];
        if given(&personal) {
            Given::Personal
        } else if given(&references) {
            Given::References
        } else {
            Given::Nothing
        }
    }
}

fn filters(
    check: &mut Check,
    request: &v1::SearchComplaintsRequest,
    policies: &PolicyBook,
) -> Search {
    let brand = check.known_brand("brand", &request.brand);
    let names = check.brands().names();
    let brands = names.filter(|name| brand.as_ref().is_none_or(|brand| brand == name));
    let brands: BTreeMap<String, Vec<Criterion>> =
        brands.map(|brand| (brand.to_owned(), Vec::new())).collect();
    let states: Vec<State> = check.choices("states", &request.states);
    if request.open && !states.is_empty() && states.iter().all(|state| state.is_terminal()) {
        check.violation("open", "must not be set with states none of which is open");
    }
    let received_from = check.any_time("received_from", request.received_from);
    let received_before = check.any_time("received_before", request.received_before);
    if received_from
        .zip(received_before)
        .is_some_and(|(from, until)| from >= until)
    {
        check.violation("received_before", "must lie after received_from");
    }
    Search {
        brands,
        states: states.into_iter().collect(),
        open: request.open,
        policy: check.known("policy", &request.policy, policies.names()),
        received_from,
        received_before,
        scope: check.scope().clone(),
        ..Search::default()
    }
}

fn criteria(check: &mut Check, request: &v1::SearchComplaintsRequest, search: &mut Search) {
    let mut of_all: Vec<Criterion> = Vec::new();
    // Even as the sender's mail system takes it, an address is compared and not written to.
    let email = check.optional("email", &request.email, LINE);
    for (field, given, of) in [
        ("email", email, Criterion::email as Of),
        (
            "account_number",
            check.optional("account_number", &request.account_number, SHORT),
            Criterion::account_number,
        ),
        (
            "case_reference",
            check.optional("case_reference", &request.case_reference, SHORT),
            Criterion::case_reference,
        ),
        (
            "body_reference",
            check.optional("body_reference", &request.body_reference, SHORT),
            Criterion::body_reference,
        ),
        (
            "postal_code",
            check.optional("postal_code", &request.postal_code, POSTAL_CODE),
            Criterion::postal_code,
        ),
    ] {
        let Some(given) = given else { continue };
        match of(&given) {
            Some(criterion) => of_all.push(criterion),
            None => check.violation(field, NO_LETTER),
        }
    }
    if let Some(name) = check.optional("name", &request.name, LINE) {
        let parts = Criterion::name(&name);
        if parts.is_empty() {
            check.violation("name", NO_LETTER);
        }
        of_all.extend(parts);
    }
    for wanted in search.brands.values_mut() {
        wanted.extend(of_all.iter().cloned());
    }
    if let Some(phone) = check.optional("phone", &request.phone, PHONE) {
        phone_of_each(check, &phone, search);
    }
    if let Some(number) =
        check.optional("tracking_number", &request.tracking_number, TRACKING_NUMBER)
    {
        let brands = check.brands().versions();
        let prefixes = brands.map(|brand| &brand.tracking_prefix);
        match TrackingNumber::meant(&number, prefixes) {
            Ok(numbers) => search.tracking_numbers = numbers,
            Err(why) => check.violation("tracking_number", why.to_string()),
        }
    }
}

type Of = fn(&str) -> Option<Criterion>;

const NO_LETTER: &str = "must have a letter or a digit";

/// What a number is without its country code depends on the brand. Brands of whose region it is no number have no complaint with it.
fn phone_of_each(check: &mut Check, phone: &str, search: &mut Search) {
    let book: &BrandBook = check.brands();
    let read = |name: &str| {
        let number = book.get(name)?.e164(phone)?;
        Criterion::phone(&number)
    };
    let brands = std::mem::take(&mut search.brands).into_iter();
    let with_phone = brands.filter_map(|(name, mut wanted)| {
        wanted.push(read(&name)?);
        Some((name, wanted))
    });
    search.brands = with_phone.collect();
    if search.brands.is_empty() {
        let wanted = "must be a telephone number without an extension, with + and the country code unless it is one of the home \
                      region of a brand";
        check.violation("phone", wanted);
    }
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
