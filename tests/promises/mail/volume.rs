//! Ten thousand mails through a relay that is at odds with a part of them.

use std::collections::BTreeSet;

use diesel::{RunQueryDsl as _, dsl::sql, sql_types::BigInt};
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use redress::{
    proto::v1,
    time_source::{Stopwatch, TimeSource as _},
};

use super::sending::{by_mail, start};
use crate::support::{
    relay::{Answer, Relay},
    service::Service,
};

const MAILS: usize = 10_000;
const SEED: u64 = 20_260_603;

fn number(service: &Service, query: &str) -> i64 {
    diesel::select(sql::<BigInt>(&format!("({query})")))
        .get_result(&mut service.database.connect())
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: REDRESS_TEST_SECONDS=1200 cargo test --test promises mail::volume:: -- --ignored --nocapture"]
async fn ten_thousand_mails_have_one_fate_each() {
    let relay = Relay::start().await;
    let mut random = StdRng::seed_from_u64(SEED);
    relay.does((0..4 * MAILS).map(|_| match random.random_range(0..100) {
        0..10 => Answer::Refuse("450 4.2.1 later"),
        10..12 => Answer::Refuse("550 5.1.1 never"),
        12 => Answer::Hang,
        _ => Answer::Take,
    }));
    let service = start(&relay).await;
    let stopwatch = Stopwatch::start();
    let filings = stream::iter(0..MAILS).map(|_| {
        let mut client = service.client.clone();
        async move { client.file_complaint(by_mail(v1::Language::French)).await }
    });
    let filed = filings.buffer_unordered(32);
    filed
        .for_each(|filed| async move {
            filed.unwrap();
        })
        .await;
    let filed_in = stopwatch.elapsed();
    loop {
        let now = service.time.now();
        let idle = format!(
            "not exists (select from dispatch where state = 'waiting' and (leased_until is not null or next_attempt_at <= '{now}'))"
        );
        service.database.until(&idle).await;
        let next = "select coalesce(extract(epoch from max(next_attempt_at))::bigint, 0) from dispatch where state = 'waiting'";
        match number(&service, next) {
            0 => break,
            next => service.time.set(Timestamp::from_second(next + 1).unwrap()),
        }
    }
    let took = stopwatch.elapsed();
    let count = |state: &str| {
        number(
            &service,
            &format!("select count(*) from dispatch where state = '{state}'"),
        )
    };
    let (sent, failed) = (count("sent"), count("failed"));
    let fates = |kind: &str| {
        number(
            &service,
            &format!("select count(*) from event where kind = '{kind}'"),
        )
    };
    assert_eq!(sent + failed, i64::try_from(MAILS).unwrap());
    assert_eq!(
        (fates("notice_sent"), fates("notice_failed")),
        (sent, failed)
    );
    let taken = relay.taken();
    let ids: BTreeSet<_> = taken.iter().map(|it| it.header("Message-ID")).collect();
    let all = usize::try_from(sent).unwrap();
    assert_eq!((taken.len(), ids.len()), (all, all));
    println!(
        "{MAILS} mails, seed {SEED}: filed in {filed_in:.1?}, all over in {took:.1?}; {} tries, {sent} sent, {failed} failed",
        relay.tried()
    );
    service.stop().await;
}
