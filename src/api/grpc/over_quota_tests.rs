//! A quota that is used up, decoded again as a caller decodes it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use super::*;
use crate::api::grpc::over_quota::Limited;

fn over(quota: Quota, retry: Option<Duration>) -> OverQuota {
    let of = match quota {
        Quota::FailedTokens => Limited::Address("2001:db8::".parse().unwrap()),
        _ => Limited::Caller("crm".to_owned()),
    };
    OverQuota {
        quota,
        of,
        value: 50,
        burst: (quota == Quota::CallsPerSecond).then_some(100),
        retry,
    }
}

#[test]
fn a_quota_that_is_used_up_is_named_with_its_owner_and_when_to_go_on() {
    let brief = Duration::from_millis(20);
    for (quota, id, subject, description, retry) in [
        (
            Quota::CallsPerSecond,
            "calls_per_second",
            "caller:crm",
            "50 calls a second, 100 at once",
            Some(brief),
        ),
        (
            Quota::CallsInFlight,
            "calls_in_flight",
            "caller:crm",
            "50 calls in flight",
            None,
        ),
        (
            Quota::OpenStreams,
            "open_streams",
            "caller:crm",
            "50 open streams",
            None,
        ),
        (
            Quota::FailedTokens,
            "failed_tokens_per_minute",
            "clientip:2001:db8::/64",
            "50 tokens a minute that prove nothing",
            Some(brief),
        ),
    ] {
        let status = of_call(&over(quota, retry).into());
        assert_eq!(status.code(), Code::ResourceExhausted);
        assert!(status.message().ends_with(description), "{status:?}");
        let details = status.check_error_details().unwrap();
        let info = details.error_info().unwrap();
        let reason = match quota {
            Quota::FailedTokens => "TOO_MANY_FAILED_TOKENS",
            _ => "QUOTA_EXCEEDED",
        };
        assert_eq!(
            (info.domain.as_str(), info.reason.as_str()),
            (DOMAIN, reason)
        );
        assert_eq!(info.metadata["quota"], id);
        assert_eq!(info.metadata["value"], "50");
        let told = details.retry_info().unwrap().retry_delay;
        assert_eq!(told, Some(retry.unwrap_or(LATER)));
        let quotas = &details.quota_failure().unwrap().violations;
        let [violation] = quotas.as_slice() else {
            panic!("one quota is used up: {quotas:?}");
        };
        assert_eq!(violation.subject, subject);
        assert_eq!(violation.description, description);
        assert_eq!(violation.quota_id, id);
        assert_eq!(violation.quota_value, 50);
    }
}
