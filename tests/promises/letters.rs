//! What stands in the letters that customers get.

use diesel::RunQueryDsl as _;
use redress::proto::v1::{ClosureReason, CustomerAnswer, event::Fact};
use sha2::{Digest as _, Sha256};

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
        text.contains("What we agreed: A credit of 20 dollars."),
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
    assert!(!text.contains("What we agreed"), "{text}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_begins_with_the_name_and_the_digest_in_the_log_proves_the_words_below_it() {
    let mut service = Service::start().await;
    let name = service.under_review().await.name;
    let events = service.events(&name).await;
    let Some(Fact::NoticeIssued(issued)) = &events.last().unwrap().fact else {
        panic!("the acknowledgement is the last event: {events:?}");
    };
    let proven = |text: &str| Sha256::digest(text)[..] == issued.text_sha256[..];
    let letter = service.notices(&name).await.pop().unwrap();
    assert_eq!(letter.addressee, "Sample Customer");
    let words = letter.text.strip_prefix("Sample Customer\n\n").unwrap();
    assert!(words.starts_with("June 2, 2026\n\nSubject: "), "{words}");
    assert!(proven(words));

    // A name that is erased takes nothing from the proof.
    let erase = diesel::sql_query("delete from personal where sequence = 1");
    erase.execute(&mut service.database.connect()).unwrap();
    let nameless = service.notices(&name).await.pop().unwrap();
    assert_eq!(
        (nameless.addressee.as_str(), nameless.text.as_str()),
        ("", words)
    );
    assert!(proven(&nameless.text));

    let erase = diesel::sql_query("delete from personal");
    erase.execute(&mut service.database.connect()).unwrap();
    let erased = service.notices(&name).await.pop().unwrap();
    assert_eq!((erased.addressee.as_str(), erased.text.as_str()), ("", ""));
    service.stop().await;
}
