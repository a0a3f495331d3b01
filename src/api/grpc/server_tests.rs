#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{sync::mpsc, task::JoinHandle};
use tonic::{Code, Status, codegen::Service, server::NamedService, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_types::StatusExt;

use super::*;
use crate::{
    api::grpc::LIVENESS,
    proto::v1::{self, complaint_service_client::ComplaintServiceClient},
    telemetry::test_writer::TestWriter,
    time_source::Stopwatch,
};

/// Stands for the handlers: panics on `GetComplaint`, and answers nothing else before it is let go.
#[derive(Clone)]
struct Handlers {
    called: mpsc::UnboundedSender<()>,
    go: CancellationToken,
}

impl NamedService for Handlers {
    const NAME: &'static str = "redress.v1.ComplaintService";
}

impl Service<http::Request<Body>> for Handlers {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let Handlers { called, go } = self.clone();
        Box::pin(async move {
            if request.uri().path().ends_with("GetComplaint") {
                panic!("the name of a customer");
            }
            called.send(()).unwrap();
            go.cancelled().await;
            Ok(Status::not_found("let go").into_http())
        })
    }
}

struct Served {
    address: SocketAddr,
    called: mpsc::UnboundedReceiver<()>,
    go: CancellationToken,
    shutdown: CancellationToken,
    readiness: Readiness,
    server: JoinHandle<Result<(), ServeError>>,
}

async fn served(drain: Duration) -> Served {
    crate::watchdog::watch();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, called) = mpsc::unbounded_channel();
    let (go, shutdown) = (CancellationToken::new(), CancellationToken::new());
    let readiness = Readiness::new().await;
    let handlers = Handlers {
        called: sender,
        go: go.clone(),
    };
    let server = serve_until(
        shutdown.clone(),
        Listeners {
            callers: listener,
            tls: None,
            probes: None,
        },
        Routes::new(handlers),
        Around {
            rules: Arc::new(Rules::read().unwrap()),
            readiness: readiness.clone(),
            metrics: Metrics::off(),
            callers: Callers {
                authentication: Authentication::off(),
                limits: CallerLimits::default(),
                uptime: Arc::new(Stopwatch::start()),
            },
            drain,
        },
    );
    Served {
        address,
        called,
        go,
        shutdown,
        server: tokio::spawn(server),
        readiness,
    }
}

impl Served {
    async fn channel(&self) -> Channel {
        let endpoint = Channel::from_shared(format!("http://{}", self.address)).unwrap();
        endpoint.connect().await.unwrap()
    }
}

/// Long enough that a test which waits for it to end has failed.
const LONG: Duration = Duration::from_secs(600);

fn asked(service: &str) -> HealthCheckRequest {
    HealthCheckRequest {
        service: service.to_owned(),
    }
}

#[test]
fn the_log_does_not_repeat_the_words_of_a_panic() {
    let written = TestWriter::default();
    let words = "the name of a customer";
    tracing::subscriber::with_default(written.subscriber(), || {
        for panic in [
            Box::new(words) as Box<dyn Any + Send>,
            Box::new(words.to_owned()),
        ] {
            panicked(panic);
        }
    });
    let written = written.text();
    assert_eq!(written.lines().count(), 2, "{written}");
    assert!(!written.contains("customer"), "{written}");
}

#[tokio::test]
async fn a_panic_reaches_the_caller_as_a_fault_of_ours_without_its_words() {
    let served = served(LONG).await;
    let mut client = ComplaintServiceClient::new(served.channel().await);
    for _ in 0..2 {
        let request = v1::GetComplaintRequest::default();
        let status = client.get_complaint(request).await.unwrap_err();
        assert_eq!(status.code(), Code::Internal);
        assert_eq!(status.get_details_error_info().unwrap().reason, "INTERNAL");
        assert!(!status.message().contains("customer"));
    }
}

#[tokio::test]
async fn a_running_call_ends_before_the_server_does() {
    let mut served = served(LONG).await;
    let mut client = ComplaintServiceClient::new(served.channel().await);
    let call = tokio::spawn(async move {
        client
            .resume_complaint(v1::ResumeComplaintRequest::default())
            .await
    });
    served.called.recv().await.unwrap();
    served.shutdown.cancel();
    served.go.cancel();
    assert_eq!(call.await.unwrap().unwrap_err().message(), "let go");
    served.server.await.unwrap().unwrap();
    assert!(
        tokio::net::TcpStream::connect(served.address)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_call_that_does_not_end_holds_the_server_for_the_drain_alone() {
    let mut served = served(Duration::ZERO).await;
    let mut client = ComplaintServiceClient::new(served.channel().await);
    let call = tokio::spawn(async move {
        client
            .resume_complaint(v1::ResumeComplaintRequest::default())
            .await
    });
    served.called.recv().await.unwrap();
    served.shutdown.cancel();
    served.server.await.unwrap().unwrap();
    // It has ended with its connection, and not by an answer.
    let ended = call.await.unwrap().unwrap_err();
    assert!(ended.get_details_error_info().is_none(), "{ended:?}");
}

#[tokio::test]
async fn readiness_is_told_and_a_watch_of_it_does_not_hold_up_the_end() {
    let served = served(LONG).await;
    let mut client = HealthClient::new(served.channel().await);
    let check = async |client: &mut HealthClient<Channel>, service| {
        let answer = client.check(asked(service)).await;
        answer.unwrap().into_inner().status()
    };
    let names = ["", "redress.v1.ComplaintService"];
    for name in names {
        assert_eq!(check(&mut client, name).await, ServingStatus::NotServing);
    }
    assert_eq!(check(&mut client, LIVENESS).await, ServingStatus::Serving);
    served.readiness.set(true).await;
    for name in names {
        assert_eq!(check(&mut client, name).await, ServingStatus::Serving);
    }
    let mut watch = client.watch(asked("")).await.unwrap().into_inner();
    let first = watch.message().await.unwrap().unwrap();
    assert_eq!(first.status(), ServingStatus::Serving);

    served.shutdown.cancel();
    let last = watch.message().await.unwrap().unwrap();
    assert_eq!(last.status(), ServingStatus::NotServing);
    served.server.await.unwrap().unwrap();
}
