//! The commands against a service that gives prepared answers over a real connection.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{
    collections::HashMap,
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use clap::Parser as _;
use http::{Request, Response};
use prost::Message;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Code, Status, body::Body, codegen::Service, server::NamedService, transport::Server};
use tonic_prost::ProstCodec;
use tonic_types::{ErrorDetails, StatusExt as _};

use super::{Cli, Failure};
use crate::{
    cli,
    client::api_time,
    proto::v1,
    terminal::{Page, Terminal},
};

/// Remembers what was filed; lists two pages of one complaint each; does not show `RD-NONE`, nor any events; loses its
/// database at every note.
#[derive(Debug, Clone, Default)]
struct Fake {
    filed: Arc<Mutex<Vec<v1::FileComplaintRequest>>>,
    noted: Arc<Mutex<Vec<v1::AddNoteRequest>>>,
}

impl Fake {
    async fn answer(self, request: Request<Body>) -> Response<Body> {
        let method = request.uri().path().rsplit('/').next().unwrap().to_owned();
        match method.as_str() {
            "FileComplaint" => {
                unary(request, move |filing: v1::FileComplaintRequest| {
                    self.filed.lock().unwrap().push(filing);
                    Ok(complaint("RD-FIRST"))
                })
                .await
            }
            "ListComplaints" => unary(request, page).await,
            "GetComplaint" => {
                unary(request, |wanted: v1::GetComplaintRequest| {
                    match wanted.name.as_str() {
                        "complaints/RD-NONE" => Err(refusal()),
                        _ => Ok(complaint("RD-FIRST")),
                    }
                })
                .await
            }
            "ListClocks" => {
                unary(request, |_: v1::ListClocksRequest| {
                    Ok(v1::ListClocksResponse::default())
                })
                .await
            }
            "ListEvents" => {
                unary(request, |_: v1::ListEventsRequest| {
                    Err::<v1::ListEventsResponse, _>(refusal())
                })
                .await
            }
            "AssignComplaint" => {
                unary(request, |assigned: v1::AssignComplaintRequest| {
                    Ok(v1::Complaint {
                        assignee: assigned.assignee,
                        ..complaint("RD-FIRST")
                    })
                })
                .await
            }
            "AddNote" => {
                unary(request, move |note: v1::AddNoteRequest| {
                    self.noted.lock().unwrap().push(note);
                    Err::<v1::Complaint, _>(no_database())
                })
                .await
            }
            other => panic!("nobody expected a call of {other}"),
        }
    }
}

async fn unary<Q, A>(
    request: Request<Body>,
    answer: impl Fn(Q) -> Result<A, Status> + Clone + Send + 'static,
) -> Response<Body>
where
    Q: Message + Default + Send + 'static,
    A: Message + Default + Send + 'static,
{
    let service = tower::service_fn(move |request: tonic::Request<Q>| {
        let answer = answer(request.into_inner()).map(tonic::Response::new);
        async move { answer }
    });
    tonic::server::Grpc::new(ProstCodec::<A, Q>::default())
        .unary(service, request)
        .await
}

fn page(request: v1::ListComplaintsRequest) -> Result<v1::ListComplaintsResponse, Status> {
    assert!(
        request.overdue,
        "the filter gets lost on the way to page {:?}",
        request.page_token
    );
    let (number, next) = match request.page_token.as_str() {
        "" => ("RD-FIRST", "two"),
        "two" => ("RD-SECOND", ""),
        other => panic!("there is no page {other}"),
    };
    Ok(v1::ListComplaintsResponse {
        complaints: vec![complaint(number)],
        next_page_token: next.to_owned(),
        due_clocks: vec![v1::DueClock {
            complaint: complaint(number).name,
            clock: "customer_update".to_owned(),
            cycle: 2,
            due_time: Some(api_time("2026-05-26T21:00:00Z".parse().unwrap())),
        }],
        ..v1::ListComplaintsResponse::default()
    })
}

fn complaint(number: &str) -> v1::Complaint {
    v1::Complaint {
        tracking_number: number.to_owned(),
        state: v1::State::InReview.into(),
        promised_time: Some(api_time("2026-05-26T21:00:00Z".parse().unwrap())),
        ..v1::Complaint::default()
    }
}

fn refusal() -> Status {
    let details = ErrorDetails::with_error_info("COMPLAINT_NOT_FOUND", "redress", HashMap::new());
    Status::with_error_details(Code::NotFound, "no complaint has this name", details)
}

fn no_database() -> Status {
    let details = ErrorDetails::with_error_info("DATABASE_TIMEOUT", "redress", HashMap::new());
    Status::with_error_details(Code::Unavailable, "the database did not answer", details)
}

impl NamedService for Fake {
    const NAME: &'static str = "redress.v1.ComplaintService";
}

impl Service<Request<Body>> for Fake {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move { Ok(this.answer(request).await) })
    }
}

/// Runs a command against the fake, and returns what it printed.
async fn run(fake: &Fake, words: &[&str]) -> (Result<(), Failure>, String) {
    crate::watchdog::watch();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let serving = Server::builder().add_service(fake.clone());
    let serving = tokio::spawn(serving.serve_with_incoming(TcpListenerStream::new(listener)));
    let words = ["redress"]
        .iter()
        .chain(words)
        .copied()
        .chain(["--server", server.as_str()]);
    let page = Page::default();
    let result = cli::run(Cli::parse_from(words), Terminal::plain(page.clone())).await;
    serving.abort();
    (result, page.text())
}

#[tokio::test]
async fn filing_sends_what_was_typed_and_prints_what_the_customer_is_told() {
    let fake = Fake::default();
    let words = [
        "file",
        "--channel",
        "mail",
        "--name",
        "Robin Sample",
        "--language",
        "fr",
        "--service",
        "internet",
        "--category",
        "billing",
        "--description",
        "Facturé deux fois",
        "--received",
        "2026-05-07T10:00",
        "--acknowledge",
        "--preferred-means",
        "text message",
        "--need",
        "large-print,Plain Language",
        "--urgency-reason",
        "safety",
        "--region",
        "CA-QC",
        "--label",
        "team=north",
        "--case-reference",
        "CRM-1",
    ];
    let (result, text) = run(&fake, &words).await;
    result.unwrap();
    assert_eq!(
        text,
        "RD-FIRST\nAn outcome is promised by Tue 26 May 2026 17:00 EDT.\n"
    );
    let filed = fake.filed.lock().unwrap();
    let [filing] = filed.as_slice() else {
        panic!("{filed:?}")
    };
    assert_eq!(
        (filing.channel(), filing.language()),
        (v1::Channel::Mail, v1::Language::French)
    );
    let customer = filing.customer.as_ref().unwrap();
    assert_eq!(customer.full_name, "Robin Sample");
    assert_eq!(customer.preferred_means(), v1::ContactMeans::TextMessage);
    let needs: Vec<_> = customer.accessibility_needs().collect();
    let (large, plain) = (
        v1::AccessibilityNeed::LargePrint,
        v1::AccessibilityNeed::PlainLanguage,
    );
    assert_eq!(needs, [large, plain]);
    let reasons: Vec<_> = customer.urgency_reasons().collect();
    assert_eq!(reasons, [v1::UrgencyReason::Safety]);
    assert!(filing.urgent, "it has a reason");
    assert_eq!(filing.region, "CA-QC");
    assert_eq!(filing.labels[0].key, "team");
    assert_eq!(filing.case_references, ["CRM-1"]);
    assert_eq!(
        filing.received_time,
        Some(api_time("2026-05-07T14:00:00Z".parse().unwrap()))
    );
    assert!(
        filing.acknowledgement.is_some()
            && !filing.request_id.is_empty()
            && !filing.actor.is_empty()
    );
}

#[tokio::test]
async fn a_list_follows_the_pages_and_stops_at_the_limit() {
    let fake = Fake::default();
    let (result, text) = run(&fake, &["list", "--overdue"]).await;
    result.unwrap();
    assert!(
        text.contains("RD-FIRST") && text.contains("RD-SECOND") && text.contains("2 listed"),
        "{text}"
    );
    let (result, text) = run(&fake, &["list", "--overdue", "--limit", "1"]).await;
    result.unwrap();
    assert!(
        text.contains("RD-FIRST") && !text.contains("RD-SECOND"),
        "{text}"
    );
}

#[tokio::test]
async fn a_list_by_clocks_says_which_promise_is_late_and_by_how_much() {
    let (result, text) = run(&Fake::default(), &["list", "--overdue"]).await;
    result.unwrap();
    // The table breaks its cells to fit; the words stay in their order.
    let words: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    assert!(words.contains("overdue"), "{text}");
    assert!(text.contains("times are in America/Toronto"), "{text}");
    let (result, text) = run(&Fake::default(), &["list", "--overdue", "--json"]).await;
    result.unwrap();
    let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(first["due_clocks"][0]["clock"], "customer_update");
}

#[tokio::test]
async fn a_list_as_json_has_a_complaint_on_each_line() {
    let (result, text) = run(&Fake::default(), &["list", "--overdue", "--json"]).await;
    result.unwrap();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let numbers: Vec<_> = lines
        .map(|line| line["tracking_number"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(numbers, ["RD-FIRST", "RD-SECOND"]);
}

#[tokio::test]
async fn a_refusal_is_told_with_its_reason_and_ends_with_one() {
    let (result, text) = run(&Fake::default(), &["show", "RD-NONE"]).await;
    let failure = result.unwrap_err();
    assert_eq!(
        failure.to_string(),
        "no complaint has this name\n  reason: COMPLAINT_NOT_FOUND"
    );
    assert_eq!((failure.exit_code(), text.as_str()), (1, ""));
}

#[tokio::test]
async fn an_act_of_which_nobody_knows_whether_it_was_done_names_the_id_that_makes_it_safe_to_repeat()
 {
    let fake = Fake::default();
    let (result, text) = run(&fake, &["note", "rd-first", "Call the warehouse."]).await;
    let failure = result.unwrap_err();
    assert_eq!((failure.exit_code(), text.as_str()), (3, ""));
    let said = failure.to_string();
    let (_, id) = said
        .rsplit_once("repeat the command with --request-id ")
        .unwrap();
    let words = [
        "note",
        "rd-first",
        "Call the warehouse.",
        "--request-id",
        id,
    ];
    run(&fake, &words).await.0.unwrap_err();
    let noted = fake.noted.lock().unwrap();
    let [first, second] = noted.as_slice() else {
        panic!("{noted:?}")
    };
    assert_eq!(first, second, "the same request");
    assert_eq!(first.request_id, id);
}

#[tokio::test]
async fn an_act_that_hides_the_complaint_from_whoever_did_it_was_done_all_the_same() {
    let (result, text) = run(&Fake::default(), &["assign", "RD-FIRST", "eve"]).await;
    result.unwrap();
    assert_eq!(text, "RD-FIRST  in review, with eve\n");
}
