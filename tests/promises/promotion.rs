//! A log that goes another way: after the promotion of a standby that lacks what was committed last, and after a restore into
//! another database. Whoever has read further is told, and ends with what the log holds now.

use std::{fs, path::Path, process::Command, sync::Arc};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use diesel::{
    Connection as _, PgConnection, RunQueryDsl as _,
    connection::SimpleConnection as _,
    dsl::sql,
    sql_types::{BigInt, Bool, Text},
};
use redress::{
    app::App,
    embedded::{Durability, PrivatePostgres, Settings},
    proto::v1::{self, complaint_service_client::ComplaintServiceClient},
    time_source::ManualTime,
};
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt as _;

use crate::support::{
    database::{LOOK, ReachableFolder, TestDatabase},
    office::{START, instant},
    service::{config, connect, filing, refusal, told},
};

fn settings(data_dir: &Path, extra: &[(&str, &str)]) -> Settings {
    let extra = extra
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings {
        data_dir: data_dir.to_owned(),
        durability: Durability::Full,
        extra: extra.collect(),
    }
}

fn run(program: &str, arguments: &[&Path]) {
    let status = Command::new(program)
        .arg("-a")
        .args(arguments)
        .status()
        .unwrap();
    assert!(status.success(), "{program} {arguments:?}");
}

fn text(connection: &mut PgConnection, expression: &str) -> String {
    diesel::select(sql::<Text>(expression))
        .get_result(connection)
        .unwrap()
}

/// A standby that has received what is committed by now and nothing after it. It is promoted when it starts.
fn standby_of(primary: &PrivatePostgres, data_dir: &Path) {
    let from = primary.data_dir();
    let mut backup = PgConnection::establish(&primary.url("postgres")).unwrap();
    backup
        .batch_execute("select pg_backup_start('standby', true)")
        .unwrap();
    run("cp", &[from, data_dir]);
    let label = text(&mut backup, "(select labelfile from pg_backup_stop(false))");
    let cluster = data_dir.join("cluster");
    let _ = fs::remove_file(cluster.join("postmaster.pid"));
    let _ = fs::remove_dir_all(data_dir.join("socket"));
    // As a standby has them that was cut off just now.
    let wal = cluster.join("pg_wal");
    fs::remove_dir_all(&wal).unwrap();
    run("cp", &[&from.join("cluster/pg_wal"), &wal]);
    // Written into a file that is there already, so that the server's account owns it.
    for (name, content) in [("backup_label", label.as_str()), ("recovery.signal", "")] {
        run("cp", &[&cluster.join("PG_VERSION"), &cluster.join(name)]);
        fs::write(cluster.join(name), content).unwrap();
    }
}

struct Site {
    app: App,
    client: ComplaintServiceClient<Channel>,
}

impl Site {
    async fn on(url: &str) -> Site {
        let time = Arc::new(ManualTime::at(instant(START)));
        let app = App::start(config(url, time)).await.unwrap();
        let client = connect(&app).await;
        Site { app, client }
    }

    async fn file(&mut self, complaints: usize) {
        for _ in 0..complaints {
            let filed = self.client.file_complaint(filing(v1::Channel::Form)).await;
            filed.unwrap();
        }
    }

    async fn close(self) {
        drop(self.client);
        self.app.stop().await.unwrap();
    }
}

/// Waits for what nobody signals.
async fn until(url: &str, condition: &str) {
    let mut connection = PgConnection::establish(url).unwrap();
    while !diesel::select(sql::<Bool>(condition))
        .get_result::<bool>(&mut connection)
        .unwrap()
    {
        tokio::time::sleep(LOOK).await;
    }
}

/// What a reader of the log has: each event once, with the position that came with it.
#[derive(Debug, Clone, Default)]
struct Copy(Vec<(String, v1::Event)>);

impl Copy {
    fn position(&self) -> String {
        self.0
            .last()
            .map(|(position, _)| position.clone())
            .unwrap_or_default()
    }

    /// Goes on from what it has, where nothing comes again, until it has this many events.
    async fn follow(&mut self, site: &mut Site, events: usize) -> Result<(), Status> {
        let after_position = self.position();
        let request = v1::WatchEventsRequest {
            from_beginning: after_position.is_empty(),
            after_position,
            ..Default::default()
        };
        let mut stream = site.client.watch_events(request).await?.into_inner();
        while self.0.len() < events {
            let message = told(&mut stream).await?;
            self.0.push((message.position, message.event.unwrap()));
        }
        Ok(())
    }

    /// Drops what the API says, given the position that came with the refusal.
    fn drop_after(&mut self, position: &str) {
        let last = self.0.iter().position(|(own, _)| own == position);
        self.0.truncate(last.expect("a position that was seen") + 1);
    }

    fn events(&self) -> Vec<v1::Event> {
        self.0.iter().map(|(_, event)| event.clone()).collect()
    }
}

fn parted(status: &Status) -> String {
    let (code, reason) = refusal(status);
    assert_eq!((code, reason.as_str()), (Code::OutOfRange, "LOG_PARTED"));
    status.get_details_error_info().unwrap().metadata["position"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_a_promotion_that_lost_commits_a_reader_learns_where_the_log_has_parted() {
    let folder = ReachableFolder::create();
    let primary = PrivatePostgres::start(&settings(&folder.join("primary"), &[])).unwrap();
    primary.create_database_if_missing("redress").unwrap();
    let url = primary.url("redress");
    redress::store::migrate(&url).unwrap();
    let mut site = Site::on(&url).await;
    site.file(20).await;
    let last = "settled >= (select max(xid)::text::bigint from event)";
    until(&url, &format!("(select {last} from log_branch)")).await;
    let (mut early, mut late) = (Copy::default(), Copy::default());
    early.follow(&mut site, 15).await.unwrap();

    // One began before the standby was cut off, and commits after that; what came later was received.
    let mut slow = PgConnection::establish(&url).unwrap();
    slow.batch_execute(
        "begin; insert into event (complaint_id, sequence, kind, at, actor, payload, hash) \
         select complaint_id, 99, kind, at, actor, payload, hash from event order by xid limit 1",
    )
    .unwrap();
    site.file(5).await;
    let kept = text(
        &mut slow,
        "(select count(*)::text from event where sequence < 99)",
    );
    let kept: usize = kept.parse().unwrap();
    standby_of(&primary, &folder.join("standby"));
    slow.batch_execute("commit").unwrap();
    site.file(30).await;
    let mut count = PgConnection::establish(&url).unwrap();
    let all: i64 = diesel::select(sql::<BigInt>("(select count(*) from event)"))
        .get_result(&mut count)
        .unwrap();
    let all = usize::try_from(all).unwrap();
    late.follow(&mut site, all).await.unwrap();
    drop((slow, count));
    site.close().await;
    primary.stop().unwrap();

    let promoted = settings(&folder.join("standby"), &[("restore_command", "false")]);
    let promoted = PrivatePostgres::start(&promoted).unwrap();
    let url = promoted.url("redress");
    until(&url, "not pg_is_in_recovery()").await;
    let mut site = Site::on(&url).await;
    site.file(40).await;
    let mut whole = Copy::default();
    let now = kept + 40 * (all - 1 - kept) / 30;
    whole.follow(&mut site, now).await.unwrap();

    // Who had not read that far has nothing to drop.
    early.follow(&mut site, now).await.unwrap();
    assert_eq!(early.events(), whole.events());

    let held = late.events();
    let refused = late.follow(&mut site, now).await.unwrap_err();
    late.drop_after(&parted(&refused));
    assert_ne!(late.0.len(), held.len());
    // Neither what the slow one wrote, which never was here, nor anything that came after it began.
    assert!(late.events().iter().all(|event| event.sequence < 99));
    late.follow(&mut site, now).await.unwrap();
    assert_eq!(late.events(), whole.events());
    assert!(
        held.iter().any(|event| !whole.events().contains(event)),
        "some never were"
    );
    site.close().await;
    promoted.stop().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_was_restored_elsewhere_is_another_one_and_keeps_its_order() {
    let original = TestDatabase::create();
    let mut site = Site::on(&original.url).await;
    site.file(10).await;
    let mut copy = Copy::default();
    copy.follow(&mut site, 10).await.unwrap();
    site.close().await;
    let restored = original.copy();
    let mut connection = restored.connect();
    // The other cluster had come further.
    connection
        .batch_execute("update event set xid = (xid::text::bigint + 1000000000)::text::xid8")
        .unwrap();
    let time = Arc::new(ManualTime::at(instant(START)));
    let refused = App::start(config(&restored.url, Arc::clone(&time))).await;
    let words = refused.unwrap_err().to_string();
    assert!(words.contains("run `redress migrate`"), "{words}");
    redress::store::migrate(&restored.url).unwrap();

    let mut site = Site::on(&restored.url).await;
    site.file(10).await;
    let refused = copy.follow(&mut site, usize::MAX).await.unwrap_err();
    let (code, reason) = refusal(&refused);
    assert_eq!((code, reason.as_str()), (Code::OutOfRange, "OTHER_LOG"));
    let mut anew = Copy::default();
    anew.follow(&mut site, copy.0.len() + 10).await.unwrap();
    assert_eq!(anew.events()[..copy.0.len()], copy.events());
    site.close().await;
}

/// The program of this name that comes with Postgres.
fn with_postgres(program: &str, arguments: &[&str]) {
    let done = Command::new(program).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{program} {arguments:?}: {said}");
}

/// What `serve` says of a database that it does not serve.
async fn refused_words(url: &str) -> String {
    let time = Arc::new(ManualTime::at(instant(START)));
    let refused = App::start(config(url, time)).await;
    refused.unwrap_err().to_string()
}

async fn is_of_another_log(copy: &mut Copy, site: &mut Site) {
    let refused = copy.follow(site, usize::MAX).await.unwrap_err();
    let (code, reason) = refusal(&refused);
    assert_eq!((code, reason.as_str()), (Code::OutOfRange, "OTHER_LOG"));
    assert!(refused.message().contains("from the beginning"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dump_that_is_restored_in_another_cluster_is_served_after_one_command() {
    let folder = ReachableFolder::create();
    let dump = folder.join("dump.sql");
    let dump = dump.to_str().unwrap();
    let [(original, url), (other, restored)] = ["original", "other"].map(|name| {
        let postgres = PrivatePostgres::start(&settings(&folder.join(name), &[])).unwrap();
        postgres.create_database_if_missing("redress").unwrap();
        let url = postgres.url("redress");
        (postgres, url)
    });
    redress::store::migrate(&url).unwrap();
    // It has come much further than the other one, whose transaction ids are yet to come.
    let mut connection = PgConnection::establish(&url).unwrap();
    let spend =
        "do $$ begin for i in 1..5000 loop perform pg_current_xact_id(); commit; end loop; end $$";
    connection.batch_execute(spend).unwrap();
    let mut site = Site::on(&url).await;
    site.file(10).await;
    let mut copy = Copy::default();
    copy.follow(&mut site, 10).await.unwrap();
    with_postgres("pg_dump", &["--no-owner", "--file", dump, "--dbname", &url]);
    site.close().await;
    let stops = ["--set", "ON_ERROR_STOP=1"];
    let from = ["--quiet", "--file", dump, "--dbname", &restored];
    with_postgres("psql", &[&stops[..], &from[..]].concat());

    let words = refused_words(&restored).await;
    assert!(words.contains("run `redress migrate`"), "{words}");
    redress::store::migrate(&restored).unwrap();
    let mut site = Site::on(&restored).await;
    site.file(5).await;
    is_of_another_log(&mut copy, &mut site).await;
    let mut anew = Copy::default();
    anew.follow(&mut site, 15).await.unwrap();
    assert_eq!(anew.events()[..10], copy.events());
    site.close().await;
    drop(connection);
    original.stop().unwrap();
    other.stop().unwrap();
}

/// Only the contents of the tables show that they are not the original ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dump_that_is_restored_into_its_own_database_is_another_log() {
    let folder = ReachableFolder::create();
    let dump = folder.join("dump");
    let dump = dump.to_str().unwrap();
    let database = TestDatabase::create();
    let mut site = Site::on(&database.url).await;
    site.file(10).await;
    with_postgres(
        "pg_dump",
        &[
            "--format",
            "custom",
            "--file",
            dump,
            "--dbname",
            &database.url,
        ],
    );
    site.file(5).await;
    let mut copy = Copy::default();
    copy.follow(&mut site, 15).await.unwrap();
    site.close().await;
    let into = ["--clean", "--if-exists", "--dbname", &database.url, dump];
    with_postgres("pg_restore", &into);

    let words = refused_words(&database.url).await;
    assert!(words.contains("run `redress migrate`"), "{words}");
    redress::store::migrate(&database.url).unwrap();
    let mut site = Site::on(&database.url).await;
    is_of_another_log(&mut copy, &mut site).await;
    let mut anew = Copy::default();
    anew.follow(&mut site, 10).await.unwrap();
    assert_eq!(anew.events(), copy.events()[..10]);
    site.close().await;
}

/// As of a test system, of which nobody meant to follow the log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_position_of_another_environment_is_refused() {
    let databases = [TestDatabase::create(), TestDatabase::create()];
    let mut copies = Vec::new();
    for database in &databases {
        let mut site = Site::on(&database.url).await;
        site.file(1).await;
        let mut copy = Copy::default();
        copy.follow(&mut site, 1).await.unwrap();
        copies.push((site, copy));
    }
    let (mut site, _) = copies.remove(0);
    let (other, mut copy) = copies.remove(0);
    is_of_another_log(&mut copy, &mut site).await;
    site.close().await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_position_ahead_of_the_log_is_refused() {
    let database = TestDatabase::create();
    let mut site = Site::on(&database.url).await;
    site.file(1).await;
    let mut copy = Copy::default();
    copy.follow(&mut site, 1).await.unwrap();
    // As after a file system that went back to an earlier snapshot.
    let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(copy.position()).unwrap();
    let transaction = bytes.len() - 12;
    bytes[transaction] = 1;
    copy.0[0].0 = BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let refused = copy.follow(&mut site, 2).await.unwrap_err();
    let (code, reason) = refusal(&refused);
    assert_eq!(
        (code, reason.as_str()),
        (Code::OutOfRange, "POSITION_AHEAD")
    );
    site.close().await;
}
