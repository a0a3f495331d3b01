//! Which service handles a call.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use futures_util::future::Either;
use http::{Request, Response};
use tonic::{body::Body, server::NamedService, service::Routes};
use tower::Service;

/// A service that is called all the time, and others. The router takes every path apart, and wraps what goes in and what comes out,
/// which for a single read is a noticeable part of its cost: so the calls of the first service pass it by.
#[derive(Debug, Clone)]
pub(super) struct Services<S> {
    first: S,
    others: Routes,
}

impl<S> Services<S> {
    pub(super) fn new(first: S, others: Routes) -> Self {
        Services { first, others }
    }
}

/// Whether a path names a method of a service.
fn is_of(path: &str, service: &str) -> bool {
    let method = path
        .strip_prefix('/')
        .and_then(|path| path.strip_prefix(service));
    method.is_some_and(|rest| rest.starts_with('/'))
}

impl<S> Service<Request<Body>> for Services<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + NamedService,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Either<S::Future, <Routes as Service<Request<Body>>>::Future>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Generated services and the router are always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if is_of(request.uri().path(), S::NAME) {
            Either::Left(self.first.call(request))
        } else {
            Either::Right(self.others.call(request))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_of;

    #[test]
    fn a_service_whose_name_begins_alike_is_another_one() {
        assert!(is_of("/a.v1.Service/Get", "a.v1.Service"));
        for other in [
            "/a.v1.ServiceTwo/Get",
            "/a.v1.Service",
            "a.v1.Service/Get",
            "/a.v1/Get",
            "",
        ] {
            assert!(!is_of(other, "a.v1.Service"), "{other}");
        }
    }
}
