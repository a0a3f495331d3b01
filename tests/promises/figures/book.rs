//! A book of some months in which everything happens that counts.

use redress::{
    proto::v1::{
        self, Channel, ClosureReason, CustomerAnswer,
        complaint_service_client::ComplaintServiceClient,
    },
    store::Store,
    telemetry::Metrics,
};
use tonic::transport::Channel as Wire;

use crate::support::{
    office::instant,
    service::{Service, act, at, filing},
};

/// A position behind everything that was committed by now: other sessions of the cluster may keep the end of the log from being read.
pub(super) async fn position(client: &mut ComplaintServiceClient<Wire>, name: &str) -> String {
    let watch = v1::WatchEventsRequest {
        kinds: vec![v1::EventKind::NoteAdded.into()],
        ..Default::default()
    };
    let mut watched = client.watch_events(watch).await.unwrap().into_inner();
    // That it has begun.
    watched.message().await.unwrap();
    act!(client, name, add_note(AddNoteRequest { note: "So far." })).unwrap();
    loop {
        let told = watched.message().await.unwrap().unwrap();
        if told.event.is_some_and(|event| event.complaint == name) {
            return told.position;
        }
    }
}

/// Moves time on, and waits until everything that fell due is recorded.
pub(super) async fn until(service: &Service, time: &str) {
    service.time.set(instant(time));
    let store = Store::connect(&service.database.url, 1, Metrics::off()).unwrap();
    let mut rests = service.time.awaited();
    loop {
        let next = tokio::task::block_in_place(|| store.next_fire(instant("1970-01-01T00:00:00Z")));
        if next.unwrap().is_none_or(|next| next >= instant(time)) {
            return;
        }
        rests.changed().await.unwrap();
    }
}

fn filed(channel: Channel, region: &str, assignee: &str) -> v1::FileComplaintRequest {
    v1::FileComplaintRequest {
        region: region.to_owned(),
        assignee: assignee.to_owned(),
        ..filing(channel)
    }
}

/// A book of some months, with everything that counts. Returns the names of the complaints.
pub(super) async fn book(service: &mut Service) -> Vec<String> {
    let mut names = Vec::new();
    let filings = [
        filed(Channel::Form, "CA-QC", "Ada"),
        filed(Channel::Phone, "CA-ON", "Lee, Bo"),
        filed(Channel::Form, "", ""),
        filed(Channel::Chat, "CA-QC", "Ada"),
        filed(Channel::Mail, "CA-NL", "billing"),
        v1::FileComplaintRequest {
            enquiry: true,
            ..filed(Channel::Phone, "", "")
        },
        v1::FileComplaintRequest {
            enquiry: true,
            ..filed(Channel::Phone, "", "Ada")
        },
        filed(Channel::Form, "CA-QC", "Zoe"),
    ];
    for filing in filings {
        names.push(service.file_as(filing).await.name);
    }
    let client = &mut service.client.clone();
    // Put right on the line.
    act!(
        client,
        names[3],
        resolve_at_first_contact(ResolveAtFirstContactRequest {
            message: "Started anew."
        })
    )
    .unwrap();
    // Answered, which is no complaint; and converted, which is one.
    act!(
        client,
        names[5],
        close_complaint(CloseComplaintRequest {
            reason: ClosureReason::EnquiryAnswered,
            message: "At nine."
        })
    )
    .unwrap();
    act!(client, names[6], convert_enquiry(ConvertEnquiryRequest {})).unwrap();
    act!(
        client,
        names[7],
        withdraw_complaint(WithdrawComplaintRequest {
            statement: "Never mind.",
            channel: Channel::Phone
        })
    )
    .unwrap();

    // Acknowledged in time, and late.
    act!(
        client,
        names[0],
        acknowledge_complaint(AcknowledgeComplaintRequest {})
    )
    .unwrap();
    act!(
        client,
        names[1],
        acknowledge_complaint(AcknowledgeComplaintRequest {})
    )
    .unwrap();
    until(service, "2026-06-08T15:00:00Z").await;
    act!(
        client,
        names[2],
        acknowledge_complaint(AcknowledgeComplaintRequest {})
    )
    .unwrap();
    // Told, accepted and closed before the end of June; reopened in July and closed again in August.
    act!(
        client,
        names[0],
        propose_outcome(ProposeOutcomeRequest {
            message: "It is repaired."
        })
    )
    .unwrap();
    act!(
        client,
        names[0],
        record_customer_answer(RecordCustomerAnswerRequest {
            answer: CustomerAnswer::Accepted
        })
    )
    .unwrap();
    act!(
        client,
        names[0],
        close_complaint(CloseComplaintRequest {
            reason: ClosureReason::Accepted
        })
    )
    .unwrap();
    // In July by Berlin's clock, and in June by Toronto's.
    until(service, "2026-07-01T01:30:00Z").await;
    act!(
        client,
        names[2],
        propose_outcome(ProposeOutcomeRequest {
            message: "It is repaired."
        })
    )
    .unwrap();
    act!(
        client,
        names[2],
        record_customer_answer(RecordCustomerAnswerRequest {
            answer: CustomerAnswer::Accepted
        })
    )
    .unwrap();
    let late = filed(Channel::Form, "CA-ON", "billing");
    let late = v1::FileComplaintRequest {
        received_time: Some(at("2026-07-01T01:00:00Z")),
        ..late
    };
    names.push(service.file_as(late).await.name);
    until(service, "2026-07-10T15:00:00Z").await;
    act!(
        client,
        names[0],
        reopen_complaint(ReopenComplaintRequest {
            reason: "It fails again."
        })
    )
    .unwrap();
    act!(
        client,
        names[1],
        escalate_complaint(EscalateComplaintRequest {
            statement: "Nobody calls.",
            channel: Channel::Phone,
            assignee: "Zoe"
        })
    )
    .unwrap();
    act!(client, names[1], refer_complaint(ReferComplaintRequest {})).unwrap();
    until(service, "2026-08-03T15:00:00Z").await;
    act!(
        client,
        names[0],
        propose_outcome(ProposeOutcomeRequest {
            message: "It is replaced."
        })
    )
    .unwrap();
    act!(
        client,
        names[0],
        record_customer_answer(RecordCustomerAnswerRequest {
            answer: CustomerAnswer::Accepted
        })
    )
    .unwrap();
    act!(
        client,
        names[0],
        close_complaint(CloseComplaintRequest {
            reason: ClosureReason::Accepted
        })
    )
    .unwrap();
    names
}
