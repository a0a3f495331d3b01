//! A caller that writes its HTTP/2 frames by hand, for what no client would send.

use std::time::Duration;

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// What does not come within this, does not come.
const FOR_EVER: Duration = Duration::from_secs(60);

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
const ACK: u8 = 1;

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The headers of a call, each written out.
pub(crate) fn call(stream: u32, path: &str) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    // POST and http are entries of HPACK's static table, as are the names of the others.
    let block = [
        &[0x83, 0x86, 0x04][..],
        &text(path),
        &[0x01],
        &text("redress"),
        &[0x0f, 0x10],
        &text("application/grpc"),
    ]
    .concat();
    frame(HEADERS, END_HEADERS, stream, &block)
}

pub(crate) struct RawCaller(TcpStream);

impl RawCaller {
    /// Connects, and says nothing yet. The address may be written as a URL.
    pub(crate) async fn silent(address: &str) -> RawCaller {
        let address = address.trim_start_matches("http://");
        RawCaller(TcpStream::connect(address).await.unwrap())
    }

    /// Connects and begins to speak.
    pub(crate) async fn connect(address: &str) -> RawCaller {
        let mut caller = Self::silent(address).await;
        assert!(caller.send(PREFACE).await);
        assert!(caller.send(&frame(SETTINGS, 0, 0, &[])).await);
        caller
    }

    /// Whether the service has taken it: it may have hung up, or not read on for half a second.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> bool {
        let sent = tokio::time::timeout(Duration::from_millis(500), self.0.write_all(bytes));
        matches!(sent.await, Ok(Ok(())))
    }

    /// Waits until the service has seen everything that was sent, or has hung up.
    pub(crate) async fn until_seen(&mut self) {
        if !self.send(&frame(PING, 0, 0, b"all seen")).await {
            return;
        }
        let answered = async {
            while let Some((kind, flags, payload)) = next(&mut self.0).await {
                if kind == PING && flags & ACK != 0 && payload == b"all seen" {
                    break;
                }
            }
        };
        let answered = tokio::time::timeout(FOR_EVER, answered).await;
        answered.expect("an answer, or the end");
    }

    /// Waits for the headers of an answer. Whether a message follows them.
    pub(crate) async fn until_answered(&mut self) -> bool {
        let answered = async {
            while let Some((kind, flags, _)) = next(&mut self.0).await {
                if kind == HEADERS {
                    return flags & END_STREAM == 0;
                }
            }
            panic!("the service hung up");
        };
        let answered = tokio::time::timeout(FOR_EVER, answered).await;
        answered.expect("an answer")
    }

    /// Sends this every now and then, until a frame of this kind comes.
    pub(crate) async fn drip_until(&mut self, bytes: &[u8], wanted: u8) {
        let (mut read, mut write) = self.0.split();
        let drip = async {
            let mut drops = tokio::time::interval(Duration::from_millis(20));
            while write.write_all(bytes).await.is_ok() {
                drops.tick().await;
            }
            std::future::pending::<()>().await;
        };
        let heard = async {
            let mut kind = next(&mut read).await.expect("a frame").0;
            while kind != wanted {
                kind = next(&mut read).await.expect("a frame").0;
            }
        };
        let ended = async {
            tokio::select! {
                () = drip => {}
                () = heard => {}
            }
        };
        let ended = tokio::time::timeout(FOR_EVER, ended).await;
        ended.expect("an answer");
    }

    /// Waits until the service hangs up.
    pub(crate) async fn until_closed(&mut self) {
        let closed = async { while next(&mut self.0).await.is_some() {} };
        let closed = tokio::time::timeout(FOR_EVER, closed).await;
        closed.expect("an end of the connection");
    }
}

/// Kind, flags and payload of the next frame; none at the end.
async fn next(from: &mut (impl AsyncRead + Unpin)) -> Option<(u8, u8, Vec<u8>)> {
    let mut head = [0; 9];
    from.read_exact(&mut head).await.ok()?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    from.read_exact(&mut payload).await.ok()?;
    Some((head[3], head[4], payload))
}
