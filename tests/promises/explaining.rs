//! Why a date is what it is: asked through the port, answered from the log.

use diesel::RunQueryDsl as _;
use redress::proto::v1;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::support::{
    command::command,
    office::instant,
    service::{Service, act, at, filing, refusal, violated},
};

impl Service {
    async fn explain(
        &mut self,
        name: &str,
        clock: &str,
        cycle: &str,
    ) -> Result<v1::ClockExplanation, tonic::Status> {
        let request = v1::ExplainClockRequest {
            name: format!("{name}/clocks/{clock}/cycles/{cycle}"),
        };
        let explained = self.client.explain_clock(request).await;
        explained.map(tonic::Response::into_inner)
    }

    fn tamper(&self, statement: &str) {
        let changed = diesel::sql_query(statement).execute(&mut self.database.connect());
        assert_eq!(changed.unwrap(), 1, "{statement}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_due_time_is_explained_with_its_rule_its_intervals_and_its_proof() {
    let mut service = Service::start().await;
    let complaint = service.under_review().await;
    service.time.set(instant("2026-06-03T16:00:00Z"));
    let reason = v1::PauseReason::ThirdParty;
    act!(
        service.client,
        complaint.name,
        pause_complaint(PauseComplaintRequest { reason: reason })
    )
    .unwrap();
    service.time.set(instant("2026-06-05T16:00:00Z"));
    act!(
        service.client,
        complaint.name,
        resume_complaint(ResumeComplaintRequest {})
    )
    .unwrap();

    let by_number = format!("complaints/{}", complaint.tracking_number);
    let explained = service
        .explain(&by_number, "resolution", "latest")
        .await
        .unwrap();
    assert_eq!(
        (explained.complaint.as_str(), explained.proved),
        (complaint.name.as_str(), true)
    );
    assert_eq!(explained.differences, []);
    let stored = service.clock(&complaint.name, "resolution").await;
    assert_eq!(explained.clock, Some(stored.clone()));
    assert_ne!(stored.tzdb_version, "");
    let rule = explained.rule.unwrap();
    assert_eq!(rule.target, "10 working days (the general target)");
    assert_eq!(rule.policy.unwrap().version, complaint.policy_version);
    assert_eq!(rule.time_zone, "America/Toronto");
    assert_eq!(rule.tzdb_version, stored.tzdb_version);

    let spans = &explained.spans;
    assert!(spans.len() > 2, "before the pause, in it and after it");
    assert_eq!(spans.first().unwrap().start_time, stored.start_time);
    assert_eq!(spans.last().unwrap().end_time, stored.due_time);
    for (span, next) in spans.iter().zip(&spans[1..]) {
        assert_eq!(span.end_time, next.start_time, "without a gap");
    }
    let paused = spans
        .iter()
        .find(|span| span.kind() == v1::TimeSpanKind::Paused)
        .unwrap();
    assert_eq!(paused.start_time, Some(at("2026-06-03T16:00:00Z")));
    assert_eq!(paused.end_time, Some(at("2026-06-05T16:00:00Z")));
    assert!(!paused.counted);
    let total = explained.total.unwrap();
    assert!(total.balanced, "{}", total.text);
    assert_eq!(explained.changes.len(), 2);

    let events = service.events(&complaint.name).await;
    assert_eq!(explained.log_events, events.last().unwrap().sequence);
    assert_eq!(explained.log_hash, last_hash(&events));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_not_there_is_answered_with_those_that_are() {
    let mut service = Service::start().await;
    let complaint = service.under_review().await;
    for (clock, cycle) in [("implementation", "latest"), ("resolution", "2")] {
        let refused = service.explain(&complaint.name, clock, cycle).await;
        let refused = refused.unwrap_err();
        let expected = (Code::NotFound, "CLOCK_NOT_FOUND".to_owned());
        assert_eq!(refusal(&refused), expected);
        let info = refused.get_details_error_info().unwrap();
        assert_eq!(
            info.metadata["clocks"],
            "acknowledgement/1,ceiling/1,customer_update/1,resolution/1"
        );
    }
    let unknown = "complaints/01890a5d-ac96-774b-bcce-b302099a8057";
    let refused = service.explain(unknown, "resolution", "latest").await;
    let expected = (Code::NotFound, "COMPLAINT_NOT_FOUND".to_owned());
    assert_eq!(refusal(&refused.unwrap_err()), expected);
    for (clock, cycle) in [
        (" ", "1"),
        ("resolution", "0"),
        ("resolution", "-1"),
        ("resolution", ""),
    ] {
        let refused = service.explain(&complaint.name, clock, cycle).await;
        assert_eq!(
            violated(&refused.unwrap_err()),
            ["name"],
            "{clock:?} {cycle:?}"
        );
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_latest_cycle_of_a_clock_is_named_by_that_word() {
    let mut service = Service::start().await;
    let complaint = service.under_review().await;
    let number = format!("complaints/{}", complaint.tracking_number);
    for latest in 1..=3 {
        for (written, cycle) in [("latest", latest), ("1", 1)] {
            let name = format!("{number}/clocks/customer_update/cycles/{written}");
            let get = v1::GetClockRequest { name };
            let got = service.client.get_clock(get).await.unwrap().into_inner();
            assert_eq!((got.clock.as_str(), got.cycle), ("customer_update", cycle));
            let explained = service.explain(&number, "customer_update", written).await;
            let explained = explained.unwrap().clock.unwrap();
            assert_eq!((explained.cycle, explained.name), (cycle, got.name));
        }
        act!(
            service.client,
            complaint.name,
            send_update(SendUpdateRequest {
                message: "We are at it."
            })
        )
        .unwrap();
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_changed_past_the_service_is_said_with_the_explanation() {
    let mut service = Service::start().await;
    let complaint = service.under_review().await;
    service.tamper("update clock set due_at = due_at + interval '1 day' where name = 'resolution'");
    let explained = service
        .explain(&complaint.name, "resolution", "latest")
        .await;
    let explained = explained.unwrap();
    assert!(!explained.proved);
    let [difference] = explained.differences.as_slice() else {
        panic!("{:?}", explained.differences);
    };
    assert_eq!(difference.what, "clock resolution cycle 1: due");
    assert!(!difference.by_time_zones);
    let due = explained.clock.unwrap().due_time;
    assert_eq!(
        due, complaint.promised_time,
        "explained from the log, not from what is stored"
    );

    service.tamper("update event set actor = 'eve' where sequence = 2");
    let refused = service
        .explain(&complaint.name, "resolution", "latest")
        .await;
    let expected = (Code::DataLoss, "LOG_BROKEN".to_owned());
    assert_eq!(refusal(&refused.unwrap_err()), expected);
    service.tamper("update event set payload = '{\"kind\":\"forged\"}' where sequence = 2");
    let refused = service
        .explain(&complaint.name, "resolution", "latest")
        .await;
    assert_eq!(refusal(&refused.unwrap_err()), expected);
    service.stop().await;
}

/// What a customer or a regulator is sent, but for what differs from run to run.
const LETTER: &str = "\
Complaint NUMBER: customer update, cycle 1
  due               Tue 7 Jul 2026 17:00 EDT
  stands            running

The rule
  target            5 working days (the general target)
  promise           Part II: advisors communicate regularly. Interval proposed
  owner             handler
  code of practice  Code of practice for complaints, Canada
                    Jive Code of Practice for Complaints, Canada, parts I to IV
                    ca-jive version VERSION
  calendar          Canada, federally regulated
                    Canada Labour Code, R.S.C. 1985, c. L-2, ss. 166, 193(2)
                    ca-federal version VERSION
  time zone         America/Toronto, tz database RELEASE

How it was counted
  started           Mon 29 Jun 2026 16:00 EDT by ada (event 2, acknowledged)
  counts from       Mon 29 Jun 2026 16:00 EDT

  Mon 29 Jun 2026 16:00 EDT  to Mon 29 Jun 2026 17:00 EDT   skipped  first day, not counted
  Mon 29 Jun 2026 17:00 EDT  to Tue 30 Jun 2026 09:00 EDT   skipped  outside working hours
  Tue 30 Jun 2026 09:00 EDT  to Tue 30 Jun 2026 17:00 EDT   counted  working day 1 of 5
  Tue 30 Jun 2026 17:00 EDT  to Wed  1 Jul 2026 00:00 EDT   skipped  outside working hours
  Wed  1 Jul 2026 00:00 EDT  to Thu  2 Jul 2026 00:00 EDT   skipped  holiday: Canada Day
  Thu  2 Jul 2026 00:00 EDT  to Thu  2 Jul 2026 09:00 EDT   skipped  outside working hours
  Thu  2 Jul 2026 09:00 EDT  to Thu  2 Jul 2026 17:00 EDT   counted  working day 2 of 5
  Thu  2 Jul 2026 17:00 EDT  to Fri  3 Jul 2026 09:00 EDT   skipped  outside working hours
  Fri  3 Jul 2026 09:00 EDT  to Fri  3 Jul 2026 17:00 EDT   counted  working day 3 of 5
  Fri  3 Jul 2026 17:00 EDT  to Sat  4 Jul 2026 00:00 EDT   skipped  outside working hours
  Sat  4 Jul 2026 00:00 EDT  to Mon  6 Jul 2026 00:00 EDT   skipped  weekend
  Mon  6 Jul 2026 00:00 EDT  to Mon  6 Jul 2026 09:00 EDT   skipped  outside working hours
  Mon  6 Jul 2026 09:00 EDT  to Mon  6 Jul 2026 17:00 EDT   counted  working day 4 of 5
  Mon  6 Jul 2026 17:00 EDT  to Tue  7 Jul 2026 09:00 EDT   skipped  outside working hours
  Tue  7 Jul 2026 09:00 EDT  to Tue  7 Jul 2026 17:00 EDT   counted  working day 5 of 5

  sum               5 of 5 working days counted: it adds up

Proof
  log               3 events; the hash of the last is HASH
  stored            equals what the log gives
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_prints_a_letter_with_every_interval_and_source() {
    let mut service = Service::start().await;
    service.time.set(instant("2026-06-29T20:00:00Z"));
    let complaint = service.under_review().await;
    let server = format!("--server=http://{}", service.app.address);
    let number = complaint.tracking_number.as_str();
    let words = ["explain", number, "--clock", "customer_update", &server];
    let (done, text) = command(&words).await;
    done.unwrap();
    let events = service.events(&complaint.name).await;
    let clock = service.clock(&complaint.name, "customer_update").await;
    // The hash first, since it may contain any of the others.
    let told = text
        .replace(&last_hash(&events), "HASH")
        .replace(number, "NUMBER")
        .replace(&complaint.policy_version, "VERSION")
        .replace(&clock.calendar_version, "VERSION")
        .replace(&clock.tzdb_version, "RELEASE");
    assert_eq!(told, LETTER);

    // Without a name: what runs, each on its own.
    let (done, text) = command(&["explain", number, &server]).await;
    done.unwrap();
    let heads = text.lines().filter(|line| line.starts_with("Complaint "));
    assert_eq!(heads.count(), 3, "{text}");
    let (done, text) = command(&["explain", number, "--json", &server]).await;
    done.unwrap();
    assert_eq!(text.lines().count(), 3, "{text}");
    for line in text.lines() {
        let explained: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(explained["proved"], true);
        assert_eq!(explained["tracking_number"], number);
    }
    service.stop().await;
}

/// Of a letter that arrived on Thanksgiving in Boston and was entered a day later, and of the pause after it: what differs from
/// a plain letter.
const ARRIVED_AND_PAUSED: &str = "\
  started           Fri 27 Nov 2026 10:00 EST by ada (event 1, filed)
  took place        Thu 26 Nov 2026 14:00 EST, entered 20 h later
  counts from       Fri 27 Nov 2026 09:00 EST, the next working time after a day off where it arrived, by mail
  place of receipt  Massachusetts
                    M.G.L. c. 4, s. 7, cl. 18 (legal holidays)
                    us-ma version VERSION

  Thu 26 Nov 2026 14:00 EST  to Fri 27 Nov 2026 00:00 EST   skipped  holiday: Thanksgiving Day at the place of receipt (us-ma)
  Fri 27 Nov 2026 09:00 EST  to Fri 27 Nov 2026 17:00 EST   skipped  first day, not counted
  Sat 28 Nov 2026 00:00 EST  to Mon 30 Nov 2026 00:00 EST   skipped  weekend
  Mon 30 Nov 2026 09:00 EST  to Mon 30 Nov 2026 17:00 EST   counted  working day 1 of 10
  Tue  1 Dec 2026 09:00 EST  to Tue  1 Dec 2026 10:00 EST   counted  working day 2 of 10
  Tue  1 Dec 2026 10:00 EST  to Tue  1 Dec 2026 11:30 EST   skipped  paused: third party (event 8, by ada)
  Tue  1 Dec 2026 11:30 EST  to Tue  1 Dec 2026 17:00 EST   counted  working time
  Wed  2 Dec 2026 09:00 EST  to Wed  2 Dec 2026 17:00 EST   counted  working time
  Thu  3 Dec 2026 09:00 EST  to Thu  3 Dec 2026 17:00 EST   counted  working time
  Fri  4 Dec 2026 09:00 EST  to Fri  4 Dec 2026 17:00 EST   counted  working time
  Sat  5 Dec 2026 00:00 EST  to Mon  7 Dec 2026 00:00 EST   skipped  weekend
  Mon  7 Dec 2026 09:00 EST  to Mon  7 Dec 2026 17:00 EST   counted  working time
  Tue  8 Dec 2026 09:00 EST  to Tue  8 Dec 2026 17:00 EST   counted  working time
  Wed  9 Dec 2026 09:00 EST  to Wed  9 Dec 2026 17:00 EST   counted  working time
  Thu 10 Dec 2026 09:00 EST  to Thu 10 Dec 2026 17:00 EST   counted  working time
  Fri 11 Dec 2026 09:00 EST  to Fri 11 Dec 2026 17:00 EST   counted  working time
  Sat 12 Dec 2026 00:00 EST  to Mon 14 Dec 2026 00:00 EST   skipped  weekend
  Mon 14 Dec 2026 09:00 EST  to Mon 14 Dec 2026 10:30 EST   counted  working time

  sum               10 working days (80 h of working time): 9 h counted before the pause, 71 h after it: it adds up

What moved it
  Fri 27 Nov 2026 14:00 EST by ada (event 4, paused): paused: third party; 80 h of working time remained
    due before                Fri 11 Dec 2026 17:00 EST
    the pause ends by itself  Fri 11 Dec 2026 17:00 EST
  Fri 27 Nov 2026 15:00 EST by ada (event 6, resumed): resumed before its time counts: all 80 h of working time remain
    due from then on          Fri 11 Dec 2026 17:00 EST
  Tue  1 Dec 2026 10:00 EST by ada (event 8, paused): paused: third party; 71 h of working time remained
    due before                Fri 11 Dec 2026 17:00 EST
    the pause ends by itself  Tue 15 Dec 2026 17:00 EST
  Tue  1 Dec 2026 11:30 EST by ada (event 10, resumed): resumed: the 71 h of working time that remained count from the end of the pause
    due from then on          Mon 14 Dec 2026 10:30 EST";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_says_why_a_letter_counts_later_than_it_came_and_what_a_pause_left_of_its_time()
{
    let mut service = Service::start().await;
    service.time.set(instant("2026-11-27T15:00:00Z"));
    let mut letter = filing(v1::Channel::Mail);
    letter.received_time = Some(at("2026-11-26T19:00:00Z"));
    letter.acknowledgement = Some(v1::Acknowledgement::default());
    let complaint = service.file_as(letter).await;
    for (now, paused) in [
        ("2026-11-27T19:00:00Z", true),
        ("2026-11-27T20:00:00Z", false),
        ("2026-12-01T15:00:00Z", true),
        ("2026-12-01T16:30:00Z", false),
    ] {
        service.time.set(instant(now));
        let reason = v1::PauseReason::ThirdParty;
        if paused {
            let request = act!(
                service.client,
                complaint.name,
                pause_complaint(PauseComplaintRequest { reason: reason })
            );
            request.unwrap();
        } else {
            let request = act!(
                service.client,
                complaint.name,
                resume_complaint(ResumeComplaintRequest {})
            );
            request.unwrap();
        }
    }
    let server = format!("--server=http://{}", service.app.address);
    let number = complaint.tracking_number.as_str();
    let words = ["explain", number, "--clock", "resolution", &server];
    let (done, text) = command(&words).await;
    done.unwrap();
    let explained = service
        .explain(&complaint.name, "resolution", "latest")
        .await;
    let receipt = explained.unwrap().receipt.unwrap();
    let told = text
        .replace(number, "NUMBER")
        .replace(&receipt.calendar_version, "VERSION");
    let (_, told) = told.split_once("How it was counted\n").unwrap();
    let (told, _) = told.split_once("\nProof\n").unwrap();
    let nights = |line: &&str| !line.contains("skipped  outside working hours");
    let told: Vec<&str> = told.lines().filter(nights).collect();
    assert_eq!(told.join("\n").trim_start(), ARRIVED_AND_PAUSED);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_does_not_say_that_a_promise_which_fell_away_was_done() {
    let mut service = Service::start().await;
    let complaint = service.under_review().await;
    act!(
        service.client,
        complaint.name,
        withdraw_complaint(WithdrawComplaintRequest {
            statement: "Never mind.",
            channel: v1::Channel::Phone
        })
    )
    .unwrap();
    let server = format!("--server=http://{}", service.app.address);
    let number = complaint.tracking_number.as_str();
    for (clock, stands, word) in [
        ("acknowledgement", "met", "done"),
        ("resolution", "fell away before it was due", "ended"),
    ] {
        let (done, text) = command(&["explain", number, "--clock", clock, &server]).await;
        done.unwrap();
        assert!(
            text.contains(&format!("  stands            {stands}")),
            "{text}"
        );
        for candidate in ["done", "ended"] {
            let stated = text.contains(&format!("\n  {candidate:<18}"));
            assert_eq!(stated, candidate == word, "{clock}: {candidate}\n{text}");
        }
    }
    service.stop().await;
}

/// The hash of the last event, in hexadecimal.
fn last_hash(events: &[v1::Event]) -> String {
    let record = events.last().and_then(|event| event.record.as_ref());
    let hash = &record.expect("what was hashed").hash;
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
