//! Corrections of what was entered about the customer and the complaint: what is wanted, and what changed.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    complaint::Labels,
    customer::{AccessibilityNeed, ContactMeans, Customer, Representative, UrgencyReason},
    notice::Language,
};
use crate::policy::CustomerType;

/// What is corrected; `None`: it stays.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Correction {
    pub customer_type: Option<CustomerType>,
    pub language: Option<Language>,
    pub urgent: Option<bool>,
    /// `Some(None)`: it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Option<String>>,
    /// All of them.
    pub labels: Option<Labels>,
    /// Some of them; the others stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_changes: Option<LabelChanges>,
    pub customer: CustomerCorrection,
}

/// What is changed of the labels.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LabelChanges {
    /// Put there, in the place of those of the same key.
    pub set: Labels,
    /// Taken away by their keys, where they are there.
    pub remove: BTreeSet<String>,
}

impl LabelChanges {
    /// The labels with the changes in them.
    pub(super) fn applied_to(&self, labels: &Labels) -> Labels {
        let mut changed = labels.clone();
        changed.retain(|key, _| !self.remove.contains(key));
        changed.extend(self.set.clone());
        changed
    }
}

/// What is corrected of the customer's data; `None`: it stays, `Some(None)`: there is none.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CustomerCorrection {
    pub full_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_address: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_number: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub representative: Option<Option<Representative>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_means: Option<Option<ContactMeans>>,
    pub accessibility_needs: Option<Vec<AccessibilityNeed>>,
    pub urgency_reasons: Option<Vec<UrgencyReason>>,
}

/// A value and the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed<T> {
    pub from: T,
    pub to: T,
}

impl<T: PartialEq + Clone> Changed<T> {
    pub(super) fn of(from: &T, to: Option<&T>) -> Option<Self> {
        let to = to.filter(|to| *to != from)?;
        Some(Changed {
            from: from.clone(),
            to: to.clone(),
        })
    }
}

/// What a correction changed of the complaint. None of it is personal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrected {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_type: Option<Changed<CustomerType>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Changed<Language>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgent: Option<Changed<bool>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Changed<Option<String>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Changed<Labels>>,
}

impl CustomerCorrection {
    /// The customer's data with the corrections in them.
    pub(super) fn applied_to(&self, former: &Customer) -> Customer {
        let Self {
            full_name,
            email,
            phone,
            postal_address,
            account_number,
            representative,
            preferred_means,
            accessibility_needs,
            urgency_reasons,
        } = self.clone();
        let former = former.clone();
        Customer {
            full_name: full_name.unwrap_or(former.full_name),
            email: email.unwrap_or(former.email),
            phone: phone.unwrap_or(former.phone),
            postal_address: postal_address.unwrap_or(former.postal_address),
            account_number: account_number.unwrap_or(former.account_number),
            representative: representative.unwrap_or(former.representative),
            invoices: former.invoices,
            preferred_means: preferred_means.unwrap_or(former.preferred_means),
            accessibility_needs: accessibility_needs.unwrap_or(former.accessibility_needs),
            urgency_reasons: urgency_reasons.unwrap_or(former.urgency_reasons),
        }
    }
}
