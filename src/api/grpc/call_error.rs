//! Why a call does not reach its handler.

use std::{sync::Arc, time::Duration};

use super::over_quota::OverQuota;
use crate::{access::Rule, api::auth::Unauthenticated};

/// Why a call does not reach its handler. None of it is a fault of the service.
#[derive(Debug, thiserror::Error)]
pub(in crate::api) enum CallError {
    #[error("this is a gRPC service: calls are POST requests")]
    NotPosted,
    #[error(
        "this is a gRPC service: the content-type is application/grpc or application/grpc+proto"
    )]
    NotGrpc,
    #[error("the service has no such method; reflection lists those that it has")]
    NoSuchMethod,
    #[error(transparent)]
    Unauthenticated(#[from] Unauthenticated),
    #[error("{}: {}", .0.advice(), .0.limit())]
    OverQuota(Box<OverQuota>),
    #[error("the caller has none of the roles that may call this method")]
    NotPermitted(Arc<Rule>),
    #[error("the header {name} is not valid: {why}")]
    BadHeader { name: String, why: &'static str },
    #[error("the request's encoding is not supported; send it as gzip, or not compressed")]
    UnknownEncoding,
    /// The frame around a message, or its compression.
    #[error("the request's message is not valid: {0}")]
    BadMessage(String),
    #[error("the request has {found} bytes; the limit is {limit}")]
    TooLarge { found: usize, limit: usize },
    #[error("the decompressed request has more than {limit} bytes")]
    InflatesTooFar { limit: usize },
    #[error("the complete request did not arrive within {} s", .0.as_secs())]
    TooSlow(Duration),
    #[error("the request ended prematurely")]
    Interrupted,
    #[error("{0}; try again in a moment")]
    NoRoom(&'static str),
    #[error(
        "the call's deadline (grpc-timeout) has passed; whether a change was carried out is not known: repeat it with the \
         same request_id"
    )]
    DeadlinePassed,
}

impl From<OverQuota> for CallError {
    fn from(over: OverQuota) -> Self {
        CallError::OverQuota(Box::new(over))
    }
}
