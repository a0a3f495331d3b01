//! At the terminal.

use super::*;
use crate::support::command::command;

async fn run(service: &Service, words: &[&str]) -> Result<String, String> {
    let server = format!("http://{}", service.app.address);
    let all = [
        &["search"],
        words,
        &["--server", &server, "--time-zone", "America/Toronto"],
    ]
    .concat();
    let (done, text) = command(&all).await;
    done.map(|()| text).map_err(|failure| failure.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_types_what_the_customer_gives_is_shown_the_complaint_in_eighty_columns() {
    let mut service = Service::start().await;
    let mut filing = of(ada());
    filing.case_references = vec!["T-4711".to_owned()];
    filing.assignee = "Équipe Facturation".to_owned();
    let complaint = service.file_as(filing).await;
    service.file_as(of(called("Bob Swan"))).await;
    let number = complaint.tracking_number.as_str();
    let bare = number[3..].to_lowercase();
    for (words, by) in [
        (vec!["lovelace"], "name"),
        (vec!["muller", "ada"], "name"),
        (vec!["514", "555", "0142"], "phone"),
        (vec!["ada.lovelace@example.com"], "email"),
        (vec!["A-4711"], "account number"),
        (vec!["k1a", "0b1"], "postal code"),
        (vec!["T-4711"], "case reference"),
        (vec![number], "tracking number"),
        (vec![bare.as_str()], "tracking number"),
        (
            vec!["--name", "ada", "--phone", "5145550142", "--open"],
            "phone, name",
        ),
        (vec!["--reference", "t4711"], "case reference"),
        (
            vec!["--customer-of", number],
            "phone, email, account number",
        ),
    ] {
        let shown = run(&service, &words).await.unwrap();
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.len(), 3, "{words:?}: {shown}");
        let received = format!("{number}  received     received Tue  2 Jun 2026 10:00 EDT  jive");
        assert_eq!(lines[0], received);
        let found_by = format!("    Ada Łovelace-Müller · found by {by} · with Équipe");
        assert!(lines[1].starts_with(&found_by), "{words:?}: {shown}");
        assert!(
            lines.iter().all(|line| line.chars().count() <= 80),
            "{shown}"
        );
    }
    let nothing = run(&service, &["grace", "hopper"]).await.unwrap();
    assert!(
        nothing.starts_with("No complaint was found by name"),
        "{nothing}"
    );
    assert!(nothing.contains("family name"), "{nothing}");
    assert!(
        nothing.lines().all(|line| line.chars().count() <= 80),
        "{nothing}"
    );
    let json = run(&service, &["swan", "--json"]).await.unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["match"]["fields"][0], "SEARCH_FIELD_NAME");
    let wrong = run(&service, &["--phone", "12"]).await.unwrap_err();
    assert!(wrong.contains("phone"), "{wrong}");
    service.stop().await;
}
