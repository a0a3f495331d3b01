//! The whole service on a port of its own, with a database of its own, and a client that calls it.

use std::{sync::Arc, time::Duration};

use redress::{
    app::{App, AppConfig},
    proto::v1::{self, complaint_service_client::ComplaintServiceClient},
    telemetry::Metrics,
    time_source::ManualTime,
};
use tonic::transport::Channel;

use super::{
    database::TestDatabase,
    office::{START, instant},
};

pub(crate) struct Service {
    pub(crate) app: App,
    pub(crate) client: ComplaintServiceClient<Channel>,
    pub(crate) time: Arc<ManualTime>,
    pub(crate) database: Arc<TestDatabase>,
}

impl Service {
    pub(crate) async fn start() -> Service {
        let database = Arc::new(TestDatabase::create());
        Self::beside(database, Arc::new(ManualTime::at(instant(START)))).await
    }

    /// Another one on the same database: a replica.
    pub(crate) async fn beside(database: Arc<TestDatabase>, time: Arc<ManualTime>) -> Service {
        let app = App::start(config(&database.url, Arc::clone(&time)))
            .await
            .expect("the service starts");
        let client = connect(&app).await;
        Service {
            app,
            client,
            time,
            database,
        }
    }

    pub(crate) async fn stop(self) {
        self.app.stop().await.expect("the service stops");
    }
}

pub(crate) fn config(database_url: &str, time: Arc<ManualTime>) -> AppConfig {
    AppConfig {
        listen: "127.0.0.1:0".parse().expect("an address"),
        database_url: database_url.to_owned(),
        pool_size: 4,
        policy_dir: None,
        default_policy: "ca-jive".to_owned(),
        drain: Duration::from_secs(5),
        time,
        metrics: Metrics::off(),
    }
}

pub(crate) async fn connect(app: &App) -> ComplaintServiceClient<Channel> {
    ComplaintServiceClient::connect(format!("http://{}", app.address))
        .await
        .expect("a connection to the service")
}

/// A filing that is complete and plain.
pub(crate) fn filing(channel: v1::Channel) -> v1::FileComplaintRequest {
    v1::FileComplaintRequest {
        actor: "ada".to_owned(),
        channel: channel.into(),
        customer: Some(v1::Customer {
            full_name: "Sample Customer".to_owned(),
            ..Default::default()
        }),
        customer_type: v1::CustomerType::Consumer.into(),
        language: v1::Language::English.into(),
        issues: vec![v1::Issue {
            service: v1::ServiceKind::Internet.into(),
            category: v1::IssueCategory::ServiceDelivery.into(),
            description: "The line drops every evening.".to_owned(),
            ..Default::default()
        }],
        ..Default::default()
    }
}
