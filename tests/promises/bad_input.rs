//! What is wrong with a request is told, all of it, and nothing is done.

use redress::proto::v1::{self, Channel};
use tonic::{Code, Status, codec::CompressionEncoding};
use tonic_types::StatusExt as _;

use crate::support::service::{Service, act, at, filing, refusal, violated};

fn time(seconds: i64, nanos: i32) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds, nanos })
}

/// A service with one complaint in it, and what its tables held before somebody sent nonsense.
struct Untouched {
    service: Service,
    name: String,
    rows: Vec<i64>,
}

impl Untouched {
    async fn start() -> Self {
        let mut service = Service::start().await;
        let name = service.file(Channel::Form).await.name;
        let rows = service.rows();
        Untouched {
            service,
            name,
            rows,
        }
    }

    /// The error of a filing, of which nothing was written.
    async fn refused(&mut self, filing: v1::FileComplaintRequest) -> Status {
        let refused = self.service.client.file_complaint(filing).await;
        self.assert_untouched().await;
        refused.unwrap_err()
    }

    async fn assert_untouched(&mut self) {
        assert_eq!(self.service.rows(), self.rows);
        assert_eq!(self.service.get(&self.name).await.name, self.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_is_wrong_is_told_at_once() {
    let mut untouched = Untouched::start().await;
    let all_wrong = v1::FileComplaintRequest {
        request_id: "seven".to_owned(),
        actor: " ".to_owned(),
        channel: 77,
        customer: Some(v1::Customer {
            full_name: String::new(),
            email: "nobody".to_owned(),
            phone: "call me".to_owned(),
            postal_address: "x".repeat(501),
            account_number: "bell\u{7}".to_owned(),
            representative: Some(v1::Representative::default()),
            ..Default::default()
        }),
        customer_type: 0,
        language: -4,
        issues: vec![v1::Issue {
            description: "nul \0".to_owned(),
            desired_outcome: "y".repeat(2_001),
            ..Default::default()
        }],
        case_references: vec!["fine".to_owned(), "two\nlines".to_owned()],
        received_time: time(0, -1),
        first_contact_time: Some(at("2010-01-01T00:00:00Z")),
        enquiry: true,
        policy: "z".repeat(101),
        assignee: "-".to_owned(),
        acknowledgement: Some(v1::Acknowledgement {
            review: "esc \u{1b}".to_owned(),
            promised_time: time(i64::MAX, 0),
            override_reason: "two\nlines".to_owned(),
            ..Default::default()
        }),
        monthly_invoice_cents: Some(-1),
        average_invoice_cents: Some(i64::MIN),
        ..Default::default()
    };
    let refused = untouched.refused(all_wrong).await;
    assert_eq!(refusal(&refused).1, "INVALID_REQUEST");
    let mut fields = violated(&refused);
    fields.sort();
    assert_eq!(
        fields,
        [
            "acknowledgement",
            "acknowledgement.override_reason",
            "acknowledgement.promised_time",
            "acknowledgement.review",
            "actor",
            "assignee",
            "average_invoice_cents",
            "case_references[1]",
            "channel",
            "customer.account_number",
            "customer.email",
            "customer.full_name",
            "customer.phone",
            "customer.postal_address",
            "customer.representative.authority",
            "customer.representative.full_name",
            "customer_type",
            "first_contact_time",
            "issues[0].category",
            "issues[0].description",
            "issues[0].desired_outcome",
            "issues[0].service",
            "language",
            "monthly_invoice_cents",
            "policy",
            "received_time",
            "request_id",
        ]
    );
    untouched.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_thing_that_is_wrong_is_enough() {
    type Spoil = fn(&mut v1::FileComplaintRequest);
    let cases: [(&str, Spoil); 11] = [
        ("customer", |filing| filing.customer = None),
        ("issues", |filing| filing.issues.clear()),
        ("issues", |filing| {
            filing.issues = vec![filing.issues[0].clone(); 21];
        }),
        ("received_time", |filing| {
            filing.received_time = Some(at("2026-06-02T14:00:06Z"));
        }),
        ("received_time", |filing| {
            filing.received_time = Some(at("2010-01-01T00:00:00Z"));
        }),
        ("received_time", |filing| {
            filing.received_time = time(253_402_300_800, 0);
        }),
        // After the receipt, which is now; and after an earlier one.
        ("first_contact_time", |filing| {
            filing.first_contact_time = Some(at("2026-06-02T14:00:06Z"));
        }),
        ("first_contact_time", |filing| {
            filing.received_time = Some(at("2026-06-01T14:00:00Z"));
            filing.first_contact_time = Some(at("2026-06-01T14:00:01Z"));
        }),
        ("customer.phone", |filing| {
            filing.customer.as_mut().unwrap().phone = "+1 514 555 014".to_owned();
        }),
        ("actor", |filing| filing.actor = "Redress".to_owned()),
        ("acknowledgement.promised_time", |filing| {
            filing.acknowledgement = Some(v1::Acknowledgement {
                promised_time: Some(at("2026-06-02T14:00:00Z")),
                ..Default::default()
            });
        }),
    ];
    let mut untouched = Untouched::start().await;
    for (field, spoil) in cases {
        let mut spoilt = filing(Channel::Form);
        spoil(&mut spoilt);
        let refused = untouched.refused(spoilt).await;
        assert_eq!(violated(&refused), [field]);
        assert!(
            !refused.message().contains("+1 514"),
            "what was sent is not repeated: {refused}"
        );
    }
    untouched.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_name_is_not_found_and_a_malformed_one_is_invalid() {
    let mut untouched = Untouched::start().await;
    let unknown = "complaints/01890a5d-ac96-774b-bcce-b302099a8057";
    let client = &mut untouched.service.client;
    let name = unknown.to_owned();
    let errors = [
        act!(
            client,
            unknown,
            acknowledge_complaint(AcknowledgeComplaintRequest {})
        )
        .unwrap_err(),
        client
            .get_complaint(v1::GetComplaintRequest {
                name: name.clone(),
                ..Default::default()
            })
            .await
            .unwrap_err(),
        client
            .list_events(v1::ListEventsRequest {
                parent: name.clone(),
                ..Default::default()
            })
            .await
            .unwrap_err(),
        client
            .list_clocks(v1::ListClocksRequest {
                parent: name.clone(),
                ..Default::default()
            })
            .await
            .unwrap_err(),
        client
            .list_notices(v1::ListNoticesRequest {
                parent: name.clone(),
                ..Default::default()
            })
            .await
            .unwrap_err(),
        client
            .check_referral_eligibility(v1::CheckReferralEligibilityRequest { name })
            .await
            .unwrap_err(),
    ];
    for error in &errors {
        let reason = "COMPLAINT_NOT_FOUND".to_owned();
        assert_eq!(refusal(error), (Code::NotFound, reason));
    }
    for name in [
        "",
        "complaints/",
        "complaints/7",
        "RD-11111-11111",
        "complaints/RD-AAAAA-AAAAB",
    ] {
        let client = &mut untouched.service.client;
        let refused = act!(
            client,
            name,
            withdraw_complaint(WithdrawComplaintRequest {
                statement: "Never mind.",
                channel: Channel::Phone
            })
        );
        assert_eq!(violated(&refused.unwrap_err()), ["name"], "{name}");
    }
    untouched.assert_untouched().await;
    untouched.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_impossible_move_says_where_the_complaint_stands_and_what_is_possible() {
    let mut untouched = Untouched::start().await;
    let refused = act!(
        untouched.service.client,
        untouched.name,
        confirm_implementation(ConfirmImplementationRequest {})
    );
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    let info = refused.get_details_error_info().unwrap();
    assert_eq!(info.metadata["state"], "received");
    let possible: Vec<&str> = info.metadata["possible"].split(',').collect();
    assert!(possible.contains(&"AcknowledgeComplaint"), "{possible:?}");
    assert!(!possible.contains(&"ConfirmImplementation"), "{possible:?}");
    assert!(refused.get_details_precondition_failure().is_some());
    untouched.assert_untouched().await;
    untouched.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_over_the_limit_is_refused_and_the_largest_valid_one_is_taken() {
    let mut untouched = Untouched::start().await;
    let mut large = filing(Channel::Form);
    large.issues[0].description = "x".repeat(1024 * 1024);
    let refused = untouched.refused(large.clone()).await;
    assert_eq!(refused.code(), Code::OutOfRange);
    let mut compressing = untouched
        .service
        .client
        .clone()
        .send_compressed(CompressionEncoding::Gzip);
    let refused = compressing.file_complaint(large).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    untouched.assert_untouched().await;

    let mut largest = filing(Channel::Form);
    largest.issues[0].description = "𝄞".repeat(10_000);
    largest.issues[0].desired_outcome = "𝄞".repeat(2_000);
    largest.issues = vec![largest.issues[0].clone(); 20];
    let filed = untouched.service.file_as(largest.clone()).await;
    let got = untouched.service.get(&filed.name).await;
    assert_eq!(got.issues[19].description, largest.issues[19].description);
    untouched.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_list_cannot_be_asked_for_is_refused() {
    let mut untouched = Untouched::start().await;
    let wrong = v1::ListComplaintsRequest {
        page_size: -1,
        page_token: "garbage".to_owned(),
        read_mask: Some(prost_types::FieldMask {
            paths: vec!["shoe_size".to_owned()],
        }),
        states: vec![1, 99],
        level: Some(-1),
        channels: vec![0],
        clock: "resolution".to_owned(),
        due_before: None,
        ..Default::default()
    };
    let client = &mut untouched.service.client;
    let refused = client.list_complaints(wrong).await.unwrap_err();
    let mut fields = violated(&refused);
    fields.sort();
    assert_eq!(
        fields,
        [
            "channels[0]",
            "clock",
            "level",
            "page_size",
            "page_token",
            "read_mask.paths[0]",
            "states[1]"
        ]
    );
    let watch = v1::WatchEventsRequest {
        after_position: "-1".to_owned(),
        kinds: vec![v1::EventKind::Filed.into(), 999],
        ..Default::default()
    };
    let refused = client.watch_events(watch).await.unwrap_err();
    assert_eq!(violated(&refused), ["after_position", "kinds[1]"]);
    untouched.assert_untouched().await;
    untouched.service.stop().await;
}
