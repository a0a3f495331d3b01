//! Links between complaints: both logs tell of them, and nobody sees one side without the other.

use std::sync::Arc;

use diesel::{
    RunQueryDsl as _,
    connection::SimpleConnection as _,
    dsl::sql,
    sql_types::{BigInt, Text},
};
use futures_util::future::join_all;
use redress::{
    domain::{Command, Complaint, ComplaintRef, LinkKind, Refusal},
    engine::{EngineError, Work},
    policy::Channel,
    proto::v1,
};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::support::{
    office::{Office, filing},
    service::{Service, act, refusal, violated},
};

const REQUEST: &str = "6f1c0f2e-9d0b-4a57-8d8a-0c4b9a1f6e21";

fn change(complaint: &Complaint, command: Command) -> Work {
    Work::Change {
        complaint: ComplaintRef::Id(complaint.id),
        version: None,
        command: Box::new(command),
    }
}

fn link(complaint: &Complaint, kind: LinkKind, other: &Complaint) -> Work {
    let other = ComplaintRef::Tracking(other.tracking_number.clone());
    change(complaint, Command::Link { other, kind })
}

async fn filed(office: &Office, count: usize) -> Vec<Complaint> {
    join_all((0..count).map(|_| office.file(filing(Channel::Form)))).await
}

/// The links of a complaint, as `kind` and the name of the other one.
async fn links(service: &mut Service, name: &str) -> Vec<(v1::LinkKind, String)> {
    let complaint = service.get(name).await;
    let links = complaint.links.into_iter();
    links.map(|link| (link.kind(), link.complaint)).collect()
}

/// How many transactions wrote events of this kind.
fn transactions(service: &Service, kind: &str) -> i64 {
    let counted = sql::<BigInt>("(select count(distinct xid) from event where kind = ")
        .bind::<Text, _>(kind)
        .sql(")");
    let counted = diesel::select(counted).get_result(&mut service.database.connect());
    counted.expect("the test database")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_complaints_tell_of_a_link_and_of_its_end_and_a_reader_hears_of_both_at_once() {
    let mut service = Service::start().await;
    let one = service.file(v1::Channel::Form).await;
    let two = service.file(v1::Channel::Phone).await;
    let mut watch = service.watch(&["linked", "unlinked"]).await;
    let linked = act!(
        service.client,
        one.name,
        link_complaint(LinkComplaintRequest {
            other_complaint: format!("complaints/{}", two.tracking_number),
            kind: v1::LinkKind::DuplicateOf
        })
    );
    assert_eq!(
        linked.unwrap().links[0].tracking_number,
        two.tracking_number
    );
    let seen = links(&mut service, &one.name).await;
    assert_eq!(seen, [(v1::LinkKind::DuplicateOf, two.name.clone())]);
    let seen = links(&mut service, &two.name).await;
    assert_eq!(seen, [(v1::LinkKind::DuplicatedBy, one.name.clone())]);

    // Whichever side it was made from.
    let unlinked = act!(
        service.client,
        two.name,
        unlink_complaint(UnlinkComplaintRequest {
            other_complaint: one.name.as_str()
        })
    );
    assert!(unlinked.unwrap().links.is_empty());
    assert!(links(&mut service, &one.name).await.is_empty());
    for word in ["linked", "unlinked"] {
        let pair = [watch.next().await.unwrap(), watch.next().await.unwrap()];
        assert_eq!(
            transactions(&service, word),
            1,
            "both are in one transaction"
        );
        let mut told: Vec<String> = Vec::new();
        for response in pair {
            let event = response.event.unwrap();
            let link = match event.fact.clone().unwrap() {
                v1::event::Fact::Linked(linked) => linked.link,
                v1::event::Fact::Unlinked(unlinked) => unlinked.link,
                other => panic!("{other:?}"),
            };
            let link = link.unwrap();
            let kind = link.kind().as_str_name();
            told.push(format!("{} {kind} {}", event.complaint, link.complaint));
        }
        told.sort();
        let mut expected = [
            format!("{} LINK_KIND_DUPLICATE_OF {}", one.name, two.name),
            format!("{} LINK_KIND_DUPLICATED_BY {}", two.name, one.name),
        ];
        expected.sort();
        assert_eq!(told, expected, "{word}");
    }
    assert_eq!(
        service.kinds(&two.name).await,
        ["filed", "linked", "unlinked"]
    );
    drop(watch);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_linked_is_refused_by_a_reason_and_leaves_both_as_they_were() {
    let mut service = Service::start().await;
    let one = service.file(v1::Channel::Form).await;
    let two = service.file(v1::Channel::Phone).await;
    // One that is over can be linked, too.
    act!(
        service.client,
        two.name,
        withdraw_complaint(WithdrawComplaintRequest {
            statement: "Never mind.",
            channel: v1::Channel::Phone
        })
    )
    .unwrap();
    act!(
        service.client,
        two.name,
        link_complaint(LinkComplaintRequest {
            other_complaint: one.name.as_str(),
            kind: v1::LinkKind::SameCause
        })
    )
    .unwrap();
    let rows = service.rows();
    let refuses = async |service: &mut Service, other: &str| {
        let linked = act!(
            service.client,
            one.name,
            link_complaint(LinkComplaintRequest {
                other_complaint: other,
                kind: v1::LinkKind::FollowUpOf
            })
        );
        linked.unwrap_err()
    };
    let again = refuses(&mut service, &two.name).await;
    let reason = "ALREADY_LINKED".to_owned();
    assert_eq!(refusal(&again), (Code::AlreadyExists, reason));
    let info = again.get_details_error_info().unwrap();
    assert_eq!(info.metadata["kind"], "same_cause");

    let unknown = "complaints/01890a5d-ac96-774b-bcce-b302099a8057";
    let nowhere = refuses(&mut service, unknown).await;
    let reason = "COMPLAINT_NOT_FOUND".to_owned();
    assert_eq!(refusal(&nowhere), (Code::NotFound, reason));
    let info = nowhere.get_details_error_info().unwrap();
    assert_eq!(info.metadata["field"], "other_complaint");

    // By either of its names.
    for itself in [&one.name, &format!("complaints/{}", one.tracking_number)] {
        let refused = refuses(&mut service, itself).await;
        assert_eq!(violated(&refused), ["other_complaint"]);
    }
    let stale = act!(
        service.client,
        one.name,
        unlink_complaint(UnlinkComplaintRequest {
            etag: one.etag.as_str(),
            other_complaint: two.name.as_str()
        })
    );
    let reason = "ETAG_MISMATCH".to_owned();
    assert_eq!(refusal(&stale.unwrap_err()), (Code::Aborted, reason));
    let three = service.file(v1::Channel::Form).await;
    let parted = act!(
        service.client,
        one.name,
        unlink_complaint(UnlinkComplaintRequest {
            other_complaint: three.name.as_str()
        })
    );
    let reason = "LINK_NOT_FOUND".to_owned();
    assert_eq!(refusal(&parted.unwrap_err()), (Code::NotFound, reason));
    let events = |rows: &[i64]| rows[1];
    assert_eq!(events(&service.rows()), events(&rows) + 1, "the filing");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_link_is_made_once_whichever_names_the_complaints_go_by() {
    let mut service = Service::start().await;
    let one = service.file(v1::Channel::Form).await;
    let two = service.file(v1::Channel::Form).await;
    let three = service.file(v1::Channel::Form).await;
    let names = |complaint: &v1::Complaint| {
        let by_number = format!("complaints/{}", complaint.tracking_number.to_lowercase());
        [complaint.name.clone(), by_number]
    };
    let link = async |service: &mut Service, name: &str, other: &str| {
        act!(
            service.client,
            name,
            link_complaint(LinkComplaintRequest {
                request_id: REQUEST,
                other_complaint: other,
                kind: v1::LinkKind::FollowUpOf
            })
        )
    };
    let first = link(&mut service, &one.name, &two.name).await.unwrap();
    let rows = service.rows();
    for name in names(&one) {
        for other in names(&two) {
            let again = link(&mut service, &name, &other).await;
            assert_eq!(again.unwrap(), first, "{name} {other}");
        }
    }
    for (name, other) in [(&one, &three), (&three, &two), (&two, &one)] {
        let other = link(&mut service, &name.name, &other.name).await;
        let reason = "REQUEST_ID_REUSED".to_owned();
        assert_eq!(refusal(&other.unwrap_err()), (Code::AlreadyExists, reason));
    }
    assert_eq!(service.rows(), rows);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_callers_who_link_the_same_two_complaints_crosswise_do_not_block_one_another() {
    let office = Office::open();
    let replica = Office::beside(Arc::clone(&office.database), Arc::clone(&office.time));
    for round in 0..25 {
        let complaints = filed(&office, 2).await;
        let [a, b] = complaints.as_slice() else {
            panic!("two");
        };
        let (one, other) = tokio::join!(
            office.submit(None, link(a, LinkKind::DuplicateOf, b)),
            replica.submit(None, link(b, LinkKind::DuplicateOf, a))
        );
        let (first, second) = if one.is_ok() {
            (one, other)
        } else {
            (other, one)
        };
        assert_eq!(first.unwrap().links.len(), 1, "round {round}");
        match second {
            Err(EngineError::Refused(refusal)) => {
                assert!(
                    matches!(*refusal, Refusal::AlreadyLinked { .. }),
                    "{refusal}"
                );
            }
            other => panic!("round {round}: {other:?}"),
        }
    }
    assert_eq!(office.verified().1, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_that_links_the_same_complaints_at_once_comes_to_its_end_and_both_sides_agree() {
    let office = Office::open();
    let replica = Office::beside(Arc::clone(&office.database), Arc::clone(&office.time));
    let complaints = filed(&office, 12).await;
    let pairs = (0..12).flat_map(|one| (0..12).map(move |other| (one, other)));
    let calls = pairs
        .filter(|(one, other)| one != other)
        .map(|(one, other)| {
            let office = [&office, &replica][(one + other) % 2];
            let work = link(&complaints[one], LinkKind::SameCause, &complaints[other]);
            office.submit(None, work)
        });
    let answers = join_all(calls).await;
    let linked = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(linked, 12 * 11 / 2, "each pair once");
    for refused in answers.into_iter().filter_map(Result::err) {
        assert!(matches!(refused, EngineError::Refused(_)), "{refused:?}");
    }
    for complaint in &complaints {
        assert_eq!(office.events(complaint).await.len(), 1 + 11);
    }
    assert_eq!(office.verified().1, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_to_a_complaint_that_is_held_waits_for_it_and_holds_up_nobody_on_the_other() {
    let office = Office::open();
    let complaints = filed(&office, 2).await;
    let [free, held] = complaints.as_slice() else {
        panic!("two");
    };
    let mut session = office.database.connect();
    let hold = format!(
        "begin; select from complaint where id = '{}' for update",
        held.id
    );
    session.batch_execute(&hold).unwrap();
    let (engine, work) = (office.engine.clone(), link(free, LinkKind::SameCause, held));
    let waiting = tokio::spawn(async move {
        let envelope = redress::engine::Envelope {
            request: None,
            actor: "the desk".to_owned().into(),
            scope: Default::default(),
            work,
        };
        engine.submit(envelope).await
    });
    for number in 0..10 {
        let note = format!("Note {number}.");
        office
            .change(free, Command::AddNote { note })
            .await
            .unwrap();
    }
    assert!(!waiting.is_finished());
    session.batch_execute("rollback").unwrap();
    let linked = waiting.await.unwrap().unwrap();
    assert_eq!(linked.links.len(), 1);
    assert_eq!(office.events(held).await.len(), 2);
    assert_eq!(office.verified().1, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_is_left_on_one_side_alone_is_found() {
    let office = Office::open();
    let complaints = filed(&office, 2).await;
    let [one, other] = complaints.as_slice() else {
        panic!("two");
    };
    let work = link(one, LinkKind::DuplicateOf, other);
    office.submit(None, work).await.unwrap();
    let gone = format!(
        "update complaint set body = ((body::jsonb) - 'links')::json where id = '{}'",
        other.id
    );
    let changed = diesel::sql_query(gone).execute(&mut office.database.connect());
    assert_eq!(changed.unwrap(), 1);
    let (_, found) = office.verified();
    let (one, other) = (&one.tracking_number, &other.tracking_number);
    let one_sided =
        format!("{one} links: duplicate_of {other}, which does not have the link from its side");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.contains(&one_sided), "{found:?}");
    let by_log = found.iter().find(|found| found.starts_with(other.as_str()));
    assert!(by_log.unwrap().contains("complaint: links: stored null"));
}
