//! A service that is dropped ends: nobody has to stop it, nothing of it is left, and the program that holds it can go on
//! or end.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use diesel::{Connection as _, RunQueryDsl as _};
use jiff::Timestamp;
use redress::{
    app::{App, AppConfig},
    proto::v1,
    time_source::{ManualTime, TimeSource},
};
use tokio::{
    net::TcpStream,
    runtime::{Builder, Runtime},
    sync::oneshot,
};

use crate::{
    changing::{activate, migration, policies_at, stricter},
    support::{
        database::TestDatabase,
        office::{START, instant},
        service::{Service, config, connect, filing},
        watchdog,
    },
};

/// What has not ended within this never ends. A transaction that waits for a lock gives up after two seconds.
const FOR_EVER: Duration = Duration::from_secs(60);

/// Does this on a thread of its own and waits until all of it has ended; whether it panicked.
fn ends(what: impl FnOnce() + Send + 'static) -> Result<(), &'static str> {
    watchdog::watch();
    let (told, end) = mpsc::channel();
    thread::spawn(move || {
        let done = catch_unwind(AssertUnwindSafe(what));
        // Whoever waited may have given up.
        let _ = told.send(done.map_err(|_| "it panicked"));
    });
    end.recv_timeout(FOR_EVER)
        .expect("an end, though nobody stopped the service")
}

fn runtimes() -> [Runtime; 2] {
    let mut several = Builder::new_multi_thread();
    [
        &mut Builder::new_current_thread(),
        several.worker_threads(2),
    ]
    .map(|builder| builder.enable_all().build().unwrap())
}

/// Tells when the last part of a service that reads the time is gone.
#[derive(Debug)]
struct LastReader {
    time: ManualTime,
    _gone: oneshot::Sender<()>,
}

impl TimeSource for LastReader {
    fn now(&self) -> Timestamp {
        self.time.now()
    }

    fn past(&self, at: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.time.past(at)
    }
}

#[test]
fn a_runtime_ends_with_a_service_that_nobody_stopped() {
    for runtime in runtimes() {
        let ended = ends(move || {
            runtime.block_on(async {
                let mut service = Service::start().await;
                service.file(v1::Channel::Form).await;
            });
            drop(runtime);
        });
        assert_eq!(ended, Ok(()));
    }
}

#[test]
fn a_test_that_panics_beside_a_service_fails_and_ends() {
    for runtime in runtimes() {
        let ended = ends(move || {
            runtime.block_on(async {
                let mut service = Service::start().await;
                service.file(v1::Channel::Form).await;
                panic!("as a promise that is broken");
            });
        });
        assert_eq!(ended, Err("it panicked"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_part_of_a_service_that_is_dropped_ends_while_its_runtime_goes_on() {
    let database = TestDatabase::create();
    let (gone, all_gone) = oneshot::channel();
    let time = LastReader {
        time: ManualTime::at(instant(START)),
        _gone: gone,
    };
    let app = App::start(AppConfig {
        time: Arc::new(time),
        ..config(&database.url, Arc::new(ManualTime::at(instant(START))))
    })
    .await
    .unwrap();
    let address = app.address;
    let mut client = connect(&app).await;
    let filed = client.file_complaint(filing(v1::Channel::Form)).await;
    filed.unwrap();
    let watching = client.watch_events(v1::WatchEventsRequest::default());
    let mut watching = watching.await.unwrap().into_inner();

    // A migration that cannot come to its end by itself.
    let mut policies = policies_at(&format!("http://{address}")).await;
    activate(&mut policies, stricter()).await;
    let mut held = database.connect();
    held.begin_test_transaction().unwrap();
    let hold = "select id from complaint for update";
    diesel::sql_query(hold).execute(&mut held).unwrap();
    let moving = policies.migrate_complaints(migration()).await.unwrap();
    let mut moving = moving.into_inner();
    assert_eq!(moving.message().await.unwrap().unwrap().total, 1);

    drop(app);
    while let Ok(event) = watching.message().await {
        assert!(event.is_some(), "a stream ends with a status");
    }
    while let Ok(progress) = moving.message().await {
        assert_eq!(progress.unwrap().moved, 0);
    }
    drop((client, policies, watching, moving));
    // The sender is dropped with the time source, and nothing is ever sent.
    let gone = tokio::time::timeout(FOR_EVER, all_gone).await;
    gone.expect("nothing reads the time any more").unwrap_err();
    assert!(TcpStream::connect(address).await.is_err());
}
