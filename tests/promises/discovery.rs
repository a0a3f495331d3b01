//! What the service says about itself.

use std::collections::BTreeSet;

use prost::Message as _;
use redress::proto::DESCRIPTORS;
use tonic::{Code, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use crate::support::service::Service;

const NAME: &str = "redress.v1.ComplaintService";

async fn channel(service: &Service) -> Channel {
    Channel::from_shared(format!("http://{}", service.app.address))
        .unwrap()
        .connect()
        .await
        .unwrap()
}

/// Asks both versions of reflection the same: which services there are, and the file of ours.
macro_rules! reflected {
    ($version:ident, $channel:expr) => {{
        use tonic_reflection::pb::$version::{
            ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
            server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
        };
        let asked = [
            MessageRequest::ListServices(String::new()),
            MessageRequest::FileContainingSymbol(NAME.to_owned()),
            MessageRequest::FileContainingSymbol("google.rpc.BadRequest".to_owned()),
            MessageRequest::FileContainingSymbol("redress.v1.Nothing".to_owned()),
        ];
        let requests = asked.map(|asked| ServerReflectionRequest {
            host: String::new(),
            message_request: Some(asked),
        });
        let mut client = ServerReflectionClient::new($channel);
        let stream = client.server_reflection_info(tokio_stream::iter(requests));
        let mut stream = stream.await.unwrap().into_inner();
        let mut next = async || stream.message().await.map(Option::unwrap);
        let listed = next().await.unwrap().message_response.unwrap();
        let MessageResponse::ListServicesResponse(listed) = listed else {
            panic!("no list of services")
        };
        let services = listed.service.into_iter().map(|service| service.name);
        let mut files = Vec::new();
        for _ in 0..2 {
            let found = next().await.unwrap().message_response.unwrap();
            let MessageResponse::FileDescriptorResponse(found) = found else {
                panic!("no file")
            };
            files.extend(found.file_descriptor_proto);
        }
        assert_eq!(next().await.unwrap_err().code(), Code::NotFound);
        (services.collect::<BTreeSet<_>>(), files)
    }};
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reflection_tells_the_services_and_their_descriptors_in_both_versions() {
    let service = Service::start().await;
    let (services, files) = reflected!(v1, channel(&service).await);
    assert!(services.contains(NAME), "{services:?}");
    assert!(services.contains("grpc.health.v1.Health"), "{services:?}");
    let (old_services, old_files) = reflected!(v1alpha, channel(&service).await);
    assert_eq!(old_files, files);
    for name in [NAME, "grpc.health.v1.Health"] {
        assert!(old_services.contains(name), "{old_services:?}");
    }

    let compiled = prost_types::FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let compiled = compiled
        .file
        .iter()
        .find(|file| file.name() == "redress/v1/service.proto")
        .unwrap();
    let told = prost_types::FileDescriptorProto::decode(&*files[0]).unwrap();
    assert_eq!(told.service, compiled.service);
    assert_eq!(told.dependency, compiled.dependency);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reflection_tells_what_the_details_of_errors_are() {
    let service = Service::start().await;
    let (_, files) = reflected!(v1, channel(&service).await);
    let (_, old_files) = reflected!(v1alpha, channel(&service).await);
    assert_eq!(old_files, files);
    let mut told = files
        .iter()
        .map(|file| prost_types::FileDescriptorProto::decode(&**file).unwrap());
    let details = told.next_back().unwrap();
    assert_eq!(details.package(), "google.rpc");
    let messages = details.message_type.iter();
    let messages: BTreeSet<_> = messages.map(prost_types::DescriptorProto::name).collect();
    for detail in ["BadRequest", "ErrorInfo", "RetryInfo"] {
        assert!(messages.contains(detail), "{messages:?}");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_answers_for_the_server_the_service_and_the_process() {
    let service = Service::start().await;
    let mut client = HealthClient::new(channel(&service).await);
    for name in ["", NAME, "liveness"] {
        let service = name.to_owned();
        let health = client.check(HealthCheckRequest { service }).await;
        let status = health.unwrap().into_inner().status();
        assert_eq!(status, ServingStatus::Serving, "{name:?}");
    }
    let unknown = HealthCheckRequest {
        service: "nobody".to_owned(),
    };
    let unknown = client.check(unknown).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    drop(client);
    service.stop().await;
}
