//! Notifications as mail systems write them, and what is none.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::{super::return_path::NoticeName, *};

fn paths() -> ReturnPaths {
    ReturnPaths::new([7; 32])
}

fn sent() -> Returned {
    Returned {
        notice: NoticeName {
            complaint: "RD-DCNNM-Y6G1W".parse().unwrap(),
            notice: 7,
        },
        attempt: Some(1),
    }
}

fn address() -> String {
    paths().of(&sent(), "jive.example")
}

/// As Postfix writes it.
fn postfix(groups: &str) -> String {
    let address = address();
    format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.jive.example (Mail Delivery System)\r\n\
         Subject: Undelivered Mail Returned to Sender\r\nTo: {address}\r\nAuto-Submitted: auto-replied\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"B1.1/mx.jive.example\"\r\n\r\n\
         This is a MIME-encapsulated message.\r\n\r\n--B1.1/mx.jive.example\r\nContent-Description: Notification\r\n\
         Content-Type: text/plain; charset=us-ascii\r\n\r\n<ada@example.com>: host mx.example.com said: 550 5.1.1\r\n\r\n\
         --B1.1/mx.jive.example\r\nContent-Description: Delivery report\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; mx.jive.example\r\nX-Postfix-Queue-ID: 4F3\r\nArrival-Date: Wed, 3 Jun 2026 12:00:00 +0000 (UTC)\r\n\
         \r\n{groups}\r\n\
         --B1.1/mx.jive.example\r\nContent-Description: Undelivered Message\r\nContent-Type: message/rfc822\r\n\r\n\
         Return-Path: <{address}>\r\nFrom: Jive <complaints@jive.example>\r\nTo: Ada <ada@example.com>\r\nSubject: S\r\n\r\nText\r\n\r\n\
         --B1.1/mx.jive.example--\r\n"
    )
}

fn group(action: &str, status: &str) -> String {
    format!(
        "Final-Recipient: rfc822; ada@example.com\r\nOriginal-Recipient: rfc822;ada@example.com\r\nAction: {action}\r\n\
         Status: {status}\r\nRemote-MTA: dns; mx.example.com\r\nDiagnostic-Code: smtp; 550 5.1.1 <ada@example.com>:\r\n    \
         Recipient address rejected\r\n"
    )
}

fn read_by_itself(message: &str) -> Result<Bounce, NoBounce> {
    read(message.as_bytes(), None, &paths())
}

fn outcome_of(groups: &str) -> (Outcome, Option<String>) {
    let bounce = read_by_itself(&postfix(groups)).unwrap();
    assert_eq!(bounce.returned, sent());
    (bounce.outcome, bounce.code)
}

#[test]
fn what_was_done_is_read_with_its_code_and_without_the_addressee() {
    for (action, status, outcome, code) in [
        ("failed", "5.1.1", Outcome::Failed, Some("5.1.1")),
        ("failed", "4.4.1 (gave up)", Outcome::Failed, Some("4.4.1")),
        ("FAILED (bounced)", "5.7.1", Outcome::Failed, Some("5.7.1")),
        ("failed", "<ada@example.com>", Outcome::Failed, None),
        ("delayed", "4.4.1", Outcome::Delayed, Some("4.4.1")),
        ("relayed", "2.1.9", Outcome::Relayed, Some("2.1.9")),
        ("expanded", "2.0.0", Outcome::Relayed, Some("2.0.0")),
        ("delivered", "2.1.5", Outcome::Delivered, Some("2.1.5")),
    ] {
        let read = outcome_of(&group(action, status));
        assert_eq!(
            read,
            (outcome, code.map(str::to_owned)),
            "{action} {status}"
        );
    }
}

#[test]
fn of_several_mailboxes_behind_an_address_one_that_has_the_notice_counts() {
    let both = |one: &str, other: &str| {
        let groups = [group(one, "5.0.0"), group(other, "5.0.0")];
        outcome_of(&groups.join("\r\n")).0
    };
    assert_eq!(both("failed", "delivered"), Outcome::Delivered);
    assert_eq!(both("delayed", "failed"), Outcome::Failed);
    assert_eq!(both("delayed", "relayed"), Outcome::Relayed);
}

#[test]
fn a_notification_without_the_mail_itself_is_known_by_where_it_went() {
    // As Exchange writes it: encoded, with lone line feeds, and only the headers of the mail.
    let status = "Reporting-MTA: dns;mail.example.com\n\nFinal-Recipient: rfc822;ada@example.com\nAction: failed\n\
                  Status: 5.1.10\nDiagnostic-Code: smtp;550 5.1.10\n RESOLVER.ADR.RecipientNotFound\n";
    let message = format!(
        "From: postmaster@example.com\nTo: complaints@jive.example\nX-MS-Exchange-Message-Is-Ndr:\nMIME-Version: 1.0\n\
         Content-Type: Multipart/Report; boundary=b; report-type=\"delivery-status\"\n\n--b\nContent-Type: text/html\n\n\
         <p>Sorry</p>\n--b\nContent-Type: Message/Delivery-Status\nContent-Transfer-Encoding: quoted-printable\n\n{status}\n--b\n\
         Content-Type: text/rfc822-headers\n\nSubject: S\n--b--\n"
    );
    let told = read(message.as_bytes(), Some(&address()), &paths()).unwrap();
    let failed = (Outcome::Failed, Some("5.1.10".to_owned()));
    assert_eq!((told.outcome, told.code), failed);
    assert_eq!(told.returned, sent());
    assert_eq!(read_by_itself(&message), Err(NoBounce::OfNoNotice));
    let delivered_to = format!("Delivered-To: {}\n{message}", address());
    assert_eq!(read_by_itself(&delivered_to).unwrap().returned, sent());
}

#[test]
fn a_forged_notification_is_refused() {
    let forged = ReturnPaths::new([8; 32]).of(&sent(), "jive.example");
    let message = postfix(&group("failed", "5.1.1")).replace(&address(), &forged);
    assert_eq!(read_by_itself(&message), Err(NoBounce::Forged));
    // One that is ours beside it is enough.
    let delivered = read(message.as_bytes(), Some(&address()), &paths());
    assert_eq!(delivered.unwrap().returned, sent());
}

#[test]
fn what_is_no_notification_is_told_apart() {
    let notification = postfix(&group("failed", "5.1.1"));
    let away = format!(
        "From: ada@example.com\nTo: {}\nSubject: Away\n\nAway.\n",
        address()
    );
    let read_receipt = notification.replace("delivery-status", "disposition-notification");
    let within = "Content-Type: message/rfc822\n\n".repeat(30_000);
    for (message, error) in [
        ("", NoBounce::NoReport),
        ("\u{0}\u{1}", NoBounce::NoReport),
        (away.as_str(), NoBounce::NoReport),
        (read_receipt.as_str(), NoBounce::NoReport),
        (&notification.replace("Action:", "Act:"), NoBounce::NoAction),
        (
            &notification.replace("failed", "vanished"),
            NoBounce::NoAction,
        ),
        (within.as_str(), NoBounce::TooLarge),
        (&" ".repeat(LARGEST + 1), NoBounce::TooLarge),
    ] {
        let begin: String = message.chars().take(40).collect();
        assert_eq!(read_by_itself(message), Err(error), "{begin}");
    }
}

#[test]
fn no_notification_that_is_cut_or_spoilt_makes_the_reader_fail() {
    let message = postfix(&group("failed", "5.1.1"));
    let failed = (sent(), Outcome::Failed);
    for end in 0..message.len() {
        if let Ok(bounce) = read(&message.as_bytes()[..end], None, &paths()) {
            assert_eq!((bounce.returned, bounce.outcome), failed, "{end}");
        }
        let mut spoilt = message.clone().into_bytes();
        spoilt[end] ^= 0x9d;
        let _ = read(&spoilt, None, &paths());
    }
}
