//! Whom the independent body helps, in the customer's language.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Language, NoticeTextError, words_in_languages::InLanguages};
use crate::policy::{CustomerType, RecourseRules, ServiceKind};

/// The names of customers and services. Every one has words; `other` services have none, and are never named.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AudienceWords {
    customers: BTreeMap<CustomerType, InLanguages>,
    services: BTreeMap<ServiceKind, InLanguages>,
}

impl AudienceWords {
    pub(super) fn builtin() -> Result<Self, NoticeTextError> {
        let words: AudienceWords = toml::from_str(include_str!("../../../notices/audience.toml"))
            .map_err(NoticeTextError::Audience)?;
        let named = |service: &ServiceKind| words.services.contains_key(service);
        let nameless = ServiceKind::ALL.into_iter();
        let mut nameless = nameless.filter(|kind| *kind != ServiceKind::Other && !named(kind));
        if let Some(service) = nameless.next() {
            return Err(NoticeTextError::NoNameFor(service.as_str()));
        }
        let mut nameless = CustomerType::ALL.into_iter();
        match nameless.find(|customer| !words.customers.contains_key(customer)) {
            Some(customer) => Err(NoticeTextError::NoNameFor(customer.as_str())),
            None => Ok(words),
        }
    }

    /// One line for each kind of customer that the body helps: `small businesses (internet, wireless)`. If no service has a
    /// name, as for a bank, only the customers are named.
    pub(super) fn lines(&self, rules: &RecourseRules, language: Language) -> Vec<String> {
        let line = |customer: &CustomerType| {
            let who = self.customers.get(customer)?.get(language);
            let services = rules.services_for(*customer).into_iter();
            let services =
                services.filter_map(|kind| Some(self.services.get(&kind)?.get(language)));
            let services: Vec<&str> = services.collect();
            Some(match services.as_slice() {
                [] => who.to_owned(),
                services => format!("{who} ({})", services.join(", ")),
            })
        };
        rules.customers.iter().filter_map(line).collect()
    }
}
