//! What a person may ask for: whatever was entered is gone once it is erased.

use std::collections::BTreeSet;

use diesel::{RunQueryDsl as _, sql_query};
use redress::proto::v1;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::support::{
    entry::{MARK, entered},
    office::{START, instant},
    privacy::{erase, export, privacy, verified},
    requests::methods,
    rows::{every_row, rows_with},
    service::{Service, act, at, refusal, violated},
};

/// When everything is over, and the customer was told of the independent body, which the escalation calls for.
const OVER: &str = "2026-06-02T14:01:00Z";

/// Ends what is still timed.
async fn conclude(service: &mut Service, name: &str) {
    service.time.set(instant(OVER));
    let client = &mut service.client;
    act!(
        client,
        name,
        record_referral_stage(RecordReferralStageRequest {
            stage: v1::ReferralStage::Concluded
        })
    )
    .unwrap();
    act!(
        client,
        name,
        withdraw_complaint(WithdrawComplaintRequest {
            statement: "zqmark0xwithdrawn",
            channel: v1::Channel::Phone
        })
    )
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_entered_is_handed_out_and_no_byte_of_it_is_left_once_it_is_erased() {
    crate::support::watchdog::watch_hard_work();
    let mut service = Service::start().await;
    let (entry, names) = entered(&mut service).await;
    conclude(&mut service, &names[0]).await;
    let changing = methods().into_iter().filter(|method| {
        let input = method.input();
        input.get_field_by_name("request_id").is_some()
            && method.parent_service().name() == "ComplaintService"
    });
    let changing: BTreeSet<String> = changing.map(|method| method.name().to_owned()).collect();
    // These take nothing personal.
    let untried = [
        "RecordReferralStage",
        "ConvertEnquiry",
        "BatchAssignComplaints",
        "BatchLabelComplaints",
        "BatchPauseComplaints",
    ];
    let untried = untried.map(str::to_owned);
    let tried: BTreeSet<String> = entry.accepted.iter().cloned().chain(untried).collect();
    assert_eq!(tried, changing, "every method that enters something");

    let mut privacy = privacy(&service).await;
    let rows = every_row(&service);
    let mut exported = String::new();
    for name in &names {
        exported += &export(&mut privacy, name).await.unwrap().to_string();
    }
    for datum in &entry.entered {
        assert!(!rows_with(&rows, datum).is_empty(), "{datum} is stored");
        assert!(exported.contains(datum), "{datum} is not handed out");
    }
    assert!(entry.entered.len() > 50, "{:?}", entry.entered);

    for name in &names {
        let erased = erase(&mut privacy, name, v1::ErasureReason::Request).await;
        let erased = erased.unwrap_or_else(|status| panic!("{name}: {status:?}"));
        let erasure = erased.erasure.expect("it says so");
        assert_eq!(erasure.erased_time, Some(at(OVER)));
        let read = service.get(name).await;
        assert_eq!((read.customer, read.erasure), (None, Some(erasure)));
        let last = service.events(name).await.pop().unwrap();
        assert_eq!(last.kind(), v1::EventKind::PersonalDataErased);
        let events = service.events(name).await;
        assert!(events.iter().all(|event| event.text.is_empty()));
        let notices = service.notices(name).await;
        let left = notices.iter().map(|it| it.text.clone() + &it.addressee);
        assert_eq!(left.collect::<String>(), "");
    }
    let rows = every_row(&service);
    for datum in entry.entered.iter().map(String::as_str).chain([MARK]) {
        assert_eq!(rows_with(&rows, datum), Vec::<String>::new(), "{datum}");
    }
    for name in &names {
        let document = export(&mut privacy, name).await.unwrap().to_string();
        assert!(!document.contains(MARK), "{document}");
    }
    let (_, found) = verified(&service);
    assert_eq!(found, Vec::<String>::new());
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_without_an_erasure_and_what_is_left_of_one_is_found() {
    let mut service = Service::start().await;
    let mut privacy = privacy(&service).await;
    let kept = service.under_review().await.name;
    let erased = service.under_review().await.name;
    let client = &mut service.client;
    act!(
        client,
        erased,
        withdraw_complaint(WithdrawComplaintRequest {
            statement: "Never mind.",
            channel: v1::Channel::Phone
        })
    )
    .unwrap();
    erase(&mut privacy, &erased, v1::ErasureReason::Order)
        .await
        .unwrap();
    assert_eq!(verified(&service), (2, Vec::new()));
    let id = |name: &str| name.trim_start_matches("complaints/").to_owned();
    let connection = &mut service.database.connect();
    for (statement, finding) in [
        (
            format!(
                "delete from personal where complaint_id = '{}' and sequence = 1",
                id(&kept)
            ),
            "personal data of event 1: missing, and no event says that it was erased",
        ),
        (
            format!(
                "update personal set body = '{{\"notice\": [\"All is well.\"]}}' \
                 where complaint_id = '{}' and body -> 'notice' is not null",
                id(&kept)
            ),
            "text: its words are not those that the log has the digest of",
        ),
        (
            format!(
                "delete from personal where complaint_id = '{}' and body -> 'notice' is not null",
                id(&kept)
            ),
            "text: missing, and no event says that it was erased",
        ),
        (
            format!(
                "insert into personal values ('{}', 1, '{{\"text\": \"a copy\"}}')",
                id(&erased)
            ),
            "personal data of event 1: there, although event ",
        ),
    ] {
        let changed = sql_query(&statement).execute(connection).unwrap();
        assert!(changed > 0, "{statement}");
        let (_, found) = verified(&service);
        let named = found.iter().any(|it| it.contains(finding));
        assert!(named, "{statement}: {found:?}");
    }
    // Not even an erasure takes it away that there was a notice.
    let lost = format!("delete from notice where complaint_id = '{}'", id(&erased));
    sql_query(lost).execute(connection).unwrap();
    let (_, found) = verified(&service);
    let is_lost = |it: &&String| it.starts_with("notice ") && it.ends_with(": missing");
    // The acknowledgement, and that it was withdrawn.
    assert_eq!(found.iter().filter(is_lost).count(), 2, "{found:?}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_erased_yet_is_told_with_what_is_in_the_way() {
    let mut service = Service::start().await;
    let mut privacy = privacy(&service).await;
    let name = service.under_review().await.name;
    let request = v1::ErasureReason::Request;
    let refused = erase(&mut privacy, &name, request).await.unwrap_err();
    assert_eq!(
        refusal(&refused),
        (Code::FailedPrecondition, "NOT_POSSIBLE_NOW".to_owned())
    );
    let of_the_service = erase(&mut privacy, &name, v1::ErasureReason::RetentionEnded).await;
    assert_eq!(violated(&of_the_service.unwrap_err()), ["reason"]);
    let held = act!(
        privacy,
        name,
        place_legal_hold(PlaceLegalHoldRequest {
            reason: v1::LegalHoldReason::Litigation
        })
    )
    .unwrap();
    let holds: Vec<_> = held.legal_holds.iter().map(v1::LegalHold::reason).collect();
    assert_eq!(holds, [v1::LegalHoldReason::Litigation]);
    assert_eq!(held.legal_holds[0].placed_time, Some(at(START)));
    let client = &mut service.client;
    act!(
        client,
        name,
        withdraw_complaint(WithdrawComplaintRequest {
            statement: "Never mind.",
            channel: v1::Channel::Phone
        })
    )
    .unwrap();
    act!(client, name, refer_complaint(ReferComplaintRequest {})).unwrap();
    let refused = erase(&mut privacy, &name, request).await.unwrap_err();
    assert_eq!(
        refusal(&refused),
        (Code::FailedPrecondition, "LEGAL_HOLD".to_owned())
    );
    let info = refused.get_details_error_info().unwrap();
    assert_eq!(info.metadata["holds"], "litigation,referral");
    let released = act!(
        privacy,
        name,
        release_legal_hold(ReleaseLegalHoldRequest {
            reason: v1::LegalHoldReason::Litigation
        })
    );
    assert_eq!(released.unwrap().legal_holds, []);
    let refused = erase(&mut privacy, &name, request).await.unwrap_err();
    let info = refused.get_details_error_info().unwrap();
    assert_eq!(info.metadata["holds"], "referral");
    let kinds = service.kinds(&name).await;
    let holds: Vec<_> = kinds
        .iter()
        .filter(|kind| kind.starts_with("legal"))
        .collect();
    assert_eq!(holds, ["legal_hold_placed", "legal_hold_released"]);
    service.stop().await;
}
