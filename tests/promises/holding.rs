//! What the command line does for those who answer for a person's data.

use redress::proto::v1;

use crate::support::{
    command::command,
    service::{Service, act},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_are_placed_and_released_from_the_command_line_and_keep_data_from_being_erased() {
    let mut service = Service::start().await;
    let mut numbers = Vec::new();
    for _ in 0..2 {
        let filed = service.file(v1::Channel::Form).await;
        let client = &mut service.client;
        act!(
            client,
            filed.name,
            withdraw_complaint(WithdrawComplaintRequest {
                statement: "Never mind.",
                channel: v1::Channel::Phone
            })
        )
        .unwrap();
        numbers.push(filed.tracking_number);
    }
    let [one, other] = &numbers[..] else {
        panic!("{numbers:?}");
    };
    let server = format!("http://{}", service.app.address);
    let person = async |words: &[&str]| {
        let (done, text) = command(&[&["person"], words, &["--server", &server]].concat()).await;
        (done.map_err(|failure| failure.to_string()), text)
    };
    let (held, text) = person(&["hold", one, other, "--reason", "litigation"]).await;
    held.unwrap();
    let expected = [one, other].map(|number| format!("{number}: on legal hold: litigation.\n"));
    assert_eq!(text, expected.concat());
    let (held, text) = person(&["hold", one, "--reason", "Access Request", "--json"]).await;
    held.unwrap();
    let shown: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(shown["legal_holds"].as_array().unwrap().len(), 2, "{text}");
    let (again, _) = person(&["hold", one, "--reason", "litigation"]).await;
    let said = again.unwrap_err();
    assert!(said.contains("reason: is that of a hold"), "{said}");
    let (erased, _) = person(&["erase", one]).await;
    let said = erased.unwrap_err();
    assert!(
        said.contains("LEGAL_HOLD") && said.contains("litigation"),
        "{said}"
    );

    let (released, text) = person(&["release", one, "--reason", "litigation"]).await;
    released.unwrap();
    assert_eq!(text, format!("{one}: on legal hold: access-request.\n"));
    let (other, _) = person(&["release", one, "--reason", "regulator"]).await;
    let said = other.unwrap_err();
    assert!(said.contains("reason: is that of no hold"), "{said}");
    let words = [
        "release",
        one,
        "--reason",
        "access-request",
        "--actor",
        "bea",
    ];
    let (released, text) = person(&words).await;
    released.unwrap();
    assert_eq!(text, format!("{one}: no legal hold.\n"));
    let (again, _) = person(&["release", one, "--reason", "access-request"]).await;
    let said = again.unwrap_err();
    assert!(said.contains("no legal hold is on it"), "{said}");
    let events = service.events(&format!("complaints/{one}")).await;
    let by: Vec<_> = events
        .iter()
        .filter(|event| event.kind().as_str_name().contains("LEGAL_HOLD"))
        .map(|event| event.actor.as_str())
        .collect();
    assert_eq!(by, ["cli", "cli", "cli", "bea"]);
    service.stop().await;
}
