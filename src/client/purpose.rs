//! For what purpose a service is asked.

use tonic::metadata::{Ascii, Binary, MetadataMap, MetadataValue};

/// A text that goes with each call and stands on record with who reads which personal data; none, or one.
#[derive(Debug, Clone, Default)]
pub struct Purpose(Option<Header>);

#[derive(Debug, Clone)]
enum Header {
    Plain(MetadataValue<Ascii>),
    /// Headers are ASCII.
    Binary(MetadataValue<Binary>),
}

impl Purpose {
    /// This purpose; an empty text is none. Whether it is a good one, the service decides.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let text = text.trim();
        if text.is_empty() {
            return Purpose(None);
        }
        let plain = text.chars().all(|c| c == ' ' || c.is_ascii_graphic());
        let plain = plain.then(|| text.parse().ok()).flatten();
        let binary = || Header::Binary(MetadataValue::from_bytes(text.as_bytes()));
        Purpose(Some(plain.map_or_else(binary, Header::Plain)))
    }

    pub(super) fn add_to(&self, metadata: &mut MetadataMap) {
        match &self.0 {
            None => {}
            Some(Header::Plain(text)) => {
                metadata.insert("redress-purpose", text.clone());
            }
            Some(Header::Binary(text)) => {
                metadata.insert_bin("redress-purpose-bin", text.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_purpose_that_is_no_ascii_goes_as_bytes_and_an_empty_one_not_at_all() {
        let sent = |text: &str| {
            let mut metadata = MetadataMap::new();
            Purpose::of(text).add_to(&mut metadata);
            metadata
        };
        assert!(sent(" ").is_empty());
        assert_eq!(
            sent("call 4711").get("redress-purpose").unwrap(),
            "call 4711"
        );
        for text in ["réclamation", "a\tb"] {
            let sent = sent(text);
            let bytes = sent.get_bin("redress-purpose-bin").unwrap();
            assert_eq!(bytes.to_bytes().unwrap(), text.as_bytes());
            assert_eq!(sent.len(), 1);
        }
    }
}
