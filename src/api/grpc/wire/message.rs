//! The one message of a request, as gRPC frames it: a flag, four bytes of length, and the message.

use std::{io::Read as _, pin::pin};

use bytes::{Buf as _, Bytes, BytesMut};
use flate2::read::GzDecoder;
use http_body::Body;
use http_body_util::BodyExt as _;

use super::{
    LARGEST_MESSAGE,
    share::{Held, Share},
};
use crate::api::grpc::call_error::CallError;

/// The flag and the length.
const PREFIX: usize = 5;

/// Collects the frame of one message. What it takes up is taken from the share, as it arrives, and added to what is held.
///
/// The answer is a frame whose message is not compressed, and whose length is what it announces.
pub(super) async fn collect<B>(
    body: B,
    gzip: bool,
    share: &Share,
    held: &mut Held,
) -> Result<Bytes, CallError>
where
    B: Body<Data = Bytes>,
{
    let mut body = pin!(body);
    let mut frame = Bytes::new();
    let mut pieces = BytesMut::new();
    while let Some(piece) = body.frame().await {
        let Ok(mut piece) = piece.map_err(|_| CallError::Interrupted)?.into_data() else {
            continue;
        };
        hold(share, held, piece.len())?;
        if pieces.is_empty() && body.is_end_stream() {
            frame = piece;
            break;
        }
        // Copied, because a piece keeps the whole of what it was read with: a caller who sends a byte at a time would
        // have us keep much more than it sends.
        pieces.extend_from_slice(&piece);
        piece.clear();
        // Told at once, and not after all of it has arrived.
        if let Some(length) = announced(&pieces)?
            && pieces.len() > PREFIX + length
        {
            return Err(extra());
        }
    }
    if !pieces.is_empty() {
        frame = pieces.freeze();
    }
    match announced(&frame)? {
        None if frame.is_empty() => return Err(bad("there is none")),
        None => return Err(bad("its frame is cut off")),
        Some(length) if frame.len() < PREFIX + length => return Err(bad("it is cut off")),
        Some(length) if frame.len() > PREFIX + length => return Err(extra()),
        Some(_) => {}
    }
    if frame[0] == 0 {
        return Ok(frame);
    }
    if !gzip {
        return Err(bad("it is marked as compressed, without a grpc-encoding"));
    }
    let inflated = inflate(&frame[PREFIX..])?;
    hold(share, held, inflated.len())?;
    Ok(inflated)
}

/// The length in a frame's first bytes, once they are there.
fn announced(frame: &[u8]) -> Result<Option<usize>, CallError> {
    let Some(mut prefix) = frame.get(..PREFIX) else {
        return Ok(None);
    };
    if prefix.get_u8() > 1 {
        return Err(bad("its compression flag is neither 0 nor 1"));
    }
    // 32 bits always fit where this runs.
    let found = usize::try_from(prefix.get_u32()).unwrap_or(usize::MAX);
    let limit = LARGEST_MESSAGE;
    if found > limit {
        return Err(CallError::TooLarge { found, limit });
    }
    Ok(Some(found))
}

/// The frame of what is compressed here. It does not wait in between, so no more are unpacked at once than there are threads.
fn inflate(compressed: &[u8]) -> Result<Bytes, CallError> {
    let mut frame = vec![0; PREFIX];
    let beyond = u64::try_from(LARGEST_MESSAGE + 1).unwrap_or(u64::MAX);
    GzDecoder::new(compressed)
        .take(beyond)
        .read_to_end(&mut frame)
        .map_err(|error| bad(&format!("it is not gzip: {error}")))?;
    let length = frame.len() - PREFIX;
    let length = u32::try_from(length)
        .ok()
        .filter(|_| length <= LARGEST_MESSAGE);
    let length = length.ok_or(CallError::InflatesTooFar {
        limit: LARGEST_MESSAGE,
    })?;
    frame[1..PREFIX].copy_from_slice(&length.to_be_bytes());
    Ok(frame.into())
}

fn hold(share: &Share, held: &mut Held, bytes: usize) -> Result<(), CallError> {
    let more = share.take(bytes);
    held.add(more.ok_or(CallError::NoRoom("too much is being received"))?);
    Ok(())
}

fn bad(why: &str) -> CallError {
    CallError::BadMessage(why.to_owned())
}

fn extra() -> CallError {
    bad("something follows it, and the method takes one message")
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
