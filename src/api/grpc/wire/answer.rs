//! What goes back to the caller.

use std::{
    future::Future as _,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Response};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::{Status, body::Body, codegen::StdError};

use super::peer::OpenCall;
use crate::api::grpc::{call_error::CallError, status};

/// How much of an answer is handed over at a time: so much more is in memory than what is counted.
const PIECE: usize = 64 * 1024;

/// The body of an answer. Its call is open until it has been handed over.
#[derive(Debug)]
pub(in crate::api) struct ResponseBody {
    content: Content,
    /// Of a stream: when it has to end with its connection.
    ends: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    _call: Option<OpenCall>,
}

/// What an answer consists of.
#[derive(Debug)]
pub(super) enum Content {
    /// Made already.
    Whole {
        data: Bytes,
        trailers: Option<HeaderMap>,
    },
    /// Made as it is read.
    Stream(Body),
}

impl http_body::Body for ResponseBody {
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
            let mut trailers = HeaderMap::new();
            // It fails on a message that cannot be a header, which this one can.
            let told = status::connection_ends().add_header(&mut trailers).is_ok();
            self.content = Content::Whole {
                data: Bytes::new(),
                trailers: told.then_some(trailers),
            };
        }
        match &mut self.content {
            Content::Whole { data, .. } if !data.is_empty() => {
                let piece = match data.len() {
                    ..=PIECE => std::mem::take(data),
                    _ => data.split_to(PIECE),
                };
                Poll::Ready(Some(Ok(Frame::data(piece))))
            }
            Content::Whole { trailers, .. } => Poll::Ready(
                trailers
                    .take()
                    .map(|trailers| Ok(Frame::trailers(trailers))),
            ),
            Content::Stream(body) => Pin::new(body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Whole { data, trailers } => data.is_empty() && trailers.is_none(),
            Content::Stream(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole { data, .. } => {
                u64::try_from(data.len()).map_or_else(|_| SizeHint::default(), SizeHint::with_exact)
            }
            Content::Stream(body) => body.size_hint(),
        }
    }
}

/// A handler's answer of one message, made now, so that its size is known. What it takes up is held by its call.
pub(super) async fn whole<B>(
    response: Response<B>,
    call: &mut OpenCall,
) -> Result<Response<Content>, CallError>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<StdError>,
{
    let (parts, body) = explained(response).into_parts();
    let made = match collect(body).await {
        Ok(made) => made,
        Err(status) => {
            let failed: Response<Body> = status::of_unexplained(&status).into_http();
            return Ok(failed.map(Content::Stream));
        }
    };
    if let Content::Whole { data, .. } = &made {
        call.hold_answer(data.len())?;
    }
    Ok(Response::from_parts(parts, made))
}

/// The whole of a body. An answer of one message comes in one piece, which is not copied.
async fn collect(mut body: Body) -> Result<Content, Status> {
    let (mut data, mut trailers) = (Bytes::new(), None);
    while let Some(frame) = body.frame().await {
        match frame?.into_data() {
            Ok(piece) if data.is_empty() => data = piece,
            Ok(piece) => {
                let mut longer = BytesMut::from(data);
                longer.extend_from_slice(&piece);
                data = longer.freeze();
            }
            Err(frame) => trailers = frame.into_trailers().ok(),
        }
    }
    Ok(Content::Whole { data, trailers })
}

/// A handler's answer that is made as it is read.
pub(super) fn stream<B>(response: Response<B>) -> Response<Content>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<StdError>,
{
    explained(response).map(Content::Stream)
}

/// The answer to a call, which it keeps open.
pub(super) fn of_call(response: Response<Content>, call: OpenCall) -> Response<ResponseBody> {
    response.map(|content| ResponseBody {
        content,
        ends: call.ends().map(Box::pin),
        _call: Some(call),
    })
}

fn explained<B>(response: Response<B>) -> Response<Body>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<StdError>,
{
    match unexplained(response.headers()) {
        Some(status) => status::of_unexplained(&status).into_http(),
        None => response.map(Body::new),
    }
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
pub(super) fn of_refused(error: &CallError) -> Response<ResponseBody> {
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
    response.map(|body| ResponseBody {
        content: Content::Stream(body),
        ends: None,
        _call: None,
    })
}
