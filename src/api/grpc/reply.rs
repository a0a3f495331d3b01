//! What a handler returns, in the form of gRPC and in time.

use std::{future::Future, pin::Pin, time::Duration};

use futures_util::{Stream, StreamExt as _};
use tonic::{Response, Status};

use crate::{api::problems, intake::Problem};

/// What a method answers.
pub(super) type Reply<T> = Result<Response<T>, Status>;
/// What a method answers with that streams.
pub(super) type ReplyStream<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send + 'static>>;

/// No call is answered later than this; a stream may go on.
const LONGEST_CALL: Duration = Duration::from_secs(30);

/// The answer to a read, unless it takes longer than any call may.
pub(super) async fn answer_read<T>(
    call: impl Future<Output = Result<T, Problem>> + Send,
) -> Reply<T> {
    within_time(call, problems::read_timed_out).await
}

/// The answer to a change, unless it takes longer than any call may.
pub(super) async fn answer_change<T>(
    call: impl Future<Output = Result<T, Problem>> + Send,
) -> Reply<T> {
    within_time(call, problems::change_timed_out).await
}

/// The answer to what begins a stream, which may then go on for as long as it likes. Beginning one changes nothing, or can be
/// repeated.
pub(super) async fn answer_stream<T: 'static>(
    call: impl Future<Output = Result<impl Stream<Item = Result<T, Problem>> + Send + 'static, Problem>>
    + Send,
) -> Reply<ReplyStream<T>> {
    let begun = within_time(call, problems::read_timed_out).await?;
    Ok(begun.map(|stream| {
        let stream: ReplyStream<T> = Box::pin(stream.map(|item| item.map_err(Status::from)));
        stream
    }))
}

async fn within_time<T>(
    call: impl Future<Output = Result<T, Problem>> + Send,
    timed_out: fn() -> Problem,
) -> Reply<T> {
    match tokio::time::timeout(LONGEST_CALL, call).await {
        Ok(Ok(answer)) => Ok(Response::new(answer)),
        Ok(Err(problem)) => Err(problem.into()),
        Err(_) => Err(timed_out().into()),
    }
}
