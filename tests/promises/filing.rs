//! How complaints come in.

use std::sync::Arc;

use redress::{
    proto::v1::{self, Channel, State},
    time_source::ManualTime,
};

use crate::support::{
    database::TestDatabase,
    office::{START, instant},
    service::{Service, act, at, filing, violated},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_every_channel_a_complaint_is_taken_and_its_promises_count_from_its_receipt() {
    let mut service = Service::start().await;
    for (channel, target) in [
        (Channel::Form, "1 working day"),
        (Channel::Chat, "15 minutes"),
        (Channel::Phone, "15 minutes"),
        (Channel::Mail, "2 working days"),
        (Channel::SupportCase, "1 working day"),
    ] {
        let filed = service.file(channel).await;
        assert_eq!((filed.state(), filed.channel()), (State::Received, channel));
        assert_eq!(filed.received_time, Some(at(START)));
        assert_eq!((filed.level, filed.level_title.as_str()), (0, "Advisor"));
        assert!(
            filed.customer.is_none(),
            "a mutation returns nothing personal"
        );

        let tracked = format!("complaints/{}", filed.tracking_number);
        let got = service.get(&tracked).await;
        assert_eq!((&got.name, &got.etag), (&filed.name, &filed.etag));
        assert_eq!(got.customer.unwrap().full_name, "Sample Customer");
        assert_eq!(got.issues[0].description, "The line drops every evening.");

        assert_eq!(service.kinds(&filed.name).await, ["filed"]);
        let acknowledgement = service.clock(&filed.name, "acknowledgement").await;
        assert_eq!(acknowledgement.target, target, "{channel:?}");
        assert_eq!(acknowledgement.start_time, Some(at(START)));
        let clocks = service.clocks(&filed.name).await;
        assert_eq!(clocks.len(), 3, "{clocks:?}");
        assert!(service.notices(&filed.name).await.is_empty());
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enquiry_that_becomes_a_complaint_keeps_its_first_contact_and_counts_from_then() {
    let mut service = Service::start().await;
    let mut enquiry = filing(Channel::Chat);
    enquiry.enquiry = true;
    let filed = service.file_as(enquiry).await;
    assert_eq!(filed.state(), State::Enquiry);
    let answer = service.clock(&filed.name, "enquiry_answer").await;
    assert_eq!(answer.due_time, Some(at("2026-06-04T21:00:00Z")));
    assert_eq!(service.clocks(&filed.name).await, [answer]);

    let later = "2026-06-03T15:00:00Z";
    service.time.set(instant(later));
    let converted = act!(
        service.client,
        filed.name,
        convert_enquiry(ConvertEnquiryRequest {})
    )
    .unwrap();
    assert_eq!(converted.state(), State::Received);
    assert_eq!(converted.first_contact_time, Some(at(START)));
    assert_eq!(converted.received_time, Some(at(later)));
    let clocks = service.clocks(&filed.name).await;
    assert_eq!(clocks.len(), 4, "{clocks:?}");
    for clock in clocks {
        if clock.clock == "enquiry_answer" {
            let ended = (clock.state(), clock.stop_time);
            assert_eq!(ended, (v1::ClockState::Met, Some(at(later))));
        } else {
            assert_eq!(clock.start_time, Some(at(later)), "{clock:?}");
        }
    }
    assert_eq!(
        service.last_notice(&filed.name).await.0,
        "enquiry_converted"
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_urgent_complaint_has_the_shorter_target() {
    let mut service = Service::start().await;
    let mut urgent = filing(Channel::Form);
    urgent.urgent = true;
    let urgent = service.file_as(urgent).await;
    assert!(urgent.urgent);
    let plain = service.file(Channel::Form).await;
    let urgent = service.clock(&urgent.name, "resolution").await;
    let plain = service.clock(&plain.name, "resolution").await;
    assert_eq!(urgent.due_time, Some(at("2026-06-04T21:00:00Z")));
    assert_eq!(plain.due_time, Some(at("2026-06-16T21:00:00Z")));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_filed_and_acknowledged_in_one_act_and_in_the_customers_language() {
    let mut service = Service::start().await;
    let mut call = filing(Channel::Phone);
    call.language = v1::Language::French.into();
    call.acknowledgement = Some(v1::Acknowledgement {
        review: "Nous vérifions la ligne.".to_owned(),
        promised_time: Some(at("2026-06-05T21:00:00Z")),
        ..Default::default()
    });
    let filed = service.file_as(call).await;
    assert_eq!(filed.state(), State::InReview);
    assert_eq!(filed.promised_time, Some(at("2026-06-05T21:00:00Z")));
    assert_eq!(filed.first_promised_time, filed.promised_time);
    assert_eq!(
        service.kinds(&filed.name).await,
        ["filed", "acknowledged", "notice_issued"]
    );
    let notices = service.notices(&filed.name).await;
    let [notice] = notices.as_slice() else {
        panic!("one notice: {notices:?}")
    };
    assert_eq!(
        (notice.kind(), notice.language(), notice.channel()),
        (
            v1::NoticeKind::Acknowledgement,
            v1::Language::French,
            Channel::Phone
        )
    );
    for told in [
        filed.tracking_number.as_str(),
        "Nous vérifions la ligne.",
        "5 juin 2026",
    ] {
        assert!(notice.text.contains(told), "{told} in {}", notice.text);
    }
    let acknowledgement = service.clock(&filed.name, "acknowledgement").await;
    assert_eq!(acknowledgement.state(), v1::ClockState::Met);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_that_arrives_on_a_day_off_in_boston_counts_from_the_next_working_day() {
    // Patriots' Day is a holiday in Massachusetts, and none in Canada.
    let (arrived, entered) = ("2026-04-20T14:00:00Z", "2026-04-21T15:00:00Z");
    let time = Arc::new(ManualTime::at(instant(entered)));
    let mut service = Service::beside(Arc::new(TestDatabase::create()), time).await;
    let mut letter = filing(Channel::Mail);
    letter.received_time = Some(at(arrived));
    let filed = service.file_as(letter).await;
    assert_eq!(filed.received_time, Some(at(arrived)));
    assert_eq!(filed.create_time, Some(at(entered)));
    let clocks = service.clocks(&filed.name).await;
    assert_eq!(clocks.len(), 3, "{clocks:?}");
    for clock in clocks {
        assert_eq!(
            clock.start_time,
            Some(at("2026-04-21T13:00:00Z")),
            "when work begins in Boston: {clock:?}"
        );
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_that_is_entered_too_late_has_its_breach_on_record_at_once() {
    let mut service = Service::start().await;
    let mut letter = filing(Channel::Mail);
    letter.received_time = Some(at("2026-05-20T14:00:00Z"));
    let filed = service.file_as(letter).await;
    assert_eq!(
        filed.escalation_reasons().collect::<Vec<_>>(),
        [v1::EscalationReason::AcknowledgementOverdue]
    );
    let kinds = service.kinds(&filed.name).await;
    assert!(kinds.contains(&"breached".to_owned()), "{kinds:?}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_about_the_customer_is_kept_as_it_is_and_nothing_is_made_up() {
    let mut service = Service::start().await;
    let mut full = filing(Channel::SupportCase);
    full.customer = Some(v1::Customer {
        full_name: "  Ünal Ōe-Smith ".to_owned(),
        email: "unal@example.com".to_owned(),
        phone: "(514) 555-0142".to_owned(),
        postal_address: "12 Rue X\nMontréal".to_owned(),
        representative: Some(v1::Representative {
            full_name: "Joy Ng".to_owned(),
            authority: "signed form of 1 June".to_owned(),
        }),
        ..Default::default()
    });
    full.issues[0].desired_outcome = "A stable line.".to_owned();
    full.case_references = vec!["CRM-1".to_owned(), "CRM-2".to_owned()];
    full.assignee = "grace".to_owned();
    let filed = service.file_as(full.clone()).await;
    assert_eq!(filed.assignee, "grace");
    assert_eq!(filed.case_references, full.case_references);
    let got = service.get(&filed.name).await;
    assert_eq!(
        got.customer,
        Some(v1::Customer {
            full_name: "Ünal Ōe-Smith".to_owned(),
            phone: "+15145550142".to_owned(),
            ..full.customer.unwrap()
        })
    );
    assert_eq!(
        got.issues,
        [v1::Issue {
            number: 1,
            ..full.issues[0].clone()
        }]
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_businesss_invoices_decide_whether_the_body_presumably_takes_its_complaint() {
    let mut service = Service::start().await;
    for (monthly, average, holds) in [
        (Some(250_000), None, true),
        (Some(250_001), Some(250_001), false),
        (Some(900_000), Some(1), true),
        (None, None, true),
    ] {
        let mut business = filing(Channel::Form);
        business.customer_type = v1::CustomerType::SmallBusiness.into();
        business.monthly_invoice_cents = monthly;
        business.average_invoice_cents = average;
        let name = service.file_as(business).await.name;
        let request = v1::CheckReferralEligibilityRequest { name };
        let checked = service.client.check_referral_eligibility(request).await;
        let checked = checked.unwrap().into_inner();
        let finding = checked
            .findings
            .iter()
            .find(|finding| finding.rule() == v1::EligibilityRule::SmallBusinessInvoice)
            .unwrap();
        assert_eq!(finding.holds, holds, "{monthly:?} {average:?}");
        assert!(!checked.likely_eligible, "the review has just begun");
        assert_eq!(checked.body_website, "www.ccts-cprst.ca");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_is_taken_by_its_name_and_an_unknown_one_is_refused() {
    let mut service = Service::start().await;
    let mut named = filing(Channel::Form);
    named.policy = "ca-jive".to_owned();
    assert_eq!(service.file_as(named.clone()).await.policy, "ca-jive");
    named.policy = "ca-nobody".to_owned();
    let refused = service.client.file_complaint(named).await.unwrap_err();
    assert_eq!(violated(&refused), ["policy"]);
    service.stop().await;
}
