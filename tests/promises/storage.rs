//! A disk that fills up: new complaints are refused before there is no room left, and all else goes on.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use redress::{
    app::{App, AppConfig},
    embedded::{Durability, PrivatePostgres, Settings},
    proto::v1::{self, complaint_service_client::ComplaintServiceClient},
    store::{Room, Storage, Store, Volume},
    telemetry::Metrics,
    time_source::ManualTime,
};
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt as _;

use crate::{
    availability::run,
    support::{
        database::{LOOK, ReachableFolder, TestDatabase},
        office::{START, instant},
        service::{act, config, connect, filing, refusal, told},
    },
};

/// A promise about what is filed at the start is broken at this time.
const BROKEN: &str = "2026-06-03T21:00:01Z";

/// A service whose database lies on a disk.
struct Stored {
    app: App,
    client: ComplaintServiceClient<Channel>,
    time: Arc<ManualTime>,
}

impl Stored {
    async fn on(url: &str, volume: Volume) -> Stored {
        let time = Arc::new(ManualTime::at(instant(START)));
        let storage = Storage {
            volume,
            least_free: 0.1,
        };
        let config = AppConfig {
            storage,
            ..config(url, Arc::clone(&time))
        };
        let app = App::start(config).await.unwrap();
        let client = connect(&app).await;
        Stored { app, client, time }
    }

    /// Files until that is refused, which the next look at the disk brings about.
    async fn is_refused_soon(&mut self) -> Status {
        loop {
            if let Err(refused) = self.client.file_complaint(filing(v1::Channel::Form)).await {
                return refused;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Files until that is not refused any more.
    async fn is_taken_soon(&mut self) -> v1::Complaint {
        loop {
            match self.client.file_complaint(filing(v1::Channel::Form)).await {
                Ok(filed) => return filed.into_inner(),
                Err(refused) => is_low(&refused),
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// What is on record can be worked on, and what is due fires.
    async fn goes_on_with(&mut self, name: &str) {
        act!(
            self.client,
            name,
            acknowledge_complaint(AcknowledgeComplaintRequest {})
        )
        .unwrap();
        let breaches = v1::WatchEventsRequest {
            from_beginning: true,
            kinds: vec![v1::EventKind::Breached.into()],
            ..Default::default()
        };
        let mut breaches = self
            .client
            .watch_events(breaches)
            .await
            .unwrap()
            .into_inner();
        self.time.set(instant(BROKEN));
        told(&mut breaches).await.expect("a breach");
    }

    async fn stop(self) {
        drop(self.client);
        self.app.stop().await.unwrap();
    }
}

fn is_low(refused: &Status) {
    let (code, reason) = refusal(refused);
    assert_eq!(
        (code, reason.as_str()),
        (Code::ResourceExhausted, "STORAGE_LOW")
    );
    let retry = refused.get_details_retry_info().expect("a RetryInfo");
    assert!(retry.retry_delay.is_some_and(|delay| !delay.is_zero()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_disk_is_nearly_full_nothing_new_is_filed_and_all_else_goes_on() {
    let database = TestDatabase::create();
    let free = Arc::new(AtomicU64::new(11));
    let seen = Arc::clone(&free);
    let volume = Volume::measured_by(move || {
        let free = seen.load(Ordering::Relaxed);
        let used = 100 - free;
        Ok(Room { free, used })
    });
    let mut service = Stored::on(&database.url, volume).await;
    let (first, second) = (service.is_taken_soon().await, service.is_taken_soon().await);

    free.store(9, Ordering::Relaxed);
    is_low(&service.is_refused_soon().await);
    service.goes_on_with(&first.name).await;

    free.store(10, Ordering::Relaxed);
    let third = service.is_taken_soon().await;
    assert_ne!(third.name, second.name);
    service.stop().await;
}

#[test]
fn what_postgres_takes_of_a_disk_of_a_stated_size_is_known_also_to_a_role_without_rights() {
    let database = TestDatabase::create();
    let mut operator = database.connect();
    let plain = format!("plain_{}", database.name());
    run(&mut operator, &format!("create role {plain}"));
    let as_plain = format!("{}&options=-c%20role%3D{plain}", database.url);
    let share = |url: &str, whole: u64| {
        let storage = Storage {
            volume: Volume::of_bytes(whole),
            least_free: 0.5,
        };
        let store = Store::connect(url, 1, Metrics::off()).unwrap();
        store.lookout(storage).measure().unwrap();
        (store.space().free().unwrap(), store.space().is_low())
    };
    // More than a database takes at least, and than those of this run take together.
    let (small, large) = (4 << 20, 1 << 40);
    for url in [&database.url, &as_plain] {
        assert_eq!(share(url, small), (0.0, true));
        let (free, low) = share(url, large);
        assert!(free > 0.5 && free < 1.0 && !low, "{free}");
    }
    run(&mut operator, &format!("drop role {plain}"));
}

/// A disk of its own, in memory; gone when it is dropped.
struct Disk {
    folder: ReachableFolder,
}

impl Disk {
    /// `None` where this user may not mount one.
    fn mount(megabytes: u32) -> Option<Disk> {
        let folder = ReachableFolder::create();
        let place = folder.join("disk");
        fs::create_dir(&place).unwrap();
        let size = format!("size={megabytes}m,mode=755");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "redress-tests"])
            .arg(&place)
            .status();
        mounted
            .is_ok_and(|status| status.success())
            .then_some(Disk { folder })
    }

    fn join(&self, name: &str) -> PathBuf {
        self.folder.join("disk").join(name)
    }

    /// Writes a file until so many bytes are left.
    fn leave(&self, left: u64) -> PathBuf {
        let path = self.join("ballast");
        let mut ballast = File::create(&path).unwrap();
        let megabyte = vec![0; 1 << 20];
        while free(&self.join("")) > left && ballast.write_all(&megabyte).is_ok() {}
        path
    }
}

fn free(directory: &Path) -> u64 {
    let disk = nix::sys::statvfs::statvfs(directory).unwrap();
    disk.blocks_available() * disk.fragment_size()
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Even while a server that a failed test left behind still uses it.
        let _ = Command::new("umount").arg("-l").arg(self.join("")).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_disk_that_fills_up_stops_the_filings_before_it_stops_postgres() {
    let Some(disk) = Disk::mount(256) else {
        eprintln!("SKIPPED: only root may mount a small disk, so none was filled up");
        return;
    };
    let settings = Settings {
        data_dir: disk.join("data"),
        durability: Durability::Full,
        extra: Vec::new(),
    };
    let postgres = PrivatePostgres::start(&settings).unwrap();
    postgres.create_database_if_missing("redress").unwrap();
    let url = postgres.url("redress");
    redress::store::migrate(&url).unwrap();
    let volume = Volume::of_directory(postgres.data_dir());
    let mut service = Stored::on(&url, volume).await;
    let first = service.is_taken_soon().await;
    service.is_taken_soon().await;

    let ballast = disk.leave(12 << 20);
    is_low(&service.is_refused_soon().await);
    service.goes_on_with(&first.name).await;

    fs::remove_file(ballast).unwrap();
    service.is_taken_soon().await;
    service.stop().await;
    postgres.stop().unwrap();
}
