//! What was entered is corrected, and what a complaint is sorted and completed by.

use std::collections::BTreeSet;

use redress::proto::v1::{self, Channel, ClockState, Language};

use crate::support::{
    office::instant,
    service::{Service, act, at, filing, payload, refusal, violated},
};

fn correction(name: &str, paths: &[&str], complaint: v1::Complaint) -> v1::UpdateComplaintRequest {
    v1::UpdateComplaintRequest {
        complaint: Some(v1::Complaint {
            name: name.to_owned(),
            ..complaint
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        }),
        actor: "ada".to_owned(),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_customers_data_are_corrected_one_after_another_and_the_log_holds_none_of_them() {
    let mut service = Service::start().await;
    let name = service.under_review().await.name;
    for (paths, email, phone) in [
        (vec!["customer.email"], "ada@example.org", ""),
        (vec!["customer.phone", "language"], "", "+1 514 555 0142"),
        (vec!["customer.email"], "ada.t@example.org", ""),
    ] {
        let given = v1::Complaint {
            language: Language::French.into(),
            customer: Some(v1::Customer {
                email: email.to_owned(),
                phone: phone.to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let request = correction(&name, &paths, given);
        service.client.update_complaint(request).await.unwrap();
    }
    let complaint = service.get(&name).await;
    assert_eq!(complaint.language(), Language::French);
    let customer = complaint.customer.unwrap();
    assert_eq!(customer.full_name, "Sample Customer");
    assert_eq!(customer.email, "ada.t@example.org");
    assert_eq!(customer.phone, "+15145550142");
    assert_eq!(
        complaint.issues[0].description,
        "The line drops every evening."
    );
    for event in service.events(&name).await {
        assert!(!payload(&event).contains("example.org"), "{event:?}");
    }
    // By its tracking number, and as it was read.
    let number = format!("complaints/{}", complaint.tracking_number);
    let stale = v1::Complaint {
        etag: "\"1\"".to_owned(),
        ..Default::default()
    };
    let stale = correction(&number, &["urgent"], stale);
    let refused = service.client.update_complaint(stale).await.unwrap_err();
    assert_eq!(refusal(&refused).1, "ETAG_MISMATCH");
    let present = v1::Complaint {
        etag: complaint.etag.clone(),
        urgent: true,
        ..Default::default()
    };
    let present = correction(&number, &["urgent"], present);
    let corrected = service.client.update_complaint(present).await.unwrap();
    assert!(corrected.into_inner().urgent);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_becomes_urgent_is_due_earlier_and_that_is_proved_by_the_log() {
    let mut service = Service::start().await;
    let name = service.file(Channel::Form).await.name;
    service.time.set(instant("2026-06-03T14:00:00Z"));
    let urgent = v1::Complaint {
        urgent: true,
        ..Default::default()
    };
    let urgent = correction(&name, &["urgent"], urgent);
    service.client.update_complaint(urgent).await.unwrap();
    let clock = service.clock(&name, "resolution").await;
    assert_eq!((clock.cycle, clock.state()), (2, ClockState::Running));
    assert_eq!(clock.due_time, Some(at("2026-06-05T21:00:00Z")));
    let explain = v1::ExplainClockRequest {
        name: format!("{name}/clocks/resolution/cycles/latest"),
    };
    let explained = service.client.explain_clock(explain).await.unwrap();
    assert!(explained.into_inner().differences.is_empty());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn complaints_are_found_by_their_labels_as_they_stand() {
    let label = |key: &str, value: &str| v1::Label {
        key: key.to_owned(),
        value: value.to_owned(),
    };
    let mut service = Service::start().await;
    let mut names = Vec::new();
    for outage in ["o-1", "o-2", "o-1"] {
        let mut labelled = filing(Channel::Form);
        labelled.labels = vec![label("outage", outage), label("team", "north")];
        names.push(service.file_as(labelled).await.name);
    }
    service.file(Channel::Form).await;
    let relabelled = v1::Complaint {
        labels: vec![label("outage", "o-3")],
        ..Default::default()
    };
    let relabelled = correction(&names[2], &["labels"], relabelled);
    service.client.update_complaint(relabelled).await.unwrap();
    for (labels, found) in [
        (vec![label("outage", "o-1")], vec![&names[0]]),
        (vec![label("team", "north")], vec![&names[0], &names[1]]),
        (
            vec![label("team", "north"), label("outage", "o-2")],
            vec![&names[1]],
        ),
        (vec![label("outage", "o-3")], vec![&names[2]]),
        (vec![label("outage", "o-4")], vec![]),
    ] {
        let list = v1::ListComplaintsRequest {
            labels,
            ..Default::default()
        };
        let listed = service.client.list_complaints(list).await.unwrap();
        let listed = listed.into_inner().complaints;
        // Those of one millisecond are in no order.
        let listed: BTreeSet<_> = listed.iter().map(|complaint| &complaint.name).collect();
        assert_eq!(listed, BTreeSet::from_iter(found));
    }
    let mut wrong = filing(Channel::Form);
    wrong.labels = vec![label("customer", "Ada Tremblay")];
    let refused = service.client.file_complaint(wrong).await.unwrap_err();
    assert_eq!(violated(&refused), ["labels[0].value"]);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_and_where_a_document_is_kept_are_read_with_their_events_alone() {
    let mut service = Service::start().await;
    let name = service.under_review().await.name;
    let told = service.notices(&name).await.len();
    act!(
        service.client,
        name,
        add_note(AddNoteRequest {
            note: "Ask the warehouse."
        })
    )
    .unwrap();
    let attachment = v1::Attachment {
        location: "https://dms.example.org/4711".to_owned(),
        sha256: vec![9; 32],
        size_bytes: 5,
        media_type: "Image/PNG".to_owned(),
        ..Default::default()
    };
    let attached = act!(
        service.client,
        name,
        add_attachment(AddAttachmentRequest {
            attachment: attachment.clone()
        })
    )
    .unwrap();
    let kept = v1::Attachment {
        number: 1,
        location: String::new(),
        media_type: "image/png".to_owned(),
        ..attachment.clone()
    };
    assert_eq!(attached.attachments, [kept]);
    let events = service.events(&name).await;
    let texts: Vec<_> = events
        .iter()
        .rev()
        .take(2)
        .map(|event| &event.text)
        .collect();
    assert_eq!(
        texts,
        ["https://dms.example.org/4711", "Ask the warehouse."]
    );
    assert_eq!(service.notices(&name).await.len(), told);
    for (spoiled, field) in [
        (
            v1::Attachment {
                sha256: vec![9; 31],
                ..attachment.clone()
            },
            "attachment.sha256",
        ),
        (
            v1::Attachment {
                size_bytes: -1,
                ..attachment.clone()
            },
            "attachment.size_bytes",
        ),
        (
            v1::Attachment {
                media_type: "pdf".to_owned(),
                ..attachment
            },
            "attachment.media_type",
        ),
    ] {
        let refused = act!(
            service.client,
            name,
            add_attachment(AddAttachmentRequest {
                attachment: spoiled
            })
        );
        assert_eq!(violated(&refused.unwrap_err()), [field]);
    }
    service.stop().await;
}
