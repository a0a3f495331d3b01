//! The way to the database is safe where the URL asks for that, or it is not taken.

use std::process::{Command, Output};

use crate::support::watchdog;

/// Runs the program to its end, with this database.
fn run(command: &str, url: &str) -> (Option<i32>, String) {
    watchdog::watch();
    let output: Output = Command::new(env!("CARGO_BIN_EXE_redress"))
        .arg(command)
        .env_clear()
        .env("RUST_LOG", "info")
        .env("REDRESS_LISTEN", "127.0.0.1:0")
        .env("REDRESS_DATABASE_URL", url)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

#[cfg(feature = "bundled-libpq")]
#[test]
fn a_url_that_asks_for_tls_is_refused_at_the_start_where_there_is_none() {
    for command in ["serve", "migrate"] {
        for settings in [
            "sslmode=require",
            "sslmode=verify-full&sslrootcert=/etc/ca.crt",
            "sslrootcert=/etc/ca.crt",
        ] {
            let url = format!("postgres://redress:s3cret@127.0.0.1:1/redress?{settings}");
            let (code, said) = run(command, &url);
            assert_eq!(code, Some(1), "{said}");
            assert!(
                said.contains("asks for TLS") && said.contains("--no-default-features"),
                "{said}"
            );
            assert!(!said.contains("s3cret"), "{said}");
        }
    }
}

/// With the system's libpq: `.ci/run database_tls`.
#[cfg(not(feature = "bundled-libpq"))]
mod with_tls {
    use std::{
        fs,
        net::TcpListener,
        os::unix::{
            fs::{PermissionsExt as _, chown},
            process::CommandExt as _,
        },
        path::{Path, PathBuf},
        process::{Child, Command, Stdio},
    };

    use diesel::{Connection as _, PgConnection};
    use nix::unistd::{User, geteuid};
    use redress::proto::v1::{self, complaint_service_client::ComplaintServiceClient};

    use super::run;
    use crate::support::{
        certificates::{Authority, Pair},
        database::{LOOK, ReachableFolder},
        process::Process,
        service::filing,
    };

    const PASSWORD: &str = "s3cret";

    /// A Postgres that takes nothing but TLS.
    struct Server {
        child: Child,
        port: u16,
        folder: ReachableFolder,
    }

    impl Server {
        fn start(pair: &Pair) -> Server {
            let folder = ReachableFolder::create();
            let account = account();
            let own = |path: &Path, mode: u32| {
                if let Some(account) = &account {
                    chown(path, Some(account.uid.as_raw()), Some(account.gid.as_raw())).unwrap();
                }
                fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
            };
            let write = |name: &str, text: &str| {
                let path = folder.join(name);
                fs::write(&path, text).unwrap();
                own(&path, 0o600);
                path
            };
            let data = folder.join("data");
            fs::create_dir(&data).unwrap();
            own(&data, 0o700);
            let password = write("password", PASSWORD);
            let certificate = write("server.crt", &pair.certificate);
            let key = write("server.key", &pair.key);
            let rules = write(
                "pg_hba.conf",
                "hostssl all all 127.0.0.1/32 scram-sha-256\n",
            );
            let program = |name: &str| {
                let mut command = Command::new(programs().join(name));
                if let Some(account) = &account {
                    command.uid(account.uid.as_raw()).gid(account.gid.as_raw());
                }
                command.current_dir("/").stdin(Stdio::null());
                command.stdout(Stdio::null()).stderr(Stdio::null());
                command
            };
            let made = program("initdb")
                .args(["--username=redress", "--auth=scram-sha-256", "--no-sync"])
                .arg("--pwfile")
                .arg(&password)
                .arg("--pgdata")
                .arg(&data)
                .status();
            assert!(made.unwrap().success());
            let port = free_port();
            let child = program("postgres")
                .arg("-D")
                .arg(&data)
                .args([
                    "-c",
                    "ssl=on",
                    "-c",
                    "fsync=off",
                    "-c",
                    "listen_addresses=127.0.0.1",
                ])
                .args([
                    "-c",
                    "unix_socket_directories=",
                    "-c",
                    &format!("port={port}"),
                ])
                .args(["-c", &format!("ssl_cert_file={}", certificate.display())])
                .args(["-c", &format!("ssl_key_file={}", key.display())])
                .args(["-c", &format!("hba_file={}", rules.display())])
                .spawn()
                .unwrap();
            let mut server = Server {
                child,
                port,
                folder,
            };
            let url = server.url("localhost", "sslmode=require&connect_timeout=5");
            while PgConnection::establish(&url).is_err() {
                let ended = server.child.try_wait().unwrap();
                assert!(ended.is_none(), "the server does not start: {ended:?}");
                std::thread::sleep(LOOK);
            }
            server
        }

        fn url(&self, host: &str, settings: &str) -> String {
            let port = self.port;
            format!(
                "postgres://redress:{PASSWORD}@{host}:{port}/postgres?hostaddr=127.0.0.1&{settings}"
            )
        }

        /// A file that the program reads.
        fn file(&self, name: &str, text: &str) -> PathBuf {
            let path = self.folder.join(name);
            fs::write(&path, text).unwrap();
            path
        }
    }

    impl Drop for Server {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    /// One that was free just now.
    fn free_port() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    }

    /// Postgres refuses to run as root.
    fn account() -> Option<User> {
        let root = geteuid().is_root();
        root.then(|| {
            User::from_name("postgres")
                .unwrap()
                .expect("the account postgres")
        })
    }

    fn programs() -> PathBuf {
        let versions = fs::read_dir("/usr/lib/postgresql").unwrap();
        let folders = versions.map(|version| version.unwrap().path().join("bin"));
        folders.max().expect("Debian's Postgres")
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_database_is_known_by_its_certificate_or_gets_no_password() {
        let (ours, others) = (Authority::new(), Authority::new());
        let server = Server::start(&ours.server());
        let right = server.file("right.crt", &ours.pem);
        let wrong = server.file("wrong.crt", &others.pem);
        let full = |file: &Path| format!("sslmode=verify-full&sslrootcert={}", file.display());

        for (host, settings) in [
            // Of another authority.
            ("localhost", full(&wrong)),
            ("localhost", full(&wrong).replace("full", "ca")),
            // Of the right one, for another name.
            ("db.example", full(&right)),
            // In the clear, which the server does not take.
            ("localhost", "sslmode=disable".to_owned()),
            ("localhost", full(&server.folder.join("missing.crt"))),
        ] {
            let (code, said) = run("migrate", &server.url(host, &settings));
            assert_eq!(code, Some(3), "{settings}: {said}");
            assert!(!said.contains(PASSWORD), "{said}");
        }

        let url = server.url("localhost", &full(&right));
        let (code, said) = run("migrate", &url);
        assert_eq!(code, Some(0), "{said}");
        // All of its connections, the pool and those that look whether the database is well, over TLS.
        let service = Process::serve(&url);
        let client = ComplaintServiceClient::connect(service.address.clone()).await;
        let mut client = client.unwrap();
        for _ in 0..20 {
            let filed = client.file_complaint(filing(v1::Channel::Form)).await;
            filed.unwrap();
        }
        let request = v1::ListComplaintsRequest::default();
        let listed = client.list_complaints(request).await.unwrap().into_inner();
        assert_eq!(listed.complaints.len(), 20);
        drop(client);
        assert!(service.terminate().await.success());
    }
}
