//! A supervisor without a page of her own acts on complaints at the terminal.

use std::{
    collections::BTreeSet,
    io::Write as _,
    process::{Command, Stdio},
};

use redress::{
    cli::ACTS,
    proto::v1::{self, Channel, event::Fact},
};
use uuid::Uuid;

use crate::support::{
    command::command,
    office::instant,
    service::{Reading as _, Service, at, filing},
};

/// Runs a command against the service; what it printed, or why it failed. Neither is wider than a terminal.
async fn run(service: &Service, words: &[&str]) -> Result<String, String> {
    let server = format!("http://{}", service.app.address);
    let (done, text) = command(&[words, &["--server", &server]].concat()).await;
    let done = done.map(|()| text).map_err(|failure| failure.to_string());
    if let Ok(text) = &done
        && !words.contains(&"--json")
    {
        let wide = text.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None, "{words:?}");
    }
    done
}

/// Runs a line, whose words are separated by spaces and hold them as `_`, on the complaint in place of `#`.
async fn line(service: &Service, line: &str, number: &str) -> Result<String, String> {
    let words: Vec<String> = line
        .split(' ')
        .map(|word| word.replace('#', number).replace('_', " "))
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    run(service, &words).await
}

async fn file(service: &Service, further: &[&str]) -> String {
    let words = [
        "file",
        "--name",
        "Sample Customer",
        "--service",
        "internet",
        "--category",
        "billing",
        "--description",
        "Charged twice in May.",
    ];
    let printed = run(service, &[&words, further].concat()).await.unwrap();
    printed.lines().next().unwrap().to_owned()
}

/// Runs lines one after another, and returns the kinds of what each recorded.
async fn life(service: &mut Service, number: &str, lines: &[(&str, &str)]) -> BTreeSet<String> {
    let mut commands = BTreeSet::new();
    let name = format!("complaints/{number}");
    for (words, kind) in lines {
        let before = service.events(&name).await.len();
        let printed = line(service, words, number).await;
        let printed = printed.unwrap_or_else(|failure| panic!("{words}: {failure}"));
        assert!(printed.starts_with(number), "{words}: {printed}");
        let events = service.events(&name).await;
        let recorded: Vec<String> = events[before..].iter().map(v1::Event::word).collect();
        assert!(
            recorded.iter().any(|it| it == kind),
            "{words}: {recorded:?}"
        );
        let known = ACTS
            .iter()
            .filter(|(_, command)| words.starts_with(&format!("{command} ")));
        commands.extend(known.map(|(_, command)| (*command).to_owned()));
    }
    commands
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_act_can_be_carried_out_at_the_terminal() {
    let mut service = Service::start().await;
    let scan = std::env::temp_dir().join(format!("redress-scan-{}", std::process::id()));
    std::fs::write(&scan, "a scan").unwrap();
    let other = file(&service, &["--channel", "form"]).await;
    let number = file(&service, &["--channel", "phone", "--enquiry"]).await;
    let attach = format!(
        "attach # --file {} --location dms:4711 --media-type application/pdf",
        scan.display().to_string().replace(' ', "_")
    );
    let (link, unlink) = (
        format!("link # {other} --kind duplicate-of"),
        format!("unlink # {other}"),
    );
    let lines = [
        ("convert #", "enquiry_converted"),
        ("ack # --told-by phone", "acknowledged"),
        (
            "verify-identity # --method security_questions",
            "identity_verified",
        ),
        (
            "contact # --channel phone --direction to-customer --summary Asked_when.",
            "contact_recorded",
        ),
        ("update # --message We_are_at_it.", "update_sent"),
        ("assign # eve", "assigned"),
        ("unassign #", "unassigned"),
        ("pause # --reason third-party", "paused"),
        ("resume #", "resumed"),
        ("note # Call_the_warehouse.", "note_added"),
        (
            "add-issue # --service tv --category billing --description The_box,_too.",
            "issue_added",
        ),
        ("add-reference # CRM-7", "case_reference_added"),
        (attach.as_str(), "attachment_added"),
        (link.as_str(), "linked"),
        (unlink.as_str(), "unlinked"),
        ("label # team=north", "corrected"),
        (
            "correct # --email robin@example.org --urgent --clear phone",
            "customer_corrected",
        ),
        ("escalate # --channel phone --assignee bea", "escalated"),
        (
            "conclude # --conclusion The_cabinet_was_wet. --as bea",
            "review_concluded",
        ),
        (
            "propose # --message Repaired. --remedy A_credit. --as bea",
            "outcome_proposed",
        ),
        ("answer # accepted", "customer_answered"),
        ("implemented #", "remedy_carried_out"),
        ("close # --reason accepted", "closed"),
        ("reopen # --reason It_drops_again.", "reopened"),
        ("refer # --reference CCTS-1", "referred"),
        (
            "referral stage # initial-referral",
            "referral_stage_reached",
        ),
        (
            "referral report # --report What_we_did. --answer unresolved",
            "referral_reported",
        ),
        (
            "referral request # --request The_recording.",
            "documents_requested",
        ),
        (
            "referral documents # --documents The_recording.",
            "documents_submitted",
        ),
        (
            "referral findings # --findings Pay_a_credit. --must-act",
            "findings_recorded",
        ),
        ("referral carried-out #", "findings_carried_out"),
        (
            "withdraw # --channel phone --statement It_works.",
            "withdrawn",
        ),
    ];
    let mut commands = life(&mut service, &number, &lines).await;
    let short = file(&service, &["--channel", "phone"]).await;
    let lines = [(
        "resolve # --message The_charge_is_taken_back.",
        "resolved_at_first_contact",
    )];
    commands.extend(life(&mut service, &short, &lines).await);
    let all: BTreeSet<String> = ACTS
        .iter()
        .map(|(_, command)| (*command).to_owned())
        .collect();
    assert_eq!(commands, all);

    let complaint = service.get(&format!("complaints/{number}")).await;
    let attachment = &complaint.attachments[0];
    assert_eq!((attachment.size_bytes, attachment.sha256.len()), (6, 32));
    assert_eq!(complaint.labels[0].key, "team");
    assert!(complaint.urgent);
    std::fs::remove_file(scan).unwrap();
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_says_what_happened_what_was_kept_and_what_is_due_next() {
    let mut service = Service::start().await;
    let number = file(&service, &["--channel", "form"]).await;
    // As it is read to her over the telephone.
    let spoken = number.to_lowercase().replace('-', " ");
    let printed = run(&service, &["ack", &spoken, "--as", "ana"])
        .await
        .unwrap();
    assert_eq!(
        printed,
        format!(
            "{number}  in review\n  \
             acknowledged; an outcome is promised by Tue 16 Jun 2026 17:00 EDT\n  \
             notice to the customer, in en: acknowledgement\n  \
             kept: acknowledgement, due Wed 3 Jun 2026 17:00 EDT\n  \
             due next: customer update, by Tue 9 Jun 2026 17:00 EDT (handler)\n  \
             then: resolution, by Tue 16 Jun 2026 17:00 EDT (handler)\n  \
             then: ceiling, by Fri 3 Jul 2026 00:00 EDT, as Thu 2 Jul ends (supervisor)\n"
        )
    );
    let paused = run(&service, &["pause", &number, "--reason", "third party"])
        .await
        .unwrap();
    assert!(paused.contains("\n  paused: resolution\n"), "{paused}");

    let mut watch = service.watch(&["breached"]).await;
    service.time.set(instant("2026-06-10T14:00:00Z"));
    watch.event().await;
    let printed = run(
        &service,
        &["resume", &number, "--time-zone", "Europe/London"],
    )
    .await
    .unwrap();
    assert!(
        printed.contains("overdue: customer update, since Tue 9 Jun 2026 22:00 BST"),
        "{printed}"
    );
    let printed = run(&service, &["update", &number, "--message", "We are at it."])
        .await
        .unwrap();
    assert!(
        printed.contains("  missed: customer update, due Tue 9 Jun 2026 17:00 EDT"),
        "{printed}"
    );

    // What was done in time and is entered late counts as kept, and its time may be given as the wall shows it.
    let words = [
        "update",
        &number,
        "--message",
        "Told on the phone.",
        "--told-by",
        "phone",
        "--at",
        "2026-06-10T09:30",
    ];
    let printed = run(&service, &words).await.unwrap();
    assert!(printed.contains("update sent"), "{printed}");
    let events = service.events(&format!("complaints/{number}")).await;
    let sent = events.iter().rev().find_map(|event| match &event.fact {
        Some(Fact::UpdateSent(sent)) => sent.sent_time,
        _ => None,
    });
    assert_eq!(sent, Some(at("2026-06-10T13:30:00Z")));
    let words = ["close", &number, "--reason", "provider-decision", "--json"];
    let refused = run(&service, &words).await.unwrap_err();
    assert!(refused.contains("NOT_POSSIBLE_NOW"), "{refused}");
    let printed = run(&service, &["note", &number, "Call back.", "--json"])
        .await
        .unwrap();
    let value: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(value["tracking_number"], number.as_str());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_says_which_commands_can_be_given_next() {
    let service = Service::start().await;
    let number = file(
        &service,
        &["--channel", "phone", "--acknowledge", "--actor", "ada"],
    )
    .await;
    let refused = line(&service, "reopen # --reason It_drops.", &number)
        .await
        .unwrap_err();
    assert!(refused.contains("NOT_POSSIBLE_NOW"), "{refused}");
    let next = refused.lines().last().unwrap();
    assert!(
        next.contains("contact, update") && next.contains("escalate"),
        "{next}"
    );
    assert!(!next.contains("reopen"), "{next}");

    line(&service, "assign # ada", &number).await.unwrap();
    line(&service, "escalate # --channel phone", &number)
        .await
        .unwrap();
    let refused = line(&service, "ack # --as ada", &number).await.unwrap_err();
    let next = format!(
        "next: somebody has to do it who has not handled the complaint: redress assign {number} NAME"
    );
    assert!(refused.ends_with(&next), "{refused}");
    line(&service, "ack # --as bea", &number).await.unwrap();

    let promised = "update # --message Later. --promised 2026-12-24T12:00 --reason parts";
    let refused = line(&service, promised, &number).await.unwrap_err();
    assert!(
        refused.contains("next: promise a date up to Fri  3 Jul 2026 00:00 EDT"),
        "{refused}"
    );
    let overridden = format!("{promised} --override-reason no_parts");
    let printed = line(&service, &overridden, &number).await.unwrap();
    assert!(
        printed.contains("is promised though the ceiling ends"),
        "{printed}"
    );

    let mut refused = Ok(String::new());
    while refused.is_ok() {
        refused = line(&service, "escalate # --channel phone", &number).await;
    }
    let refused = refused.unwrap_err();
    assert!(refused.contains("AT_TOP_LEVEL"), "{refused}");
    assert!(
        refused.ends_with(&format!("redress refer {number}")),
        "{refused}"
    );
    let printed = line(&service, "refer # --reference CCTS-1", &number)
        .await
        .unwrap();
    assert!(
        printed.contains("taken to the independent body"),
        "{printed}"
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_input_is_refused_and_nothing_is_recorded() {
    let mut service = Service::start().await;
    let number = service.file(Channel::Form).await.tracking_number;
    let name = format!("complaints/{number}");
    let before = service.events(&name).await.len();
    for (words, said) in [
        ("ack # --promised next_week", "is not a point in time"),
        ("ack # --promised 2026-01-01T10:00", "promised_time"),
        ("ack RD-DCNNM-Y6G1X", "compare the tracking number"),
        ("ack RD-DCNNM-Y6G1W", "compare the number with the letter"),
        ("assign # redress", "assignee"),
        ("note # _", "note"),
        ("label # Team=north", "labels"),
        ("correct # --email nobody", "complaint.customer.email"),
        ("link # # --kind same-cause", "other_complaint"),
        ("update # --message A --at 2027-01-01T10:00", "sent_time"),
        (
            "attach # --file /no/such/file --location a --media-type b/c",
            "/no/such/file",
        ),
    ] {
        let refused = line(&service, words, &number).await.unwrap_err();
        assert!(refused.contains(said), "{words}: {refused}");
    }
    assert_eq!(service.events(&name).await.len(), before);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_with_a_stale_etag_is_refused() {
    let mut service = Service::start().await;
    let filed = service.file(Channel::Form).await;
    let (number, stale) = (filed.tracking_number, filed.etag);
    let bare = stale.trim_matches('"');
    // A shell takes the quotes away.
    let words = ["note", &number, "First.", "--etag", bare];
    run(&service, &words).await.unwrap();
    for etag in [bare, stale.as_str()] {
        let words = ["note", &number, "Second.", "--etag", etag];
        let refused = run(&service, &words).await.unwrap_err();
        assert!(refused.contains("ETAG_MISMATCH"), "{refused}");
        assert!(
            refused.contains(&format!("redress show {number}")),
            "{refused}"
        );
    }
    let kinds = service.kinds(&filed.name).await;
    assert_eq!(kinds, ["filed", "note_added"]);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_that_is_repeated_under_its_request_id_is_done_once() {
    let mut service = Service::start().await;
    let filed = service.file(Channel::Form).await;
    let number = filed.tracking_number;
    let id = Uuid::new_v4().to_string();
    let words = ["note", &number, "Call the warehouse.", "--request-id", &id];
    let printed = run(&service, &words).await.unwrap();
    assert!(printed.contains("\n  a note is added\n"), "{printed}");
    for _ in 0..2 {
        let again = run(&service, &words).await.unwrap();
        assert!(again.contains("nothing new was recorded"), "{again}");
        assert!(!again.contains("a note is added"), "{again}");
        run(
            &service,
            &["add-reference", &number, &Uuid::new_v4().to_string()],
        )
        .await
        .unwrap();
    }
    let notes = service.kinds(&filed.name).await.into_iter();
    assert_eq!(notes.filter(|kind| kind == "note_added").count(), 1);
    let other = ["note", &number, "Another note.", "--request-id", &id];
    let refused = run(&service, &other).await.unwrap_err();
    assert!(
        refused.contains("REQUEST_ID_REUSED") && refused.contains("next: "),
        "{refused}"
    );

    // A correction that corrects nothing says so; labels that are there already are not sent again.
    let words = ["correct", &number, "--region", "CA-QC"];
    assert!(run(&service, &words).await.unwrap().contains("corrected"));
    assert!(
        run(&service, &words)
            .await
            .unwrap()
            .contains("nothing new was recorded")
    );
    let words = [
        "label",
        &number,
        "team=north",
        "outage=O-17",
        "--request-id",
        &Uuid::new_v4().to_string(),
    ];
    assert!(run(&service, &words).await.unwrap().contains("corrected"));
    assert!(
        run(&service, &words)
            .await
            .unwrap()
            .contains("nothing new was recorded")
    );
    run(
        &service,
        &["label", &number, "--remove", "outage", "team=south"],
    )
    .await
    .unwrap();
    let labels = service.get(&filed.name).await.labels;
    let labels: Vec<_> = labels
        .iter()
        .map(|label| (label.key.as_str(), label.value.as_str()))
        .collect();
    assert_eq!(labels, [("team", "south")]);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_that_does_not_reach_the_customer_is_told_with_the_act() {
    let mut service = Service::delivering().await;
    let filed = service.file_as(filing(Channel::Form)).await;
    let printed = run(&service, &["ack", &filed.tracking_number])
        .await
        .unwrap();
    assert!(printed.contains("not delivered: notice "), "{printed}");
    assert!(
        printed.contains("due next: acknowledgement, by "),
        "nobody was told: {printed}"
    );
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_reads_long_texts_from_standard_input_and_ends_with_a_code() {
    let mut service = Service::start().await;
    let filed = service.file(Channel::Form).await;
    let server = format!("http://{}", service.app.address);
    let program = |words: Vec<String>, input: &'static str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_redress"))
            .args(words)
            .env("REDRESS_SERVER", &server)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        tokio::task::spawn_blocking(move || {
            child
                .stdin
                .take()
                .unwrap()
                .write_all(input.as_bytes())
                .unwrap();
            let output = child.wait_with_output().unwrap();
            let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
            (
                output.status.code(),
                text(output.stdout),
                text(output.stderr),
            )
        })
    };
    let words = |line: &str| -> Vec<String> {
        let line = line.replace('#', &filed.tracking_number);
        line.split(' ').map(str::to_owned).collect()
    };
    let (code, printed, _) = program(words("note # -"), "First line.\nSecond line.\n")
        .await
        .unwrap();
    assert_eq!(code, Some(0), "{printed}");
    let last = service.events(&filed.name).await.pop().unwrap();
    assert_eq!(last.text, "First line.\nSecond line.");
    let (code, printed, said) = program(words("resume #"), "").await.unwrap();
    assert_eq!((code, printed.as_str()), (Some(1), ""));
    assert!(said.starts_with("redress: "), "{said}");
    let (code, ..) = program(words("pause #"), "").await.unwrap();
    assert_eq!(code, Some(2), "a reason is missing");
    service.stop().await;
}
