//! Who reads may say for what purpose.

use redress::{
    access::Role,
    client::{self, Purpose, Target},
    proto::v1,
};
use tonic::{Request, metadata::MetadataValue};

use super::{Known, get};
use crate::support::{command::command, service::violated};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purpose_stands_on_record_as_it_was_given() {
    let known = Known::start().await;
    let name = known.complaint().await.name;
    for (reader, said, recorded) in [
        ("ada", "  call 4711 ", "call 4711"),
        ("bea", "réclamation nº 7", "réclamation nº 7"),
        ("cleo", " ", ""),
    ] {
        let target = Target {
            purpose: Purpose::of(said),
            ..known.target(reader, Role::Compliance)
        };
        let mut client = client::connect(&target).await.unwrap();
        client.get_complaint(get(&name)).await.unwrap();
        let mut privacy = client::connect_privacy(&target).await.unwrap();
        let export = v1::ExportPersonRequest {
            complaints: vec![name.clone()],
        };
        let mut parts = privacy.export_person(export).await.unwrap().into_inner();
        while parts.message().await.unwrap().is_some() {}
        let mut reads = known.recorded(&name).await;
        reads.retain(|read| read.reader == reader);
        assert!(reads.len() >= 2, "{reads:?}");
        assert!(
            reads.iter().all(|read| read.purpose == recorded),
            "{reads:?}"
        );
    }
    known.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_purpose_is_refused_by_the_name_of_the_header_and_nothing_is_shown() {
    let known = Known::start().await;
    let name = known.complaint().await.name;
    let with = |change: &dyn Fn(&mut Request<v1::GetComplaintRequest>)| {
        let mut request = Request::new(get(&name));
        change(&mut request);
        request
    };
    let plain = |text: &str| {
        let text = text.to_owned();
        with(&move |request| {
            let metadata = request.metadata_mut();
            metadata.append("redress-purpose", text.parse().unwrap());
        })
    };
    let binary = |bytes: &[u8]| {
        let value = MetadataValue::from_bytes(bytes);
        with(&move |request| {
            let metadata = request.metadata_mut();
            metadata.append_bin("redress-purpose-bin", value.clone());
        })
    };
    let longest = "x".repeat(200);
    // Whether they are shown anything or not.
    for role in [Role::Adviser, Role::Auditor] {
        let mut client = known.client("ada", role).await;
        client.get_complaint(plain(&longest)).await.unwrap();
        let twice = with(&|request| {
            for text in ["one", "two"] {
                let metadata = request.metadata_mut();
                metadata.append("redress-purpose", text.parse().unwrap());
            }
        });
        for wrong in [
            plain(&format!("{longest}x")),
            binary(b"a\0b"),
            binary("a\u{202e}b".as_bytes()),
            binary(&[0xff]),
            twice,
        ] {
            let refused = client.get_complaint(wrong).await.unwrap_err();
            assert_eq!(violated(&refused), ["redress-purpose"], "{refused:?}");
        }
    }
    let reads = known.recorded(&name).await;
    assert_eq!(reads.len(), 1, "{reads:?}");
    known.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_that_show_personal_data_say_why_and_list_who_read_them() {
    let known = Known::start().await;
    let complaint = known.complaint().await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let token = path("cleo.token");
    std::fs::write(&token, known.token("Cleo", Role::Compliance)).unwrap();
    let server = format!("http://{}", known.service.app.address);
    let at = ["--server", &server, "--token-file", &token];
    let purpose = ["--purpose", "access request 17"];
    let (number, file) = (complaint.tracking_number.as_str(), path("export.json"));
    for words in [
        vec!["show", number],
        vec!["person", "export", number, "--output", &file],
        vec!["person", "find", "--account", "A-4711"],
    ] {
        let (done, _) = command(&[&words[..], &at, &purpose].concat()).await;
        done.unwrap();
    }
    let reads = known.recorded(&complaint.name).await;
    assert!(
        reads.iter().all(|read| read.purpose == "access request 17"),
        "{reads:?}"
    );
    let (listed, text) =
        command(&[&["person", "reads", "--complaint", number][..], &at].concat()).await;
    listed.unwrap();
    for words in [
        "Cleo",
        "GetComplaint",
        "ListEvents",
        "ExportPerson",
        "FindPerson",
        "access request 17",
        "words of an issue",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let none = [
        "person",
        "reads",
        "--reader",
        "cleo",
        "--until",
        "2026-06-02T09:59",
    ];
    let (listed, text) = command(&[&none[..], &at].concat()).await;
    listed.unwrap();
    assert!(text.contains("No reads match."), "{text}");
    let json = [
        "person",
        "reads",
        "--reader",
        "cleo",
        "--since",
        "2026-06-02T10:00",
        "--json",
    ];
    let (listed, text) = command(&[&json[..], &at].concat()).await;
    listed.unwrap();
    assert_eq!(text.lines().count(), reads.len(), "{text}");
    known.service.stop().await;
}
