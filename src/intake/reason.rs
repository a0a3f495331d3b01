//! The reasons of problems, as callers may compare them. None is ever renamed.

/// INVALID_ARGUMENT: BadRequest names every violation.
pub const INVALID_REQUEST: &str = "INVALID_REQUEST";
/// NOT_FOUND: no complaint has this name; metadata `field`, if it is not the one in `name`.
pub const COMPLAINT_NOT_FOUND: &str = "COMPLAINT_NOT_FOUND";
pub const EVENT_NOT_FOUND: &str = "EVENT_NOT_FOUND";
pub const NOTICE_NOT_FOUND: &str = "NOTICE_NOT_FOUND";
/// NOT_FOUND: no subscription that the caller sees has this name.
pub const SUBSCRIPTION_NOT_FOUND: &str = "SUBSCRIPTION_NOT_FOUND";
/// FAILED_PRECONDITION: the service has no key to keep secrets under.
pub const NO_SECRET_KEY: &str = "NO_SECRET_KEY";
/// FAILED_PRECONDITION: the endpoint did not answer its verification as it should.
pub const ENDPOINT_NOT_VERIFIED: &str = "ENDPOINT_NOT_VERIFIED";
/// PERMISSION_DENIED: what was said or written is only for callers who may see personal data.
pub const TEXT_NOT_PERMITTED: &str = "TEXT_NOT_PERMITTED";
/// FAILED_PRECONDITION: the complaint's state does not allow it; metadata `state` and `possible`.
pub const NOT_POSSIBLE_NOW: &str = "NOT_POSSIBLE_NOW";
/// FAILED_PRECONDITION: an escalated complaint goes to somebody new.
pub const SAME_HANDLER: &str = "SAME_HANDLER";
/// FAILED_PRECONDITION: there is no level to escalate to; the metadata name the independent body.
pub const AT_TOP_LEVEL: &str = "AT_TOP_LEVEL";
/// FAILED_PRECONDITION: the customer has time to answer until the metadata `until`.
pub const STILL_WAITING_FOR_ANSWER: &str = "STILL_WAITING_FOR_ANSWER";
/// FAILED_PRECONDITION: the date lies after the due time of the clock that bounds what may be promised, and no reason was
/// given; metadata `clock` and `latest`.
pub const PROMISE_BEYOND_CEILING: &str = "PROMISE_BEYOND_CEILING";
/// FAILED_PRECONDITION: the referral is past that stage; metadata `reached`.
pub const STAGE_NOT_AHEAD: &str = "STAGE_NOT_AHEAD";
/// FAILED_PRECONDITION: the complaint already has as many of something as it may have; metadata `field` and `limit`.
pub const LIMIT_REACHED: &str = "LIMIT_REACHED";
/// FAILED_PRECONDITION: the figures have more cells than a response holds; metadata `limit`.
pub const TOO_MANY_CELLS: &str = "TOO_MANY_CELLS";
/// FAILED_PRECONDITION: only complaints of one brand are linked.
pub const OTHER_BRAND: &str = "OTHER_BRAND";
/// ALREADY_EXISTS: the complaints are linked already; metadata `kind`.
pub const ALREADY_LINKED: &str = "ALREADY_LINKED";
/// NOT_FOUND: the complaints are not linked.
pub const LINK_NOT_FOUND: &str = "LINK_NOT_FOUND";
/// FAILED_PRECONDITION: no notice of this number is followed on its way.
pub const NOTICE_NOT_FOLLOWED: &str = "NOTICE_NOT_FOLLOWED";
/// FAILED_PRECONDITION: what is reported of a notice cannot follow what is on record; metadata `state`, `means` and `since`.
pub const NOTICE_STANDS: &str = "NOTICE_STANDS";
/// FAILED_PRECONDITION: what came back was sent again since; metadata `state` and `means`, in which the notice stands now.
pub const ATTEMPT_SUPERSEDED: &str = "ATTEMPT_SUPERSEDED";
/// ABORTED: the dispatch was claimed again since, or waits no more; metadata `attempt`, which has it now.
pub const CLAIM_LOST: &str = "CLAIM_LOST";
/// FAILED_PRECONDITION: the notice cannot be sent by these means; metadata `means`.
pub const CANNOT_BE_SENT: &str = "CANNOT_BE_SENT";
/// FAILED_PRECONDITION: the outcome has not reached the customer, whose silence is no answer.
pub const OUTCOME_NOT_TOLD: &str = "OUTCOME_NOT_TOLD";
/// FAILED_PRECONDITION: the personal data must not be erased; metadata `holds`.
pub const LEGAL_HOLD: &str = "LEGAL_HOLD";
/// FAILED_PRECONDITION: the personal data must be kept until the metadata `until`.
pub const RETAINED: &str = "RETAINED";
/// FAILED_PRECONDITION: data are handed out only once the identity was checked.
pub const IDENTITY_NOT_VERIFIED: &str = "IDENTITY_NOT_VERIFIED";
/// UNAVAILABLE, with RetryInfo: it cannot be recorded who reads, so no personal data are shown.
pub const READS_NOT_RECORDED: &str = "READS_NOT_RECORDED";
/// FAILED_PRECONDITION: the complaint keeps a version of its policy that this process does not have.
pub const POLICY_NOT_LOADED: &str = "POLICY_NOT_LOADED";
/// UNAVAILABLE, with RetryInfo: this process does not know the brand of the complaint; metadata `brand`.
pub const BRAND_NOT_LOADED: &str = "BRAND_NOT_LOADED";
/// NOT_FOUND: no brand has this name.
pub const BRAND_NOT_FOUND: &str = "BRAND_NOT_FOUND";
/// FAILED_PRECONDITION: the brand does not go with those in use; metadata `brand` and `version`.
pub const BRAND_CONFLICT: &str = "BRAND_CONFLICT";
/// FAILED_PRECONDITION: the policy does not go with those that are in use.
pub const POLICY_CANNOT_RULE: &str = "POLICY_CANNOT_RULE";
/// FAILED_PRECONDITION: no version of the policy is in force now.
pub const NO_POLICY_IN_FORCE: &str = "NO_POLICY_IN_FORCE";
/// ABORTED: another replica moves the complaints of the policy.
pub const MIGRATION_ELSEWHERE: &str = "MIGRATION_ELSEWHERE";
/// ABORTED, with RetryInfo: this replica is moving the complaints of another policy.
pub const MIGRATION_BUSY: &str = "MIGRATION_BUSY";
/// ABORTED: the complaint has changed since.
pub const ETAG_MISMATCH: &str = "ETAG_MISMATCH";
/// ABORTED: another transaction was in the way.
pub const TRY_AGAIN: &str = "TRY_AGAIN";
/// ALREADY_EXISTS: the request id was used for another request.
pub const REQUEST_ID_REUSED: &str = "REQUEST_ID_REUSED";
/// RESOURCE_EXHAUSTED: too much is waiting.
pub const OVERLOADED: &str = "OVERLOADED";
/// RESOURCE_EXHAUSTED, with RetryInfo and QuotaFailure: the caller has reached one of its limits; metadata `quota` and `value`.
pub const QUOTA_EXCEEDED: &str = "QUOTA_EXCEEDED";
/// RESOURCE_EXHAUSTED, with RetryInfo and QuotaFailure: too many tokens from the caller's address proved nothing; metadata `quota`
/// and `value`.
pub const TOO_MANY_FAILED_TOKENS: &str = "TOO_MANY_FAILED_TOKENS";
/// RESOURCE_EXHAUSTED, with RetryInfo: the database's disk is nearly full, so no complaints are filed for now.
pub const STORAGE_LOW: &str = "STORAGE_LOW";
/// RESOURCE_EXHAUSTED: as many streams of events are watched here as may be.
pub const TOO_MANY_WATCHERS: &str = "TOO_MANY_WATCHERS";
/// RESOURCE_EXHAUSTED: the stream was not read for too long; metadata `position`.
pub const NOT_READ: &str = "NOT_READ";
/// UNAVAILABLE: the database is away; whether a change was carried out is not known.
pub const DATABASE_UNAVAILABLE: &str = "DATABASE_UNAVAILABLE";
/// UNAVAILABLE: the database did not answer; whether the change was carried out is not known.
pub const DATABASE_TIMEOUT: &str = "DATABASE_TIMEOUT";
/// OUT_OF_RANGE: the log has gone another way before the position; metadata `position`, up to which it has not.
pub const LOG_PARTED: &str = "LOG_PARTED";
/// OUT_OF_RANGE: the position is of another log.
pub const OTHER_LOG: &str = "OTHER_LOG";
/// OUT_OF_RANGE: the log ends before the position; metadata `position`, where it ends.
pub const POSITION_AHEAD: &str = "POSITION_AHEAD";
/// UNAVAILABLE: this replica's clock is wrong, so it changes nothing; metadata `seconds`, by which it is ahead.
pub const WRONG_TIME: &str = "WRONG_TIME";
/// UNAVAILABLE: this process is going down.
pub const SHUTTING_DOWN: &str = "SHUTTING_DOWN";
/// UNAVAILABLE, with RetryInfo: the connection of a stream has reached its age; another one is as good.
pub const CONNECTION_ENDS: &str = "CONNECTION_ENDS";
/// DEADLINE_EXCEEDED: the call took too long; whether a change was carried out is not known.
pub const TIMED_OUT: &str = "TIMED_OUT";
/// NOT_FOUND: the complaint has no such clock; metadata `clocks`.
pub const CLOCK_NOT_FOUND: &str = "CLOCK_NOT_FOUND";
/// NOT_FOUND: there is no such version of a policy, or none is in force.
pub const POLICY_NOT_FOUND: &str = "POLICY_NOT_FOUND";
/// NOT_FOUND: there is no such migration.
pub const MIGRATION_NOT_FOUND: &str = "MIGRATION_NOT_FOUND";
/// DATA_LOSS: the complaint's log was changed past the service.
pub const LOG_BROKEN: &str = "LOG_BROKEN";
/// INVALID_ARGUMENT: the bytes are not a message of the method, or not one message; or they are not gzip although they are
/// said to be.
pub const MALFORMED_MESSAGE: &str = "MALFORMED_MESSAGE";
/// INVALID_ARGUMENT: a header does not have the form that gRPC gives it; metadata `header`.
pub const INVALID_HEADER: &str = "INVALID_HEADER";
/// INVALID_ARGUMENT: the call is not one of gRPC.
pub const NOT_GRPC: &str = "NOT_GRPC";
/// UNIMPLEMENTED: the request is compressed by a method other than gzip.
pub const UNKNOWN_ENCODING: &str = "UNKNOWN_ENCODING";
/// UNAUTHENTICATED: neither a token nor a certificate says who calls; a token would do.
pub const TOKEN_REQUIRED: &str = "TOKEN_REQUIRED";
/// UNAUTHENTICATED: the token proves nothing.
pub const TOKEN_INVALID: &str = "TOKEN_INVALID";
/// UNAUTHENTICATED: the token has expired; another one is wanted.
pub const TOKEN_EXPIRED: &str = "TOKEN_EXPIRED";
/// UNAUTHENTICATED: the connection has shown no certificate, by which alone callers are known.
pub const CERTIFICATE_REQUIRED: &str = "CERTIFICATE_REQUIRED";
/// UNAUTHENTICATED: the names of the certificate belong to no subject, or to several.
pub const CERTIFICATE_UNKNOWN: &str = "CERTIFICATE_UNKNOWN";
/// UNAVAILABLE, with RetryInfo: the issuer's keys cannot be had, so no token can be checked.
pub const KEYS_UNAVAILABLE: &str = "KEYS_UNAVAILABLE";
/// PERMISSION_DENIED: the caller has none of the roles that may call the method; metadata `roles`.
pub const ROLE_REQUIRED: &str = "ROLE_REQUIRED";
/// PERMISSION_DENIED: the request names somebody else than its caller as who acts, which only the roles in the metadata
/// `roles` may.
pub const ACTOR_NOT_CALLER: &str = "ACTOR_NOT_CALLER";
/// PERMISSION_DENIED: the request gives an `override_reason`, which only the roles in the metadata `roles` may, and of these a
/// system that acts for others only for somebody whom it names.
pub const OVERRIDE_NOT_PERMITTED: &str = "OVERRIDE_NOT_PERMITTED";
/// UNIMPLEMENTED: the service has no such method.
pub const METHOD_NOT_FOUND: &str = "METHOD_NOT_FOUND";
/// NOT_FOUND: the health of a service that there is not.
pub const SERVICE_NOT_FOUND: &str = "SERVICE_NOT_FOUND";
/// OUT_OF_RANGE, or RESOURCE_EXHAUSTED if it only shows on decompressing: the request is too large; metadata `limit`.
pub const REQUEST_TOO_LARGE: &str = "REQUEST_TOO_LARGE";
/// ABORTED: the request did not arrive completely in time. Nothing was done.
pub const REQUEST_TOO_SLOW: &str = "REQUEST_TOO_SLOW";
/// CANCELLED: the request broke off. Nothing was done.
pub const REQUEST_INTERRUPTED: &str = "REQUEST_INTERRUPTED";
/// DATA_LOSS: what is stored of the complaint cannot be read.
pub const DATA_UNREADABLE: &str = "DATA_UNREADABLE";
/// INTERNAL: a fault of the service.
pub const INTERNAL: &str = "INTERNAL";
