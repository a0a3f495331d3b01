//! What a planned act would tell the customer can be read before it is told.

use redress::{
    access::Role,
    proto::v1::{
        self, Channel, ContactMeans, NoticeFailure, NoticeKind, NoticeState,
        preview_notices_request::Act,
    },
};
use tonic::{Code, Status};

use crate::support::{
    command::command,
    office::instant,
    service::{Service, act, at, filing, refusal, violated},
};

async fn file(service: &mut Service, customer: v1::Customer) -> v1::Complaint {
    let filing = v1::FileComplaintRequest {
        customer: Some(v1::Customer {
            full_name: "Sample Customer".to_owned(),
            ..customer
        }),
        ..filing(Channel::Form)
    };
    service.file_as(filing).await
}

fn by_mail() -> v1::Customer {
    v1::Customer {
        email: "customer@example.org".to_owned(),
        ..Default::default()
    }
}

async fn preview(
    service: &mut Service,
    name: &str,
    act: Act,
) -> Result<Vec<v1::PreviewedNotice>, Status> {
    let request = v1::PreviewNoticesRequest {
        name: name.to_owned(),
        act: Some(act),
    };
    let answer = service.client.preview_notices(request).await?.into_inner();
    assert_eq!(answer.complaint, name);
    Ok(answer.notices)
}

fn acknowledging(promised: &str) -> v1::AcknowledgeComplaintRequest {
    v1::AcknowledgeComplaintRequest {
        actor: "ada".to_owned(),
        acknowledgement: Some(v1::Acknowledgement {
            promised_time: Some(at(promised)),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// The act is carried out afterwards, and its notices are compared word by word.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_previewed_is_what_the_act_then_tells_and_nothing_is_written_before() {
    let mut service = Service::delivering().await;
    let filed = file(&mut service, by_mail()).await;
    let name = filed.name.as_str();
    let request = acknowledging("2026-06-12T21:00:00Z");
    let (before, stood) = (service.rows(), service.get(name).await);
    let [previewed] = preview(
        &mut service,
        name,
        Act::AcknowledgeComplaint(request.clone()),
    )
    .await
    .unwrap()
    .try_into()
    .unwrap();
    assert_eq!(service.rows(), before, "nothing is written");
    assert_eq!(service.get(name).await, stood);

    assert_eq!(previewed.kind(), NoticeKind::Acknowledgement);
    assert_eq!(previewed.state(), NoticeState::Waiting);
    assert_eq!(previewed.means(), ContactMeans::Email);
    assert_eq!(previewed.address, "customer@example.org");
    assert_eq!(previewed.addressee, "Sample Customer");
    assert!(previewed.subject.starts_with("Your complaint of "));
    assert!(previewed.html.starts_with("<!DOCTYPE html>"));
    assert!(
        previewed.html.contains(&filed.tracking_number),
        "{}",
        previewed.html
    );

    let done = v1::AcknowledgeComplaintRequest {
        name: name.to_owned(),
        ..request
    };
    service.client.acknowledge_complaint(done).await.unwrap();
    let [issued] = service.notices(name).await.try_into().unwrap();
    assert_eq!(
        (&previewed.text, &previewed.text_version, previewed.language),
        (&issued.text, &issued.text_version, issued.language)
    );
    assert_eq!(previewed.means, issued.means);
    assert!(previewed.text.contains("June 12"), "{}", previewed.text);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_notice_of_an_act_is_shown_with_the_words_that_were_written_for_it() {
    let mut service = Service::delivering().await;
    let name = file(&mut service, by_mail()).await.name;
    act!(
        service.client,
        name,
        acknowledge_complaint(AcknowledgeComplaintRequest {})
    )
    .unwrap();
    let update = v1::SendUpdateRequest {
        actor: "ada".to_owned(),
        message: "The cabinet is wet.".to_owned(),
        new_promised_time: Some(at("2026-06-30T21:00:00Z")),
        reason: "a part is missing".to_owned(),
        override_reason: "The supplier is on strike.".to_owned(),
        ..Default::default()
    };
    let previewed = preview(&mut service, &name, Act::SendUpdate(update.clone()));
    let previewed = previewed.await.unwrap();
    let done = v1::SendUpdateRequest {
        name: name.clone(),
        ..update
    };
    service.client.send_update(done).await.unwrap();
    let issued = service.notices(&name).await.split_off(1);
    let texts: Vec<_> = previewed.iter().map(|notice| &notice.text).collect();
    assert_eq!(texts, issued.iter().map(|it| &it.text).collect::<Vec<_>>());
    let all = texts.into_iter().cloned().collect::<String>();
    assert!(
        all.contains("The cabinet is wet.") && all.contains("a part is missing"),
        "{all}"
    );

    // Two of its own words, of which one is only restated once the customer has agreed.
    let outcome = v1::ProposeOutcomeRequest {
        name: name.clone(),
        actor: "bea".to_owned(),
        message: "The line is repaired.".to_owned(),
        remedy: "A credit of $20.00.".to_owned(),
        communicated_time: None,
        told_by: ContactMeans::Phone.into(),
        ..Default::default()
    };
    let conclude = v1::ConcludeReviewRequest {
        name: name.clone(),
        actor: "bea".to_owned(),
        conclusion: "It was wet.".to_owned(),
        ..Default::default()
    };
    service.client.conclude_review(conclude).await.unwrap();
    let [told] = preview(&mut service, &name, Act::ProposeOutcome(outcome.clone()))
        .await
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(
        (told.state(), told.means(), told.address.as_str()),
        (NoticeState::Told, ContactMeans::Phone, "")
    );
    assert_eq!(told.html, "", "it is no mail");
    service.client.propose_outcome(outcome).await.unwrap();
    let accept = v1::RecordCustomerAnswerRequest {
        actor: "ada".to_owned(),
        answer: v1::CustomerAnswer::Accepted.into(),
        ..Default::default()
    };
    let [accepted] = preview(&mut service, &name, Act::RecordCustomerAnswer(accept))
        .await
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(accepted.kind(), NoticeKind::OutcomeAccepted);
    assert!(
        accepted.text.contains("A credit of $20.00."),
        "{}",
        accepted.text
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_hinders_a_notice_is_shown_and_what_is_due_anyway_is_left_out() {
    let mut service = Service::delivering().await;
    let name = file(&mut service, v1::Customer::default()).await.name;
    let act = || Act::AcknowledgeComplaint(acknowledging("2026-06-12T21:00:00Z"));
    let [previewed] = preview(&mut service, &name, act())
        .await
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(previewed.state(), NoticeState::Failed);
    assert_eq!(previewed.failure(), NoticeFailure::NoAddress);
    assert_eq!(
        (previewed.address.as_str(), previewed.html.as_str()),
        ("", "")
    );
    assert!(!previewed.text.is_empty());

    // By then the independent body has to be named, which no act brings about.
    let mut filing = filing(Channel::Form);
    filing.acknowledgement = Some(v1::Acknowledgement::default());
    let late = service.file_as(filing).await.name;
    service.time.set(instant("2026-12-01T14:00:00Z"));
    let note = v1::SendUpdateRequest {
        actor: "ada".to_owned(),
        message: "We are at it.".to_owned(),
        ..Default::default()
    };
    let previewed = preview(&mut service, &late, Act::SendUpdate(note)).await;
    let kinds: Vec<_> = previewed.unwrap().iter().map(|it| it.kind()).collect();
    assert_eq!(kinds, [NoticeKind::Update]);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_is_refused_in_its_preview_as_it_would_be() {
    let mut service = Service::delivering().await;
    let filed = file(&mut service, by_mail()).await;
    let name = filed.name.as_str();
    let resume = v1::ResumeComplaintRequest {
        actor: "ada".to_owned(),
        ..Default::default()
    };
    let previewed = preview(&mut service, name, Act::ResumeComplaint(resume.clone())).await;
    let done = v1::ResumeComplaintRequest {
        name: name.to_owned(),
        ..resume
    };
    let done = service.client.resume_complaint(done).await.unwrap_err();
    assert_eq!(refusal(&previewed.unwrap_err()), refusal(&done));

    let stale = v1::AcknowledgeComplaintRequest {
        etag: "\"7\"".to_owned(),
        ..acknowledging("2026-06-12T21:00:00Z")
    };
    let previewed = preview(&mut service, name, Act::AcknowledgeComplaint(stale)).await;
    let refused = previewed.unwrap_err();
    assert!(
        [Code::Aborted, Code::InvalidArgument].contains(&refused.code()),
        "{refused:?}"
    );
    let stale = v1::AcknowledgeComplaintRequest {
        etag: filed.etag.clone(),
        ..acknowledging("2026-06-12T21:00:00Z")
    };
    let first = Act::AcknowledgeComplaint(stale);
    preview(&mut service, name, first.clone()).await.unwrap();
    act!(
        service.client,
        name,
        add_note(AddNoteRequest { note: "A." })
    )
    .unwrap();
    let refused = preview(&mut service, name, first).await.unwrap_err();
    assert_eq!(
        refusal(&refused),
        (Code::Aborted, "ETAG_MISMATCH".to_owned())
    );

    let past = Act::AcknowledgeComplaint(acknowledging("2026-01-01T00:00:00Z"));
    let refused = preview(&mut service, name, past).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
    let none = v1::PreviewNoticesRequest {
        name: name.to_owned(),
        act: None,
    };
    let refused = service.client.preview_notices(none).await.unwrap_err();
    assert_eq!(violated(&refused), ["act"]);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planned_act_is_previewed_on_the_command_line() {
    let mut service = Service::delivering().await;
    let filed = file(&mut service, by_mail()).await;
    let number = filed.tracking_number.as_str();
    let server = format!("http://{}", service.app.address);
    let run = async |words: &[&str]| {
        let words = [&["notice", "planned"], words, &["--server", &server]].concat();
        let (done, text) = command(&words).await;
        (done.map_err(|failure| failure.to_string()), text)
    };
    let (done, text) = run(&["acknowledge", number, "--promised", "2026-06-12T17:00"]).await;
    done.unwrap();
    assert!(
        text.starts_with("acknowledgement (en): to be sent by email to customer@example.org\n\n"),
        "{text}"
    );
    assert!(text.contains("Sample Customer\n\n"), "{text}");
    let (done, text) = run(&["escalate", number, "--channel", "phone", "--json"]).await;
    done.unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let kinds = value["notices"].as_array().unwrap().iter();
    let kinds: Vec<_> = kinds
        .map(|notice| notice["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["NOTICE_KIND_ESCALATION_RECEIVED"]);
    let (done, _) = run(&["resume", number]).await;
    let refused = done.unwrap_err();
    assert!(refused.contains("reason: "), "{refused}");
    assert_eq!(service.get(&filed.name).await.etag, filed.etag);
    service.stop().await;
}

/// Whoever may not act learns nothing of what would come of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_not_carry_an_act_out_gets_no_preview_of_it() {
    let known = crate::reads_on_record::Known::start().await;
    let name = known.complaint().await.name;
    let reopen = Act::ReopenComplaint(v1::ReopenComplaintRequest {
        reason: "It drops again.".to_owned(),
        ..Default::default()
    });
    for (role, expected) in [
        (Role::Adviser, Code::PermissionDenied),
        (Role::Supervisor, Code::FailedPrecondition),
    ] {
        let request = v1::PreviewNoticesRequest {
            name: name.clone(),
            act: Some(reopen.clone()),
        };
        let mut client = known.client("ada", role).await;
        let refused = client.preview_notices(request).await;
        assert_eq!(refused.unwrap_err().code(), expected, "{role:?}");
    }
    known.service.stop().await;
}
