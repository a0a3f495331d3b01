//! What is asked of a call before its message is read.

use std::time::Duration;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use http::{HeaderMap, HeaderValue, Method, header::CONTENT_TYPE, request::Parts};

use crate::api::grpc::call_error::CallError;

/// Binary metadata come with or without padding.
const BINARY: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What the headers say that matters before the handler.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Whether the message may be compressed.
    pub(super) gzip: bool,
    /// How long the caller waits for the answer.
    pub(super) timeout: Option<Duration>,
}

impl Head {
    pub(super) fn read(parts: &Parts) -> Result<Self, CallError> {
        if parts.method != Method::POST {
            return Err(CallError::NotPosted);
        }
        let headers = &parts.headers;
        if !headers.get(CONTENT_TYPE).is_some_and(is_grpc) {
            return Err(CallError::NotGrpc);
        }
        check_binary(headers)?;
        Ok(Head {
            gzip: is_gzip(headers)?,
            timeout: timeout(headers)?,
        })
    }
}

/// What the headers take up, as HTTP/2 counts it.
pub(super) fn size(headers: &HeaderMap) -> usize {
    let sizes = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 32);
    sizes.sum()
}

fn is_grpc(value: &HeaderValue) -> bool {
    let value = value.as_bytes();
    let end = value.iter().position(|byte| *byte == b';');
    let kind = value[..end.unwrap_or(value.len())].trim_ascii();
    kind.eq_ignore_ascii_case(b"application/grpc")
        || kind.eq_ignore_ascii_case(b"application/grpc+proto")
}

fn is_gzip(headers: &HeaderMap) -> Result<bool, CallError> {
    match headers.get("grpc-encoding").map(HeaderValue::as_bytes) {
        None | Some(b"identity") => Ok(false),
        Some(b"gzip") => Ok(true),
        Some(_) => Err(CallError::UnknownEncoding),
    }
}

/// At most eight digits and a unit, as gRPC over HTTP/2 defines it.
fn timeout(headers: &HeaderMap) -> Result<Option<Duration>, CallError> {
    let Some(value) = headers.get("grpc-timeout") else {
        return Ok(None);
    };
    let bad = || CallError::BadHeader {
        name: "grpc-timeout".to_owned(),
        why: "one to eight digits and a unit: H, M, S, m, u or n",
    };
    let (unit, digits) = value.as_bytes().split_last().ok_or_else(bad)?;
    if digits.is_empty() || digits.len() > 8 {
        return Err(bad());
    }
    let digit = |number: Option<u64>, digit: &u8| {
        let value = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        Some(number? * 10 + value)
    };
    let number = digits.iter().fold(Some(0), digit).ok_or_else(bad)?;
    let timeout = match unit {
        b'H' => Duration::from_secs(number * 3_600),
        b'M' => Duration::from_secs(number * 60),
        b'S' => Duration::from_secs(number),
        b'm' => Duration::from_millis(number),
        b'u' => Duration::from_micros(number),
        b'n' => Duration::from_nanos(number),
        _ => return Err(bad()),
    };
    Ok(Some(timeout))
}

/// The value of binary metadata is base64, or several of it with commas between.
fn check_binary(headers: &HeaderMap) -> Result<(), CallError> {
    for (name, value) in headers {
        if !name.as_str().ends_with("-bin") {
            continue;
        }
        let mut values = value.as_bytes().split(|byte| *byte == b',');
        if !values.all(|value| BINARY.decode(value.trim_ascii()).is_ok()) {
            return Err(CallError::BadHeader {
                name: name.as_str().to_owned(),
                why: "its value is not base64",
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn read(method: &str, headers: &[(&'static str, &str)]) -> Result<Head, CallError> {
        let mut request = http::Request::builder().method(method).body(()).unwrap();
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        Head::read(&request.into_parts().0)
    }

    #[test]
    fn what_the_protocol_allows_is_taken() {
        let grpc = ("content-type", "application/grpc");
        for (headers, gzip, timeout) in [
            (vec![grpc], false, None),
            (
                vec![("content-type", "Application/gRPC+proto; charset=utf-8")],
                false,
                None,
            ),
            (vec![grpc, ("grpc-encoding", "identity")], false, None),
            (
                vec![grpc, ("grpc-encoding", "gzip"), ("grpc-timeout", "10S")],
                true,
                Some(Duration::from_secs(10)),
            ),
            (
                vec![grpc, ("grpc-timeout", "99999999H")],
                false,
                Some(Duration::from_secs(99_999_999 * 3_600)),
            ),
            (
                vec![grpc, ("grpc-timeout", "7u")],
                false,
                Some(Duration::from_micros(7)),
            ),
            (
                vec![
                    grpc,
                    ("trace-bin", "AAE"),
                    ("trace-bin", "AAE=, AAEC"),
                    ("note", "é"),
                ],
                false,
                None,
            ),
        ] {
            let head = read("POST", &headers).unwrap();
            assert_eq!(head, Head { gzip, timeout }, "{headers:?}");
        }
    }

    #[test]
    fn what_it_does_not_allow_is_refused() {
        let grpc = ("content-type", "application/grpc");
        assert!(matches!(read("GET", &[grpc]), Err(CallError::NotPosted)));
        for kind in [
            "application/grpc-web",
            "application/grpc+json",
            "text/html",
            "",
        ] {
            let read = read("POST", &[("content-type", kind)]);
            assert!(matches!(read, Err(CallError::NotGrpc)), "{kind}");
        }
        assert!(matches!(read("POST", &[]), Err(CallError::NotGrpc)));
        let read_with = |name, value| read("POST", &[grpc, (name, value)]);
        for encoding in ["deflate", "zstd", "GZIP", "gzip, gzip", ""] {
            let read = read_with("grpc-encoding", encoding);
            assert!(
                matches!(read, Err(CallError::UnknownEncoding)),
                "{encoding}"
            );
        }
        for timeout in [
            "",
            "S",
            "10",
            "10s",
            "123456789S",
            "-1S",
            "1.5S",
            "é",
            " 1S",
            "+1S",
        ] {
            let read = read_with("grpc-timeout", timeout);
            assert!(
                matches!(read, Err(CallError::BadHeader { .. })),
                "{timeout}"
            );
        }
        for value in ["!", "AAE, ?", "A"] {
            let read = read_with("trace-bin", value);
            assert!(matches!(read, Err(CallError::BadHeader { .. })), "{value}");
        }
    }
}
