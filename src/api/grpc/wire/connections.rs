//! Connections, from their acceptance to their end.

use std::{convert::Infallible, future::poll_fn, io, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http2};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use rand::RngExt as _;
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadHalf, WriteHalf, split},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinSet,
    time::{interval, sleep, timeout},
};
use tokio_rustls::server::TlsStream;
use tokio_util::{either::Either, sync::CancellationToken};
use tonic::codegen::StdError;
use tower::Service;

use super::{
    gather::{PassOn, gather},
    limits::CallerLimits,
    peer::Peer,
    room::{Room, Slot},
    tls::Tls,
};
use crate::telemetry::{ConnectionEnd, Metrics};

/// With what every HTTP/2 connection begins.
const PREFACE: usize = 24;
/// The largest headers of a request.
const LARGEST_HEADERS: u32 = 16 * 1024;
/// How much of requests may be on its way to us: of one call, and on one connection. A message of the largest size is
/// received as it is read, so these say only how far a caller may be ahead.
const AHEAD: (u32, u32) = (64 * 1024, 256 * 1024);
/// How much of an answer's stream is handed over before its caller takes it.
const AHEAD_OF_READER: usize = 64 * 1024;
/// How often a silent connection is asked whether it still stands, and how long it has to answer. A caller who sends a frame
/// byte by byte cannot answer, so this ends such a connection too.
const KEEPALIVE: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(10));
/// How long what was sent may stay unacknowledged, or the other end may take nothing.
const UNACKNOWLEDGED: Duration = Duration::from_secs(40);
/// How long the end of its streams has to reach the caller before an old connection is cut off.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// How long nothing is accepted when that has failed for want of files or memory.
const BACK_OFF: Duration = Duration::from_millis(100);

/// The two directions of a connection, plain or with TLS.
type ReadEnd = Either<OwnedReadHalf, ReadHalf<TlsStream<TcpStream>>>;
type WriteEnd = Either<OwnedWriteHalf, WriteHalf<TlsStream<TcpStream>>>;

/// Accepts connections until the shutdown, and serves them until the calls on them have ended. Dropped, it ends them all.
pub(in crate::api) async fn serve<S, B>(
    listener: TcpListener,
    tls: Option<Tls>,
    limits: CallerLimits,
    metrics: Metrics,
    shutdown: CancellationToken,
    service: impl Fn(Arc<Peer>) -> S,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<StdError>,
{
    let room = Room::new(limits.clone(), metrics.clone());
    let http = http(&limits);
    let mut connections = JoinSet::new();
    let mut looks = interval(limits.answer_time / 2);
    let mut accepts = true;
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            _ = looks.tick() => {
                room.look();
                continue;
            }
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((socket, from)) => {
                if !std::mem::replace(&mut accepts, true) {
                    tracing::info!("accepting connections again");
                }
                let Some(place) = room.admit(from.ip()) else {
                    continue;
                };
                let service = service(Arc::clone(&place.peer));
                let connection = Connection {
                    place,
                    tls: tls.clone(),
                    limits: limits.clone(),
                    metrics: metrics.clone(),
                    shutdown: shutdown.clone(),
                };
                connections.spawn(connection.serve(socket, http.clone(), service));
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                if std::mem::replace(&mut accepts, false) {
                    tracing::error!(%error, "failed to accept a connection; will retry");
                }
                room.make_room();
                sleep(BACK_OFF).await;
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

fn http(limits: &CallerLimits) -> http2::Builder<TokioExecutor> {
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .max_concurrent_streams(limits.calls_per_connection)
        .max_header_list_size(LARGEST_HEADERS)
        .initial_stream_window_size(AHEAD.0)
        .initial_connection_window_size(AHEAD.1)
        .max_send_buf_size(AHEAD_OF_READER)
        .keep_alive_interval(KEEPALIVE.0)
        .keep_alive_timeout(KEEPALIVE.1);
    http
}

/// The caller went away before it was accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

struct Connection {
    place: Slot,
    tls: Option<Tls>,
    limits: CallerLimits,
    metrics: Metrics,
    shutdown: CancellationToken,
}

impl Connection {
    async fn serve<S, B>(self, socket: TcpStream, http: http2::Builder<TokioExecutor>, service: S)
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
            + Clone
            + Send
            + 'static,
        S::Future: Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<StdError>,
    {
        prepare(&socket);
        let cut = self.place.peer.cut.clone();
        let begun = async {
            tokio::select! {
                begun = timeout(self.limits.preface_time, self.begin(socket)) => begun,
                () = self.shutdown.cancelled() => Ok(Err(None)),
            }
        };
        let (io, pass_on) = match cut.run_until_cancelled(begun).await {
            Some(Ok(Ok(begun))) => begun,
            Some(Ok(Err(Some(end)))) => return self.metrics.connection_ended(end),
            Some(Err(_)) => return self.metrics.connection_ended(ConnectionEnd::Silent),
            Some(Ok(Err(None))) | None => return,
        };
        let service = TowerToHyperService::new(service);
        let served = http.serve_connection(TokioIo::new(io), service);
        let mut served = std::pin::pin!(served);
        let age = jittered(self.limits.connection_age);
        // In order: it serves; it takes no more calls; it is over.
        tokio::select! {
            // It has failed by the caller's doing, or the network's.
            _ = poll_fn(|context| pass_on.poll(&mut served, context)) => return,
            () = cut.cancelled() => return,
            () = self.shutdown.cancelled() => {}
            () = sleep(age) => {}
        }
        served.as_mut().graceful_shutdown();
        // A shutdown ends the streams by itself, and has a limit of its own.
        let grace = async {
            let limit = self.limits.connection_grace;
            if self
                .shutdown
                .run_until_cancelled(sleep(limit))
                .await
                .is_none()
            {
                std::future::pending::<()>().await;
            }
            self.place.peer.old.cancel();
            sleep(LAST_WORDS).await;
        };
        tokio::select! {
            _ = poll_fn(|context| pass_on.poll(&mut served, context)) => {}
            () = cut.cancelled() => {}
            () = grace => self.metrics.connection_ended(ConnectionEnd::Old),
        }
    }

    /// The connection as it was, once it has begun to speak HTTP/2, and what passes on the answers on it. If it does not come
    /// to that: why we ended it, unless the caller did.
    async fn begin(
        &self,
        socket: TcpStream,
    ) -> Result<
        (
            impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
            PassOn<WriteEnd>,
        ),
        Option<ConnectionEnd>,
    > {
        let (mut read, write) = self.secure(socket).await?;
        let mut preface = [0; PREFACE];
        read.read_exact(&mut preface).await.map_err(|_| None)?;
        let read = io::Cursor::new(preface).chain(read);
        let (write, pass_on) = gather(write);
        Ok((tokio::io::join(read, write), pass_on))
    }

    /// Its two directions, after the handshake where TLS is spoken.
    async fn secure(
        &self,
        socket: TcpStream,
    ) -> Result<(ReadEnd, WriteEnd), Option<ConnectionEnd>> {
        let Some(tls) = &self.tls else {
            let (read, write) = socket.into_split();
            return Ok((Either::Left(read), Either::Left(write)));
        };
        let (stream, certificate) = tls.accept(socket).await.map_err(|error| {
            tracing::debug!(%error, "a TLS handshake failed");
            Some(match error.kind() {
                io::ErrorKind::TimedOut => ConnectionEnd::Silent,
                _ => ConnectionEnd::Handshake,
            })
        })?;
        if let Some(certificate) = certificate {
            self.place.peer.shows(certificate);
        }
        let (read, write) = split(stream);
        Ok((Either::Right(read), Either::Right(write)))
    }
}

/// What cannot be set makes a connection slower or longer-lived, and is no reason to refuse it.
fn prepare(socket: &TcpStream) {
    let _ = socket.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let _ = SockRef::from(socket).set_tcp_user_timeout(Some(UNACKNOWLEDGED));
}

/// Up to a sixth more or less.
fn jittered(age: Duration) -> Duration {
    age.mul_f64(rand::rng().random_range(5.0 / 6.0..=7.0 / 6.0))
}
