//! What a mail system returns comes back to its notice, by the program that mail systems call.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
};

use redress::{
    dispatch::mail::{NoticeName, ReturnPaths},
    proto::v1,
};

use super::sending::{KEY, by_mail, count, key, start, until};
use crate::support::{
    relay::{Relay, Taken},
    service::Service,
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
    let unknown = NoticeName {
        notice: 4_000,
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
