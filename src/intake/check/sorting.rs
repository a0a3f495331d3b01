//! What complaints are sorted by: regions, and labels of the provider's own.

use super::{Check, SHORT};
use crate::{
    domain::{Labels, MOST_LABELS},
    proto::v1,
};

/// The longest key, and the longest value.
const LONGEST: usize = 63;

impl Check {
    /// A subdivision of a country as of ISO 3166-2, where one was given.
    pub(crate) fn region(&mut self, field: &str, text: &str) -> Option<String> {
        let region = self.optional(field, text, SHORT)?;
        let upper = |part: &str| part.bytes().all(|b| b.is_ascii_uppercase());
        let fits = region.split_once('-').is_some_and(|(country, part)| {
            let known = part
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
            country.len() == 2 && upper(country) && known && (1..=3).contains(&part.len())
        });
        if !fits {
            self.violation(field, "must be a code of ISO 3166-2 such as CA-QC");
            return None;
        }
        Some(region)
    }

    /// The key of a label.
    pub(crate) fn label_key(&mut self, field: &str, key: &str) -> Option<String> {
        let sign = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b);
        let begins = key.starts_with(|c: char| c.is_ascii_lowercase());
        if !begins || key.len() > LONGEST || !key.bytes().all(sign) {
            let wanted =
                "must be a letter from a to z and at most 62 further ones, digits, - and _";
            self.violation(field, wanted);
            return None;
        }
        Some(key.to_owned())
    }

    /// Labels, each key once.
    pub(crate) fn labels(&mut self, field: &str, given: &[v1::Label]) -> Labels {
        if given.len() > MOST_LABELS {
            let wanted = format!("must have at most {MOST_LABELS}; there are {}", given.len());
            self.violation(field, wanted);
            return Labels::new();
        }
        let mut labels = Labels::new();
        for (place, v1::Label { key, value }) in given.iter().enumerate() {
            let at = format!("{field}[{place}]");
            self.label_key(&format!("{at}.key"), key);
            let sign = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
            if !(1..=LONGEST).contains(&value.len()) || !value.bytes().all(sign) {
                let wanted = "must be 1 to 63 of the letters A to Z and a to z, digits, -, _ and .";
                self.violation(format!("{at}.value"), wanted);
            }
            if labels.insert(key.clone(), value.clone()).is_some() {
                self.violation(format!("{at}.key"), "must not be given twice");
            }
        }
        labels
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::check, *};

    #[test]
    fn a_region_is_a_code_and_nothing_else() {
        for good in ["CA-QC", "US-MA", "GB-ENG", "FR-75C", "AU-4"] {
            let mut check = check();
            assert_eq!(check.region("region", good).as_deref(), Some(good));
            assert!(check.fields().is_empty());
        }
        assert_eq!(check().region("region", ""), None);
        for bad in ["Quebec", "CA", "CA-", "ca-qc", "CA-QUEB", "C-Q", "CAN-QC"] {
            let mut check = check();
            assert_eq!(check.region("region", bad), None, "{bad}");
            assert_eq!(check.fields(), ["region"]);
        }
    }

    fn label(key: &str, value: &str) -> v1::Label {
        v1::Label {
            key: key.to_owned(),
            value: value.to_owned(),
        }
    }

    #[test]
    fn a_label_has_no_room_for_a_name_or_an_address() {
        let mut check = check();
        let good = [label("campaign", "Spring_2026.v2"), label("q-1_a", "7")];
        assert_eq!(check.labels("labels", &good).len(), 2);
        assert!(check.fields().is_empty());
        for (key, value, field) in [
            ("", "x", "labels[0].key"),
            ("Key", "x", "labels[0].key"),
            ("1a", "x", "labels[0].key"),
            ("a b", "x", "labels[0].key"),
            (&"k".repeat(64), "x", "labels[0].key"),
            ("key", "", "labels[0].value"),
            ("key", "Ada Tremblay", "labels[0].value"),
            ("key", "ada@example.org", "labels[0].value"),
            ("key", "a\nb", "labels[0].value"),
            ("key", &"v".repeat(64), "labels[0].value"),
        ] {
            let mut check = super::super::tests::check();
            check.labels("labels", &[label(key, value)]);
            assert_eq!(check.fields(), [field], "{key} {value}");
        }
    }

    #[test]
    fn labels_are_few_and_each_key_is_there_once() {
        let many: Vec<_> = (0..33).map(|n| label(&format!("k{n}"), "v")).collect();
        let mut check = check();
        assert_eq!(check.labels("labels", &many[..32]).len(), 32);
        assert!(check.fields().is_empty());
        check.labels("labels", &many);
        check.labels("labels", &[label("a", "1"), label("a", "2")]);
        assert_eq!(check.fields(), ["labels", "labels[1].key"]);
    }
}
