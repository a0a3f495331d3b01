//! Keys come and go at the issuer, and so may the issuer itself.

use std::{collections::BTreeSet, path::Path};

use serde_json::{Value, json};

use super::{
    super::{
        AuthError, Authentication, BadToken, DevKey, Grant, KeySource, TrustedIssuer,
        Unauthenticated,
    },
    issuer::{
        AUDIENCE, NAME, Pair, Published, START, caller, claims, fixed, later, time, trusting, with,
    },
};
use crate::access::Role;

const DAY: i64 = 24 * 3_600;

fn token(pair: &Pair, id: &str, number: i64) -> String {
    let header = json!({"alg": pair.algorithm(), "kid": id});
    let mut claims = with("jti", json!(number));
    claims["exp"] = json!(START + 10 * DAY);
    pair.token(&header, &claims)
}

/// Waits until the issuer has been asked this often.
async fn asked(published: &Published, times: usize) {
    while published.asked() < times {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_unknown_key_has_the_keys_read_once_in_half_a_minute_whoever_asks() {
    let (time, old, new) = (time(), Pair::ed25519(1), Pair::p256());
    let published = Published::start(&[old.public("old")]).await;
    let authentication = trusting(published.source(), &time).await;
    caller(&authentication, &token(&old, "old", 0))
        .await
        .unwrap();
    assert_eq!(published.asked(), 1);

    // The issuer has rotated its keys: the first call with the new one learns it, and no call fails.
    published.publish(&[old.public("old"), new.public("new")]);
    let (first, second) = (token(&new, "new", 1), token(&new, "new", 2));
    let both = tokio::join!(
        caller(&authentication, &first),
        caller(&authentication, &second)
    );
    assert!(both.0.is_ok() && both.1.is_ok(), "{both:?}");
    assert_eq!(published.asked(), 2);

    // Whoever makes up ids has the issuer asked no more often.
    for (seconds, asked) in [(1, 2), (29, 2), (30, 3), (59, 3), (60, 4)] {
        later(&time, seconds);
        for number in 0..20 {
            let made_up = token(&new, &format!("made-up-{number}"), number);
            let refused = caller(&authentication, &made_up).await;
            assert_eq!(refused, Err(Unauthenticated::Token(BadToken::UnknownKey)));
        }
        assert_eq!(published.asked(), asked, "{seconds} s");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_an_issuer_rotates_its_keys_no_call_fails() {
    let time = time();
    let pairs: Vec<Pair> = (1..=4).map(Pair::ed25519).collect();
    let published = Published::start(&[pairs[0].public("key-0")]).await;
    let authentication = trusting(published.source(), &time).await;
    for (generation, pair) in pairs.iter().enumerate() {
        let before = generation.checked_sub(1);
        let both = [before, Some(generation)].into_iter().flatten();
        let public = both.map(|key| pairs[key].public(&format!("key-{key}")));
        published.publish(&public.collect::<Vec<_>>());
        let tokens = (0..200).map(|number| {
            // The issuer still signs with the former key for a while.
            let signing = before.filter(|_| number % 2 == 0).unwrap_or(generation);
            token(&pairs[signing], &format!("key-{signing}"), number)
        });
        let calls = tokens.map(|token| {
            let authentication = authentication.clone();
            tokio::spawn(async move { caller(&authentication, &token).await.map(|_| ()) })
        });
        for call in calls.collect::<Vec<_>>() {
            let called = call.await.unwrap();
            assert_eq!(called, Ok(()), "{generation} {}", pair.algorithm());
        }
        assert!(published.asked() <= generation + 1);
        later(&time, 30 * (i64::try_from(generation).unwrap() + 1));
    }
    assert_eq!(published.asked(), pairs.len());
}

#[tokio::test]
async fn nobody_waits_for_keys_to_be_read_again_and_those_that_are_taken_back_end() {
    let (time, old, new) = (time(), Pair::ed25519(1), Pair::p256());
    let published = Published::start(&[old.public("old"), new.public("new")]).await;
    let authentication = trusting(published.source(), &time).await;
    caller(&authentication, &token(&old, "old", 0))
        .await
        .unwrap();
    published.publish(&[new.public("new")]);
    // As long as the issuer allows.
    later(&time, 599);
    caller(&authentication, &token(&old, "old", 1))
        .await
        .unwrap();
    assert_eq!(published.asked(), 1);
    later(&time, 601);
    caller(&authentication, &token(&new, "new", 2))
        .await
        .unwrap();
    asked(&published, 2).await;
    let refused = loop {
        match caller(&authentication, &token(&old, "old", 3)).await {
            Ok(_) => tokio::task::yield_now().await,
            Err(error) => break error,
        }
    };
    assert_eq!(refused, Unauthenticated::Token(BadToken::UnknownKey));
    // One that was verified by it before ends with it.
    assert!(
        caller(&authentication, &token(&old, "old", 1))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn while_the_issuer_is_away_its_keys_hold_for_a_day() {
    let (time, pair) = (time(), Pair::ed25519(1));
    let published = Published::start(&[pair.public("one")]).await;
    let authentication = trusting(published.source(), &time).await;
    for (status, body) in [(500, "{}"), (200, "<html>"), (200, r#"{"keys": []}"#)] {
        published.answer(status, body.to_owned());
        let seconds = DAY - 1 - i64::from(status);
        later(&time, seconds);
        caller(&authentication, &token(&pair, "one", seconds))
            .await
            .unwrap();
    }
    later(&time, DAY - 1);
    caller(&authentication, &token(&pair, "one", 1))
        .await
        .unwrap();
    later(&time, DAY);
    let refused = caller(&authentication, &token(&pair, "one", 2)).await;
    assert_eq!(refused, Err(Unauthenticated::NoKeys));
    // Once it is back, it is believed again.
    published.publish(&[pair.public("one")]);
    later(&time, DAY + 30);
    caller(&authentication, &token(&pair, "one", 3))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_issuer_that_is_away_at_the_start_holds_up_its_callers_alone() {
    let (time, pair) = (time(), Pair::ed25519(1));
    let published = Published::start(&[]).await;
    published.answer(503, String::new());
    let authentication = trusting(published.source(), &time).await;
    let refused = caller(&authentication, &token(&pair, "one", 0)).await;
    assert_eq!(refused, Err(Unauthenticated::NoKeys));
    published.publish(&[pair.public("one")]);
    later(&time, 30);
    caller(&authentication, &token(&pair, "one", 1))
        .await
        .unwrap();
}

#[tokio::test]
async fn more_than_256_kib_are_no_keys() {
    let (time, pair) = (time(), Pair::ed25519(1));
    let published = Published::start(&[]).await;
    let padded = |length: usize| {
        json!({"keys": [pair.public("one")], "pad": "x".repeat(length)}).to_string()
    };
    published.answer(200, padded(256 * 1024));
    let authentication = trusting(published.source(), &time).await;
    assert!(
        caller(&authentication, &token(&pair, "one", 0))
            .await
            .is_err()
    );
    published.answer(200, padded(255 * 1024));
    later(&time, 30);
    caller(&authentication, &token(&pair, "one", 1))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_issuer_tells_itself_where_its_keys_are() {
    let (time, pair) = (time(), Pair::ed25519(1));
    let keys = Published::start(&[pair.public("one")]).await;
    let issuer = Published::start(&[]).await;
    let name = issuer.address.trim_end_matches("/keys").to_owned();
    let describe = |name: &str, keys: &str| {
        issuer.answer(200, json!({"issuer": name, "jwks_uri": keys}).to_string());
    };
    let trust = async || {
        let trusted = TrustedIssuer {
            issuer: name.clone(),
            audience: AUDIENCE.to_owned(),
            keys: KeySource::Discovered,
        };
        Authentication::by_tokens(vec![trusted], time.clone())
            .await
            .unwrap()
    };
    let mut claims = claims();
    claims["iss"] = json!(name);
    let token = pair.token(&json!({"alg": "EdDSA", "kid": "one"}), &claims);
    for (who, address) in [
        ("https://evil.example", keys.address.as_str()),
        (name.as_str(), "http://evil.example/keys"),
    ] {
        describe(who, address);
        let refused = caller(&trust().await, &token).await;
        assert_eq!(refused, Err(Unauthenticated::NoKeys), "{who} {address}");
    }
    describe(&name, &keys.address);
    caller(&trust().await, &token).await.unwrap();
}

#[tokio::test]
async fn keys_in_a_file_are_read_again_and_a_missing_file_is_told_at_once() {
    let (time, old, new) = (time(), Pair::ed25519(1), Pair::p256());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    let write =
        |keys: &[Value]| std::fs::write(&file, json!({ "keys": keys }).to_string()).unwrap();
    write(&[old.public("old")]);
    let source = KeySource::parse(file.to_str().unwrap()).unwrap();
    let authentication = trusting(source, &time).await;
    caller(&authentication, &token(&old, "old", 0))
        .await
        .unwrap();
    write(&[new.public("new")]);
    caller(&authentication, &token(&new, "new", 1))
        .await
        .unwrap();

    let start = async |file: &Path| {
        let trusted = TrustedIssuer {
            issuer: NAME.to_owned(),
            audience: AUDIENCE.to_owned(),
            keys: KeySource::File(file.to_owned()),
        };
        Authentication::by_tokens(vec![trusted], time.clone()).await
    };
    let missing = start(&folder.path().join("missing.json")).await;
    assert!(
        matches!(missing, Err(AuthError::Keys { .. })),
        "{missing:?}"
    );
    std::fs::write(&file, r#"{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}"#).unwrap();
    assert!(matches!(start(&file).await, Err(AuthError::Keys { .. })));
}

#[tokio::test]
async fn a_key_without_an_id_is_used_where_it_is_the_only_one() {
    let (time, pair) = (time(), Pair::ed25519(1));
    let mut key = pair.public("one");
    key.as_object_mut().unwrap().remove("kid");
    let authentication = trusting(fixed(&[key]), &time).await;
    let token = pair.token(&json!({"alg": "EdDSA"}), &claims());
    caller(&authentication, &token).await.unwrap();
}

#[tokio::test]
async fn a_key_of_ones_own_signs_tokens_that_its_file_proves() {
    use std::os::unix::fs::PermissionsExt as _;

    let time = time();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.json");
    let (key, made) = DevKey::read_or_make(&file).unwrap();
    assert!(made);
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let grant = Grant {
        subject: "ada".to_owned(),
        roles: vec![Role::Adviser, Role::Auditor],
        brands: vec!["*".to_owned()],
        queues: Vec::new(),
        period: jiff::SignedDuration::from_hours(8),
    };
    let token = key.sign(&grant, jiff::Timestamp::from_second(START).unwrap());
    let (again, made) = DevKey::read_or_make(&file).unwrap();
    assert!(!made);
    let authentication = Authentication::by_tokens(vec![again.issuer()], time.clone())
        .await
        .unwrap();
    let proved = caller(&authentication, &token).await.unwrap();
    assert_eq!(proved.subject, "ada");
    assert_eq!(proved.roles, BTreeSet::from([Role::Adviser, Role::Auditor]));
    assert!(proved.scope.is_everything());
    let other = DevKey::generate()
        .unwrap()
        .sign(&grant, jiff::Timestamp::from_second(START).unwrap());
    assert!(caller(&authentication, &other).await.is_err());
    let shown = format!("{again:?}");
    let text = std::fs::read_to_string(&file).unwrap();
    let secret: Value = serde_json::from_str(&text).unwrap();
    assert!(!shown.contains(secret["d"].as_str().unwrap()));
    std::fs::write(&file, "{}").unwrap();
    assert!(DevKey::read_or_make(&file).is_err());
}
