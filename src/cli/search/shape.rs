//! What a text may be that somebody typed to find a complaint, by its form.

use crate::{domain::TrackingNumber, proto::v1};

/// By what a text is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Tracking,
    Email,
    Phone,
    Account,
    PostalCode,
    CaseReference,
    BodyReference,
    Name,
}

impl By {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            By::Tracking => "tracking number",
            By::Email => "e-mail address",
            By::Phone => "telephone number",
            By::Account => "account number",
            By::PostalCode => "postal code",
            By::CaseReference => "case reference",
            By::BodyReference => "reference of the body",
            By::Name => "name",
        }
    }

    pub(super) fn set(self, request: &mut v1::SearchComplaintsRequest, typed: String) {
        let field = match self {
            By::Tracking => &mut request.tracking_number,
            By::Email => &mut request.email,
            By::Phone => &mut request.phone,
            By::Account => &mut request.account_number,
            By::PostalCode => &mut request.postal_code,
            By::CaseReference => &mut request.case_reference,
            By::BodyReference => &mut request.body_reference,
            By::Name => &mut request.name,
        };
        *field = typed;
    }
}

/// The shortest number that is tried as a telephone number.
const SHORTEST_PHONE: usize = 6;
/// The longest text that is tried as a postal code, without what parts it.
const LONGEST_POSTAL_CODE: usize = 9;

/// What a text may be, the likeliest first.
pub(super) fn attempts(typed: &str) -> Vec<(By, String)> {
    let typed = typed.trim();
    let letters = typed.chars().filter(|c| c.is_alphabetic()).count();
    let digits = typed.chars().filter(char::is_ascii_digit).count();
    let is_of_phone = |c: char| c.is_ascii_digit() || "+()-./ \u{a0}".contains(c);
    let mut by = Vec::new();
    if typed.contains('@') {
        by.push(By::Email);
    } else if digits == 0 {
        by.push(By::Name);
        if TrackingNumber::meant(typed, []).is_ok() {
            by.insert(0, By::Tracking);
        }
        by.extend([By::CaseReference, By::BodyReference]);
    } else {
        // Without its prefix it may be any word: only the service knows the prefixes.
        let bare = letters + digits == 10 && typed.contains('-');
        if TrackingNumber::meant(typed, []).is_ok() || bare {
            by.push(By::Tracking);
        }
        if digits >= SHORTEST_PHONE && typed.chars().all(is_of_phone) {
            by.push(By::Phone);
        }
        by.push(By::Account);
        if (4..=LONGEST_POSTAL_CODE).contains(&(letters + digits)) {
            by.push(By::PostalCode);
        }
        by.extend([By::CaseReference, By::BodyReference]);
        if letters > 0 {
            by.push(By::Name);
        }
    }
    let attempts = by.into_iter().map(|by| (by, typed.to_owned()));
    attempts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(typed: &str) -> By {
        attempts(typed)
            .first()
            .map(|(by, _)| *by)
            .unwrap_or(By::Name)
    }

    #[test]
    fn a_text_is_tried_first_as_what_it_looks_like() {
        for (typed, by) in [
            ("ada@example.com", By::Email),
            ("smith", By::Name),
            ("Ada  Lovelace", By::Name),
            ("RD-DCNNM-Y6G1W", By::Tracking),
            ("rd dcnnm y6g1w", By::Tracking),
            ("DCNNM-Y6G1W", By::Tracking),
            ("+1 (514) 555-0142", By::Phone),
            ("020 7946 0123", By::Phone),
            ("A-4711", By::Account),
            ("10115", By::Account),
        ] {
            assert_eq!(first(typed), by, "{typed}");
        }
        let tried: Vec<By> = attempts("K1A 0B1").into_iter().map(|(by, _)| by).collect();
        assert!(tried.contains(&By::PostalCode) && tried.contains(&By::Name));
    }
}
