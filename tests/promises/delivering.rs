//! A promise to tell somebody is kept when that person was told.

use std::collections::BTreeSet;

use redress::{
    proto::v1::{
        self, Channel, ClockState, ContactMeans, NoticeFailure, NoticeState,
        dispatch_service_client::DispatchServiceClient,
    },
    store::Coverage,
};
use tonic::{Code, transport};

use crate::support::{
    office::instant,
    service::{Service, act, filing, refusal},
};

type Dispatches = DispatchServiceClient<transport::Channel>;

async fn dispatches_of(service: &Service) -> Dispatches {
    let address = format!("http://{}", service.app.address);
    DispatchServiceClient::connect(address).await.unwrap()
}

/// A complaint that was acknowledged, of a customer with this data.
async fn acknowledged(service: &mut Service, customer: v1::Customer) -> v1::Complaint {
    let mut filing = filing(Channel::Form);
    filing.customer = Some(v1::Customer {
        full_name: "Sample Customer".to_owned(),
        ..customer
    });
    filing.acknowledgement = Some(v1::Acknowledgement::default());
    service.file_as(filing).await
}

fn by_letter() -> v1::Customer {
    v1::Customer {
        postal_address: "1 Main Street, Toronto".to_owned(),
        ..Default::default()
    }
}

fn by_email() -> v1::Customer {
    v1::Customer {
        email: "customer@example.org".to_owned(),
        ..Default::default()
    }
}

async fn claim(dispatches: &mut Dispatches, means: ContactMeans) -> Vec<v1::ClaimedDispatch> {
    let claim = v1::ClaimDispatchesRequest {
        actor: "print shop".to_owned(),
        means: means.into(),
        ..Default::default()
    };
    let claimed = dispatches.claim_dispatches(claim).await.unwrap();
    claimed.into_inner().dispatches
}

async fn waiting(dispatches: &mut Dispatches) -> Vec<v1::Dispatch> {
    let list = v1::ListDispatchesRequest::default();
    let listed = dispatches.list_dispatches(list).await.unwrap();
    listed.into_inner().dispatches
}

/// Reports what became of a claimed notice.
async fn report(
    dispatches: &mut Dispatches,
    claimed: &v1::ClaimedDispatch,
    state: NoticeState,
) -> Result<v1::Complaint, tonic::Status> {
    act!(
        dispatches,
        by "print shop",
        claimed.complaint,
        record_dispatch(RecordDispatchRequest {
            notice: claimed.sequence,
            means: claimed.means,
            state: state,
            attempt: claimed.attempt,
        })
    )
}

async fn acknowledgement(service: &mut Service, name: &str) -> ClockState {
    service.clock(name, "acknowledgement").await.state()
}

/// What a look at every complaint finds.
fn found(service: &Service) -> Vec<String> {
    let (store, policies) = redress::app::open_to_read(&service.database.url).unwrap();
    let verification = redress::engine::Verification::new(&store, &policies, &*service.time);
    let mut found = Vec::new();
    let summary = verification.each::<redress::store::StoreError>(Coverage::All, |verified| {
        found.extend(verified.findings.iter().map(ToString::to_string));
        Ok(())
    });
    summary.unwrap();
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_counts_once_it_is_posted_by_whoever_holds_its_claim() {
    let mut service = Service::delivering().await;
    let mut dispatches = dispatches_of(&service).await;
    let complaint = acknowledged(&mut service, by_letter()).await;
    let name = complaint.name.as_str();
    assert_eq!(
        acknowledgement(&mut service, name).await,
        ClockState::Running
    );
    let [listed] = waiting(&mut dispatches).await.try_into().unwrap();
    assert_eq!(listed.means(), ContactMeans::Letter);
    assert_eq!((listed.attempts, listed.claimed_by.as_str()), (0, ""));

    let [first] = claim(&mut dispatches, ContactMeans::Letter)
        .await
        .try_into()
        .unwrap();
    assert_eq!(first.notice, listed.notice);
    assert_eq!(first.address, "1 Main Street, Toronto");
    assert!(
        first.text.starts_with("Sample Customer\n\n"),
        "{}",
        first.text
    );
    assert!(first.text.contains(&complaint.tracking_number));
    assert_eq!(
        claim(&mut dispatches, ContactMeans::Letter).await,
        [],
        "somebody has it"
    );
    let [listed] = waiting(&mut dispatches).await.try_into().unwrap();
    assert_eq!(
        (listed.attempts, listed.claimed_by.as_str()),
        (1, "print shop")
    );

    // Whoever had it is silent for longer than the lease.
    service.time.set(instant("2026-06-02T14:05:01Z"));
    let [second] = claim(&mut dispatches, ContactMeans::Letter)
        .await
        .try_into()
        .unwrap();
    assert_eq!(second.attempt, 2);
    let lost = report(&mut dispatches, &first, NoticeState::Posted)
        .await
        .unwrap_err();
    assert_eq!(refusal(&lost), (Code::Aborted, "CLAIM_LOST".to_owned()));
    assert_eq!(
        acknowledgement(&mut service, name).await,
        ClockState::Running
    );
    let posted = report(&mut dispatches, &second, NoticeState::Posted)
        .await
        .unwrap();
    assert_eq!(acknowledgement(&mut service, name).await, ClockState::Met);
    let again = report(&mut dispatches, &second, NoticeState::Posted)
        .await
        .unwrap();
    assert_eq!(again.etag, posted.etag, "reported twice, recorded once");
    let contradiction = report(&mut dispatches, &second, NoticeState::Sent)
        .await
        .unwrap_err();
    assert_eq!(
        refusal(&contradiction),
        (Code::FailedPrecondition, "NOTICE_STANDS".to_owned())
    );
    assert_eq!(waiting(&mut dispatches).await, []);
    let [notice] = service.notices(name).await.try_into().unwrap();
    assert_eq!((notice.state(), notice.attempts), (NoticeState::Posted, 2));
    assert_eq!(found(&service), Vec::<String>::new());
    drop(dispatches);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_notices_of_one_complaint_leave_in_order() {
    let mut service = Service::delivering().await;
    let mut dispatches = dispatches_of(&service).await;
    let complaint = acknowledged(&mut service, by_email()).await;
    let name = complaint.name.as_str();
    act!(
        service.client,
        name,
        send_update(SendUpdateRequest {
            message: "We are on it."
        })
    )
    .unwrap();
    let other = acknowledged(&mut service, by_email()).await;
    let claimed = claim(&mut dispatches, ContactMeans::Email).await;
    let complaints: BTreeSet<&str> = claimed.iter().map(|it| it.complaint.as_str()).collect();
    assert_eq!(complaints, BTreeSet::from([name, &other.name]));
    assert_eq!(claimed.len(), 2, "the first of each");
    let first = claimed.iter().find(|it| it.complaint == name).unwrap();
    assert_eq!(first.kind(), v1::NoticeKind::Acknowledgement);
    report(&mut dispatches, first, NoticeState::Sent)
        .await
        .unwrap();
    let [next] = claim(&mut dispatches, ContactMeans::Email)
        .await
        .try_into()
        .unwrap();
    assert_eq!(next.kind(), v1::NoticeKind::Update);
    drop(dispatches);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_comes_back_is_shown_and_sent_again_by_another_means() {
    let mut service = Service::delivering().await;
    let mut dispatches = dispatches_of(&service).await;
    let customer = v1::Customer {
        email: "customer@example.org".to_owned(),
        ..by_letter()
    };
    let name = acknowledged(&mut service, customer).await.name;
    let [mail] = claim(&mut dispatches, ContactMeans::Email)
        .await
        .try_into()
        .unwrap();
    report(&mut dispatches, &mail, NoticeState::Sent)
        .await
        .unwrap();
    assert_eq!(acknowledgement(&mut service, &name).await, ClockState::Met);

    let bounced = act!(
        dispatches,
        name,
        record_notice_delivery(RecordNoticeDeliveryRequest {
            notice: mail.sequence,
            means: ContactMeans::Email,
            code: "5.1.1"
        })
    );
    let [undelivered] = bounced.unwrap().undelivered.try_into().unwrap();
    assert_eq!(undelivered.notice, mail.notice);
    assert_eq!(undelivered.reason(), NoticeFailure::Bounced);
    assert_eq!(
        acknowledgement(&mut service, &name).await,
        ClockState::Met,
        "nothing reopens"
    );
    let reminds = service.clock(&name, "undelivered_notice").await;
    assert_eq!(reminds.state(), ClockState::Running);
    let last = service.events(&name).await.pop().unwrap();
    assert_eq!(last.complaint_after.unwrap().undelivered_count, 1);

    let resent = act!(
        dispatches,
        name,
        resend_notice(ResendNoticeRequest {
            notice: mail.sequence,
            means: ContactMeans::Letter
        })
    );
    assert_eq!(resent.unwrap().undelivered, []);
    let [letter] = claim(&mut dispatches, ContactMeans::Letter)
        .await
        .try_into()
        .unwrap();
    assert_eq!(letter.notice, mail.notice);
    report(&mut dispatches, &letter, NoticeState::Posted)
        .await
        .unwrap();
    let ended = service.clock(&name, "undelivered_notice").await;
    assert_eq!(ended.state(), ClockState::Met);
    assert_eq!(found(&service), Vec::<String>::new());
    drop(dispatches);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_nothing_reaches_is_known_at_once() {
    let mut service = Service::delivering().await;
    let mut dispatches = dispatches_of(&service).await;
    let complaint = acknowledged(&mut service, v1::Customer::default()).await;
    let [undelivered] = complaint.undelivered.try_into().unwrap();
    assert_eq!(undelivered.reason(), NoticeFailure::NoAddress);
    assert_eq!(waiting(&mut dispatches).await, []);
    let name = complaint.name.as_str();
    assert_eq!(
        acknowledgement(&mut service, name).await,
        ClockState::Running
    );
    let number: i64 = undelivered
        .notice
        .rsplit('/')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let told = act!(
        dispatches,
        name,
        record_dispatch(RecordDispatchRequest {
            notice: number,
            means: ContactMeans::Phone,
            state: NoticeState::Told
        })
    );
    assert_eq!(told.unwrap().undelivered, []);
    assert_eq!(acknowledgement(&mut service, name).await, ClockState::Met);
    assert_eq!(found(&service), Vec::<String>::new());
    drop(dispatches);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dispatch_that_was_changed_past_the_service_is_found() {
    use diesel::RunQueryDsl as _;
    let mut service = Service::delivering().await;
    acknowledged(&mut service, by_email()).await;
    assert_eq!(found(&service), Vec::<String>::new());
    let tampered = diesel::sql_query(
        "update dispatch set state = 'sent', next_attempt_at = null, leased_until = null, claimed_by = null",
    );
    let changed = tampered.execute(&mut service.database.connect());
    assert_eq!(changed.unwrap(), 1);
    let [one] = found(&service).try_into().unwrap();
    assert!(
        one.ends_with("by email: stored sent, by the log waiting"),
        "{one}"
    );
    service.stop().await;
}
