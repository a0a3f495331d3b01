//! What the private Postgres promises to whoever runs it, and to whatever else is on the machine.

mod owner;

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use diesel::prelude::*;
use diesel::sql_types::Text;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use redress::embedded::{Durability, EmbeddedError, PrivatePostgres, Settings};

use self::owner::Owner;
use crate::support::database::{LOOK, ReachableFolder, TestDatabase};

fn settings(data_dir: impl AsRef<Path>) -> Settings {
    Settings {
        data_dir: data_dir.as_ref().to_owned(),
        durability: Durability::None,
        extra: Vec::new(),
    }
}

fn start(data_dir: impl AsRef<Path>) -> PrivatePostgres {
    PrivatePostgres::start(&settings(data_dir)).unwrap()
}

fn refusal(data_dir: impl AsRef<Path>) -> EmbeddedError {
    PrivatePostgres::start(&settings(data_dir)).unwrap_err()
}

fn run(url: &str, sql: &str) {
    diesel::sql_query(sql)
        .execute(&mut PgConnection::establish(url).unwrap())
        .unwrap();
}

fn text(url: &str, expression: &str) -> String {
    let query = diesel::select(diesel::dsl::sql::<Text>(expression));
    query
        .get_result(&mut PgConnection::establish(url).unwrap())
        .unwrap()
}

fn server_pid(data_dir: &Path) -> Pid {
    let file = fs::read_to_string(data_dir.join("cluster/postmaster.pid")).unwrap();
    Pid::from_raw(file.lines().next().unwrap().trim().parse().unwrap())
}

/// Whether a process has ended. One that nobody has waited for yet, as an orphan's new parent may be slow to do, has.
fn is_gone(pid: Pid) -> bool {
    let output = Command::new("ps")
        .args(["-o", "stat=", "-p", &pid.to_string()])
        .output()
        .unwrap();
    let state = String::from_utf8(output.stdout).unwrap();
    state.trim().is_empty() || state.starts_with('Z')
}

/// Looks until the process is gone: nobody is told of the end of a process that is not its child.
fn await_end(pid: Pid) {
    while !is_gone(pid) {
        std::thread::sleep(LOOK);
    }
}

/// A program run under the account that the server of this data directory has.
fn as_server_account(data_dir: &Path, program: &str) -> Command {
    let mut command = Command::new(program);
    let cluster = fs::metadata(data_dir.join("cluster")).unwrap();
    if cluster.uid() != geteuid().as_raw() {
        command.uid(cluster.uid()).gid(cluster.gid());
    }
    command
}

#[test]
fn what_was_committed_is_there_after_a_restart() {
    let folder = ReachableFolder::create();
    let data_dir = folder.join("new/data");
    let durable = Settings {
        durability: Durability::Full,
        ..settings(&data_dir)
    };

    let postgres = PrivatePostgres::start(&durable).unwrap();
    postgres
        .create_database_if_missing("odd \"name\" é")
        .unwrap();
    run(
        &postgres.url("odd \"name\" é"),
        "CREATE TABLE kept AS SELECT 'still here' AS word",
    );
    assert!(postgres.version().starts_with(|c: char| c.is_ascii_digit()));
    postgres.stop().unwrap();

    let postgres = PrivatePostgres::start(&durable).unwrap();
    postgres
        .create_database_if_missing("odd \"name\" é")
        .unwrap();
    assert_eq!(
        text(&postgres.url("odd \"name\" é"), "word FROM kept"),
        "still here"
    );
    assert_eq!(
        text(&postgres.url("postgres"), "current_setting('fsync')"),
        "on"
    );
}

#[test]
fn stopping_and_dropping_leave_no_process_and_no_socket() {
    let folder = ReachableFolder::create();
    for end in [|postgres: PrivatePostgres| postgres.stop().unwrap(), drop] {
        let postgres = start(folder.join("data"));
        let mut open = PgConnection::establish(&postgres.url("postgres")).unwrap();
        let server = server_pid(postgres.data_dir());
        assert!(!is_gone(server));
        end(postgres);
        assert!(is_gone(server));
        assert!(!folder.join("data/socket").exists());
        assert!(diesel::sql_query("SELECT 1").execute(&mut open).is_err());
    }
}

#[test]
fn the_server_outlives_the_thread_that_started_it() {
    let folder = ReachableFolder::create();
    let data_dir = folder.join("data");
    let postgres = std::thread::spawn(move || start(data_dir)).join().unwrap();
    assert_eq!(text(&postgres.url("postgres"), "'at work'"), "at work");
    postgres.stop().unwrap();
}

#[test]
#[cfg(target_os = "linux")] // Elsewhere the kernel offers no such service, and the next start must see to it.
fn the_server_ends_with_an_owner_who_is_killed() {
    let folder = ReachableFolder::create();
    let owners = [
        (Owner::start(&folder.join("data")), folder.join("data")),
        (
            Owner::start_unprivileged(&folder),
            folder.join("unprivileged/data"),
        ),
    ];
    for ((owner, data_dir), signal) in owners.into_iter().zip([Signal::SIGKILL, Signal::SIGTERM]) {
        let server = server_pid(&data_dir);
        owner.end_by(signal);
        await_end(server);
    }
}

#[test]
fn after_an_owner_was_killed_the_next_one_finds_all_data() {
    let folder = ReachableFolder::create();
    let data_dir = folder.join("data");
    let owner = Owner::start(&data_dir);
    let server = server_pid(&data_dir);
    run(&owner.url, "CREATE TABLE kept AS SELECT 'kept' AS word");
    owner.end_by(Signal::SIGKILL);

    // At once: the server may not be done yet.
    let postgres = start(&data_dir);
    await_end(server);
    assert_eq!(text(&postgres.url("postgres"), "word FROM kept"), "kept");
}

#[test]
fn a_server_that_crashed_is_reported_and_recovers_at_the_next_start() {
    let folder = ReachableFolder::create();
    let durable = Settings {
        durability: Durability::Full,
        ..settings(folder.join("data"))
    };
    let postgres = PrivatePostgres::start(&durable).unwrap();
    let url = postgres.url("postgres");
    run(&url, "CREATE TABLE kept AS SELECT 'kept' AS word");
    let _busy = PgConnection::establish(&url).unwrap();
    kill(server_pid(postgres.data_dir()), Signal::SIGKILL).unwrap();
    let crash = loop {
        // The signal is on its way.
        if PgConnection::establish(&url).is_err() {
            break postgres.stop();
        }
    };
    assert!(
        matches!(crash, Err(EmbeddedError::ServerEnded { .. })),
        "{crash:?}"
    );

    let postgres = PrivatePostgres::start(&durable).unwrap();
    assert_eq!(text(&postgres.url("postgres"), "word FROM kept"), "kept");
}

#[test]
fn a_server_that_outlived_its_owner_is_shut_down_by_the_next() {
    let folder = ReachableFolder::create();
    let data_dir = folder.join("data");
    let owner = Owner::start(&data_dir);
    let (url, server) = (owner.url.clone(), server_pid(&data_dir));
    owner.end_by(Signal::SIGKILL);
    await_end(server);
    // The same server again, with nobody to end it.
    let mut leftover = as_server_account(&data_dir, "sh")
        .args(["-c", r#"eval exec "$(cat "$0")""#])
        .arg(data_dir.join("cluster/postmaster.opts"))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while PgConnection::establish(&url).is_err() {
        assert!(leftover.try_wait().unwrap().is_none(), "it did not start");
    }

    let next = PrivatePostgres::start(&settings(&data_dir));
    leftover.kill().unwrap();
    assert!(
        leftover.wait().unwrap().success(),
        "it was not shut down in good order"
    );
    assert_eq!(text(&next.unwrap().url("postgres"), "'at work'"), "at work");
}

#[test]
fn a_stale_pid_file_that_names_an_innocent_process_harms_neither() {
    let folder = ReachableFolder::create();
    let data_dir = folder.join("data");
    start(&data_dir).stop().unwrap();
    let mut innocent = as_server_account(&data_dir, "sleep")
        .arg("600")
        .spawn()
        .unwrap();
    let stale = format!(
        "{}\n{}\n",
        innocent.id(),
        data_dir.join("cluster").display()
    );
    fs::write(data_dir.join("cluster/postmaster.pid"), stale).unwrap();

    let started = PrivatePostgres::start(&settings(&data_dir));
    let still_runs = innocent.try_wait().unwrap().is_none();
    innocent.kill().unwrap();
    innocent.wait().unwrap();
    assert!(started.is_ok(), "{}", started.unwrap_err());
    assert!(still_runs);
}

#[test]
fn a_second_owner_is_refused_and_the_first_goes_on() {
    let folder = ReachableFolder::create();
    let postgres = start(folder.join("data"));
    assert!(matches!(
        refusal(folder.join("data")),
        EmbeddedError::InUse { .. }
    ));
    assert!(matches!(
        PrivatePostgres::remove(&folder.join("data")),
        Err(EmbeddedError::InUse { .. })
    ));
    assert_eq!(text(&postgres.url("postgres"), "'at work'"), "at work");
}

#[test]
fn a_directory_that_is_not_ours_is_refused_and_left_as_it_was() {
    let folder = ReachableFolder::create();
    let foreign = folder.join("foreign");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("thesis.txt"), "years of work").unwrap();
    let before = fs::metadata(&foreign).unwrap().permissions();

    assert!(matches!(refusal(&foreign), EmbeddedError::NotOurs { .. }));
    assert!(matches!(
        PrivatePostgres::remove(&foreign),
        Err(EmbeddedError::NotOurs { .. })
    ));
    assert!(matches!(
        refusal(foreign.join("thesis.txt")),
        EmbeddedError::NotOurs { .. }
    ));

    assert_eq!(fs::read_dir(&foreign).unwrap().count(), 1);
    assert_eq!(
        fs::read_to_string(foreign.join("thesis.txt")).unwrap(),
        "years of work"
    );
    assert_eq!(fs::metadata(&foreign).unwrap().permissions(), before);

    // Empty, but its owner could put anything in our way.
    if geteuid().is_root() {
        let another_users = folder.join("another");
        fs::create_dir(&another_users).unwrap();
        std::os::unix::fs::chown(&another_users, Some(65_534), None).unwrap();
        assert!(matches!(
            refusal(&another_users),
            EmbeddedError::NotOurs { .. }
        ));
        assert_eq!(fs::read_dir(&another_users).unwrap().count(), 0);
    }
}

#[test]
fn a_directory_that_only_root_can_enter_is_refused_to_root_with_the_reason() {
    // Made by us and closed to all others: fit for ourselves, but not for the account that root must use.
    let closed = tempfile::tempdir().unwrap();
    fs::set_permissions(closed.path(), Permissions::from_mode(0o700)).unwrap();
    let data_dir = closed.path().join("deep/data");
    match PrivatePostgres::start(&settings(&data_dir)) {
        Err(EmbeddedError::Unreachable { path, .. }) if geteuid().is_root() => {
            assert_eq!(path, closed.path());
            assert_eq!(
                fs::read_dir(closed.path()).unwrap().count(),
                0,
                "nothing was begun"
            );
        }
        Ok(_) if !geteuid().is_root() => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_runs_for_an_ordinary_user_too_and_admits_no_other() {
    let folder = ReachableFolder::create();
    // Ready means that it has connected itself.
    let owner = Owner::start_unprivileged(&folder);
    let server = server_pid(&folder.join("unprivileged/data"));
    if geteuid().is_root() {
        // No folder is closed to root, but the server asks the kernel who calls.
        let refused = PgConnection::establish(&owner.url)
            .err()
            .unwrap()
            .to_string();
        assert!(refused.contains("Peer authentication failed"), "{refused}");
    }
    owner.stop();
    assert!(is_gone(server));
}

#[test]
fn nobody_but_the_owner_and_the_servers_account_can_connect() {
    let folder = ReachableFolder::create();
    let postgres = start(folder.join("data"));
    assert_eq!(
        text(
            &postgres.url("postgres"),
            "current_setting('listen_addresses')"
        ),
        ""
    );
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.join("data/socket")), 0o700);
    assert_eq!(mode(&folder.join("data/cluster")), 0o700);
    let rules = "string_agg(concat_ws(' ', type, auth_method, array_to_string(options, ',')), ';') FROM pg_hba_file_rules";
    assert_eq!(
        text(&postgres.url("postgres"), rules),
        "local peer map=owner"
    );
}

#[test]
fn a_path_too_long_for_a_socket_is_worked_around_and_cleared_away() {
    let folder = ReachableFolder::create();
    let data_dir = folder.join(&"long, \"quoted\" ".repeat(12));
    let postgres = start(&data_dir);
    let socket = fs::read_link(data_dir.join("socket")).unwrap();
    assert_eq!(text(&postgres.url("postgres"), "'reached'"), "reached");
    postgres.stop().unwrap();
    assert!(!socket.exists());
}

#[test]
fn a_server_that_cannot_start_is_reported_with_the_end_of_its_log() {
    let folder = ReachableFolder::create();
    let broken = Settings {
        extra: vec![("work_mem".into(), "plenty".into())],
        ..settings(folder.join("data"))
    };
    let error = PrivatePostgres::start(&broken).unwrap_err();
    assert!(matches!(error, EmbeddedError::ServerEnded { .. }));
    assert!(
        error
            .to_string()
            .contains("invalid value for parameter \"work_mem\""),
        "{error}"
    );
    // Nothing is spoilt by it.
    start(folder.join("data")).stop().unwrap();
}

#[test]
fn settings_of_the_caller_prevail_except_over_privacy() {
    let folder = ReachableFolder::create();
    let extra = [
        ("work_mem", "7MB"),
        ("max_connections", "20"),
        ("listen_addresses", "*"),
    ];
    let extra = extra
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
    let postgres = PrivatePostgres::start(&Settings {
        extra,
        ..settings(folder.join("data"))
    })
    .unwrap();
    let setting = |name: &str| {
        text(
            &postgres.url("postgres"),
            &format!("current_setting('{name}')"),
        )
    };
    assert_eq!(setting("work_mem"), "7MB");
    assert_eq!(setting("max_connections"), "20");
    assert_eq!(setting("listen_addresses"), "");
    assert_eq!(setting("idle_in_transaction_session_timeout"), "1min");
}

#[test]
fn a_directory_of_ours_can_be_removed_and_a_missing_one_is_no_error() {
    let folder = ReachableFolder::create();
    start(folder.join("data")).stop().unwrap();
    PrivatePostgres::remove(&folder.join("data")).unwrap();
    assert!(!folder.join("data").exists());
    PrivatePostgres::remove(&folder.join("data")).unwrap();
}

#[test]
fn a_server_that_lets_nobody_in_is_not_waited_for_without_end() {
    let folder = ReachableFolder::create();
    let postgres = start(folder.join("data"));
    let server = server_pid(postgres.data_dir());
    kill(server, Signal::SIGSTOP).unwrap();
    let refused = postgres.create_database_if_missing("redress");
    kill(server, Signal::SIGCONT).unwrap();
    assert!(matches!(refused, Err(EmbeddedError::Database { .. })));
    postgres.create_database_if_missing("redress").unwrap();
}

#[test]
fn every_test_database_is_a_world_of_its_own() {
    let (one, other) = (TestDatabase::create(), TestDatabase::create());
    run(&one.url, "CREATE TABLE mine ()");
    let count = "count(*)::text FROM pg_class WHERE relname = 'mine'";
    assert_eq!(text(&one.url, count), "1");
    assert_eq!(text(&other.url, count), "0");

    let mut held = one.connect();
    drop(one);
    assert!(
        diesel::sql_query("SELECT 1").execute(&mut held).is_err(),
        "dropped, whoever is connected"
    );
}
