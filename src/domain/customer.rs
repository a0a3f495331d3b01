//! Who complains: personal data, which stand apart from the complaint and can be erased.

use serde::{Deserialize, Serialize};

use crate::policy::words;

words! {
    /// A means by which a customer is reached.
    ContactMeans {
        Email = "email",
        Letter = "letter",
        Phone = "phone",
        TextMessage = "text_message",
        Chat = "chat",
        /// The provider's own pages, where the customer is known by the account.
        Portal = "portal",
    }
}

words! {
    /// What a customer needs to be reached and understood.
    AccessibilityNeed {
        LargePrint = "large_print",
        Braille = "braille",
        Audio = "audio",
        /// A file that assistive technology reads.
        AccessibleFile = "accessible_file",
        PlainLanguage = "plain_language",
        /// A text telephone (TTY).
        TextTelephone = "text_telephone",
        VideoRelay = "video_relay",
        /// Relay of text over the internet.
        IpRelay = "ip_relay",
    }
}

words! {
    /// Why a complaint is urgent.
    UrgencyReason {
        Hardship = "hardship",
        Disconnection = "disconnection",
        Safety = "safety",
        Violence = "violence",
        Accessibility = "accessibility",
    }
}

/// Net monthly invoices for all telecom services, in cents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoices {
    /// The prior month's.
    pub prior_month_cents: Option<i64>,
    /// The average of three months.
    pub average_cents: Option<i64>,
}

/// Who complains. Personal: stands apart from the complaint and can be erased.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The name.
    pub full_name: String,
    /// An e-mail address.
    pub email: Option<String>,
    /// In E.164 form.
    pub phone: Option<String>,
    /// As written on an envelope.
    pub postal_address: Option<String>,
    /// Account data: disclosed only after the identity check.
    pub account_number: Option<String>,
    /// Who speaks for the customer.
    pub representative: Option<Representative>,
    /// How the customer wants to hear from the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_means: Option<ContactMeans>,
    /// What the customer needs to be reached and understood.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accessibility_needs: Vec<AccessibilityNeed>,
    /// Why the complaint is urgent, where that was said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urgency_reasons: Vec<UrgencyReason>,
    /// What the independent body asks of a small business.
    #[serde(default)]
    pub invoices: Invoices,
}

/// Somebody who acts for the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Representative {
    /// The name.
    pub full_name: String,
    /// What proves the authority.
    pub authority: String,
}
