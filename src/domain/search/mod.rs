//! What a complaint is found by: terms, which follow from the complaint and its customer, and the terms that a search wants.
//!
//! A term is a word or number in the form in which it is compared. Its key is what is stored of it to be looked up: a number, from
//! which the word cannot be read. Whoever searches makes the same terms of what was typed, looks up their keys, and compares the
//! terms themselves, so that two terms with the same key are never taken for one another.

mod name;
mod postal_code;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::{complaint::Complaint, customer::Customer};
use crate::{policy::words, writing};

words! {
    /// A datum by which a complaint is found. The words are part of the keys, and must not be changed.
    SearchKind {
        Phone = "phone",
        Email = "email",
        AccountNumber = "account_number",
        CaseReference = "case_reference",
        BodyReference = "body_reference",
        /// Has no terms: complaints have an index of their own by it.
        TrackingNumber = "tracking_number",
        Name = "name",
        PostalCode = "postal_code",
    }
}

/// One thing by which a complaint is found, in the form in which it is compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SearchTerm {
    kind: SearchKind,
    value: String,
}

impl SearchTerm {
    /// `None`: nothing is left of the value to be compared.
    fn new(kind: SearchKind, value: String) -> Option<Self> {
        (!value.is_empty()).then_some(SearchTerm { kind, value })
    }

    /// What kind of datum it is.
    #[must_use]
    pub const fn kind(&self) -> SearchKind {
        self.kind
    }

    /// The number by which it is looked up among the complaints of a brand.
    #[must_use]
    pub fn key(&self, brand: &str) -> i64 {
        let mut digest = Sha256::new();
        for part in [brand, self.kind.as_str(), &self.value] {
            digest.update(part);
            // No text holds it, so that no two lists of parts look the same.
            digest.update([0]);
        }
        let digest: [u8; 32] = digest.finalize().into();
        let [a, b, c, d, e, f, g, h, ..] = digest;
        i64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

/// What a complaint must have to be found: one of these terms at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criterion(Vec<SearchTerm>);

impl Criterion {
    fn only(term: Option<SearchTerm>) -> Option<Self> {
        Some(Criterion(vec![term?]))
    }

    /// A telephone number in E.164 form.
    #[must_use]
    pub fn phone(number: &str) -> Option<Self> {
        Self::only(phone(number))
    }

    /// An e-mail address, in any case.
    #[must_use]
    pub fn email(address: &str) -> Option<Self> {
        Self::only(email(address))
    }

    /// An account number, in any case and with or without separators.
    #[must_use]
    pub fn account_number(number: &str) -> Option<Self> {
        Self::only(reference(SearchKind::AccountNumber, number))
    }

    /// The reference of a case elsewhere, likewise.
    #[must_use]
    pub fn case_reference(text: &str) -> Option<Self> {
        Self::only(reference(SearchKind::CaseReference, text))
    }

    /// The reference of the independent body, likewise.
    #[must_use]
    pub fn body_reference(text: &str) -> Option<Self> {
        Self::only(reference(SearchKind::BodyReference, text))
    }

    /// A postal code, in any case and with or without blanks.
    #[must_use]
    pub fn postal_code(code: &str) -> Option<Self> {
        let code = postal_code::compact(code);
        Self::only(SearchTerm::new(SearchKind::PostalCode, code))
    }

    /// Parts of a name, in any order; all of them must be met. Empty: no part of a name is in the text.
    #[must_use]
    pub fn name(text: &str) -> Vec<Self> {
        let criteria = name::wanted(text).into_iter().map(|alternatives| {
            let terms = alternatives.into_iter();
            let terms = terms.filter_map(|value| SearchTerm::new(SearchKind::Name, value));
            Criterion(terms.collect())
        });
        criteria.collect()
    }

    /// The same customer: the account number, the e-mail address or the telephone number, or where none of them is known, the
    /// whole name and the postal code. Empty: too little is known to tell the customer from others.
    #[must_use]
    pub fn customer(customer: &Customer) -> Vec<Self> {
        let contacts: Vec<SearchTerm> = contacts(customer).collect();
        if !contacts.is_empty() {
            return vec![Criterion(contacts)];
        }
        let codes: Vec<SearchTerm> = postal_codes(customer).collect();
        let mut criteria = Criterion::name(&customer.full_name);
        if codes.is_empty() || criteria.is_empty() {
            return Vec::new();
        }
        criteria.push(Criterion(codes));
        criteria
    }

    /// The terms of which one is enough.
    #[must_use]
    pub fn terms(&self) -> &[SearchTerm] {
        &self.0
    }

    /// Which kinds of data meet it, of a complaint that has these terms; empty: it is not met.
    #[must_use]
    pub fn met_by(&self, terms: &BTreeSet<SearchTerm>) -> BTreeSet<SearchKind> {
        let met = self.0.iter().filter(|term| terms.contains(term));
        met.map(SearchTerm::kind).collect()
    }
}

/// Everything that a complaint is found by. Without a customer, what is not personal: the references.
#[must_use]
pub fn search_terms(complaint: &Complaint, customer: Option<&Customer>) -> BTreeSet<SearchTerm> {
    let cases = complaint.case_references.iter();
    let cases = cases.map(|text| reference(SearchKind::CaseReference, text));
    let referral = complaint.referral.as_ref();
    let body = referral.and_then(|referral| referral.body_reference.as_deref());
    let body = body.map(|text| reference(SearchKind::BodyReference, text));
    let mut terms: BTreeSet<SearchTerm> = cases.chain(body).flatten().collect();
    if let Some(customer) = customer {
        terms.extend(contacts(customer));
        terms.extend(postal_codes(customer));
        terms.extend(names(customer));
    }
    terms
}

/// What tells a customer from all others of the brand.
fn contacts(customer: &Customer) -> impl Iterator<Item = SearchTerm> {
    let account = customer.account_number.as_deref();
    let account = account.and_then(|number| reference(SearchKind::AccountNumber, number));
    let address = customer.email.as_deref().and_then(email);
    let number = customer.phone.as_deref().and_then(phone);
    [account, address, number].into_iter().flatten()
}

fn postal_codes(customer: &Customer) -> impl Iterator<Item = SearchTerm> {
    let address = customer.postal_address.as_deref().unwrap_or_default();
    let codes = postal_code::codes(address).into_iter();
    codes.filter_map(|code| SearchTerm::new(SearchKind::PostalCode, code))
}

/// Of the customer, and of whoever speaks for the customer.
fn names(customer: &Customer) -> impl Iterator<Item = SearchTerm> {
    let representative = customer.representative.as_ref();
    let representative = representative.map(|it| it.full_name.as_str());
    let names = [Some(customer.full_name.as_str()), representative];
    let values = names.into_iter().flatten().flat_map(name::stored);
    values.filter_map(|value| SearchTerm::new(SearchKind::Name, value))
}

fn phone(number: &str) -> Option<SearchTerm> {
    SearchTerm::new(SearchKind::Phone, number.to_owned())
}

fn email(address: &str) -> Option<SearchTerm> {
    SearchTerm::new(SearchKind::Email, writing::identity(address))
}

/// A number or reference without what people put between its characters.
fn reference(kind: SearchKind, text: &str) -> Option<SearchTerm> {
    let text = writing::identity(text);
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    SearchTerm::new(kind, letters.collect())
}
