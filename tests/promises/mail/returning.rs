//! What a mail system returns comes back to its notice, by the program that mail systems call.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
};

use redress::{
    dispatch::mail::{NoticeName, ReturnPaths, Returned},
    proto::v1::{self, dispatch_service_client::DispatchServiceClient},
};
use tonic::Code;

use super::sending::{KEY, by_mail, count, key, start, until};
use crate::support::{
    relay::{Answer, Relay, Taken},
    service::{Service, refusal, violated},
};

/// As a mail system writes it.
fn notification(to: &str, action: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.example\nTo: {to}\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nNo.\n\
         --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n\
         Final-Recipient: rfc822; ada@example.com\nAction: {action}\nStatus: 5.1.1\n--b--\n"
    )
}

fn bounce(server: &str, folder: &Path, more: &[&str], message: &str) -> Output {
    let file = folder.join("key");
    fs::write(&file, KEY).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_redress"))
        .args(["bounce", "--server", server, "--secret-key-file"])
        .arg(file)
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // It need not read what it does not want.
    let _ = input.write_all(message.as_bytes());
    drop(input);
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> (Option<i32>, String) {
    let said = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    (output.status.code(), said.concat())
}

async fn sent(relay: &Relay) -> (Service, String, Taken) {
    let mut service = start(relay).await;
    let name = service.file_as(by_mail(v1::Language::English)).await.name;
    until(&service, "state = 'sent'").await;
    (service, name, relay.taken().pop().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_is_reported_once_for_its_notice() {
    let relay = Relay::start().await;
    let (mut service, name, taken) = sent(&relay).await;
    let server = format!("http://{}", service.app.address);
    let address = taken.from.trim_matches(['<', '>']).to_owned();
    let folder = tempfile::tempdir().unwrap();
    let run = |more: &[&str], message: &str| said(&bounce(&server, folder.path(), more, message));
    let delayed = notification(&address, "delayed");
    let (code, words) = run(&[], &delayed);
    assert_eq!(
        (code, words.contains("nothing to report")),
        (Some(0), true),
        "{words}"
    );
    assert_eq!(count(&mut service, &name, "notice_failed").await, 0);
    let failed = notification("postmaster@jive.example", "failed");
    for _ in 0..2 {
        let (code, words) = run(&["--recipient", &address], &failed);
        assert_eq!(code, Some(0), "{words}");
    }
    assert_eq!(count(&mut service, &name, "notice_failed").await, 1);
    until(&service, "state = 'failed'").await;

    // What is none, what is forged, and what is of a notice that is not there.
    let other = ReturnPaths::new([1; 32]);
    let paths = ReturnPaths::new(key().derive(ReturnPaths::PURPOSE));
    let notice = paths.notice_of(&address).unwrap();
    assert_eq!(notice.attempt, Some(1));
    let unknown = Returned {
        notice: NoticeName {
            notice: 4_000,
            ..notice.notice.clone()
        },
        ..notice.clone()
    };
    for message in [
        "Subject: Away\n\nAway.\n".to_owned(),
        failed.clone(),
        notification(&other.of(&notice, "jive.example"), "failed"),
        notification(&paths.of(&unknown, "jive.example"), "failed"),
    ] {
        let (code, words) = run(&[], &message);
        assert_eq!(code, Some(65), "{words}");
        assert!(!words.contains("ada@"), "{words}");
    }
    service.stop().await;
    let again = notification(&address, "failed");
    let (code, words) = run(&[], &again);
    assert_eq!(code, Some(75), "{words}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_of_returned_mail_is_gone_through() {
    let relay = Relay::start().await;
    let (mut service, name, taken) = sent(&relay).await;
    let server = format!("http://{}", service.app.address);
    let address = taken.from.trim_matches(['<', '>']).to_owned();
    let folder = tempfile::tempdir().unwrap();
    let mail = folder.path().join("mail");
    for part in ["new", "cur", "tmp"] {
        fs::create_dir_all(mail.join(part)).unwrap();
    }
    fs::write(mail.join("new/1"), notification(&address, "failed")).unwrap();
    fs::write(mail.join("new/2"), "Subject: Away\n\nAway.\n").unwrap();
    let maildir = ["--maildir", mail.to_str().unwrap()];
    let (code, words) = said(&bounce(&server, folder.path(), &maildir, ""));
    assert_eq!(code, Some(0), "{words}");
    let names = fs::read_dir(mail.join("cur")).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["1:2,S", "2:2,F"]);
    assert_eq!(count(&mut service, &name, "notice_failed").await, 1);
    service.stop().await;
    fs::write(mail.join("new/3"), notification(&address, "failed")).unwrap();
    let (code, words) = said(&bounce(&server, folder.path(), &maildir, ""));
    assert_eq!(
        (code, mail.join("new/3").exists()),
        (Some(75), true),
        "{words}"
    );
}

/// A bounce may take days. By then the address was corrected and the notice sent again, or posted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_bounce_does_not_fail_what_was_sent_again_since() {
    let relay = Relay::start().await;
    let (mut service, name, taken) = sent(&relay).await;
    let server = format!("http://{}", service.app.address);
    let first = taken.from.trim_matches(['<', '>']).to_owned();
    let folder = tempfile::tempdir().unwrap();
    let run = |address: &str| {
        let message = notification(address, "failed");
        said(&bounce(&server, folder.path(), &[], &message))
    };
    let paths = ReturnPaths::new(key().derive(ReturnPaths::PURPOSE));
    let notice = paths.notice_of(&first).unwrap().notice;
    let channel = format!("http://{}", service.app.address);
    let mut dispatches = DispatchServiceClient::connect(channel).await.unwrap();
    let resend = |means: v1::ContactMeans| v1::ResendNoticeRequest {
        name: name.clone(),
        actor: "ada".to_owned(),
        notice: notice.notice,
        means: means.into(),
        ..Default::default()
    };

    // By the same means: the relay has it twice, and the first bounces.
    let again = resend(v1::ContactMeans::Email);
    dispatches.resend_notice(again).await.unwrap();
    until(&service, "state = 'sent' and attempt = 2").await;
    let second = relay.taken().pop().unwrap();
    assert_eq!(second.header("Message-ID"), taken.header("Message-ID"));
    let second = second.from.trim_matches(['<', '>']).to_owned();
    assert_ne!(second, first);
    let (code, words) = run(&first);
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("was sent again since"), "{words}");
    assert_eq!(count(&mut service, &name, "notice_failed").await, 0);
    assert_eq!(service.get(&name).await.undelivered, []);
    let (code, words) = run(&second);
    assert_eq!(code, Some(0), "{words}");
    assert_eq!(count(&mut service, &name, "notice_failed").await, 1);

    // By another means: both mails bounce once the letter is in the post.
    let customer = v1::UpdateComplaintRequest {
        complaint: Some(v1::Complaint {
            name: name.clone(),
            customer: Some(v1::Customer {
                postal_address: "1 Main Street, Toronto".to_owned(),
                ..Default::default()
            }),
            ..Default::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["customer.postal_address".to_owned()],
        }),
        actor: "ada".to_owned(),
        ..Default::default()
    };
    service.client.update_complaint(customer).await.unwrap();
    let by_letter = resend(v1::ContactMeans::Letter);
    dispatches.resend_notice(by_letter).await.unwrap();
    let posted = v1::RecordDispatchRequest {
        name: name.clone(),
        actor: "print room".to_owned(),
        notice: notice.notice,
        means: v1::ContactMeans::Letter.into(),
        state: v1::NoticeState::Posted.into(),
        ..Default::default()
    };
    dispatches.record_dispatch(posted).await.unwrap();
    for address in [&first, &second] {
        let (code, words) = run(address);
        assert_eq!(code, Some(0), "{words}");
        assert!(words.contains("was sent again since"), "{words}");
    }
    assert_eq!(count(&mut service, &name, "notice_failed").await, 1);
    let [notice] = service.notices(&name).await.try_into().unwrap();
    assert_eq!(notice.state(), v1::NoticeState::Posted);
    drop(dispatches);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bounce_of_what_waits_to_be_sent_again_changes_nothing() {
    let relay = Relay::start().await;
    let (mut service, name, taken) = sent(&relay).await;
    let paths = ReturnPaths::new(key().derive(ReturnPaths::PURPOSE));
    let returned = paths
        .notice_of(taken.from.trim_matches(['<', '>']))
        .unwrap();
    let channel = format!("http://{}", service.app.address);
    let mut dispatches = DispatchServiceClient::connect(channel).await.unwrap();
    // The relay is away, so that it waits for another try.
    relay.does([Answer::Refuse("450 4.2.1 busy")]);
    let resend = v1::ResendNoticeRequest {
        name: name.clone(),
        actor: "ada".to_owned(),
        notice: returned.notice.notice,
        means: v1::ContactMeans::Email.into(),
        ..Default::default()
    };
    dispatches.resend_notice(resend).await.unwrap();
    until(
        &service,
        "state = 'waiting' and attempt = 2 and claimed_by is null",
    )
    .await;
    let came_back = |attempt| v1::RecordNoticeDeliveryRequest {
        name: name.clone(),
        actor: "mx".to_owned(),
        notice: returned.notice.notice,
        means: v1::ContactMeans::Email.into(),
        code: "5.1.1".to_owned(),
        attempt,
        ..Default::default()
    };
    for attempt in [1, 2] {
        let refused = dispatches.record_notice_delivery(came_back(attempt)).await;
        let refused = refusal(&refused.unwrap_err());
        let superseded = (Code::FailedPrecondition, "ATTEMPT_SUPERSEDED".to_owned());
        assert_eq!(refused, superseded);
    }
    let negative = dispatches.record_notice_delivery(came_back(-1)).await;
    assert_eq!(violated(&negative.unwrap_err()), ["attempt"]);
    // Who does not say which attempt it was means the last one.
    let failed = dispatches.record_notice_delivery(came_back(0)).await;
    assert_eq!(failed.unwrap().into_inner().undelivered.len(), 1);
    assert_eq!(count(&mut service, &name, "notice_failed").await, 1);
    drop(dispatches);
    service.stop().await;
}
