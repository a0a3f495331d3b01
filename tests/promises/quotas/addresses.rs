//! An address from which too many tokens prove nothing is heard no further for a while.

use std::time::Duration;

use jiff::SignedDuration;
use redress::{
    api::{
        auth::DevKey,
        grpc::{Allowance, CallerLimits},
    },
    client::{self, Target, Token},
    time_source::TimeSource as _,
};

use super::{ADVISER, Stage, Told, list, told};
use crate::support::service::refusal;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_of_bad_tokens_is_heard_no_further_and_those_who_were_known_there_go_on() {
    let stage = Stage::start(CallerLimits {
        people: Allowance::UNLIMITED,
        failed_tokens: 3,
        // The callers of this test are on this machine.
        uncounted: Vec::new(),
        ..CallerLimits::default()
    })
    .await;
    let mut ada = stage.client("ada", ADVISER).await;
    list(&mut ada).await.unwrap();
    // Whoever forgets the token proves nothing, and costs nothing.
    let mut nobody = client::connect(&Target::at(&stage.address(), Token::none()))
        .await
        .unwrap();
    for _ in 0..10 {
        let refused = list(&mut nobody).await.unwrap_err();
        assert_eq!(refusal(&refused).1, "TOKEN_REQUIRED");
    }
    let stranger = DevKey::generate().unwrap();
    let mut mallory = stage
        .client_with(&stage.token_by(&stranger, "ada", ADVISER))
        .await;
    for _ in 0..3 {
        let refused = list(&mut mallory).await.unwrap_err();
        assert_eq!(refusal(&refused).1, "TOKEN_INVALID");
    }
    let expected = || Told {
        reason: "TOO_MANY_FAILED_TOKENS".to_owned(),
        quota: "failed_tokens_per_minute".to_owned(),
        subject: "clientip:127.0.0.1".to_owned(),
        description: "3 tokens a minute that prove nothing".to_owned(),
        value: 3,
        retry: Duration::from_secs(20),
    };
    assert_eq!(told(&list(&mut mallory).await.unwrap_err()), expected());
    // A token that is good, but new, is not told from one that is not.
    let mut bea = stage.client("bea", ADVISER).await;
    assert_eq!(told(&list(&mut bea).await.unwrap_err()), expected());
    // One that was seen before is good for as long as it holds, also when it has to be looked at again.
    list(&mut ada).await.unwrap();
    stage
        .time
        .set(stage.time.now() + SignedDuration::from_mins(6));
    list(&mut ada).await.unwrap();

    stage.advance(expected().retry);
    list(&mut bea).await.unwrap();
    assert_eq!(
        refusal(&list(&mut mallory).await.unwrap_err()).1,
        "TOKEN_INVALID"
    );
    assert_eq!(told(&list(&mut mallory).await.unwrap_err()), expected());
    list(&mut bea).await.unwrap();

    // One that has expired is a bad one like any other: it is looked at so often, and no further.
    stage.advance(Duration::from_secs(60));
    stage
        .time
        .set(stage.time.now() + SignedDuration::from_hours(9));
    for _ in 0..3 {
        let refused = list(&mut ada).await.unwrap_err();
        assert_eq!(refusal(&refused).1, "TOKEN_EXPIRED");
    }
    assert_eq!(told(&list(&mut ada).await.unwrap_err()), expected());
    drop((ada, bea, mallory, nobody));
    stage.app.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_tokens_from_this_machine_and_from_proxies_shut_nobody_out() {
    let here = || vec!["127.0.0.1/32".parse().unwrap()];
    for uncounted in [CallerLimits::default().uncounted, here()] {
        let stage = Stage::start(CallerLimits {
            people: Allowance::UNLIMITED,
            failed_tokens: 1,
            uncounted,
            ..CallerLimits::default()
        })
        .await;
        let stranger = DevKey::generate().unwrap();
        let mut mallory = stage
            .client_with(&stage.token_by(&stranger, "ada", ADVISER))
            .await;
        for _ in 0..10 {
            let refused = list(&mut mallory).await.unwrap_err();
            assert_eq!(refusal(&refused).1, "TOKEN_INVALID");
        }
        list(&mut stage.client("ada", ADVISER).await).await.unwrap();
        drop(mallory);
        stage.app.stop().await.unwrap();
    }
}
