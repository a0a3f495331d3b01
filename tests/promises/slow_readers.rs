//! Callers who ask for much and take none of it cost a bounded amount of memory.

use futures_util::future::join_all;
use prost::Message;
use redress::proto::v1::{self, complaint_service_client::ComplaintServiceClient};

use super::sizes::largest;
use crate::support::{
    database::TestDatabase,
    frames::{DATA, END_STREAM, RawCaller, call, frame},
    process::Process,
    service::filing,
};

const LIST: &str = "/redress.v1.ComplaintService/ListComplaints";
const WATCH: &str = "/redress.v1.ComplaintService/WatchEvents";
/// What the service may take up at any time here, in MiB.
const MEMORY: u64 = 300;

/// A caller of this method who takes the first 64 KiB of what it is sent, and no more.
async fn takes_little(address: &str, path: &str, request: &impl Message) -> RawCaller {
    let length = u32::try_from(request.encoded_len()).unwrap().to_be_bytes();
    let message = [&[0], &length[..], &request.encode_to_vec()].concat();
    let mut caller = RawCaller::connect(address).await;
    caller.send(&call(1, path)).await;
    caller.send(&frame(DATA, END_STREAM, 1, &message)).await;
    caller
}

async fn many(address: &str, path: &str, request: &impl Message, callers: usize) -> Vec<RawCaller> {
    join_all((0..callers).map(|_| takes_little(address, path, request))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_and_streams_that_nobody_takes_take_a_bounded_amount_of_memory() {
    let database = TestDatabase::create();
    let service = Process::serve(&database.url);
    let client = ComplaintServiceClient::connect(service.address.clone()).await;
    let mut client = client.unwrap();
    for _ in 0..40 {
        client.file_complaint(largest()).await.unwrap();
    }
    let page = v1::ListComplaintsRequest {
        page_size: 1_000,
        read_mask: Some(prost_types::FieldMask {
            paths: vec!["*".to_owned()],
        }),
        ..Default::default()
    };
    let at_rest = service.most_memory();
    let mut pages = many(&service.address, LIST, &page, 64).await;
    let answered = join_all(pages.iter_mut().map(RawCaller::until_answered)).await;
    let after_pages = service.most_memory();
    let beginning = v1::WatchEventsRequest {
        from_beginning: true,
        ..Default::default()
    };
    let mut streams = many(&service.address, WATCH, &beginning, 100).await;
    join_all(streams.iter_mut().map(RawCaller::until_answered)).await;
    // Whoever is served now comes after all of them.
    client
        .file_complaint(filing(v1::Channel::Form))
        .await
        .unwrap();
    let after_streams = service.most_memory();
    let answered = answered.iter().filter(|answered| **answered).count();
    println!(
        "{answered} of 64 pages; {at_rest} MiB before, {after_pages} with pages, {after_streams} with streams too"
    );
    assert!(answered > 8, "{answered} pages");
    assert!(after_streams < MEMORY, "{after_streams} MiB");
    drop((pages, streams));
}
