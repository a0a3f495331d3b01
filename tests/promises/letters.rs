//! What stands in the letters that customers get.

use diesel::RunQueryDsl as _;
use redress::proto::v1::{ClosureReason, CustomerAnswer};

use crate::support::service::{Service, act};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_agreed_is_told_again_when_it_was_accepted_carried_out_and_closed() {
    let mut service = Service::start().await;
    let name = service.under_review().await.name;
    let told = act!(
        service.client,
        name,
        propose_outcome(ProposeOutcomeRequest {
            message: "The cabinet was repaired.",
            remedy: "A credit of 20 dollars."
        })
    );
    told.unwrap();
    let accepted = act!(
        service.client,
        name,
        record_customer_answer(RecordCustomerAnswerRequest {
            answer: CustomerAnswer::Accepted
        })
    );
    accepted.unwrap();
    let (_, text) = service.last_notice(&name).await;
    assert!(
        text.contains("What we agreed: A credit of 20 dollars."),
        "{text}"
    );
    let done = act!(
        service.client,
        name,
        confirm_implementation(ConfirmImplementationRequest {})
    );
    done.unwrap();
    let (_, text) = service.last_notice(&name).await;
    assert!(
        text.contains("What we did: A credit of 20 dollars."),
        "{text}"
    );
    // Once its words are erased, the letter goes without them.
    let erase = diesel::sql_query("delete from personal where sequence > 1");
    erase.execute(&mut service.database.connect()).unwrap();
    let closed = act!(
        service.client,
        name,
        close_complaint(CloseComplaintRequest {
            reason: ClosureReason::Accepted
        })
    );
    closed.unwrap();
    let (_, text) = service.last_notice(&name).await;
    assert!(!text.contains("What we did"), "{text}");
    service.stop().await;
}
