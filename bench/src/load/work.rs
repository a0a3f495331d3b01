//! The calls that are measured.

use std::time::Duration;

use redress::{
    client::Client,
    proto::v1::{self, Channel, CustomerType, IssueCategory, Language, ServiceKind, State},
};
use tonic::{Request, Status};
use uuid::Uuid;

use super::Stock;

/// Whom requests name as who acts.
pub(crate) const ACTOR: &str = "bench";
/// As many as the service returns where nothing else is asked for.
const PAGE: i32 = 50;

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    File,
    Acknowledge,
    Update,
    Read,
    ReadClocks,
    List,
}

impl Work {
    /// In the order in which they are measured: each leaves behind what those after it need.
    pub(crate) const ALL: [Work; 6] = [
        Work::File,
        Work::Acknowledge,
        Work::Update,
        Work::Read,
        Work::ReadClocks,
        Work::List,
    ];

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Work::File => "file",
            Work::Acknowledge => "acknowledge",
            Work::Update => "send an update",
            Work::Read => "read one",
            Work::ReadClocks => "read one's clocks",
            Work::List => "list a page",
        }
    }

    /// Makes one call. None: there is no complaint left to make it about.
    pub(crate) async fn call(
        self,
        client: &mut Client,
        stock: &Stock,
    ) -> Option<Result<(), Status>> {
        Some(match self {
            Work::File => {
                let filed = client.file_complaint(filing()).await;
                filed.map(|filed| stock.filed(filed.into_inner().name))
            }
            Work::Acknowledge => {
                let name = stock.to_acknowledge()?;
                let request = v1::AcknowledgeComplaintRequest {
                    name: name.clone(),
                    request_id: Uuid::new_v4().to_string(),
                    actor: ACTOR.to_owned(),
                    ..Default::default()
                };
                let acknowledged = client.acknowledge_complaint(request).await;
                acknowledged.map(|_| stock.acknowledged(name))
            }
            Work::Update => {
                let request = v1::SendUpdateRequest {
                    name: stock.under_review()?,
                    request_id: Uuid::new_v4().to_string(),
                    actor: ACTOR.to_owned(),
                    message: "A technician has measured the line. We are looking at the results."
                        .to_owned(),
                    ..Default::default()
                };
                client.send_update(request).await.map(drop)
            }
            Work::Read => {
                let request = v1::GetComplaintRequest {
                    name: stock.to_read()?,
                    read_mask: None,
                };
                client.get_complaint(request).await.map(drop)
            }
            Work::ReadClocks => {
                let name = stock.to_read()?;
                let request = v1::ListClocksRequest {
                    parent: name,
                    ..Default::default()
                };
                client.list_clocks(request).await.map(drop)
            }
            Work::List => {
                let request = v1::ListComplaintsRequest {
                    page_size: PAGE,
                    states: vec![State::Received.into(), State::InReview.into()],
                    ..Default::default()
                };
                client.list_complaints(request).await.map(drop)
            }
        })
    }
}

/// Files, and tells the service to give up after so long, as a caller does who has somebody waiting.
pub(crate) async fn file_within(
    deadline: Duration,
    client: &mut Client,
    stock: &Stock,
) -> Result<(), Status> {
    let mut request = Request::new(filing());
    request.set_timeout(deadline);
    let filed = client.file_complaint(request).await?;
    stock.filed(filed.into_inner().name);
    Ok(())
}

/// A filing as a contact form sends it: complete, and safe to repeat.
pub(crate) fn filing() -> v1::FileComplaintRequest {
    v1::FileComplaintRequest {
        request_id: Uuid::new_v4().to_string(),
        actor: ACTOR.to_owned(),
        channel: Channel::Form.into(),
        customer: Some(v1::Customer {
            full_name: "Sample Customer".to_owned(),
            email: "customer@example.com".to_owned(),
            phone: "+15145550142".to_owned(),
            postal_address: "1 Sample Street\nMontréal QC".to_owned(),
            account_number: "A-100200300".to_owned(),
            ..Default::default()
        }),
        customer_type: CustomerType::Consumer.into(),
        language: Language::English.into(),
        issues: vec![v1::Issue {
            service: ServiceKind::Internet.into(),
            category: IssueCategory::ServiceDelivery.into(),
            description: "The line drops every evening between seven and nine. I have restarted the modem as I was \
                          told, and it makes no difference. This has gone on for three weeks now."
                .to_owned(),
            desired_outcome: "A line that works, and a credit for three weeks.".to_owned(),
            ..Default::default()
        }],
        ..Default::default()
    }
}
