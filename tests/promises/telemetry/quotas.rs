//! Refusals of callers who have reached their limits.

use std::{collections::BTreeMap, sync::Arc};

use jiff::SignedDuration;
use opentelemetry_proto::tonic::metrics::v1::{metric::Data, number_data_point::Value};
use redress::{
    access::Role,
    api::{
        auth::{DevKey, Grant},
        grpc::{Allowance, CallerLimits},
    },
    app::{App, AppConfig},
    client::{self, Client, Target, Token},
    proto::v1,
    time_source::{ManualTime, TimeSource as _},
};

use super::{collect_from, collector::text};
use crate::support::{
    database::TestDatabase,
    office::{START, instant},
    service::config,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_are_counted_by_the_limit_and_name_nobody() {
    let database = TestDatabase::create();
    let collected = collect_from(async |metrics| {
        let time = Arc::new(ManualTime::at(instant(START)));
        let (key, stranger) = (DevKey::generate().unwrap(), DevKey::generate().unwrap());
        let app = App::start(AppConfig {
            issuers: vec![key.issuer()],
            callers: CallerLimits {
                people: Allowance {
                    streams: 1,
                    ..Allowance::UNLIMITED
                },
                integrations: Allowance {
                    calls_per_second: 1,
                    burst: 1,
                    ..Allowance::UNLIMITED
                },
                failed_tokens: 1,
                uncounted: Vec::new(),
                ..CallerLimits::default()
            },
            uptime: Arc::<ManualTime>::clone(&time),
            metrics,
            ..config(&database.url, Arc::clone(&time))
        });
        let app = app.await.unwrap();
        let connect = async |key: &DevKey, subject: &str, role| -> Client {
            let grant = Grant {
                subject: subject.to_owned(),
                roles: vec![role],
                brands: vec!["*".to_owned()],
                queues: Vec::new(),
                period: SignedDuration::from_hours(1),
            };
            let token = Token::of(&key.sign(&grant, time.now())).unwrap();
            let target = Target::at(&format!("http://{}", app.address), token);
            client::connect(&target).await.unwrap()
        };
        let mut ada = connect(&key, "ada", Role::Adviser).await;
        let mut crm = connect(&key, "crm", Role::Integration).await;
        let mut mallory = connect(&stranger, "mallory", Role::Adviser).await;
        let _watch = ada
            .watch_events(v1::WatchEventsRequest::default())
            .await
            .unwrap();
        ada.watch_events(v1::WatchEventsRequest::default())
            .await
            .unwrap_err();
        let list = v1::ListComplaintsRequest::default;
        crm.list_complaints(list()).await.unwrap();
        for _ in 0..2 {
            crm.list_complaints(list()).await.unwrap_err();
        }
        // The first is looked at.
        for _ in 0..4 {
            mallory.list_complaints(list()).await.unwrap_err();
        }
        drop((ada, crm, mallory));
        app.stop().await.unwrap();
    })
    .await;
    let refused = collected.metric("redress.calls.over_quota");
    let Some(Data::Sum(refused)) = refused.data else {
        panic!("no number: {refused:?}");
    };
    let counted: BTreeMap<_, _> = refused
        .data_points
        .iter()
        .map(|point| {
            assert_eq!(point.attributes.len(), 1, "{point:?}");
            (text(&point.attributes, "quota"), point.value)
        })
        .collect();
    let expected = [
        ("open_streams", 1),
        ("calls_per_second", 2),
        ("failed_tokens_per_minute", 3),
    ];
    let expected = expected.map(|(quota, times)| (quota.to_owned(), Some(Value::AsInt(times))));
    assert_eq!(counted, expected.into());
}
