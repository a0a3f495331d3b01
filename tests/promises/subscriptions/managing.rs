//! Creating, changing and seeing subscriptions: who may, and what is refused.

use redress::{
    access::{Caller, Principal, Role, Scope},
    proto::v1::{
        DeleteSubscriptionRequest, GetSubscriptionRequest, ListSubscriptionsRequest, Subscription,
        TestSubscriptionRequest, UpdateSubscriptionRequest,
    },
};
use tonic::Code;

use super::{Sending, creation, of_notes, subscription};
use crate::support::{
    callers::Desk,
    command::command,
    receiver::{Reaction, Received, Receiver, is_signed},
    service::{Service, refusal, violated},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_key_to_keep_secrets_under_nothing_is_created() {
    let receiver = Receiver::well().await;
    let service = Service::start().await;
    let address = format!("http://{}", service.app.address);
    let mut client = super::SubscriptionServiceClient::connect(address)
        .await
        .unwrap();
    let refused = client
        .create_subscription(creation(subscription(&receiver)))
        .await;
    let refused = refused.unwrap_err();
    assert_eq!(
        refusal(&refused),
        (Code::FailedPrecondition, "NO_SECRET_KEY".to_owned())
    );
    assert!(
        refused.message().contains("--secret-key-file"),
        "{}",
        refused.message()
    );
    assert!(receiver.everything().is_empty());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_that_does_not_verify_or_may_not_be_sent_to_is_refused() {
    let receiver = Receiver::start(|_| Reaction::Answer(404)).await;
    let target = Receiver::well().await;
    let elsewhere = format!("location: {}", target.url());
    let leads = Receiver::start(move |_| Reaction::With(307, elsewhere.clone().leak())).await;
    let mut sending = Sending::to(&[&receiver, &leads]).await;
    let forbidden = [
        "https://127.0.0.1/hooks".to_owned(),
        "https://[::ffff:127.0.0.1]/hooks".to_owned(),
        "https://10.0.0.7/hooks".to_owned(),
        "https://169.254.169.254/latest".to_owned(),
        "https://localhost/hooks".to_owned(),
        "http://localhost/hooks".to_owned(),
        target.url(),
        receiver.url(),
        leads.url(),
        "https://ada:s3cret@crm.example/".to_owned(),
    ];
    for endpoint in forbidden {
        let wanted = Subscription {
            endpoint: endpoint.clone(),
            ..subscription(&receiver)
        };
        let refused = sending.client.create_subscription(creation(wanted)).await;
        let refused = refused.unwrap_err();
        let wanted = (Code::FailedPrecondition, "ENDPOINT_NOT_VERIFIED".to_owned());
        assert_eq!(refusal(&refused), wanted, "{endpoint}: {refused:?}");
        assert!(!refused.message().contains("s3cret"));
    }
    assert!(target.everything().is_empty());
    let none = sending
        .client
        .list_subscriptions(ListSubscriptionsRequest::default())
        .await;
    assert!(none.unwrap().into_inner().subscriptions.is_empty());
    sending.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_is_changed_by_its_mask_tested_and_ended() {
    let (receiver, mut other) = (Receiver::well().await, Receiver::well().await);
    let mut sending = Sending::to(&[&receiver, &other]).await;
    let (subscribed, secret) = sending.subscribe_as(of_notes(&receiver)).await;
    let name = subscribed.name.clone();
    let update = |paths: &[&str], subscription: Subscription| UpdateSubscriptionRequest {
        subscription: Some(subscription),
        update_mask: Some(prost_types::FieldMask {
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        }),
        actor: "ada".to_owned(),
    };
    let moved = Subscription {
        name: name.clone(),
        etag: subscribed.etag.clone(),
        endpoint: other.url(),
        title: "Not named by the mask".to_owned(),
        ..Default::default()
    };
    let updated = sending
        .client
        .update_subscription(update(&["endpoint"], moved.clone()))
        .await;
    let updated = updated.unwrap().into_inner();
    assert_eq!(
        (&updated.endpoint, &updated.title),
        (&other.url(), &subscribed.title)
    );
    assert_eq!(updated.filter, subscribed.filter);
    // It was verified, and that with the secret that its receiver has.
    let verification = &other.everything()[0];
    assert!(is_signed(verification, &secret));
    let stale = sending
        .client
        .update_subscription(update(&["endpoint"], moved))
        .await;
    assert_eq!(refusal(&stale.unwrap_err()).1, "ETAG_MISMATCH");
    let unknown = sending
        .client
        .update_subscription(update(&["creator"], updated))
        .await;
    assert_eq!(violated(&unknown.unwrap_err()), ["update_mask.paths[0]"]);

    let request = TestSubscriptionRequest { name: name.clone() };
    let tested = sending
        .client
        .test_subscription(request)
        .await
        .unwrap()
        .into_inner();
    let attempt = tested.attempt.unwrap();
    assert!(attempt.delivered && attempt.status_code == 204);
    let words: Vec<String> = other.everything().iter().map(Received::word).collect();
    assert_eq!(words, ["subscription.verification", "subscription.test"]);

    let complaint = sending.file().await;
    sending.note(&complaint, "1").await;
    other.count(1).await;
    let request = DeleteSubscriptionRequest {
        name: name.clone(),
        actor: "ada".to_owned(),
    };
    sending.client.delete_subscription(request).await.unwrap();
    let gone = sending
        .client
        .get_subscription(GetSubscriptionRequest { name })
        .await;
    assert_eq!(refusal(&gone.unwrap_err()).1, "SUBSCRIPTION_NOT_FOUND");
    sending.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_see_personal_data_subscribes_to_none() {
    let desk = Desk::open();
    let caller = Caller::Known(std::sync::Arc::new(Principal {
        subject: "ops".to_owned(),
        roles: [Role::Administrator].into(),
        scope: Scope::default(),
    }));
    let wanted = Subscription {
        title: "A".to_owned(),
        endpoint: "https://crm.example/hooks".to_owned(),
        include_text: true,
        ..Default::default()
    };
    let mut request = creation(wanted);
    request.actor = String::new();
    let refused = desk
        .subscriptions(&caller)
        .create_subscription(request)
        .await;
    let wanted = (Code::PermissionDenied, "TEXT_NOT_PERMITTED".to_owned());
    assert_eq!(refusal(&refused.unwrap_err()), wanted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_that_make_a_secret_print_it_alone() {
    let receiver = Receiver::well().await;
    let sending = Sending::to(&[&receiver]).await;
    let server = format!("http://{}", sending.service.app.address);
    let url = receiver.url();
    let create = ["subscriptions", "create", "CRM", &url, "--server", &server];
    let (created, first) = command(&create).await;
    created.unwrap();
    let list = ["subscriptions", "list", "--json", "--server", &server];
    let (listed, subscription) = command(&list).await;
    listed.unwrap();
    let subscription: serde_json::Value = serde_json::from_str(&subscription).unwrap();
    let name = subscription["name"].as_str().unwrap();
    let (rotated, second) = command(&["subscriptions", "rotate", name, "--server", &server]).await;
    rotated.unwrap();
    assert_ne!(first, second);
    for printed in [first, second] {
        let secret = printed.strip_suffix('\n').unwrap();
        assert!(secret.starts_with("whsec_"), "{printed}");
        assert!(!secret.contains(char::is_whitespace), "{printed}");
    }
    sending.service.stop().await;
}
