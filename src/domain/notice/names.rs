//! What customers, services and the matters complained of are called, in the customer's language.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{NoticeTextError, variety::Variety, words_in_languages::InLanguages};
use crate::{
    domain::issue::{Issue, IssueCategory},
    policy::{CustomerType, RecourseRules, ServiceKind},
};

/// The names. Everything has one but the services and the categories that are `other`, which are never named.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Names {
    customers: BTreeMap<CustomerType, InLanguages>,
    services: BTreeMap<ServiceKind, InLanguages>,
    categories: BTreeMap<IssueCategory, InLanguages>,
}

/// How many matters the subject of a letter names; the others follow as "…".
const MOST_IN_A_SUBJECT: usize = 3;

impl Names {
    pub(super) fn builtin() -> Result<Self, NoticeTextError> {
        let names: Names = toml::from_str(include_str!("../../../notices/names.toml"))
            .map_err(NoticeTextError::Names)?;
        let customers = CustomerType::ALL.into_iter();
        let customers = customers.filter(|customer| !names.customers.contains_key(customer));
        let services = ServiceKind::ALL.into_iter();
        let services = services
            .filter(|kind| *kind != ServiceKind::Other && !names.services.contains_key(kind));
        let categories = IssueCategory::ALL.into_iter();
        let categories = categories
            .filter(|kind| *kind != IssueCategory::Other && !names.categories.contains_key(kind));
        let mut nameless = customers
            .map(CustomerType::as_str)
            .chain(services.map(ServiceKind::as_str))
            .chain(categories.map(IssueCategory::as_str));
        match nameless.next() {
            Some(nameless) => Err(NoticeTextError::NoNameFor(nameless)),
            None => Ok(names),
        }
    }

    fn service(&self, service: ServiceKind, variety: Variety) -> Option<&str> {
        Some(self.services.get(&service)?.get(variety))
    }

    /// One line for each kind of customer that the body helps: `small businesses (internet, wireless)`. If no service has a
    /// name, as for a bank, only the customers are named.
    pub(super) fn audience(&self, rules: &RecourseRules, variety: Variety) -> Vec<String> {
        let line = |customer: &CustomerType| {
            let who = self.customers.get(customer)?.get(variety);
            let services = rules.services_for(*customer).into_iter();
            let services = services.filter_map(|kind| self.service(kind, variety));
            let services: Vec<&str> = services.collect();
            Some(match services.as_slice() {
                [] => who.to_owned(),
                services => format!("{who} ({})", services.join(", ")),
            })
        };
        rules.customers.iter().filter_map(line).collect()
    }

    /// What a complaint is about, each matter once: `internet (billing), TV`. `None`: nothing of it has a name.
    pub(super) fn matters(&self, issues: &[Issue], variety: Variety) -> Option<String> {
        let mut matters: Vec<String> = Vec::new();
        for issue in issues {
            let category = self.categories.get(&issue.category);
            let category = category.map(|names| names.get(variety));
            let matter = match (self.service(issue.service, variety), category) {
                (Some(service), Some(category)) => format!("{service} ({category})"),
                (Some(name), None) | (None, Some(name)) => name.to_owned(),
                (None, None) => continue,
            };
            if matters.contains(&matter) {
                continue;
            }
            if matters.len() == MOST_IN_A_SUBJECT {
                return Some(format!("{} …", matters.join(", ")));
            }
            matters.push(matter);
        }
        (!matters.is_empty()).then(|| matters.join(", "))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[track_caller]
    fn are_called(issues: &[(ServiceKind, IssueCategory)], names: Option<&str>) {
        let issues = (1..).zip(issues);
        let issues: Vec<Issue> = issues
            .map(|(number, &(service, category))| Issue {
                number,
                service,
                category,
            })
            .collect();
        let called = Names::builtin().unwrap();
        let called = called.matters(&issues, Variety::AmericanEnglish);
        assert_eq!(called.as_deref(), names);
    }

    #[test]
    fn a_complaint_is_about_each_matter_once_and_about_nothing_that_has_no_name() {
        use IssueCategory as C;
        use ServiceKind as S;
        are_called(&[(S::Tv, C::Billing)], Some("TV (billing)"));
        are_called(&[(S::Tv, C::Other)], Some("TV"));
        are_called(&[(S::Other, C::ContractDispute)], Some("contract"));
        are_called(&[(S::Other, C::Other)], None);
        are_called(
            &[
                (S::Tv, C::Billing),
                (S::Other, C::Other),
                (S::Tv, C::Billing),
                (S::Internet, C::Other),
            ],
            Some("TV (billing), internet"),
        );
        are_called(
            &[
                (S::Tv, C::Other),
                (S::Internet, C::Other),
                (S::Wireless, C::Other),
                (S::LocalPhone, C::Other),
            ],
            Some("TV, internet, wireless …"),
        );
    }

    #[test]
    fn a_service_is_called_as_its_customers_call_it() {
        let names = Names::builtin().unwrap();
        let called = |variety| names.service(ServiceKind::Wireless, variety);
        assert_eq!(called(Variety::AmericanEnglish), Some("wireless"));
        assert_eq!(called(Variety::BritishEnglish), Some("mobile"));
    }
}
