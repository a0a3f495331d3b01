//! What a person may ask for, as a client asks for it.

use redress::proto::v1::{self, privacy_service_client::PrivacyServiceClient};
use serde_json::Value as Json;
use tonic::{Status, transport::Channel};

use super::service::{Service, act};

pub(crate) async fn privacy(service: &Service) -> PrivacyServiceClient<Channel> {
    let address = format!("http://{}", service.app.address);
    PrivacyServiceClient::connect(address).await.unwrap()
}

/// What the document holds of one complaint, which is alone in it.
pub(crate) async fn export(
    client: &mut PrivacyServiceClient<Channel>,
    name: &str,
) -> Result<Json, Status> {
    let mut document = export_all(client, &[name]).await?;
    let complaints = document["complaints"].as_array_mut().unwrap();
    assert_eq!(complaints.len(), 1);
    Ok(complaints.remove(0))
}

/// The whole document about these complaints.
pub(crate) async fn export_all(
    client: &mut PrivacyServiceClient<Channel>,
    names: &[&str],
) -> Result<Json, Status> {
    let request = v1::ExportPersonRequest {
        complaints: names.iter().map(|&name| name.to_owned()).collect(),
    };
    let mut parts = client.export_person(request).await?.into_inner();
    let mut document = Vec::new();
    while let Some(part) = parts.message().await? {
        document.extend(part.part);
    }
    Ok(serde_json::from_slice(&document).expect("a JSON document"))
}

pub(crate) async fn find(
    client: &mut PrivacyServiceClient<Channel>,
    identity: v1::find_person_request::Identity,
) -> (Vec<String>, i64) {
    let request = v1::FindPersonRequest {
        identity: Some(identity),
    };
    let mut stream = client.find_person(request).await.unwrap().into_inner();
    let (mut found, mut searched) = (Vec::new(), 0);
    while let Some(message) = stream.message().await.unwrap() {
        searched = message.searched_complaints;
        found.extend(Some(message.complaint).filter(|name| !name.is_empty()));
    }
    (found, searched)
}

pub(crate) async fn erase(
    client: &mut PrivacyServiceClient<Channel>,
    name: &str,
    reason: v1::ErasureReason,
) -> Result<v1::Complaint, Status> {
    act!(
        client,
        name,
        erase_person(ErasePersonRequest { reason: reason })
    )
}

/// How many were looked at, and what was found.
pub(crate) fn verified(service: &Service) -> (usize, Vec<String>) {
    use redress::{
        app,
        engine::Verification,
        store::{Coverage, StoreError},
    };
    let (store, policies) = app::open_to_read(&service.database.url).unwrap();
    let mut found = Vec::new();
    let verification = Verification::new(&store, &policies, &*service.time);
    let summary = verification.each::<StoreError>(Coverage::All, |verified| {
        found.extend(verified.findings.iter().map(ToString::to_string));
        Ok(())
    });
    (summary.unwrap().complaints, found)
}
