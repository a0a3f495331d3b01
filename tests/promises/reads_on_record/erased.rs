//! An erasure leaves who was shown the data on record, and nothing of the data.

use diesel::{QueryableByName, RunQueryDsl as _, sql_query, sql_types::Text};
use redress::{access::Role, proto::v1};

use super::{Known, all_with, get};
use crate::support::service::{act, filing};

const MARK: &str = "zqmark";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    row: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reads_of_an_erased_person_stay_on_record_and_hold_nothing_of_the_person() {
    let known = Known::start().await;
    let mut ada = known.client("ada", Role::Adviser).await;
    let mut filed = filing(v1::Channel::Form);
    let customer = filed.customer.as_mut().unwrap();
    customer.full_name = format!("{MARK} customer");
    customer.email = format!("{MARK}@example.com");
    filed.issues[0].description = format!("{MARK} words");
    filed.acknowledgement = Some(v1::Acknowledgement::default());
    let name = ada.file_complaint(filed).await.unwrap().into_inner().name;
    act!(
        ada,
        name,
        verify_identity(VerifyIdentityRequest {
            method: "security questions"
        })
    )
    .unwrap();
    let statement = format!("{MARK} never mind");
    act!(
        ada,
        name,
        withdraw_complaint(WithdrawComplaintRequest {
            statement: statement,
            channel: v1::Channel::Phone
        })
    )
    .unwrap();
    ada.get_complaint(get(&name)).await.unwrap();
    ada.list_complaints(all_with(&["*"])).await.unwrap();
    let mut cleo = known.privacy("cleo", Role::Compliance).await;
    let export = v1::ExportPersonRequest {
        complaints: vec![name.clone()],
    };
    let mut parts = cleo.export_person(export).await.unwrap().into_inner();
    while parts.message().await.unwrap().is_some() {}
    let find = v1::FindPersonRequest {
        identity: Some(v1::find_person_request::Identity::Email(format!(
            "{MARK}@example.com"
        ))),
    };
    let mut found = cleo.find_person(find).await.unwrap().into_inner();
    while found.message().await.unwrap().is_some() {}
    let before = known.recorded(&name).await;
    assert!(before.len() >= 4, "{before:?}");

    act!(
        cleo,
        by "cleo",
        name,
        erase_person(ErasePersonRequest {
            reason: v1::ErasureReason::Request
        })
    )
    .unwrap();
    // What is erased is not shown any more, so nothing is added.
    ada.get_complaint(get(&name)).await.unwrap();
    let mut other = filing(v1::Channel::Form);
    other.acknowledgement = Some(v1::Acknowledgement::default());
    let other = ada.file_complaint(other).await.unwrap().into_inner().name;
    assert_eq!(known.recorded(&other).await, before);
    let rows = sql_query("select r::text as row from personal_read r");
    let rows: Vec<Row> = rows.load(&mut known.service.database.connect()).unwrap();
    assert!(rows.len() > before.len());
    for Row { row } in rows {
        assert!(!row.contains(MARK), "{row}");
    }
    known.service.stop().await;
}
