//! A code of practice can be changed without fear: what a change would do is known before, and what it does to open
//! complaints can be proved.

mod activating;
mod calendars;
mod looking_up;
mod moving;
mod trying;

use redress::{
    calendar::{CalendarBook, Zones},
    engine::Verification,
    policy::{Policy, PolicyBook},
    proto::v1::{self, policy_service_client::PolicyServiceClient},
    store::{Coverage, Store},
    telemetry::Metrics,
    time_source::SystemTime,
};
use tonic::transport::Channel;

use crate::support::{database::TestDatabase, policies::trusting, service::Service};

const JIVE: &str = include_str!("../../policies/ca-jive.toml");

pub(crate) type Policies = PolicyServiceClient<Channel>;

pub(crate) async fn policies_at(address: &str) -> Policies {
    let client = PolicyServiceClient::connect(address.to_owned()).await;
    client.expect("a connection to the service")
}

pub(crate) async fn policies_of(service: &Service) -> Policies {
    policies_at(&format!("http://{}", service.app.address)).await
}

/// The provider's own code with some places changed.
fn jive_with(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(trusting(JIVE), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    })
}

/// In force since the day on which the tests begin; a resolution takes seven working days, and no longer ten; an update is
/// reminded of a day earlier; and a complaint is to end within twenty days.
pub(crate) fn stricter() -> String {
    jive_with(&[
        ("effective_from = 2015-01-01", "effective_from = 2026-06-02"),
        (
            "\"10 working days\"\ntarget_urgent",
            "\"7 working days\"\ntarget_urgent",
        ),
        (
            "\"1 working day before due\"",
            "\"2 working days before due\"",
        ),
        ("\"ceiling\"", "\"limit\""),
        ("\"30 calendar days\"", "\"20 calendar days\""),
    ])
}

fn file(text: impl Into<String>) -> v1::TextFile {
    v1::TextFile {
        file: "proposed.toml".to_owned(),
        text: text.into(),
    }
}

pub(crate) async fn activate(
    policies: &mut Policies,
    text: impl Into<String>,
) -> v1::ActivatePolicyResponse {
    let request = v1::ActivatePolicyRequest {
        policy_file: Some(file(text)),
        actor: "ada".to_owned(),
        ..Default::default()
    };
    let activated = policies.activate_policy(request).await;
    activated.expect("activated").into_inner()
}

pub(crate) fn migration() -> v1::MigrateComplaintsRequest {
    v1::MigrateComplaintsRequest {
        policy: "ca-jive".to_owned(),
        actor: "ada".to_owned(),
    }
}

/// Follows a migration to its end.
pub(crate) async fn migrate(policies: &mut Policies) -> v1::Migration {
    let stream = policies.migrate_complaints(migration()).await;
    let mut stream = stream.expect("begun").into_inner();
    let mut last = None;
    while let Some(progress) = stream.message().await.expect("progress") {
        last = Some(progress);
    }
    let last = last.expect("at least one message");
    assert_eq!(last.state(), v1::MigrationState::Done, "{last:?}");
    last
}

/// Proves from the logs alone that everything that is stored is what follows from them. Returns how many complaints there
/// are.
pub(crate) fn prove(database: &TestDatabase) -> usize {
    let store = Store::connect(&database.url, 1, Metrics::off()).expect("the test database");
    let calendars = CalendarBook::builtin().expect("the built-in calendars");
    let mut book = PolicyBook::default();
    for kept in store.kept_policies().expect("the kept policies") {
        let policy = kept.read(&calendars, &Zones::bundled());
        book.insert_former(policy.expect("a kept policy"));
    }
    let histories = store.histories(Coverage::All, None, 10_000);
    let histories = histories.expect("every complaint");
    let mut verification = Verification::new(&store, &book, &SystemTime);
    for found in &histories {
        let verified = verification.verify(found).expect("the test database");
        assert_eq!(verified.findings, [], "{}", found.tracking_number);
    }
    histories.len()
}

fn builtin_jive() -> Policy {
    let calendars = CalendarBook::builtin().expect("the built-in calendars");
    Policy::parse("ca-jive.toml", &trusting(JIVE), &calendars).expect("the built-in policy")
}
