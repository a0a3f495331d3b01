//! Whoever delivers notices by hand does it on the command line.

use redress::proto::v1::{self, Channel, ClockState};
use serde_json::Value;

use crate::support::{
    command::command,
    office::instant,
    service::{Service, filing},
};

/// A complaint that was acknowledged, of a customer with a postal and perhaps an e-mail address.
async fn acknowledged(service: &mut Service, email: &str) -> v1::Complaint {
    let mut filing = filing(Channel::Form);
    filing.customer = Some(v1::Customer {
        full_name: "Sample Customer".to_owned(),
        postal_address: "1 Main Street\nToronto".to_owned(),
        email: email.to_owned(),
        ..Default::default()
    });
    filing.acknowledgement = Some(v1::Acknowledgement::default());
    service.file_as(filing).await
}

/// Runs a command against the service; what it printed, or why it failed.
async fn run(service: &Service, words: &[&str]) -> Result<String, String> {
    let server = format!("http://{}", service.app.address);
    let (done, text) = command(&[words, &["--server", &server]].concat()).await;
    done.map(|()| text).map_err(|failure| failure.to_string())
}

fn objects(text: &str) -> Vec<Value> {
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_print_room_lists_claims_prints_and_records_its_letters() {
    let mut service = Service::delivering().await;
    let complaint = acknowledged(&mut service, "").await;
    let number = complaint.tracking_number.as_str();

    let listed = run(&service, &["dispatch", "list"]).await.unwrap();
    assert!(
        listed.contains(number) && listed.contains("acknowledgement"),
        "{listed}"
    );
    assert!(listed.contains("1 listed"), "{listed}");
    let other = run(&service, &["dispatch", "list", "--means", "email"]).await;
    assert_eq!(other.unwrap(), "No notices are waiting.\n");
    let words = ["dispatch", "list", "--brand", "no-such-brand"];
    let refused = run(&service, &words).await.unwrap_err();
    assert!(refused.contains("must be one of"), "{refused}");

    let words = [
        "dispatch",
        "claim",
        "--means",
        "letter",
        "--actor",
        "print-room",
    ];
    let printed = run(&service, &words).await.unwrap();
    let letter = "Sample Customer\n1 Main Street\nToronto\n\nSample Customer\n\n";
    assert!(printed.contains(letter), "{printed}");
    // What is printed below the letter can be given to the shell as it is.
    let next = printed
        .lines()
        .find_map(|line| line.strip_prefix("then: redress "));
    let next: Vec<&str> = next.unwrap().split(' ').collect();
    let notice = next[3];
    assert_eq!(
        next,
        [
            "dispatch",
            "record",
            number,
            notice,
            "posted",
            "--means",
            "letter",
            "--attempt",
            "1"
        ]
    );
    let nothing = run(&service, &words).await.unwrap();
    assert!(
        nothing.starts_with("No notice is ready to go by letter"),
        "{nothing}"
    );
    let listed = run(&service, &["dispatch", "list"]).await.unwrap();
    assert!(listed.contains("held by print-room"), "{listed}");
    let widest = listed.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{widest:?}\n{listed}");

    let told = run(&service, &next).await.unwrap();
    assert_eq!(told, format!("notice {notice} of {number}: posted\n"));
    let clock = service.clock(&complaint.name, "acknowledgement").await;
    assert_eq!(clock.state(), ClockState::Met);
    let again = run(&service, &next).await.unwrap();
    assert_eq!(again, told, "recorded twice, counted once");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_lost_a_claim_is_told_so_and_json_has_all_that_is_printed() {
    let mut service = Service::delivering().await;
    let complaint = acknowledged(&mut service, "").await;
    let words = [
        "dispatch",
        "claim",
        "--means",
        "letter",
        "--minutes",
        "10",
        "--json",
    ];
    let [first] = objects(&run(&service, &words).await.unwrap())
        .try_into()
        .unwrap();
    assert_eq!(first["attempt"], 1);
    assert_eq!(first["address"], "1 Main Street\nToronto");
    service.time.set(instant("2026-06-02T14:09:59Z"));
    assert_eq!(run(&service, &words).await.unwrap(), "");
    service.time.set(instant("2026-06-02T14:10:01Z"));
    let [second] = objects(&run(&service, &words).await.unwrap())
        .try_into()
        .unwrap();
    assert_eq!(second["attempt"], 2);

    let notice = first["sequence"].as_str().unwrap();
    let record = |attempt: &'static str| {
        let start = ["dispatch", "record", &complaint.name, notice, "posted"];
        [&start[..], &["--means", "letter", "--attempt", attempt]].concat()
    };
    let lost = run(&service, &record("1")).await.unwrap_err();
    assert!(lost.contains("reason: CLAIM_LOST"), "{lost}");
    run(&service, &record("2")).await.unwrap();
    let listed = run(&service, &["dispatch", "list", "--json"]).await;
    assert_eq!(listed.unwrap(), "");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_that_failed_is_sent_again_by_another_means() {
    let mut service = Service::delivering().await;
    let complaint = acknowledged(&mut service, "customer@example.org").await;
    let number = complaint.tracking_number.as_str();
    let words = ["dispatch", "list", "--json"];
    let [waiting] = objects(&run(&service, &words).await.unwrap())
        .try_into()
        .unwrap();
    assert_eq!(waiting["means"], "CONTACT_MEANS_EMAIL");
    assert_eq!(waiting["tracking_number"], number);
    let notice = waiting["notice"].as_str().unwrap();
    let notice = notice.rsplit('/').next().unwrap();

    let start = [
        "dispatch", "record", number, notice, "failed", "--means", "email",
    ];
    let failed = [&start[..], &["--failure", "Given Up", "--code", "5.1.1"]].concat();
    let told = run(&service, &failed).await.unwrap();
    let next = format!(
        "notice {notice} of {number}: failed\nnot delivered: notice {notice} by email (given up)\n  \
         to send it again: redress notice resend {number} {notice}\n"
    );
    assert_eq!(told, next);

    let listed = run(&service, &["list", "--undelivered"]).await.unwrap();
    assert!(
        listed.contains("not delivered") && listed.contains(number),
        "{listed}"
    );
    let listed = run(&service, &["list", "--undelivered", "--json"]).await;
    let [listed] = objects(&listed.unwrap()).try_into().unwrap();
    assert_eq!(
        listed["undelivered"][0]["reason"],
        "NOTICE_FAILURE_GIVEN_UP"
    );

    let resend = |means: &'static str| ["notice", "resend", number, notice, "--means", means];
    let cannot = run(&service, &resend("phone")).await.unwrap_err();
    assert!(
        cannot.contains("CANNOT_BE_SENT") && cannot.contains("correct the customer's data first"),
        "{cannot}"
    );
    let told = run(&service, &resend("letter")).await.unwrap();
    assert_eq!(
        told,
        format!("notice {notice} of {number}: waits to be delivered by letter\n")
    );
    let listed = run(&service, &["list", "--undelivered"]).await.unwrap();
    assert_eq!(listed, "No complaints match.\n");
    let [waiting] = objects(&run(&service, &words).await.unwrap())
        .try_into()
        .unwrap();
    assert_eq!(waiting["means"], "CONTACT_MEANS_LETTER");
    service.stop().await;
}
