//! Tokens of an issuer as there are in production: an OpenID provider that others wrote, whose keys are found by what it publishes of
//! itself, while they change and while it is away.

mod issuer;

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use jiff::{SignedDuration, Timestamp};
use redress::{
    app::{App, AppConfig},
    client::{self, Client, Target, Token},
    proto::v1,
    time_source::{ManualTime, SystemTime, TimeSource as _},
};
use tokio::sync::Notify;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use self::issuer::{AUDIENCE, ELSEWHERE, Issuer, Place};
use crate::support::{
    database::TestDatabase,
    service::{Reading as _, act, config, filing, refusal},
};

/// After so long the keys may be read again.
const PAUSE: SignedDuration = SignedDuration::from_secs(31);
const CALLERS: usize = 8;

/// A service that trusts an issuer. Its time begins when the issuer's does, and stands still.
struct Trusting {
    app: App,
    time: Arc<ManualTime>,
    began: Timestamp,
    _database: TestDatabase,
}

impl Trusting {
    async fn start(place: &Place) -> Self {
        let database = TestDatabase::create();
        let began = SystemTime.now();
        let time = Arc::new(ManualTime::at(began));
        let app = App::start(AppConfig {
            issuers: vec![place.trusted()],
            ..config(&database.url, Arc::clone(&time))
        });
        Trusting {
            app: app.await.unwrap(),
            time,
            began,
            _database: database,
        }
    }

    fn after(&self, period: SignedDuration) {
        self.time.set(self.began + period);
    }

    async fn client(&self, token: &str) -> Client {
        let server = format!("http://{}", self.app.address);
        let token = Token::of(token).unwrap();
        client::connect(&Target::at(&server, token)).await.unwrap()
    }

    /// Makes a call with a token.
    async fn call(&self, token: &str) -> Result<(), Status> {
        let mut client = self.client(token).await;
        let listed = client.list_complaints(v1::ListComplaintsRequest::default());
        listed.await.map(|_| ())
    }

    async fn stop(self) {
        self.app.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the package in tests/oidc: .ci/run oidc"]
async fn a_token_for_this_service_gives_the_roles_and_the_scope_that_its_issuer_says_and_no_other_does()
 {
    let issuer = Issuer::start();
    let place = &issuer.place;
    let service = Trusting::start(place).await;
    let mut ada = service.client(&place.token("ada", AUDIENCE).await).await;
    let mut filed = filing(v1::Channel::Form);
    filed.actor = String::new();
    let name = ada.file_complaint(filed).await.unwrap().into_inner().name;
    let events = v1::ListEventsRequest {
        parent: name.clone(),
        ..Default::default()
    };
    let events = ada.list_events(events).await.unwrap().into_inner().events;
    assert_eq!(
        (events[0].word(), events[0].actor.as_str()),
        ("filed".to_owned(), "ada")
    );

    // A role that may not do this, and none at all.
    let server = format!("http://{}", service.app.address);
    let token = Token::of(&place.token("ada", AUDIENCE).await).unwrap();
    let target = Target::at(&server, token);
    let mut privacy = client::connect_privacy(&target).await.unwrap();
    let refused = privacy
        .erase_person(v1::ErasePersonRequest::default())
        .await
        .unwrap_err();
    let none = service.call(&place.token("mallory", AUDIENCE).await).await;
    for refused in [refused, none.unwrap_err()] {
        let role = (Code::PermissionDenied, "ROLE_REQUIRED".to_owned());
        assert_eq!(refusal(&refused), role);
    }
    // Another brand, and another queue until it lies in that.
    let get = || v1::GetComplaintRequest {
        name: name.clone(),
        ..Default::default()
    };
    let mut ben = service.client(&place.token("ben", AUDIENCE).await).await;
    let mut eve = service.client(&place.token("eve", AUDIENCE).await).await;
    for stranger in [&mut ben, &mut eve] {
        let refused = stranger.get_complaint(get()).await.unwrap_err();
        assert_eq!(refused.code(), Code::NotFound);
    }
    act!(ada, by "", name, assign_complaint(AssignComplaintRequest { assignee: "eve" })).unwrap();
    eve.get_complaint(get()).await.unwrap();
    assert_eq!(
        ben.get_complaint(get()).await.unwrap_err().code(),
        Code::NotFound
    );

    // Whatever it was issued for elsewhere counts for nothing here.
    let elsewhere = service.call(&place.token("ada", ELSEWHERE).await).await;
    let refused = elsewhere.unwrap_err();
    let invalid = (Code::Unauthenticated, "TOKEN_INVALID".to_owned());
    assert_eq!(refusal(&refused), invalid);
    assert!(refused.message().contains("aud"), "{refused:?}");
    service.stop().await;
}

/// How often each caller has called.
struct Calls {
    made: [AtomicUsize; CALLERS],
    one_more: Notify,
    over: AtomicBool,
}

impl Calls {
    fn counted(&self) -> [usize; CALLERS] {
        std::array::from_fn(|caller| self.made[caller].load(Ordering::Acquire))
    }

    /// Waits until each has got a token and called with it from here on.
    async fn all_go_on(&self) {
        let before = self.counted();
        loop {
            let one_more = self.one_more.notified();
            // The first of two may have begun before.
            let gone_on =
                |caller: usize| self.made[caller].load(Ordering::Acquire) > before[caller] + 1;
            if (0..CALLERS).all(gone_on) {
                return;
            }
            one_more.await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the package in tests/oidc: .ci/run oidc"]
async fn while_the_issuer_rotates_its_keys_and_callers_go_on_no_call_fails() {
    let mut issuer = Issuer::start();
    let service = Arc::new(Trusting::start(&issuer.place).await);
    let calls = Arc::new(Calls {
        made: Default::default(),
        one_more: Notify::new(),
        over: AtomicBool::new(false),
    });
    let callers = (0..CALLERS).map(|caller| {
        let (service, calls) = (Arc::clone(&service), Arc::clone(&calls));
        let place = issuer.place.clone();
        tokio::spawn(async move {
            let mut failed = Vec::new();
            while !calls.over.load(Ordering::Acquire) {
                let token = place.token("ada", AUDIENCE).await;
                failed.extend(service.call(&token).await.err());
                calls.made[caller].fetch_add(1, Ordering::Release);
                calls.one_more.notify_one();
            }
            failed
        })
    });
    let callers: Vec<_> = callers.collect();
    calls.all_go_on().await;
    let rotations = ["ES256", "PS256", "EdDSA", "RS256", "ES384"];
    for (algorithm, passed) in rotations.into_iter().zip(1..) {
        // A set that was just read for an unknown key is not read again for another.
        service.after(PAUSE * passed);
        issuer = tokio::task::spawn_blocking(move || {
            issuer.rotate(algorithm);
            issuer
        })
        .await
        .unwrap();
        // The key before the last is not published any more: nobody has a token of it by then.
        calls.all_go_on().await;
    }
    calls.over.store(true, Ordering::Release);
    for caller in callers {
        let failed = caller.await.unwrap();
        assert!(failed.is_empty(), "{failed:?}");
    }
    Arc::into_inner(service).unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the package in tests/oidc: .ci/run oidc"]
async fn while_the_issuer_is_away_its_tokens_are_taken_for_a_day_and_others_once_it_is_back() {
    const DAY: SignedDuration = SignedDuration::from_hours(24);
    const MINUTE: SignedDuration = SignedDuration::from_mins(1);
    let issuer = Issuer::start();
    let service = Trusting::start(&issuer.place).await;
    let mut tokens = Vec::new();
    for _ in 0..5 {
        tokens.push(issuer.place.token("ada", AUDIENCE).await);
    }
    let [first, late, last, refused, former] = <[String; 5]>::try_from(tokens).unwrap();
    service.call(&first).await.unwrap();
    let place = issuer.end();

    service.after(DAY - MINUTE * 10);
    service.call(&late).await.unwrap();
    service.after(DAY - MINUTE);
    service.call(&last).await.unwrap();
    service.after(DAY);
    let refused = service.call(&refused).await.unwrap_err();
    let away = (Code::Unavailable, "KEYS_UNAVAILABLE".to_owned());
    assert_eq!(refusal(&refused), away);
    assert!(refused.get_details_retry_info().is_some(), "{refused:?}");

    // With other keys, as after a day one may.
    let issuer = Issuer::at(place);
    service.after(DAY + PAUSE);
    service
        .call(&issuer.place.token("ada", AUDIENCE).await)
        .await
        .unwrap();
    let refused = service.call(&former).await.unwrap_err();
    let unknown = (Code::Unauthenticated, "TOKEN_INVALID".to_owned());
    assert_eq!(refusal(&refused), unknown);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the package in tests/oidc: .ci/run oidc"]
async fn a_service_starts_while_its_issuer_is_away_and_knows_its_callers_once_it_is_there() {
    let issuer = Issuer::start();
    let early = issuer.place.token("ada", AUDIENCE).await;
    let place = issuer.end();
    let service = Trusting::start(&place).await;
    let refused = service.call(&early).await.unwrap_err();
    let away = (Code::Unavailable, "KEYS_UNAVAILABLE".to_owned());
    assert_eq!(refusal(&refused), away);

    let issuer = Issuer::at(place);
    service.after(PAUSE);
    let token = issuer.place.token("ada", AUDIENCE).await;
    service.call(&token).await.unwrap();
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the package in tests/oidc: .ci/run oidc"]
async fn a_new_key_that_cannot_be_had_because_the_issuer_is_away_is_not_taken_for_a_forged_one() {
    let issuer = Issuer::start();
    let service = Trusting::start(&issuer.place).await;
    let known = issuer.place.token("ada", AUDIENCE).await;
    let issuer = Issuer::at(issuer.end());
    let new = issuer.place.token("ada", AUDIENCE).await;
    let place = issuer.end();
    for _ in 0..2 {
        let refused = service.call(&new).await.unwrap_err();
        let away = (Code::Unavailable, "KEYS_UNAVAILABLE".to_owned());
        assert_eq!(refusal(&refused), away);
    }
    service.call(&known).await.unwrap();

    // Once the issuer can be asked, it is known what it does not publish.
    let issuer = Issuer::at(place);
    service.after(PAUSE);
    let refused = service.call(&new).await.unwrap_err();
    let unknown = (Code::Unauthenticated, "TOKEN_INVALID".to_owned());
    assert_eq!(refusal(&refused), unknown);
    let present = issuer.place.token("ada", AUDIENCE).await;
    service.call(&present).await.unwrap();
    service.stop().await;
}
