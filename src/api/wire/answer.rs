//! What goes back to the caller.

use std::{
    future::Future as _,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response};
use http_body::{Frame, SizeHint};
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::{Status, body::Body};

use super::{error::CallError, peer::OpenCall};
use crate::api::status;

/// The body of an answer. Its call is open until it has been handed over.
#[derive(Debug)]
pub(in crate::api) struct Answer {
    body: Body,
    /// Of a stream: when it has to end with its connection.
    ends: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    _call: Option<OpenCall>,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if let Some(ends) = &mut self.ends
            && ends.as_mut().poll(context).is_ready()
        {
            self.ends = None;
            self.body = Body::empty();
            let mut trailers = HeaderMap::new();
            // It fails on a message that cannot be a header, which this one can.
            return Poll::Ready(
                status::connection_ends()
                    .add_header(&mut trailers)
                    .is_ok()
                    .then(|| Ok(Frame::trailers(trailers))),
            );
        }
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A handler's answer.
pub(super) fn of_handler<B>(response: Response<B>, call: OpenCall) -> Response<Answer>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<tonic::codegen::StdError>,
{
    let response = match unexplained(response.headers()) {
        Some(status) => status::of_unexplained(&status).into_http(),
        None => response.map(Body::new),
    };
    response.map(|body| Answer {
        body,
        ends: call.ends().map(Box::pin),
        _call: Some(call),
    })
}

/// A status that a handler did not give: ours carry details.
fn unexplained(headers: &HeaderMap) -> Option<Status> {
    let failed = headers.get("grpc-status").is_some_and(|code| code != "0");
    let status = || Status::from_header_map(headers);
    (failed && !headers.contains_key("grpc-status-details-bin"))
        .then(status)
        .flatten()
}

/// The answer to a call that does not reach its handler.
pub(super) fn of_refused(error: &CallError) -> Response<Answer> {
    let mut response = status::of_call(error).into_http();
    // For whoever takes this for another kind of service.
    match error {
        CallError::NotPosted => {
            *response.status_mut() = http::StatusCode::METHOD_NOT_ALLOWED;
            let post = HeaderValue::from_static("POST");
            response.headers_mut().insert(http::header::ALLOW, post);
        }
        CallError::NotGrpc => {
            *response.status_mut() = http::StatusCode::UNSUPPORTED_MEDIA_TYPE;
        }
        CallError::UnknownEncoding => {
            let known = HeaderValue::from_static("identity,gzip");
            response.headers_mut().insert("grpc-accept-encoding", known);
        }
        _ => {}
    }
    response.map(|body| Answer {
        body,
        ends: None,
        _call: None,
    })
}
