//! Who has to wait for a complaint that others want, too.

use std::sync::Arc;

use diesel::connection::SimpleConnection as _;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_complaint_that_another_session_holds_delays_its_own_callers_alone() {
    let office = Office::open();
    let held = office.file(filing(Channel::Form)).await;
    let others = (0..16).map(|_| office.file(filing(Channel::Form)));
    let others = join_all(others).await;
    let mut session = office.database.connect();
    let hold = format!(
        "begin; select from complaint where id = '{}' for update",
        held.id
    );
    session.batch_execute(&hold).unwrap();
    let wanting: Vec<_> = (0..16)
        .map(|caller| {
            let (engine, work) = (
                office.engine.clone(),
                assign(&held, &format!("agent {caller}")),
            );
            tokio::spawn(async move {
                let envelope = redress::engine::Envelope {
                    request: None,
                    actor: "the desk".to_owned().into(),
                    scope: Default::default(),
                    work,
                };
                engine.submit(envelope).await
            })
        })
        .collect();
    // All of it is carried out while the complaint is held.
    let going_on = others
        .iter()
        .enumerate()
        .map(|(caller, other)| keep_changing(&office, other, caller));
    for done in join_all(going_on).await {
        done.unwrap();
    }
    assert!(wanting.iter().all(|call| !call.is_finished()));
    session.batch_execute("rollback").unwrap();
    for call in wanting {
        call.await.unwrap().unwrap();
    }
    assert_eq!(office.events(&held).await.len(), 1 + 16);
}
