//! Where a customer can turn whom the provider has not satisfied.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::words::{CustomerType, ServiceKind};

/// The independent body, and when the customer is told about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecourseRules {
    /// From this level on, each level that is reached makes the notice due.
    pub from_level: usize,
    /// Where these rules stand.
    pub source: String,
    /// Whose complaints the body takes.
    pub customers: Vec<CustomerType>,
    /// The services that the body takes complaints about.
    pub services: Vec<ServiceKind>,
    /// Those of them that it takes from individual consumers only.
    pub consumer_only: Vec<ServiceKind>,
    /// The largest net monthly invoice, in cents, of a small business that it takes complaints from; `None`: it has no such
    /// limit.
    pub small_business_limit_cents: Option<i64>,
    /// Whether the body's help costs the customer nothing.
    pub free_of_charge: bool,
    /// The body's name and addresses, by language code. What one language gives, all give.
    pub body: BTreeMap<String, RecourseBody>,
}

impl RecourseRules {
    /// The services that the body takes complaints about from such a customer, where it takes any from them.
    #[must_use]
    pub fn services_for(&self, customer: CustomerType) -> Vec<ServiceKind> {
        let taken = |service: &ServiceKind| {
            customer == CustomerType::Consumer || !self.consumer_only.contains(service)
        };
        self.services.iter().copied().filter(taken).collect()
    }
}

/// The independent body as one language calls it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecourseBody {
    /// Its name.
    pub name: String,
    /// Its website, without a scheme.
    pub website: String,
    /// Its telephone number as it prints it; `None`: it has none.
    pub phone: Option<String>,
    /// Whether a call to that number costs the caller nothing; given wherever the number is, and nowhere else.
    pub toll_free: Option<bool>,
    /// What such a call costs, where it is not free, as words in brackets: "the price of a call to a landline". `None`: the
    /// customer is told nothing of it.
    pub phone_cost: Option<String>,
    /// Its number for text telephones.
    pub tty: Option<String>,
    /// Its fax number.
    pub fax: Option<String>,
    /// Its postal address, on one line.
    pub address: Option<String>,
    /// The time limit for turning to it, as the end of a sentence: "within 12 months of this letter".
    pub time_limit: Option<String>,
}
