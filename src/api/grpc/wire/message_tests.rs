#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{convert::Infallible, io::Write as _, sync::Arc};

use flate2::{Compression, write::GzEncoder};
use futures_util::stream;
use http_body::Frame;
use http_body_util::StreamBody;
use tokio::sync::Semaphore;

use super::*;

fn framed(flag: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap();
    [&[flag][..], &length.to_be_bytes(), message].concat()
}

fn gzip(message: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(message).unwrap();
    encoder.finish().unwrap()
}

const ROOM: usize = 3 * LARGEST_MESSAGE;

/// Collects what comes in these pieces, and says how much was held for it at the end.
async fn collected(pieces: &[&[u8]], gzip: bool) -> (Result<Bytes, CallError>, usize) {
    let all = Arc::new(Semaphore::new(ROOM));
    let share = Share::new(ROOM, &all);
    let mut held = share.take(0).unwrap();
    let pieces = pieces.iter().map(|piece| Bytes::copy_from_slice(piece));
    let frames = pieces.map(|piece| Ok::<_, Infallible>(Frame::data(piece)));
    let body = StreamBody::new(stream::iter(frames.collect::<Vec<_>>()));
    let collected = collect(body, gzip, &share, &mut held).await;
    (collected, ROOM - all.available_permits())
}

#[tokio::test]
async fn a_message_is_the_same_however_it_comes() {
    let message = b"The line drops every evening.";
    let plain = framed(0, message);
    for size in [1, 2, 5, 6, 100] {
        let pieces: Vec<_> = plain.chunks(size).collect();
        let (frame, held) = collected(&pieces, size == 2).await;
        assert_eq!((frame.unwrap(), held), (plain.clone().into(), plain.len()));
    }
    let compressed = framed(1, &gzip(message));
    for size in [1, 7, 100] {
        let pieces: Vec<_> = compressed.chunks(size).collect();
        let (frame, held) = collected(&pieces, true).await;
        assert_eq!(frame.unwrap(), plain);
        assert_eq!(held, compressed.len() + plain.len());
    }
    let (empty, _) = collected(&[&framed(0, b"")], false).await;
    assert_eq!(empty.unwrap(), framed(0, b""));
}

#[tokio::test]
async fn what_is_not_one_message_is_refused() {
    let plain = framed(0, b"abc");
    let gzipped = framed(1, &gzip(b"abc"));
    let bomb = framed(1, &gzip(&vec![0; LARGEST_MESSAGE + 1]));
    let largest = gzip(&vec![0; LARGEST_MESSAGE]);
    assert!(collected(&[&framed(1, &largest)], true).await.0.is_ok());
    let mut spoilt = gzipped.clone();
    spoilt[20] ^= 1;
    let refused: [(&[&[u8]], bool, &str); 12] = [
        (&[], false, "there is none"),
        (&[b""], false, "there is none"),
        (&[b"\0\0\0"], false, "its frame is cut off"),
        (&[b"\0\0\0\0\x05abcd"], false, "it is cut off"),
        (&[&plain, &plain], false, "something follows it"),
        (
            &[&[plain.clone(), plain.clone()].concat()],
            false,
            "something follows it",
        ),
        (&[b"\x02\0\0\0\0"], false, "neither 0 nor 1"),
        (&[&gzipped], false, "without a grpc-encoding"),
        (&[&framed(1, b"abc")], true, "it is not gzip"),
        (&[&spoilt], true, "it is not gzip"),
        (&[&bomb], true, "the decompressed request"),
        (&[b"\0\0\x10\0\x01"], false, "the limit is 1048576"),
    ];
    for (pieces, gzip, why) in refused {
        let (refused, _) = collected(pieces, gzip).await;
        let said = refused.unwrap_err().to_string();
        assert!(said.contains(why), "{said:?}, not {why:?}");
    }
}

#[tokio::test]
async fn what_is_held_is_what_has_arrived_and_not_what_is_announced() {
    let (refused, held) = collected(&[b"\0\0\x0f\xff\xff"], false).await;
    refused.unwrap_err();
    assert_eq!(held, PREFIX);
}
