//! A notice that is to be sent by mail is sent, each once in effect, whatever the relay does, and its one fate is recorded.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use jiff::SignedDuration;
use redress::{
    app::{App, AppConfig, SecretKey},
    dispatch::mail::{MailSettings, ReturnPaths},
    proto::v1,
    time_source::{ManualTime, TimeSource as _},
};

use crate::support::{
    database::TestDatabase,
    office::{START, instant},
    privacy::{erase, privacy},
    relay::{Answer, Relay, Taken},
    rows::{every_row, rows_with},
    service::{Service, act, config, connect, filing},
};

const ADDRESS: &str = "ada@example.com";
/// 32 bytes.
pub(super) const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

pub(super) fn key() -> SecretKey {
    SecretKey::from_base64(KEY).unwrap()
}

fn sending(database_url: &str, time: Arc<ManualTime>, mail: MailSettings) -> AppConfig {
    AppConfig {
        policy_dir: None,
        mail: Some(mail),
        secret_key: Some(key()),
        ..config(database_url, time)
    }
}

async fn beside(database: Arc<TestDatabase>, time: Arc<ManualTime>, relay: &Relay) -> Service {
    let config = sending(&database.url, Arc::clone(&time), relay.settings());
    let app = App::start(config).await.unwrap();
    let client = connect(&app).await;
    Service {
        app,
        client,
        time,
        database,
    }
}

pub(super) async fn start(relay: &Relay) -> Service {
    let time = Arc::new(ManualTime::at(instant(START)));
    beside(Arc::new(TestDatabase::create()), time, relay).await
}

/// A filing that is acknowledged by mail.
pub(super) fn by_mail(language: v1::Language) -> v1::FileComplaintRequest {
    let mut filing = filing(v1::Channel::Form);
    filing.language = language.into();
    if let Some(customer) = &mut filing.customer {
        ADDRESS.clone_into(&mut customer.email);
    }
    filing.acknowledgement = Some(v1::Acknowledgement::default());
    filing
}

/// Waits until the only dispatch stands so.
pub(super) async fn until(service: &Service, condition: &str) {
    let condition = format!("exists (select from dispatch where {condition})");
    service.database.until(&condition).await;
}

/// Lets the longest pause pass that follows so many failures.
fn wait_after(service: &Service, failures: i32) {
    let minutes = [1, 5, 15, 60, 180, 360, 720];
    let minutes = minutes[usize::try_from(failures).unwrap() - 1];
    let pause = SignedDuration::from_secs(minutes * 72 + 1);
    service.time.set(service.time.now() + pause);
}

pub(super) async fn count(service: &mut Service, name: &str, kind: &str) -> usize {
    let kinds = service.kinds(name).await;
    kinds.iter().filter(|it| *it == kind).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_reaches_the_customer_in_each_language_and_counts_as_told_when_the_relay_has_it() {
    let relay = Relay::start().await;
    let mut service = start(&relay).await;
    for (language, subject, name) in [
        (v1::Language::English, "Your complaint of ", "en"),
        (v1::Language::French, "Votre plainte du ", "fr"),
        (v1::Language::Spanish, "Su queja del ", "es"),
        (v1::Language::German, "Ihre Beschwerde vom ", "de"),
    ] {
        let complaint = service.file_as(by_mail(language)).await;
        let id = complaint.name.trim_start_matches("complaints/").to_owned();
        until(
            &service,
            &format!("complaint_id = '{id}' and state = 'sent'"),
        )
        .await;
        let taken = relay.taken().pop().unwrap();
        assert_eq!(taken.to, ADDRESS);
        let read = mail_parser::MessageParser::new().parse(taken.message.as_bytes());
        let read = read.unwrap();
        assert!(read.subject().unwrap().starts_with(subject), "{taken:?}");
        assert_eq!(taken.header("Content-Language").as_deref(), Some(name));
        let [notice] = service.notices(&complaint.name).await.try_into().unwrap();
        let text = read.body_text(0).unwrap().replace("\r\n", "\n");
        assert_eq!(text.trim_end(), notice.text.trim_end());
        assert!(text.starts_with("Sample Customer\n\n"), "{text}");
        let html = read.body_html(0).unwrap();
        assert!(html.contains(&complaint.tracking_number), "{html}");
        // It returns to its own address.
        let paths = ReturnPaths::new(key().derive(ReturnPaths::PURPOSE));
        let returns_to = paths
            .notice_of(taken.from.trim_matches(['<', '>']))
            .unwrap();
        assert_eq!(returns_to.attempt, Some(1));
        let returns_to = returns_to.notice;
        assert_eq!(returns_to.complaint.as_str(), complaint.tracking_number);
        assert!(notice.name.ends_with(&format!("/{}", returns_to.notice)));
        assert_eq!(count(&mut service, &complaint.name, "notice_sent").await, 1);
        let clock = service.clock(&complaint.name, "acknowledgement").await;
        assert_eq!(clock.state(), v1::ClockState::Met, "{clock:?}");
    }
    assert_eq!(relay.tried(), 4);
    service.stop().await;
}

/// French customers answer to people who read French; all others to whoever wrote.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_go_where_the_brand_has_them_go_in_the_language_of_the_notice() {
    let relay = Relay::start().await;
    let brands = tempfile::tempdir().unwrap();
    let jive = include_str!("../../../brands/jive.toml").replace(
        "[contact.fr]",
        "[contact.fr]\nreply_to = \"plaintes@jive.example\"",
    );
    std::fs::write(brands.path().join("jive.toml"), jive).unwrap();
    let database = Arc::new(TestDatabase::create());
    let time = Arc::new(ManualTime::at(instant(START)));
    let app = App::start(AppConfig {
        brand_dir: Some(brands.path().to_path_buf()),
        ..sending(&database.url, Arc::clone(&time), relay.settings())
    });
    let app = app.await.unwrap();
    let client = connect(&app).await;
    let mut service = Service {
        app,
        client,
        time,
        database,
    };
    for (language, answers_to) in [
        (v1::Language::French, Some("Jive <plaintes@jive.example>")),
        (v1::Language::English, None),
    ] {
        let complaint = service.file_as(by_mail(language)).await;
        let id = complaint.name.trim_start_matches("complaints/");
        let sent = format!("complaint_id = '{id}' and state = 'sent'");
        until(&service, &sent).await;
        let taken = relay.taken().pop().unwrap();
        assert_eq!(taken.header("Reply-To").as_deref(), answers_to, "{taken:?}");
        let from = taken.header("From");
        assert_eq!(from.as_deref(), Some("Jive <complaints@jive.example>"));
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_passes_is_tried_again_as_the_same_message_and_ends_in_one_fate() {
    let relay = Relay::start().await;
    let mut service = start(&relay).await;
    let answers = [
        Answer::Refuse("450 4.2.1 busy"),
        Answer::Hang,
        Answer::TakeAndDrop,
        Answer::Drop,
        Answer::RefuseMessage("451 4.3.0 later"),
    ];
    relay.does(answers);
    let name = service.file_as(by_mail(v1::Language::English)).await.name;
    for failures in 1..=5 {
        until(
            &service,
            &format!("failures = {failures} and leased_until is null"),
        )
        .await;
        assert_eq!(count(&mut service, &name, "notice_sent").await, 0);
        wait_after(&service, failures);
    }
    until(&service, "state = 'sent'").await;
    assert_eq!(relay.tried(), 6);
    let taken = relay.taken();
    let id = |taken: &Taken| taken.header("Message-ID").unwrap();
    assert_eq!((taken.len(), id(&taken[0])), (2, id(&taken[1])));
    assert_eq!(count(&mut service, &name, "notice_sent").await, 1);
    assert_eq!(count(&mut service, &name, "notice_failed").await, 0);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_for_good_fails_at_once_and_its_code_is_kept_without_the_words() {
    let relay = Relay::start().await;
    let mut service = start(&relay).await;
    relay.does([Answer::Refuse(
        "550 5.1.1 <ada@example.com> nobody of that name",
    )]);
    let name = service.file_as(by_mail(v1::Language::English)).await.name;
    until(&service, "state = 'failed'").await;
    assert_eq!(relay.tried(), 1);
    assert_eq!(count(&mut service, &name, "notice_failed").await, 1);
    let rows = every_row(&service);
    assert!(rows_with(&rows, "nobody of that name").is_empty());
    let failed = rows_with(&rows, "5.1.1");
    assert!(
        !failed.is_empty() && rows_with(&failed, ADDRESS).is_empty(),
        "{failed:?}"
    );
    let clock = service.clock(&name, "acknowledgement").await;
    assert_eq!(clock.state(), v1::ClockState::Running, "{clock:?}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_nobody_takes_is_given_up_after_a_day() {
    let relay = Relay::start().await;
    let mut service = start(&relay).await;
    relay.does([Answer::Refuse("450 4.2.1 busy"); 8]);
    let name = service.file_as(by_mail(v1::Language::English)).await.name;
    for failures in 1..=7 {
        until(
            &service,
            &format!("failures = {failures} and leased_until is null"),
        )
        .await;
        wait_after(&service, failures);
    }
    until(&service, "state = 'failed'").await;
    assert_eq!(relay.tried(), 8);
    assert_eq!(count(&mut service, &name, "notice_failed").await, 1);
    service.stop().await;
}

/// A service of its own runtime, which ends in the midst of whatever it does.
fn until_killed(config: AppConfig, killed: impl Future<Output = ()> + Send + 'static) {
    let running = std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let app = runtime.block_on(App::start(config)).unwrap();
        runtime.block_on(killed);
        // Not even what is dropped gets to end what it began.
        runtime.shutdown_background();
        drop(app);
    });
    running.join().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_ends_before_it_has_recorded_a_mail_is_followed_by_one_that_sends_it_again()
{
    let relay = Relay::start().await;
    let time = Arc::new(ManualTime::at(instant(START)));
    let database = Arc::new(TestDatabase::create());
    // Files, and sends nothing.
    let app = App::start(AppConfig {
        policy_dir: None,
        ..config(&database.url, Arc::clone(&time))
    });
    let app = app.await.unwrap();
    let mut filing = Service {
        client: connect(&app).await,
        app,
        time: Arc::clone(&time),
        database: Arc::clone(&database),
    };
    relay.does([Answer::TakeAndHang]);
    let name = filing.file_as(by_mail(v1::Language::English)).await.name;
    let doomed = sending(&database.url, Arc::clone(&time), relay.settings());
    let relay = Arc::new(relay);
    let theirs = Arc::clone(&relay);
    let taken = async move {
        while theirs.taken().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::task::spawn_blocking(move || until_killed(doomed, taken))
        .await
        .unwrap();
    until(
        &filing,
        "state = 'waiting' and attempt = 1 and leased_until is not null",
    )
    .await;

    let service = beside(database, Arc::clone(&time), &relay).await;
    // Until the lease ends nobody knows that the other one has gone.
    time.set(time.now() + SignedDuration::from_mins(10));
    until(&filing, "state = 'sent' and attempt = 2").await;
    let taken = relay.taken();
    assert_eq!(taken.len(), 2);
    let id = |taken: &Taken| taken.header("Message-ID").unwrap();
    assert_eq!(id(&taken[0]), id(&taken[1]));
    // Either would return to an address of its own attempt.
    assert_ne!(taken[0].from, taken[1].from);
    assert_eq!(count(&mut filing, &name, "notice_sent").await, 1);
    filing.stop().await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_forgets_no_mail_that_waits() {
    let relay = Relay::start().await;
    let mut service = start(&relay).await;
    relay.does([Answer::Refuse("450 4.2.1 busy")]);
    let name = service.file_as(by_mail(v1::Language::English)).await.name;
    until(&service, "failures = 1 and leased_until is null").await;
    let (database, time) = (Arc::clone(&service.database), Arc::clone(&service.time));
    service.stop().await;
    let mut service = beside(database, time, &relay).await;
    wait_after(&service, 1);
    until(&service, "state = 'sent'").await;
    assert_eq!(relay.taken().len(), 1);
    assert_eq!(count(&mut service, &name, "notice_sent").await, 1);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_was_corrected_in_between_is_the_one_that_is_written_to() {
    let relay = Relay::start().await;
    let mut service = start(&relay).await;
    relay.does([Answer::Refuse("450 4.2.1 busy")]);
    let name = service.file_as(by_mail(v1::Language::English)).await.name;
    until(&service, "failures = 1 and leased_until is null").await;
    let corrected = v1::UpdateComplaintRequest {
        complaint: Some(v1::Complaint {
            name,
            customer: Some(v1::Customer {
                email: "ada.b@example.org".to_owned(),
                full_name: "Ada Corrected".to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["customer.email".to_owned(), "customer.full_name".to_owned()],
        }),
        actor: "ada".to_owned(),
        ..Default::default()
    };
    service.client.update_complaint(corrected).await.unwrap();
    wait_after(&service, 1);
    until(&service, "state = 'sent'").await;
    let taken = relay.taken().pop().unwrap();
    assert_eq!(taken.to, "ada.b@example.org");
    let to = taken.header("To").unwrap();
    assert!(to.contains("Ada Corrected"), "{to}");
    assert!(
        !taken.message.contains("Sample Customer"),
        "{}",
        taken.message
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_who_was_erased_in_between_is_written_to() {
    let relay = Relay::start().await;
    let mut service = start(&relay).await;
    relay.does([
        Answer::Refuse("450 4.2.1 busy"),
        Answer::Refuse("450 4.2.1 busy"),
    ]);
    let name = service.file_as(by_mail(v1::Language::English)).await.name;
    until(&service, "failures = 1 and leased_until is null").await;
    act!(
        service.client,
        name,
        withdraw_complaint(WithdrawComplaintRequest {
            statement: "Never mind.",
            channel: v1::Channel::Form
        })
    )
    .unwrap();
    let mut privacy = privacy(&service).await;
    let reason = v1::ErasureReason::Order;
    erase(&mut privacy, &name, reason).await.unwrap();
    let tried = relay.tried();
    wait_after(&service, 2);
    let over = "not exists (select from dispatch where state = 'waiting')";
    service.database.until(over).await;
    service.stop().await;
    assert_eq!(relay.tried(), tried);
    assert_eq!(relay.taken(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_send_each_mail_once() {
    const FILINGS: usize = 30;
    let relay = Relay::start().await;
    let mut service = start(&relay).await;
    let (database, time) = (Arc::clone(&service.database), Arc::clone(&service.time));
    let other = beside(database, time, &relay).await;
    for _ in 0..FILINGS {
        service.file_as(by_mail(v1::Language::English)).await;
    }
    let all = format!("(select count(*) = {FILINGS} from dispatch where state = 'sent')");
    service.database.until(&all).await;
    let taken = relay.taken();
    let ids: BTreeSet<_> = taken.iter().map(|it| it.header("Message-ID")).collect();
    assert_eq!((taken.len(), ids.len()), (FILINGS, FILINGS));
    service.stop().await;
    other.stop().await;
}
