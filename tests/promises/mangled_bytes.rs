//! No bytes bring the service down.

use std::{collections::BTreeMap, io::Write as _};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::HeaderValue;
use http_body_util::Full;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use prost_reflect::DescriptorPool;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use redress::proto::{DESCRIPTORS, v1};
use tokio::net::TcpStream;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::support::service::{Service, at, filing};

/// How many requests are sent.
const MANGLED: usize = 2_000;

/// A request that is valid.
struct Sample {
    method: &'static str,
    bytes: Vec<u8>,
}

fn sample(method: &'static str, message: &impl Message) -> Sample {
    Sample {
        method,
        bytes: message.encode_to_vec(),
    }
}

fn samples(name: &str) -> Vec<Sample> {
    let (name, actor) = (name.to_owned(), "ada".to_owned());
    let mut full = filing(v1::Channel::Mail);
    full.received_time = Some(at("2026-06-01T14:00:00Z"));
    full.acknowledgement = Some(v1::Acknowledgement {
        review: "We look into it.".to_owned(),
        promised_time: Some(at("2026-06-09T21:00:00Z")),
        override_reason: "A part is on its way.".to_owned(),
        ..Default::default()
    });
    full.monthly_invoice_cents = Some(12_345);
    let customer = full.customer.as_mut().unwrap();
    customer.email = "sample@example.com".to_owned();
    customer.phone = "+1 514 555 0142".to_owned();
    let contact = v1::RecordContactRequest {
        name: name.clone(),
        actor: actor.clone(),
        channel: v1::Channel::Phone.into(),
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
        parent: name.clone(),
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

/// A request as it is put on the wire.
struct Wire {
    verb: &'static str,
    path: String,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
}

impl Wire {
    fn new(path: &str, message: &[u8], random: &mut StdRng) -> Wire {
        let compressed = random.random_bool(0.3);
        let mut headers = vec![("content-type", b"application/grpc".to_vec())];
        let mut body = vec![u8::from(compressed)];
        let mut message = message.to_vec();
        if compressed {
            headers.push(("grpc-encoding", b"gzip".to_vec()));
            let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
            gzip.write_all(&message).unwrap();
            message = gzip.finish().unwrap();
        }
        body.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
        body.extend(message);
        Wire {
            verb: "POST",
            path: path.to_owned(),
            headers,
            body,
        }
    }

    /// Spoils what stands around the message.
    fn mangle(&mut self, random: &mut StdRng) {
        match random.random_range(0..16) {
            0 => self.body[0] = random.random(),
            1 => self.body[random.random_range(1..5)] = random.random(),
            2 => self.body.truncate(random.random_range(0..5)),
            3 => self.body.extend(self.body.clone()),
            4 => self.verb = ["GET", "PUT", "OPTIONS"][random.random_range(0..3)],
            5 => self.path.truncate(random.random_range(1..self.path.len())),
            6 => self
                .path
                .push_str(["/", "x", "/%00", "//..", "?a=b"][random.random_range(0..5)]),
            7 => self.headers.retain(|(name, _)| *name != "content-type"),
            8 => self.headers[0].1 = b"application/json".to_vec(),
            9 => {
                let bytes: [u8; 3] = random.random();
                let value = bytes.map(|byte| byte.clamp(b' ', b'~')).to_vec();
                self.headers.push(("grpc-timeout", value));
            }
            10 => self.headers.push(("grpc-timeout", b"1n".to_vec())),
            11 => self.headers.push(("note-bin", b"\xff!".to_vec())),
            12 => self.headers.push(("note", b"caf\xc3\xa9".to_vec())),
            13 => self.headers.push(("grpc-encoding", b"zstd".to_vec())),
            14 => self.headers.retain(|(name, _)| *name != "grpc-encoding"),
            _ => mangle(&mut self.body, random),
        }
    }

    /// What it is answered: a status, or none if it is carried out.
    async fn sent_on(self, connection: &mut SendRequest<Full<Bytes>>) -> Option<Status> {
        let mut request = http::Request::builder()
            .method(self.verb)
            .uri(format!("http://redress{}", self.path))
            .body(Full::new(Bytes::from(self.body)))
            .unwrap();
        for (name, value) in self.headers {
            let value = HeaderValue::from_bytes(&value).unwrap();
            request.headers_mut().insert(name, value);
        }
        connection.ready().await.unwrap();
        let response = connection.send_request(request).await.unwrap();
        Status::from_header_map(response.headers()).filter(|status| status.code() != Code::Ok)
    }
}

/// Every method of every service, by its path. An exchange has no message that stands alone.
fn methods() -> Vec<String> {
    let sets = [DESCRIPTORS, tonic_health::pb::FILE_DESCRIPTOR_SET];
    let methods = sets.iter().flat_map(|set| {
        let pool = DescriptorPool::decode(*set).unwrap();
        let methods = pool.services().flat_map(|service| {
            let paths = service.methods().map(|method| {
                let service = method.parent_service().full_name().to_owned();
                format!("/{service}/{}", method.name())
            });
            paths.collect::<Vec<_>>()
        });
        methods.collect::<Vec<_>>()
    });
    methods.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_caller_sends_it_is_told_what_was_wrong_and_nothing_breaks() {
    crate::support::watchdog::watch_hard_work();
    let mut service = Service::start().await;
    let name = service.under_review().await.name;
    let samples = samples(&name);
    let methods = methods();
    assert!(methods.len() > 40, "{methods:?}");
    let socket = TcpStream::connect(service.app.address).await.unwrap();
    let (mut connection, ran) = handshake(TokioExecutor::new(), TokioIo::new(socket))
        .await
        .unwrap();
    let ran = tokio::spawn(ran);
    let seed = std::env::var("REDRESS_MANGLED_BYTES_SEED");
    let seed = seed.map_or(2_026, |seed| seed.parse().unwrap());
    println!("REDRESS_MANGLED_BYTES_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for number in 0..MANGLED {
        let sample = &samples[random.random_range(0..samples.len())];
        let own = format!("/redress.v1.ComplaintService/{}", sample.method);
        // Each method in turn, with a message of its own or of another.
        let path = if number % 3 == 0 {
            &own
        } else {
            &methods[number % methods.len()]
        };
        let mut message = sample.bytes.clone();
        let (within, around) = [(true, false), (false, true), (true, true)][number % 3];
        if within {
            mangle(&mut message, &mut random);
        }
        let mut wire = Wire::new(path, &message, &mut random);
        if around {
            wire.mangle(&mut random);
        }
        let shown = format!(
            "{} {} {:?} {:?}",
            wire.verb, wire.path, wire.headers, wire.body
        );
        let Some(status) = wire.sent_on(&mut connection).await else {
            *told.entry("taken".to_owned()).or_default() += 1;
            continue;
        };
        let info = status.get_details_error_info();
        let info = info.unwrap_or_else(|| panic!("{status:?} to {shown}"));
        let to_blame = matches!(
            status.code(),
            Code::InvalidArgument
                | Code::NotFound
                | Code::Aborted
                | Code::AlreadyExists
                | Code::FailedPrecondition
                | Code::OutOfRange
                | Code::ResourceExhausted
                | Code::Unimplemented
                | Code::DeadlineExceeded
        );
        assert!(to_blame, "{status:?} to {shown}");
        *told.entry(info.reason).or_default() += 1;
    }
    for reason in [
        "taken",
        "INVALID_REQUEST",
        "INVALID_HEADER",
        "MALFORMED_MESSAGE",
        "METHOD_NOT_FOUND",
        "NOT_GRPC",
        "REQUEST_TOO_LARGE",
        "TIMED_OUT",
        "UNKNOWN_ENCODING",
    ] {
        assert!(told.contains_key(reason), "none was {reason}: {told:?}");
    }
    assert_eq!(service.get(&name).await.name, name);
    service.file(v1::Channel::Form).await;
    drop(connection);
    ran.await.unwrap().unwrap();
    service.stop().await;
}
