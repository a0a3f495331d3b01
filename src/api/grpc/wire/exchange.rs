//! A stream of requests that has an end.

use std::{
    future::Future as _,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::time::{Sleep, sleep};

/// The body of such a request. It ends after a while as if its caller had ended it, and with it the call: whoever still has
/// questions opens another one.
#[derive(Debug)]
pub(super) struct Exchange<B> {
    body: Pin<Box<B>>,
    ends: Pin<Box<Sleep>>,
}

impl<B> Exchange<B> {
    pub(super) fn new(body: B, after: Duration) -> Self {
        Exchange {
            body: Box::pin(body),
            ends: Box::pin(sleep(after)),
        }
    }
}

impl<B: Body<Data = Bytes>> Body for Exchange<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if self.ends.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        self.body.as_mut().poll_frame(context)
    }
}
