//! Who has to wait for a complaint that others want, too.

use std::sync::Arc;

use futures_util::future::join_all;
use redress::{
    domain::{Command, Complaint, ComplaintRef},
    engine::{EngineError, Work},
    policy::Channel,
    time_source::Stopwatch,
};

use crate::support::office::{Office, filing};

fn assign(complaint: &Complaint, assignee: &str) -> Work {
    Work::Change {
        complaint: ComplaintRef::Id(complaint.id),
        version: None,
        command: Box::new(Command::Assign {
            assignee: assignee.to_owned(),
        }),
    }
}

/// Twenty changes one after the other.
async fn keep_changing(
    office: &Office,
    complaint: &Complaint,
    caller: usize,
) -> Result<(), EngineError> {
    for round in 0..20 {
        let name = ["a", "b"][round % 2];
        let change = assign(complaint, &format!("handler {caller} {name}"));
        office.submit(None, change).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_sixty_four_callers_want_of_one_complaint_at_once_is_carried_out() {
    let office = Office::open();
    let replica = Office::beside(Arc::clone(&office.database), Arc::clone(&office.time));
    let complaint = office.file(filing(Channel::Form)).await;
    for offices in [[&office, &office], [&office, &replica]] {
        let stopwatch = Stopwatch::start();
        let callers = (0..64).map(|caller| keep_changing(offices[caller % 2], &complaint, caller));
        for done in join_all(callers).await {
            done.unwrap();
        }
        println!("1280 changes in {:?}", stopwatch.elapsed());
    }
    let changes = office.events(&complaint).await.len();
    assert_eq!(changes, 1 + 2 * 64 * 20);
}
