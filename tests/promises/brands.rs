//! Several brands in one service: each customer meets one of them alone, and each list can be of one.

use std::{fs, sync::Arc};

use redress::{
    app::App,
    brand::Brand,
    domain::notice::NoticeKind,
    proto::v1::{
        self, Channel, brand_service_client::BrandServiceClient,
        policy_service_client::PolicyServiceClient,
    },
    time_source::ManualTime,
};
use tempfile::TempDir;
use tonic::Code;

use crate::support::{
    database::TestDatabase,
    office::{START, instant},
    service::{Service, act, config, connect, filing, refusal, told, violated},
};

const JIVE: &str = include_str!("../../brands/jive.toml");
const HARBOUR: &str = include_str!("../../brands/harbour.toml");

/// What nobody who deals with Harbour Mobile should read.
const FOREIGN: [&str; 14] = [
    "Jive", "jive", "GoTo", "Boston", "Canad", "CCTS", "CPRST", "ccts", "fcac", "Toronto", "RD-",
    "866-671", "866 671", "Ottawa",
];

#[track_caller]
fn is_of_harbour_alone(what: &str, text: &str) {
    for foreign in FOREIGN {
        assert!(!text.contains(foreign), "{what} says {foreign}:\n{text}");
    }
}

/// A service with these brands in its folder.
async fn serving(database: &Arc<TestDatabase>, brands: &[(&str, &str)]) -> (Service, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in brands {
        fs::write(folder.path().join(format!("{name}.toml")), text).unwrap();
    }
    let time = Arc::new(ManualTime::at(instant(START)));
    let mut config = config(&database.url, Arc::clone(&time));
    config.brand_dir = Some(folder.path().to_path_buf());
    if !brands.iter().any(|(name, _)| *name == "jive") {
        // A folder brings its policies into use, also those of another country.
        config.policy_dir = None;
    }
    let app = App::start(config).await.unwrap();
    let client = connect(&app).await;
    let service = Service {
        app,
        client,
        time,
        database: Arc::clone(database),
    };
    (service, folder)
}

fn filed_with(brand: &str) -> v1::FileComplaintRequest {
    v1::FileComplaintRequest {
        brand: brand.to_owned(),
        ..filing(Channel::Phone)
    }
}

async fn brands(service: &Service) -> BrandServiceClient<tonic::transport::Channel> {
    let address = format!("http://{}", service.app.address);
    BrandServiceClient::connect(address).await.unwrap()
}

async fn policies(service: &Service) -> PolicyServiceClient<tonic::transport::Channel> {
    let address = format!("http://{}", service.app.address);
    PolicyServiceClient::connect(address).await.unwrap()
}

async fn activate(
    service: &Service,
    text: &str,
) -> Result<v1::ActivateBrandResponse, tonic::Status> {
    let request = v1::ActivateBrandRequest {
        brand_file: Some(v1::TextFile {
            file: "brand.toml".to_owned(),
            text: text.to_owned(),
        }),
        actor: "ada".to_owned(),
    };
    let answer = brands(service).await.activate_brand(request).await;
    answer.map(tonic::Response::into_inner)
}

async fn listed(service: &mut Service, brand: &str) -> Vec<String> {
    let request = v1::ListComplaintsRequest {
        brand: brand.to_owned(),
        ..Default::default()
    };
    let answer = service.client.list_complaints(request).await.unwrap();
    let complaints = answer.into_inner().complaints;
    complaints
        .into_iter()
        .map(|it| it.tracking_number)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_brands_run_side_by_side_each_with_its_own_numbers_policy_and_texts() {
    let database = Arc::new(TestDatabase::create());
    let both = [("jive", JIVE), ("harbour", HARBOUR)];
    let (mut service, _folder) = serving(&database, &both).await;
    let filed = service.client.file_complaint(filed_with("jive")).await;
    let jive = filed.unwrap().into_inner();
    let mut british = filed_with("harbour");
    british.customer.as_mut().unwrap().phone = "020 7946 0958".to_owned();
    let filed = service.client.file_complaint(british).await;
    let harbour = filed.unwrap().into_inner();
    assert!(jive.tracking_number.starts_with("RD-") && harbour.tracking_number.starts_with("HM-"));
    assert_eq!(
        (jive.brand.as_str(), jive.policy.as_str()),
        ("jive", "ca-jive")
    );
    assert_eq!(
        (harbour.brand.as_str(), harbour.policy.as_str()),
        ("harbour", "uk-ofcom")
    );
    let read = v1::GetComplaintRequest {
        name: harbour.name.clone(),
        read_mask: None,
    };
    let read = service
        .client
        .get_complaint(read)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(read.customer.unwrap().phone, "+442079460958");

    assert_eq!(
        listed(&mut service, "harbour").await,
        std::slice::from_ref(&harbour.tracking_number)
    );
    assert_eq!(listed(&mut service, "jive").await, [jive.tracking_number]);
    assert_eq!(listed(&mut service, "").await.len(), 2);

    let watch = v1::WatchEventsRequest {
        from_beginning: true,
        brand: "harbour".to_owned(),
        ..Default::default()
    };
    let watched = service.client.watch_events(watch).await.unwrap();
    let first = told(&mut watched.into_inner()).await.unwrap();
    let event = first.event.unwrap();
    assert_eq!((event.sequence, &event.complaint), (1, &harbour.name));
    assert_eq!(event.complaint_after.unwrap().brand, "harbour");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn complaints_of_two_brands_are_not_linked() {
    let database = Arc::new(TestDatabase::create());
    let both = [("jive", JIVE), ("harbour", HARBOUR)];
    let (mut service, _folder) = serving(&database, &both).await;
    let mut names = Vec::new();
    for brand in ["jive", "harbour"] {
        names.push(service.file_as(filed_with(brand)).await.name);
    }
    for (one, other) in [(&names[0], &names[1]), (&names[1], &names[0])] {
        let linked = act!(
            service.client,
            one,
            link_complaint(LinkComplaintRequest {
                other_complaint: other.as_str(),
                kind: v1::LinkKind::FollowUpOf
            })
        );
        let refused = refusal(&linked.unwrap_err());
        assert_eq!(
            refused,
            (Code::FailedPrecondition, "OTHER_BRAND".to_owned())
        );
    }
    for name in &names {
        assert!(service.get(name).await.links.is_empty());
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filing_names_its_brand_unless_there_is_only_one() {
    let database = Arc::new(TestDatabase::create());
    let both = [("jive", JIVE), ("harbour", HARBOUR)];
    let (mut service, _folder) = serving(&database, &both).await;
    for (name, said) in [
        ("", "must be one of harbour, jive"),
        ("harbor", "did you mean harbour?"),
    ] {
        let refused = service
            .client
            .file_complaint(filed_with(name))
            .await
            .unwrap_err();
        assert_eq!(violated(&refused), ["brand"]);
        assert!(refused.message().contains(said), "{refused:?}");
    }
    let french = v1::FileComplaintRequest {
        language: v1::Language::French.into(),
        ..filed_with("harbour")
    };
    let refused = service.client.file_complaint(french).await.unwrap_err();
    assert_eq!(violated(&refused), ["language"]);
    service.stop().await;
    let (mut service, _folder) = serving(&database, &both[1..]).await;
    let filed = service.client.file_complaint(filed_with("")).await;
    assert_eq!(filed.unwrap().into_inner().brand, "harbour");
    let refused = service
        .client
        .file_complaint(filed_with("jive"))
        .await
        .unwrap_err();
    assert_eq!(violated(&refused), ["brand"]);
    service.stop().await;
}

/// Through the life of a complaint: every answer, every event and every notice, and what an unlucky caller is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_another_brand_or_country_reaches_those_who_deal_with_one() {
    let database = Arc::new(TestDatabase::create());
    let (mut service, _folder) = serving(&database, &[("harbour", HARBOUR)]).await;
    let mut answers = Vec::new();
    let filed = service.client.file_complaint(filed_with("")).await;
    let name = filed.as_ref().unwrap().get_ref().name.clone();
    answers.push(format!("{filed:?}"));
    macro_rules! acted {
        ($($act:tt)*) => {
            answers.push(format!("{:?}", act!(service.client, name, $($act)*).unwrap()))
        };
    }
    acted!(acknowledge_complaint(AcknowledgeComplaintRequest {}));
    acted!(propose_outcome(ProposeOutcomeRequest {
        message: "We credit May.".to_owned(),
        remedy: "A credit.".to_owned()
    }));
    acted!(record_customer_answer(RecordCustomerAnswerRequest {
        answer: v1::CustomerAnswer::Refused
    }));
    acted!(escalate_complaint(EscalateComplaintRequest {
        channel: Channel::Phone
    }));
    let named = v1::GetComplaintRequest {
        name: name.clone(),
        read_mask: None,
    };
    answers.push(format!(
        "{:?}",
        service.client.get_complaint(named).await.unwrap()
    ));
    let eligible = v1::CheckReferralEligibilityRequest { name: name.clone() };
    let eligible = service.client.check_referral_eligibility(eligible).await;
    answers.push(format!("{:?}", eligible.unwrap()));
    let of = |name: &str| name.to_owned();
    let events = v1::ListEventsRequest {
        parent: of(&name),
        ..Default::default()
    };
    answers.push(format!(
        "{:?}",
        service.client.list_events(events).await.unwrap()
    ));
    let clocks = v1::ListClocksRequest {
        parent: of(&name),
        ..Default::default()
    };
    let clocks = service.client.list_clocks(clocks).await.unwrap();
    answers.push(format!("{clocks:?}"));
    for clock in clocks.into_inner().clocks {
        let explain = v1::ExplainClockRequest {
            name: format!("{name}/clocks/{}/cycles/{}", clock.clock, clock.cycle),
        };
        let explained = service.client.explain_clock(explain).await.unwrap();
        answers.push(format!("{explained:?}"));
    }
    let notices = v1::ListNoticesRequest {
        parent: of(&name),
        ..Default::default()
    };
    let notices = service.client.list_notices(notices).await.unwrap();
    assert!(notices.get_ref().notices.len() >= 3, "{notices:?}");
    answers.push(format!("{notices:?}"));
    let listed = v1::ListComplaintsRequest::default();
    answers.push(format!(
        "{:?}",
        service.client.list_complaints(listed).await.unwrap()
    ));
    let mut brands = brands(&service).await;
    let listed = brands.list_brands(v1::ListBrandsRequest::default()).await;
    answers.push(format!("{:?}", listed.unwrap()));
    let mut policies = policies(&service).await;
    let listed = policies.list_policies(v1::ListPoliciesRequest::default());
    answers.push(format!("{:?}", listed.await.unwrap()));
    for lawless in ["ca-jive", "uk-nobody"] {
        let filing = v1::FileComplaintRequest {
            policy: lawless.to_owned(),
            ..filed_with("")
        };
        let refused = service.client.file_complaint(filing).await.unwrap_err();
        assert_eq!(violated(&refused), ["policy"]);
        let list = v1::ListComplaintsRequest {
            policy: lawless.to_owned(),
            ..Default::default()
        };
        let unlisted = service.client.list_complaints(list).await.unwrap_err();
        assert_eq!(violated(&unlisted), ["policy"]);
        let migrate = v1::MigrateComplaintsRequest {
            policy: lawless.to_owned(),
            actor: "ada".to_owned(),
        };
        let unmoved = policies.migrate_complaints(migrate).await.unwrap_err();
        for refused in [refused, unlisted, unmoved] {
            // Whoever names something foreign reads the name again, and nothing else.
            answers.push(refused.message().replace(lawless, ""));
        }
    }
    let clock = v1::ListComplaintsRequest {
        clock: "nothing".to_owned(),
        overdue: true,
        ..Default::default()
    };
    let refused = service.client.list_complaints(clock).await.unwrap_err();
    answers.push(refused.message().to_owned());
    let nobody = v1::GetComplaintRequest {
        name: "complaints/nobody".to_owned(),
        read_mask: None,
    };
    answers.push(
        service
            .client
            .get_complaint(nobody)
            .await
            .unwrap_err()
            .message()
            .to_owned(),
    );
    let mut wrong = filed_with("");
    wrong.customer.as_mut().unwrap().phone = "12".to_owned();
    answers.push(
        service
            .client
            .file_complaint(wrong)
            .await
            .unwrap_err()
            .message()
            .to_owned(),
    );
    for answer in &answers {
        is_of_harbour_alone("an answer", answer);
    }
    service.stop().await;
}

#[test]
fn no_notice_of_a_brand_tells_of_another_brand_or_country() {
    let brand = Brand::parse("harbour.toml", HARBOUR).unwrap();
    let calendars = redress::calendar::CalendarBook::builtin().unwrap();
    let policies = redress::policy::PolicyBook::builtin(&calendars).unwrap();
    let now = instant(START);
    let policy = policies.binding(&brand.policy, now).unwrap();
    for kind in NoticeKind::ALL {
        let notice = brand.preview(kind, brand.default_language, &policy, now);
        let text = notice.unwrap().text;
        assert!(text.contains("Harbour Mobile"), "{text}");
        is_of_harbour_alone(kind.as_str(), &text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_activated_version_is_what_customers_are_told_from_then_on() {
    let database = Arc::new(TestDatabase::create());
    let (mut service, _folder) = serving(&database, &[("harbour", HARBOUR)]).await;
    let filed = service.client.file_complaint(filed_with("")).await;
    let name = filed.unwrap().into_inner().name;
    act!(
        service.client,
        name,
        acknowledge_complaint(AcknowledgeComplaintRequest {})
    )
    .unwrap();
    let changed = HARBOUR.replacen("020 7946 0123", "020 7946 0999", 1);
    assert_ne!(changed, HARBOUR);
    let activated = activate(&service, &changed).await.unwrap();
    assert!(!activated.already_active);
    assert!(activate(&service, &changed).await.unwrap().already_active);
    act!(
        service.client,
        name,
        send_update(SendUpdateRequest {
            message: "We are still looking.".to_owned()
        })
    )
    .unwrap();
    let list = v1::ListNoticesRequest {
        parent: name,
        ..Default::default()
    };
    let notices = service
        .client
        .list_notices(list)
        .await
        .unwrap()
        .into_inner()
        .notices;
    let (first, last) = (&notices[0], &notices[notices.len() - 1]);
    assert!(first.text.contains("020 7946 0123") && last.text.contains("020 7946 0999"));
    service.stop().await;
    // What was activated goes before the file in the folder, and former versions can still be read.
    let (service, _folder) = serving(&database, &[("harbour", HARBOUR)]).await;
    let get = v1::GetBrandRequest {
        name: "brands/harbour".to_owned(),
    };
    let mut brands = brands(&service).await;
    let got = brands.get_brand(get).await.unwrap().into_inner();
    assert_eq!(got.contacts[0].phone, "020 7946 0999");
    assert_eq!(got.activated_by, "ada");
    let former = Brand::parse("harbour.toml", HARBOUR).unwrap();
    let name = format!("brands/harbour/versions/{}", former.version());
    let get = v1::GetBrandRequest { name: name.clone() };
    let got = brands.get_brand(get).await.unwrap().into_inner();
    assert_eq!(got.name, name);
    assert_eq!(
        (got.latest, got.contacts[0].phone.as_str()),
        (false, "020 7946 0123")
    );
    let get = v1::GetBrandRequest {
        name: "brands/nobody".to_owned(),
    };
    let refused = brands.get_brand(get).await.unwrap_err();
    assert_eq!(
        refusal(&refused),
        (Code::NotFound, "BRAND_NOT_FOUND".to_owned())
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_brand_that_cannot_be_used_is_refused_with_what_is_wrong() {
    let database = Arc::new(TestDatabase::create());
    let (service, _folder) = serving(&database, &[("harbour", HARBOUR)]).await;
    let broken = HARBOUR.replacen("\"GB\"", "\"XX\"", 1);
    let refused = activate(&service, &broken).await.unwrap_err();
    assert_eq!(violated(&refused), ["brand_file"]);
    let line = HARBOUR
        .lines()
        .position(|line| line.starts_with("home_region"))
        .unwrap()
        + 1;
    assert!(
        refused.message().contains(&format!("brand.toml:{line}:")),
        "{refused:?}"
    );
    let taken = JIVE.replacen("\"RD\"", "\"HM\"", 1);
    let refused = activate(&service, &taken).await.unwrap_err();
    assert_eq!(
        refusal(&refused),
        (Code::FailedPrecondition, "BRAND_CONFLICT".to_owned())
    );
    let lawless = JIVE.replacen("\"ca-jive\"", "\"ca-jibe\"", 1);
    let refused = activate(&service, &lawless).await.unwrap_err();
    assert_eq!(
        refusal(&refused),
        (Code::FailedPrecondition, "BRAND_CONFLICT".to_owned())
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_wrong_or_gone_keeps_nobody_from_complaining() {
    let database = Arc::new(TestDatabase::create());
    let (mut service, _folder) = serving(&database, &[("harbour", HARBOUR)]).await;
    let filed = service.client.file_complaint(filed_with("")).await;
    let name = filed.unwrap().into_inner().name;
    service.stop().await;
    let broken = &HARBOUR[..HARBOUR.len() / 2];
    let (mut service, _folder) = serving(&database, &[("harbour", broken)]).await;
    service
        .client
        .file_complaint(filed_with("harbour"))
        .await
        .unwrap();
    service.stop().await;
    // With the brand gone, its complaints go on in its name.
    let (mut service, _folder) = serving(&database, &[("jive", JIVE)]).await;
    act!(
        service.client,
        name,
        acknowledge_complaint(AcknowledgeComplaintRequest {})
    )
    .unwrap();
    let refused = service
        .client
        .file_complaint(filed_with("harbour"))
        .await
        .unwrap_err();
    assert_eq!(violated(&refused), ["brand"]);
    assert_eq!(listed(&mut service, "harbour").await.len(), 2);
    service.stop().await;
}
