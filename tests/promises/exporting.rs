//! What a person may ask for: a copy of everything, and in which complaints there is anything.

use redress::proto::v1;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::support::{
    privacy::{erase, export, export_all, find, privacy},
    service::{Service, act, filing, refusal},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn data_are_handed_out_only_to_somebody_who_was_checked_and_a_long_log_comes_whole() {
    let mut service = Service::start().await;
    let mut privacy = privacy(&service).await;
    let name = service.under_review().await.name;
    let refused = export(&mut privacy, &name).await.unwrap_err();
    assert_eq!(
        refusal(&refused),
        (Code::FailedPrecondition, "IDENTITY_NOT_VERIFIED".to_owned())
    );
    let client = &mut service.client;
    act!(
        client,
        name,
        verify_identity(VerifyIdentityRequest { method: "passport" })
    )
    .unwrap();
    // More than a page, and more than a part of the document.
    let note = "é\"\\\u{2603}".repeat(2_400);
    for _ in 0..250 {
        act!(
            client,
            name,
            add_note(AddNoteRequest {
                note: note.as_str()
            })
        )
        .unwrap();
    }
    let events = usize::try_from(service.rows()[1]).unwrap();
    let document = export(&mut privacy, &name).await.unwrap();
    let exported = document["events"].as_array().unwrap();
    assert_eq!(exported.len(), events);
    let sequences: Vec<_> = exported
        .iter()
        .map(|it| it["sequence"].as_str().unwrap())
        .collect();
    let expected: Vec<_> = (1..=events).map(|it| it.to_string()).collect();
    assert_eq!(sequences, expected);
    let last = exported.last().unwrap();
    assert_eq!(last["text"].as_str().unwrap(), note);
    assert_eq!(
        document["customers"][0]["customer"]["full_name"],
        "Sample Customer"
    );
    assert_eq!(document["notices"].as_array().unwrap().len(), 1);
    assert_eq!(document["unreachable"], serde_json::json!([]));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_complaints_of_a_person_are_one_document_in_the_order_in_which_they_were_named() {
    let mut service = Service::start().await;
    let mut privacy = privacy(&service).await;
    let mut names = Vec::new();
    for account in ["A-1", "A-2", "A-3"] {
        let mut filing = filing(v1::Channel::Form);
        filing.customer.as_mut().unwrap().account_number = account.to_owned();
        names.push(service.file_as(filing).await.name);
    }
    let client = &mut service.client;
    for name in &names[..2] {
        act!(
            client,
            name,
            verify_identity(VerifyIdentityRequest { method: "passport" })
        )
        .unwrap();
    }
    let [one, two, three] = [0, 1, 2].map(|number: usize| names[number].as_str());
    let document = export_all(&mut privacy, &[two, one, two]).await.unwrap();
    let members = document.as_object().unwrap();
    assert_eq!(members.keys().collect::<Vec<_>>(), ["complaints"]);
    let complaints = document["complaints"].as_array().unwrap();
    let found: Vec<_> = complaints
        .iter()
        .map(|it| {
            let account = &it["customers"][0]["customer"]["account_number"];
            (
                it["complaint"]["name"].as_str().unwrap(),
                account.as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(found, [(two, "A-2"), (one, "A-1")]);
    for it in complaints {
        let events = it["events"].as_array().unwrap();
        let of = |event: &serde_json::Value| event["complaint"] == it["complaint"]["name"];
        assert!(!events.is_empty() && events.iter().all(of));
    }
    // For each of them it must be known whom the data go to, and each must be there.
    let refused = export_all(&mut privacy, &[one, three]).await.unwrap_err();
    assert_eq!(
        refusal(&refused),
        (Code::FailedPrecondition, "IDENTITY_NOT_VERIFIED".to_owned())
    );
    let details = refused.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!(info.metadata["field"], "complaints[1]");
    let unknown = "complaints/01890a5d-ac96-774b-bcce-b302099a8057";
    let refused = export_all(&mut privacy, &[one, unknown]).await.unwrap_err();
    assert_eq!(
        refusal(&refused),
        (Code::NotFound, "COMPLAINT_NOT_FOUND".to_owned())
    );
    for wrong in [vec![], vec![one; 101], vec!["somebody"]] {
        let refused = export_all(&mut privacy, &wrong).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_complaint_of_a_person_is_found_by_what_was_entered_until_it_is_erased() {
    use v1::find_person_request::Identity;
    let mut service = Service::start().await;
    let mut privacy = privacy(&service).await;
    let mut names = Vec::new();
    for (email, phone, account) in [
        ("Ada@Example.org", "", "A-1"),
        ("bea@example.org", "+1 514 555 0142", "A-10"),
        ("ada@example.org", "", ""),
    ] {
        let mut filing = filing(v1::Channel::Form);
        let customer = filing.customer.as_mut().unwrap();
        customer.email = email.to_owned();
        customer.phone = phone.to_owned();
        customer.account_number = account.to_owned();
        names.push(service.file_as(filing).await.name);
    }
    let client = &mut service.client;
    let misspelt = v1::UpdateComplaintRequest {
        complaint: Some(v1::Complaint {
            name: names[1].clone(),
            customer: Some(v1::Customer {
                email: "ada.b@example.org".to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["customer.email".to_owned()],
        }),
        actor: "ada".to_owned(),
        ..Default::default()
    };
    client.update_complaint(misspelt).await.unwrap();
    let email = |email: &str| Identity::Email(email.to_owned());
    for (identity, expected) in [
        (email("ADA@example.org"), vec![0, 2]),
        (email("bea@example.org"), vec![1]),
        (email("ada.b@example.org"), vec![1]),
        (Identity::Phone("(514) 555-0142".to_owned()), vec![1]),
        (Identity::AccountNumber("A-1".to_owned()), vec![0]),
        (email("nobody@example.org"), vec![]),
    ] {
        let expected = expected.into_iter().map(|it: usize| names[it].clone());
        let mut expected: Vec<String> = expected.collect();
        // In the order of their ids, which those of one millisecond have at random.
        expected.sort_unstable();
        let found = find(&mut privacy, identity.clone()).await;
        assert_eq!(found, (expected, 3), "{identity:?}");
    }
    act!(
        client,
        names[0],
        withdraw_complaint(WithdrawComplaintRequest {
            statement: "Never mind.",
            channel: v1::Channel::Phone
        })
    )
    .unwrap();
    erase(&mut privacy, &names[0], v1::ErasureReason::Request)
        .await
        .unwrap();
    let left = find(&mut privacy, email("ada@example.org")).await;
    assert_eq!(left, (vec![names[2].clone()], 3));
    service.stop().await;
}
