//! No bytes bring the service down.

use prost::Message;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use redress::proto::v1::{self, Channel};
use tonic::{Code, Request};
use tonic_types::StatusExt as _;

use crate::support::{
    raw::Raw,
    service::{Service, at, filing},
};

const MANGLED: usize = 300;

/// A request that is valid, and whether bytes are one of its kind at all.
struct Sample {
    method: &'static str,
    bytes: Vec<u8>,
    is_message: fn(&[u8]) -> bool,
}

fn sample<M: Message + Default>(method: &'static str, message: &M) -> Sample {
    Sample {
        method,
        bytes: message.encode_to_vec(),
        is_message: |bytes| M::decode(bytes).is_ok(),
    }
}

fn samples(name: &str) -> Vec<Sample> {
    let (name, actor) = (name.to_owned(), "ada".to_owned());
    let mut full = filing(Channel::Mail);
    full.received_time = Some(at("2026-06-01T14:00:00Z"));
    full.acknowledgement = Some(v1::Acknowledgement {
        review: "We look into it.".to_owned(),
        promised_time: Some(at("2026-06-09T21:00:00Z")),
        override_reason: "A part is on its way.".to_owned(),
    });
    full.monthly_invoice_cents = Some(12_345);
    let customer = full.customer.as_mut().unwrap();
    customer.email = "sample@example.com".to_owned();
    customer.phone = "+1 514 555 0142".to_owned();
    let contact = v1::RecordContactRequest {
        name: name.clone(),
        actor: actor.clone(),
        channel: Channel::Phone.into(),
        direction: v1::Direction::FromCustomer.into(),
        summary: "It drops at nine.".to_owned(),
        contact_time: Some(at("2026-06-02T14:00:00Z")),
        ..Default::default()
    };
    let update = v1::SendUpdateRequest {
        name: name.clone(),
        request_id: "6f1c0f2e-9d0b-4a57-8d8a-0c4b9a1f6e21".to_owned(),
        actor,
        message: "It comes later.".to_owned(),
        new_promised_time: Some(at("2026-06-19T21:00:00Z")),
        reason: "The part is on a ship.".to_owned(),
        ..Default::default()
    };
    let list = v1::ListComplaintsRequest {
        page_size: 2,
        read_mask: Some(prost_types::FieldMask {
            paths: vec!["customer.email".to_owned(), "issues".to_owned()],
        }),
        states: vec![2, 3],
        level: Some(0),
        due_before: Some(at("2026-06-19T21:00:00Z")),
        clock: "resolution".to_owned(),
        ..Default::default()
    };
    let events = v1::ListEventsRequest {
        name: name.clone(),
        page_size: 3,
        ..Default::default()
    };
    let get = v1::GetComplaintRequest {
        name,
        read_mask: list.read_mask.clone(),
    };
    vec![
        sample("FileComplaint", &full),
        sample("RecordContact", &contact),
        sample("SendUpdate", &update),
        sample("ListComplaints", &list),
        sample("ListEvents", &events),
        sample("GetComplaint", &get),
    ]
}

/// Turns bits, cuts, repeats and puts in what does not belong there.
fn mangle(bytes: &mut Vec<u8>, random: &mut StdRng) {
    let place = random.random_range(0..bytes.len());
    match random.random_range(0..8) {
        0 => bytes.truncate(place),
        1 => {
            let tail = bytes[place..].to_vec();
            bytes.extend(tail);
        }
        2 => bytes
            .splice(place..place, random.random::<[u8; 7]>())
            .for_each(drop),
        _ => {
            for _ in 0..random.random_range(1..=3) {
                let place = random.random_range(0..bytes.len());
                bytes[place] ^= 1 << random.random_range(0..8);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mangled_requests_are_refused_or_carried_out_and_never_bring_the_service_down() {
    crate::support::watchdog::watch_hard_work();
    let mut service = Service::start().await;
    let name = service.under_review().await.name;
    let samples = samples(&name);
    let channel = tonic::transport::Channel::from_shared(format!("http://{}", service.app.address))
        .unwrap()
        .connect()
        .await
        .unwrap();
    let mut client = tonic::client::Grpc::new(channel);
    let mut random = StdRng::seed_from_u64(2_026);
    let (mut taken, mut refused) = (0, 0);
    for number in 0..MANGLED {
        let sample = &samples[number % samples.len()];
        let mut bytes = sample.bytes.clone();
        mangle(&mut bytes, &mut random);
        client.ready().await.unwrap();
        let path = format!("/redress.v1.ComplaintService/{}", sample.method);
        let sent = Request::new(bytes.clone());
        let answer = client.unary(sent, path.parse().unwrap(), Raw).await;
        match answer {
            Ok(_) => taken += 1,
            Err(status) => {
                refused += 1;
                let told = format!("{}: {status:?} to {bytes:?}", sample.method);
                match status.code() {
                    Code::InvalidArgument
                    | Code::NotFound
                    | Code::Aborted
                    | Code::AlreadyExists
                    | Code::FailedPrecondition => {}
                    // What gRPC says of bytes that are no message of this kind; a fault of ours has an ErrorInfo.
                    Code::Internal => {
                        assert!(!(sample.is_message)(&bytes), "{told}");
                        assert!(status.get_details_error_info().is_none(), "{told}");
                    }
                    _ => panic!("{told}"),
                }
            }
        }
    }
    assert!(
        taken > 20 && refused > 100,
        "{taken} taken, {refused} refused"
    );
    assert_eq!(service.get(&name).await.name, name);
    service.file(Channel::Form).await;
    service.stop().await;
}
