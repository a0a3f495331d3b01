//! Links to complaints.

use std::{fmt, str::FromStr};

use http::Uri;
use uuid::Uuid;

const COMPLAINT: &str = "{complaint}";
const TRACKING_NUMBER: &str = "{tracking_number}";

/// The URL of a complaint in a CRM or similar, with a placeholder for its id or its tracking number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComplaintUrl(String);

/// Why a text is not a URL template for complaints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a URL of https:// or http:// is wanted with {COMPLAINT} or {TRACKING_NUMBER} in it, such as \
     https://crm.example.org/complaints/{TRACKING_NUMBER}"
)]
pub struct ComplaintUrlError;

impl ComplaintUrl {
    /// The URL of this complaint.
    #[must_use]
    pub fn of(&self, complaint: Uuid, tracking_number: &str) -> String {
        let url = self.0.replace(COMPLAINT, &complaint.to_string());
        url.replace(TRACKING_NUMBER, tracking_number)
    }
}

impl FromStr for ComplaintUrl {
    type Err = ComplaintUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let template = ComplaintUrl(text.to_owned());
        let url = template.of(Uuid::nil(), "RD-11111-11111");
        let uri: Option<Uri> = url.parse().ok().filter(|_| url != text);
        let fits = |uri: &Uri| matches!(uri.scheme_str(), Some("https" | "http"));
        match uri.filter(fits) {
            Some(_) => Ok(template),
            None => Err(ComplaintUrlError),
        }
    }
}

impl fmt::Display for ComplaintUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_link_leads_to_the_complaint_by_its_id_or_its_number() {
        let url: ComplaintUrl = "https://crm.example.org/{complaint}?n={tracking_number}"
            .parse()
            .unwrap();
        let link = url.of(Uuid::nil(), "RD-DCNNM-Y6G1W");
        let expected =
            "https://crm.example.org/00000000-0000-0000-0000-000000000000?n=RD-DCNNM-Y6G1W";
        assert_eq!(link, expected);
    }

    #[test]
    fn a_text_that_leads_to_no_complaint_is_refused() {
        for wrong in [
            "https://crm.example.org/complaints",
            "https://crm.example.org/{id}",
            "crm/{complaint}",
            "javascript:{complaint}",
            "https://a b/{complaint}",
            "",
        ] {
            assert_eq!(
                wrong.parse::<ComplaintUrl>(),
                Err(ComplaintUrlError),
                "{wrong}"
            );
        }
    }
}
