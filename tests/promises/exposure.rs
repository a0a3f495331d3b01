//! A service that would be open to everybody, or closed to everybody, does not start.

use std::{path::PathBuf, process::Command, sync::Arc, time::Duration};

use redress::{
    api::{
        auth::{ClientSubjectsFile, DevKey},
        grpc::TlsFiles,
    },
    app::{App, AppConfig, AppError},
    time_source::ManualTime,
};

use crate::support::{
    certificates::{Authority, Folder},
    database::TestDatabase,
    office::{START, instant},
    service::config,
};

const SUBJECTS: &str = r#"
[[client]]
subject = "crm"
uris = ["spiffe://example.org/crm"]
roles = ["integration"]
brands = ["*"]
"#;

fn everywhere(database: &TestDatabase) -> AppConfig {
    AppConfig {
        listen: "0.0.0.0:0".parse().unwrap(),
        ..config(&database.url, Arc::new(ManualTime::at(instant(START))))
    }
}

fn subjects(file: PathBuf) -> Option<ClientSubjectsFile> {
    Some(ClientSubjectsFile {
        file,
        look_every: Duration::from_millis(10),
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_knows_nobody_listens_on_loopback_alone() {
    let database = TestDatabase::create();
    let authority = Authority::new();
    let folder = Folder::of(&authority.server());
    // A certificate alone lets a connection in, and says of nobody what may be done.
    for tls in [None, Some(folder.files(None)), certificates(&folder, true)] {
        let refused = App::start(AppConfig {
            tls,
            ..everywhere(&database)
        });
        let refused = refused.await.err().unwrap();
        assert!(matches!(refused, AppError::OpenToAll { .. }), "{refused}");
        let said = refused.to_string();
        for way in ["--oidc-issuer", "--client-subjects", "127.0.0.1"] {
            assert!(said.contains(way), "{said}");
        }
    }
    let by_tokens = AppConfig {
        issuers: vec![DevKey::generate().unwrap().issuer()],
        ..everywhere(&database)
    };
    App::start(by_tokens).await.unwrap().stop().await.unwrap();
    let file = folder.write("subjects.toml", SUBJECTS);
    for required in [true, false] {
        let by_certificates = AppConfig {
            tls: certificates(&folder, required),
            client_subjects: subjects(file.clone()),
            ..everywhere(&database)
        };
        let app = App::start(by_certificates).await.unwrap();
        app.stop().await.unwrap();
    }
}

fn certificates(folder: &Folder, required: bool) -> Option<TlsFiles> {
    Some(folder.files(Some((&Authority::new(), required))))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_that_nobody_is_asked_for_prove_nobody_and_nothing_starts() {
    let database = TestDatabase::create();
    let folder = Folder::of(&Authority::new().server());
    let file = folder.write("subjects.toml", SUBJECTS);
    for tls in [None, Some(folder.files(None))] {
        let refused = App::start(AppConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            tls,
            client_subjects: subjects(file.clone()),
            ..everywhere(&database)
        });
        let refused = refused.await.err().unwrap();
        assert!(matches!(refused, AppError::NoCertificates), "{refused}");
        assert!(refused.to_string().contains("--client-ca-file"));
    }
    let wrong = folder.write("wrong.toml", &SUBJECTS.replace("integration", "crm"));
    let refused = App::start(AppConfig {
        tls: certificates(&folder, true),
        client_subjects: subjects(wrong),
        ..everywhere(&database)
    });
    let said = refused.await.err().unwrap().to_string();
    assert!(
        said.contains("wrong.toml:5:10: unknown variant `crm`"),
        "{said}"
    );
}

#[test]
fn a_service_that_must_not_listen_there_is_refused_before_it_starts_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let subjects = folder.path().join("subjects.toml");
    std::fs::write(&subjects, SUBJECTS).unwrap();
    let subjects = subjects.to_str().unwrap();
    for (words, says) in [
        (["--listen", "0.0.0.0:0"], "--oidc-issuer"),
        (["--client-subjects", subjects], "--client-ca-file"),
    ] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_redress"));
        program
            .arg("serve")
            .args(words)
            .arg("--data-dir")
            .arg(&data);
        for variable in ["REDRESS_DATABASE_URL", "REDRESS_DATABASE_URL_FILE"] {
            program.env_remove(variable);
        }
        let refused = program.output().unwrap();
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(said.contains(says), "{said}");
        assert!(!data.exists(), "{said}");
    }
}
