//! For what purpose a caller reads personal data.

use super::{
    check::{Check, LINE},
    problem::Problem,
};

/// The header that says it.
pub(crate) const PURPOSE: &str = "redress-purpose";

/// Reads it from what was given in its place, each value as it came; `None` for one that could not be decoded. Empty: nothing
/// was given.
///
/// # Errors
/// INVALID_ARGUMENT that names the header.
pub(crate) fn purpose(mut check: Check, given: &[Option<Vec<u8>>]) -> Result<String, Problem> {
    let text = match given {
        [] => return Ok(String::new()),
        [only] => only.as_deref().and_then(|bytes| str::from_utf8(bytes).ok()),
        _ => {
            check.violation(PURPOSE, "must be given once");
            return check.finish(None);
        }
    };
    let Some(text) = text else {
        check.violation(PURPOSE, "must be ASCII, or UTF-8 in redress-purpose-bin");
        return check.finish(None);
    };
    let purpose = check.optional(PURPOSE, text, LINE);
    check.finish(Some(purpose.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{super::check::tests::check, *};

    fn read(given: &[&[u8]]) -> Result<String, Problem> {
        let given: Vec<_> = given.iter().map(|bytes| Some(bytes.to_vec())).collect();
        purpose(check(), &given)
    }

    #[test]
    fn a_purpose_is_a_line_of_text_or_nothing() {
        assert_eq!(read(&[]).unwrap(), "");
        assert_eq!(read(&[b"  "]).unwrap(), "");
        assert_eq!(read(&[b" call 4711 "]).unwrap(), "call 4711");
        assert_eq!(read(&["réclamation".as_bytes()]).unwrap(), "réclamation");
        assert_eq!(read(&[&[b'x'; 200]]).unwrap().len(), 200);
    }

    #[test]
    fn one_that_is_too_long_hidden_twice_or_no_text_is_refused_by_the_name_of_the_header() {
        let wrong: [&[&[u8]]; 5] = [
            &[&[b'x'; 201]],
            &[b"a\x07b"],
            &["a\u{202e}b".as_bytes()],
            &[b"a", b"a"],
            &[b"\xff"],
        ];
        for wrong in wrong {
            let refused = read(wrong).unwrap_err();
            assert_eq!(refused.violations.len(), 1, "{wrong:?}");
            assert_eq!(refused.violations[0].field, PURPOSE, "{wrong:?}");
        }
        assert!(purpose(check(), &[None]).is_err());
    }
}
