//! Codes of practice of a folder: they stand in place of the built-in ones, and a wrong one never stops the service.

use std::{fs, path::Path, sync::Arc};

use redress::{app::App, proto::v1, time_source::ManualTime};

use crate::support::{
    database::TestDatabase,
    office::{START, instant},
    service::{config, connect, filing},
};

const JIVE: &str = include_str!("../../policies/ca-jive.toml");
const CCTS: &str = include_str!("../../policies/ca-ccts.toml");

fn retail(with: &str) -> String {
    let named = JIVE.replacen("name = \"ca-jive\"", "name = \"retail\"", 1);
    format!("{named}{with}")
}

/// Files a complaint under a policy with the service as it starts with this folder.
async fn filed(database: &TestDatabase, folder: &Path, policy: &str) -> v1::Complaint {
    let time = Arc::new(ManualTime::at(instant(START)));
    let mut config = config(&database.url, time);
    config.policy_dir = Some(folder.to_path_buf());
    let app = App::start(config).await.unwrap();
    let mut client = connect(&app).await;
    let mut filing = filing(v1::Channel::Form);
    policy.clone_into(&mut filing.policy);
    let filed = client.file_complaint(filing).await.unwrap().into_inner();
    drop(client);
    app.stop().await.unwrap();
    filed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_wrong_leaves_the_last_good_version_in_use() {
    let database = TestDatabase::create();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("retail.toml");
    fs::write(&file, retail("")).unwrap();
    let good = filed(&database, folder.path(), "retail").await;
    assert_eq!(good.policy, "retail");
    let beside = |complaint: &v1::Complaint| complaint.additional_policies.len();
    assert_eq!(beside(&good), 1, "the built-in code stands beside it");

    let broken_by_itself = retail("[pause]\n");
    let broken_beside_others = retail("").replacen("\"ca-ccts\"", "\"ca-nobody\"", 1);
    for broken in [broken_by_itself, broken_beside_others] {
        fs::write(&file, broken).unwrap();
        let still = filed(&database, folder.path(), "retail").await;
        assert_eq!(still.policy_version, good.policy_version);
        assert_eq!(beside(&still), 1);
    }

    fs::write(&file, retail("# mended\n")).unwrap();
    let mended = filed(&database, folder.path(), "retail").await;
    assert_ne!(mended.policy_version, good.policy_version);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_stands_in_place_of_the_built_in_ones_of_its_name_and_of_no_other() {
    let database = TestDatabase::create();
    let folder = tempfile::tempdir().unwrap();
    let own = CCTS.replacen("\"20 calendar days\"", "\"18 calendar days\"", 1);
    fs::write(folder.path().join("ours.toml"), own).unwrap();
    let builtin = filed(&database, &empty(&folder), "").await;
    let ours = filed(&database, folder.path(), "").await;
    assert_eq!(builtin.policy_version, ours.policy_version, "ca-jive");
    let names = [&builtin, &ours].map(|complaint| complaint.additional_policies[0].policy.clone());
    assert_eq!(names, ["ca-ccts", "ca-ccts"]);
    assert_ne!(
        builtin.additional_policies[0].version,
        ours.additional_policies[0].version
    );
}

/// Two files hold the periods of one code, each under a name of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_code_in_periods_the_one_in_force_stays_though_a_file_of_it_is_wrong() {
    let database = TestDatabase::create();
    let folder = tempfile::tempdir().unwrap();
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let good = filed(&database, &all, "au-acma").await;
    for file in ["au-acma.toml", "ours.toml"] {
        fs::write(folder.path().join(file), "name = \"au-acma\"\n[[clock]]\n").unwrap();
        let still = filed(&database, folder.path(), "au-acma").await;
        assert_eq!(still.policy_version, good.policy_version, "{file}");
        fs::remove_file(folder.path().join(file)).unwrap();
    }
}

fn empty(folder: &tempfile::TempDir) -> std::path::PathBuf {
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    empty
}
