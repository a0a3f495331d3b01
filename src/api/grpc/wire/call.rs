//! What every call passes on its way to its handler.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{HeaderMap, Request, Response, header::AUTHORIZATION};
use http_body_util::Full;
use tokio::time::timeout;
use tonic::{body::Body, codegen::StdError};
use tower::Service;

use super::{
    answer::{self, ResponseBody},
    exchange::Exchange,
    head::{self, Head},
    limits::CallerLimits,
    message,
    methods::{Kind, Method, Methods},
    peer::{OpenCall, Peer},
    quota::Quotas,
};
use crate::{
    access::{Caller, Rule},
    api::{
        auth::{Authentication, Unauthenticated},
        grpc::call_error::CallError,
    },
};

/// The calls of one connection. A handler sees a request only when its caller is known and may make it, and its message has
/// arrived completely, is uncompressed, and is alone.
#[derive(Debug, Clone)]
pub(in crate::api) struct CallService<S> {
    handlers: S,
    methods: Arc<Methods>,
    callers: Authentication,
    quotas: Arc<Quotas>,
    peer: Arc<Peer>,
    times: Times,
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(in crate::api) struct Times {
    /// A request, to arrive.
    request: Duration,
    /// A stream of requests, as a whole. Then its answers have as long again before they count as not taken.
    exchange: Duration,
}

impl From<&CallerLimits> for Times {
    fn from(limits: &CallerLimits) -> Self {
        Times {
            request: limits.request_time,
            exchange: limits.answer_time / 2,
        }
    }
}

impl<S> CallService<S> {
    pub(in crate::api) fn new(
        handlers: S,
        methods: Arc<Methods>,
        callers: Authentication,
        quotas: Arc<Quotas>,
        peer: Arc<Peer>,
        times: Times,
    ) -> Self {
        CallService {
            handlers,
            methods,
            callers,
            quotas,
            peer,
            times,
        }
    }

    /// Who makes the call, if whoever it is may make it, and make it now. What is open to everybody is called by anyone.
    async fn admit(
        &self,
        headers: &HeaderMap,
        rule: Option<&Arc<Rule>>,
        kind: Kind,
        call: &mut OpenCall,
    ) -> Result<Caller, CallError> {
        let Some(rule) = rule else {
            return Ok(Caller::Anyone);
        };
        let caller = self.known(headers).await?;
        // Before the rule, so that what a caller may not do counts as well.
        call.taken = self.quotas.admit(&caller, kind)?;
        if !rule.admits(&caller) {
            return Err(CallError::NotPermitted(Arc::clone(rule)));
        }
        Ok(caller)
    }

    /// Who makes the call. A token that proves nothing counts against its address, and so does one that has expired: whoever
    /// sends it over and over has us check its signature each time. A call without a token costs nothing of the kind.
    async fn known(&self, headers: &HeaderMap) -> Result<Caller, CallError> {
        let from = self.peer.address;
        let may_try = || self.quotas.may_try(from).map_err(CallError::from);
        let certificate = self.peer.certificate();
        let known = self.callers.caller(headers, certificate, may_try).await;
        if let Err(CallError::Unauthenticated(Unauthenticated::Token(_))) = known {
            self.quotas.failed(from);
        }
        known
    }

    /// The request as its handler may see it.
    async fn receive<B>(
        &self,
        request: Request<B>,
        head: &Head,
        kind: Kind,
        call: &mut OpenCall,
    ) -> Result<Request<Body>, CallError>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<StdError>,
    {
        if kind == Kind::Exchange {
            return Ok(request.map(|body| Body::new(Exchange::new(body, self.times.exchange))));
        }
        let (mut parts, body) = request.into_parts();
        let frame = message::collect(body, head.gzip, &self.peer.bytes, &mut call.bytes);
        let frame = timeout(self.times.request, frame).await;
        let frame = frame.map_err(|_| CallError::TooSlow(self.times.request))??;
        parts.headers.remove("grpc-encoding");
        Ok(Request::from_parts(parts, Body::new(Full::new(frame))))
    }
}

impl<S, B, R> Service<Request<B>> for CallService<S>
where
    S: Service<Request<Body>, Response = Response<R>, Error = Infallible>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<StdError>,
    R: http_body::Body<Data = Bytes> + Send + 'static,
    R::Error: Into<StdError>,
{
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<ResponseBody>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // The router is always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mut service = self.clone();
        Box::pin(async move {
            let answered = service.answer(request).await;
            Ok(answered.unwrap_or_else(|error| answer::of_refused(&error)))
        })
    }
}

impl<S> CallService<S> {
    async fn answer<B, R>(
        &mut self,
        request: Request<B>,
    ) -> Result<Response<ResponseBody>, CallError>
    where
        S: Service<Request<Body>, Response = Response<R>, Error = Infallible>,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<StdError>,
        R: http_body::Body<Data = Bytes> + Send + 'static,
        R::Error: Into<StdError>,
    {
        let (parts, body) = request.into_parts();
        let head = Head::read(&parts)?;
        let method = self.methods.get(parts.uri.path());
        let Method { kind, page, rule } = method.ok_or(CallError::NoSuchMethod)?;
        let mut call = self.peer.open(kind, head::size(&parts.headers))?;
        let mut request = Request::from_parts(parts, body);
        let answered = async {
            let headers = request.headers();
            let caller = self.admit(headers, rule.as_ref(), kind, &mut call).await?;
            request.extensions_mut().insert(caller);
            // Whoever goes on with the request knows the caller, and has no need of what proves it.
            request.headers_mut().remove(AUTHORIZATION);
            let request = self.receive(request, &head, kind, &mut call).await?;
            if let Some(bytes) = page {
                call.reserve_answer(bytes).await?;
            }
            let Ok(response) = self.handlers.call(request).await;
            if kind == Kind::Unary {
                answer::whole(response, &mut call).await
            } else {
                Ok(answer::stream(response))
            }
        };
        let response = match head.timeout {
            Some(limit) => {
                timeout(limit, answered)
                    .map(|ended| ended.unwrap_or(Err(CallError::DeadlinePassed)))
                    .await?
            }
            None => answered.await?,
        };
        call.answers();
        Ok(answer::of_call(response, call))
    }
}
