//! Problems of subscriptions.

use super::store::of_store;
use crate::{
    intake::{Code, Problem, etag_of, reason},
    outbox::SubscriptionError,
    store::MOST_SUBSCRIPTIONS,
};

/// Why a subscription is not as the caller wants it.
pub(in crate::api) fn of_subscription(error: &SubscriptionError) -> Problem {
    let said = error.to_string();
    let refused = |reason, message| Problem::new(Code::FailedPrecondition, reason, message);
    match error {
        SubscriptionError::NoSecretKey => {
            let message = "the service has no key with which to encrypt the secrets of subscriptions, so it sends nothing; start it with \
                           --secret-key-file, and a file that `openssl rand -base64 32` made";
            refused(reason::NO_SECRET_KEY, message.to_owned()).precondition("secret_key")
        }
        SubscriptionError::NotFound => {
            Problem::new(Code::NotFound, reason::SUBSCRIPTION_NOT_FOUND, said)
        }
        SubscriptionError::NotVerified(_) => {
            refused(reason::ENDPOINT_NOT_VERIFIED, said).precondition("subscription.endpoint")
        }
        SubscriptionError::TooMany => refused(reason::LIMIT_REACHED, said)
            .with("limit", MOST_SUBSCRIPTIONS)
            .precondition("subscriptions"),
        SubscriptionError::Changed { present } => {
            Problem::new(Code::Aborted, reason::ETAG_MISMATCH, said)
                .with("present", etag_of(*present))
        }
        SubscriptionError::Vault(error) => Problem::internal(error),
        SubscriptionError::NoRandomness(error) => Problem::internal(error),
        SubscriptionError::Unopened(why) => Problem::internal(why),
        SubscriptionError::Store(error) => of_store(error),
    }
}

/// The caller may not see what the subscription would send.
pub(in crate::api) fn text_not_permitted() -> Problem {
    let message = "subscription.include_text: what was said or written is personal data, which none of the caller's roles may see";
    Problem::new(Code::PermissionDenied, reason::TEXT_NOT_PERMITTED, message)
}
