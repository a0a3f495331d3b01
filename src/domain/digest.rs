//! A digest as JSON: hexadecimal, as people compare it. Lists of numbers are read too: that is how it stood in former rows.

use std::fmt;

use serde::{
    Deserializer, Serializer,
    de::{Error, SeqAccess, Unexpected, Visitor},
};

pub(super) fn serialize<S: Serializer>(digest: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&base16ct::lower::encode_string(digest))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    deserializer.deserialize_any(Digest)
}

struct Digest;

impl<'de> Visitor<'de> for Digest {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a digest in hexadecimal")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<u8>, E> {
        base16ct::mixed::decode_vec(text)
            .map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<Vec<u8>, A::Error> {
        let mut digest = Vec::new();
        while let Some(number) = numbers.next_element()? {
            digest.push(number);
        }
        Ok(digest)
    }
}

#[cfg(test)]
mod tests {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Row {
        #[serde(with = "super")]
        digest: Vec<u8>,
    }

    #[test]
    fn a_digest_is_one_word_as_json_and_what_former_rows_hold_is_read() {
        let digest: Vec<u8> = (0..32).collect();
        let written = serde_json::to_string(&Row {
            digest: digest.clone(),
        })
        .unwrap();
        assert!(written.starts_with(r#"{"digest":"000102"#), "{written}");
        let former = serde_json::json!({ "digest": digest }).to_string();
        for text in [written, former] {
            let row: Row = serde_json::from_str(&text).unwrap();
            assert_eq!(row.digest, digest);
        }
        for wrong in ["0", "0g", "é"] {
            let text = serde_json::json!({ "digest": wrong }).to_string();
            let error = serde_json::from_str::<Row>(&text).map(drop).unwrap_err();
            let expected = "expected a digest in hexadecimal";
            assert!(error.to_string().contains(expected), "{wrong}: {error}");
        }
    }
}
