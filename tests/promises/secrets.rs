//! Nobody learns the database's password from the program: not from the list of processes, not from what it says.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::support::{database::TestDatabase, watchdog};

/// No part of this is shown anywhere, in whichever way a URL is torn apart.
const PASSWORD: [&str; 2] = ["qzfirst", "qzsecond"];

/// Every command that takes the database's URL, with what else it needs.
const COMMANDS: [&[&str]; 4] = [
    &["serve", "--listen", "127.0.0.1:0"],
    &["migrate"],
    &["verify", "--all"],
    &["policy", "simulate", "--zoneinfo", "/usr/share/zoneinfo"],
];

fn program(words: &[&str]) -> Command {
    watchdog::watch();
    let mut command = Command::new(env!("CARGO_BIN_EXE_redress"));
    command
        .args(words)
        .env_clear()
        .env("RUST_LOG", "trace")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn said(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// A server that takes one connection, and what the program sends on it first.
fn first_words(listener: &TcpListener) -> (TcpStream, Vec<u8>) {
    let (mut stream, _) = listener.accept().expect("the program connects");
    let mut length = [0; 4];
    stream.read_exact(&mut length).expect("a length");
    let mut message = vec![0; u32::from_be_bytes(length) as usize - 4];
    stream.read_exact(&mut message).expect("a message");
    (stream, message)
}

fn url(listener: &TcpListener) -> String {
    let port = listener.local_addr().unwrap().port();
    format!(
        "postgres://redress:{}@127.0.0.1:{port}/redress?sslmode=disable&gssencmode=disable",
        PASSWORD.concat()
    )
}

/// What any user of the machine reads about a process.
fn command_line(child: &Child) -> String {
    let path = format!("/proc/{}/cmdline", child.id());
    String::from_utf8_lossy(&fs::read(path).expect("the process")).replace('\0', " ")
}

#[test]
fn a_password_on_the_command_line_is_gone_before_the_program_does_anything() {
    for words in COMMANDS {
        for joined in [false, true] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = url(&listener);
            let option = format!("--database-url={url}");
            let option = if joined {
                vec![option.as_str()]
            } else {
                vec!["--database-url", url.as_str()]
            };
            let mut command = program(&[words, &option].concat());
            // The command line goes before the environment.
            command.env("REDRESS_DATABASE_URL_FILE", "/nonexistent");
            let child = command.spawn().unwrap();
            // It waits for the answer of its database now.
            let connection = first_words(&listener);
            let shown = command_line(&child);
            assert!(shown.contains(words[0]), "{shown}");
            for part in PASSWORD.into_iter().chain(["postgres:", "database-url"]) {
                assert!(!shown.contains(part), "{words:?}: {shown}");
            }
            drop((connection, listener));
            let output = child.wait_with_output().unwrap();
            let said = said(&output);
            assert_eq!(output.status.code(), Some(3), "{words:?}: {said}");
            assert!(said.contains("127.0.0.1"), "{said}");
            assert!(!said.contains("qz"), "{words:?}: {said}");
        }
    }
}

#[test]
fn a_signal_reaches_a_program_that_hid_its_command_line() {
    let database = TestDatabase::create();
    let words = ["serve", "--listen=127.0.0.1:0", "--database-url"];
    let mut child = program(&words)
        .arg(&database.url)
        .env("RUST_LOG", "off")
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(line.contains("listens on http://"), "{line}");
    let shown = command_line(&child);
    assert!(!shown.contains("postgres:"), "{shown}");
    kill(
        Pid::from_raw(child.id().try_into().unwrap()),
        Signal::SIGTERM,
    )
    .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "it drains");
}

#[test]
fn no_error_shows_a_part_of_a_password_however_the_url_is_written() {
    let [first, second] = PASSWORD;
    let mut urls = Vec::new();
    // Whatever stands between the halves of the password, within each form of a URL.
    for between in [
        "", "@", "/", "?", "#", ":", "%", "%zz", "%00", "&", "=", "&x=", "?x=", " ", "'", "\\",
        "\"", ",", "[", "]", "://", "\n", "é",
    ] {
        let password = format!("{first}{between}{second}");
        urls.extend([
            format!("postgres://redress:{password}@127.0.0.1:1/redress"),
            format!("postgres://redress:{password}@/redress?host=/nonexistent"),
            format!("postgres://127.0.0.1:1/redress?password={password}"),
            format!("postgres:redress:{password}@127.0.0.1:1/redress"),
            format!("mysql://redress:{password}@127.0.0.1:1/redress"),
            format!("redress:{password}@127.0.0.1:1/redress"),
            format!("host=127.0.0.1 port=1 password={password}"),
            format!("host=127.0.0.1 port=1 password='{password}"),
            format!("host=127.0.0.1 port=1 password = {password} user=redress"),
            format!("password={password} host=127.0.0.1 port=1"),
            password,
        ]);
        // With an @ in between, the second half is the host.
        if between != "@" {
            urls.push(format!("postgresql://redress:{first}{between}{second}"));
        }
    }
    for url in &urls {
        let output = program(&["migrate"])
            .env("REDRESS_DATABASE_URL", url)
            .output()
            .unwrap();
        let said = said(&output);
        assert!(!output.status.success(), "{url}");
        assert!(said.starts_with("redress: "), "{url}: {said}");
        assert!(!said.contains("qz"), "{url}: {said}");
    }
    for words in COMMANDS {
        let url = &urls[0];
        let output = program(words).env("REDRESS_DATABASE_URL", url).output();
        let said = said(&output.unwrap());
        assert!(
            !said.is_empty() && !said.contains("qz"),
            "{words:?}: {said}"
        );
    }
}

#[test]
fn a_file_names_the_database_for_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    for words in COMMANDS {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        fs::write(&file, url(&listener) + "\n").unwrap();
        let option = ["--database-url-file", file.to_str().unwrap()];
        let child = program(&[words, &option].concat()).spawn().unwrap();
        let (connection, message) = first_words(&listener);
        assert!(String::from_utf8_lossy(&message).contains("redress"));
        drop((connection, listener));
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    }
}

/// What a database that asks for the password in clear text is sent.
fn password_sent(listener: &TcpListener) -> Vec<u8> {
    let (mut stream, _) = first_words(listener);
    const ASK: [u8; 9] = [b'R', 0, 0, 0, 8, 0, 0, 0, 3];
    stream.write_all(&ASK).unwrap();
    let mut head = [0; 5];
    stream.read_exact(&mut head).expect("a password");
    assert_eq!(head[0], b'p');
    let [_, length @ ..] = head;
    let mut password = vec![0; u32::from_be_bytes(length) as usize - 4];
    stream.read_exact(&mut password).unwrap();
    password
}

#[test]
fn the_password_may_be_in_libpqs_own_files_instead() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path.into_os_string()
    };
    let ask = |variables: [(&str, &Path); 2], url: &str, listener: &TcpListener| {
        let mut child = program(&["migrate"])
            .envs(variables)
            .env("REDRESS_DATABASE_URL", url)
            .spawn()
            .unwrap();
        let sent = password_sent(listener);
        child.wait().unwrap();
        assert_eq!(sent, format!("{}\0", PASSWORD[0]).into_bytes());
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let passwords = write(
        "pass",
        format!("127.0.0.1:{port}:*:redress:{}\n", PASSWORD[0]),
    );
    let services = write(
        "services",
        format!(
            "[redress]\nhost=127.0.0.1\nport={port}\nuser=redress\npassword={}\nsslmode=disable\ngssencmode=disable\n",
            PASSWORD[0]
        ),
    );
    let variables = [
        ("PGPASSFILE", Path::new(&passwords)),
        ("PGSERVICEFILE", Path::new(&services)),
    ];
    let url =
        format!("postgres://redress@127.0.0.1:{port}/redress?sslmode=disable&gssencmode=disable");
    ask(variables, &url, &listener);
    ask(variables, "postgres://?service=redress", &listener);
}
