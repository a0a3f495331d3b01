//! Etags: the version of a complaint, as callers keep it.

/// The etag of a version.
pub(crate) fn etag_of(version: i64) -> String {
    format!("\"{version}\"")
}

/// The version that an etag stands for.
pub(super) fn version_of(etag: &str) -> Option<i64> {
    etag.strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
}
