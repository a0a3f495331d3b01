//! Mail through a relay that others wrote, read by a parser that others wrote.

use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use redress::{
    dispatch::mail::{MailError, MailSettings, Mailer, Means, Patience, RelaySettings},
    domain::notice::Language,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::plain;
use crate::support::{certificates::Authority, watchdog};

/// The relay in `tests/mail`. It ends with the pipe to it, and so with this process however that ends.
struct Others {
    child: Child,
    _input: ChildStdin,
    output: BufReader<ChildStdout>,
    port: String,
    folder: TempDir,
}

impl Others {
    fn start() -> Self {
        watchdog::watch();
        let python = env::var_os("REDRESS_MAIL_PYTHON");
        let python = python.expect("a Python with aiosmtpd, which `.ci/run mail` installs");
        let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
        let server = authority.server();
        for (name, text) in [
            ("ca.crt", &authority.pem),
            ("tls.crt", &server.certificate),
            ("tls.key", &server.key),
            ("password", &"s3cret\n".to_owned()),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let mut child = Command::new(python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mail/relay.py"))
            .args(["tls.crt", "tls.key", "redress", "s3cret"])
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut port = String::new();
        output.read_line(&mut port).unwrap();
        Others {
            _input: child.stdin.take().unwrap(),
            child,
            output,
            port: port.trim().to_owned(),
            folder,
        }
    }

    fn mailer(&self) -> Mailer {
        let file = |name: &str| Some(self.folder.path().join(name));
        let url = format!("smtp+starttls://redress@127.0.0.1:{}", self.port);
        Mailer::start(MailSettings {
            means: Means::Relay(RelaySettings {
                url: url.parse().unwrap(),
                password_file: file("password"),
                ca_file: file("ca.crt"),
                patience: Patience {
                    command: Duration::from_secs(2),
                    ..Patience::default()
                },
            }),
            per_second: 1_000.try_into().unwrap(),
        })
        .unwrap()
    }

    /// What it took last.
    fn taken(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs aiosmtpd from PyPI: .ci/run mail"]
async fn a_mail_reads_the_same_to_others_in_each_language() {
    let mut relay = Others::start();
    let mailer = relay.mailer();
    for (language, name, words) in [
        (
            Language::English,
            "Ada O’Neill, \"the first\"",
            "We’ll look into it.",
        ),
        (
            Language::French,
            "Zoé Lœuillet-Dupré",
            "À bientôt : « l’œuvre » coûte 3 €.",
        ),
        (
            Language::Spanish,
            "Íñigo Núñez; Bcc: eve@example.com",
            "¿Qué pasó? ¡Mañana!",
        ),
        (
            Language::German,
            "Jürgen Groß <eve@example.com>",
            "Grüße aus Straßburg & <Köln>.",
        ),
    ] {
        let mut mail = plain();
        (mail.language, mail.to.name) = (language, Some(name.to_owned()));
        mail.subject = format!("{words} {}", "sehr lang ".repeat(20).trim());
        mail.text = format!("{name}\n\n{words}\n\n.\n\n- {words}\n");
        mailer.send(&mail).await.unwrap();
        let taken = relay.taken();
        assert_eq!(taken["tls"], json!(true));
        assert_eq!(taken["defects"], json!([]), "{taken}");
        assert_eq!(taken["from"], json!(mail.return_path));
        assert_eq!(taken["to"], json!(["ada@example.com"]));
        assert_eq!(taken["names"], json!([name]));
        assert_eq!(taken["addresses"], json!(["ada@example.com"]));
        let kinds = ["multipart/alternative", "text/plain", "text/html"];
        assert_eq!(taken["kinds"], json!(kinds));
        let headers = &taken["headers"];
        assert_eq!(headers["Subject"], json!(mail.subject));
        assert_eq!(
            headers["Message-ID"],
            json!("<rd-dcnnm-y6g1w-7@jive.example>")
        );
        assert_eq!(headers["Content-Language"], json!(language.to_string()));
        assert_eq!(headers["Auto-Submitted"], json!("auto-generated"));
        let text = taken["plain"].as_str().unwrap().replace("\r\n", "\n");
        assert_eq!(text.trim_end(), mail.text.trim_end());
        let html = taken["html"].as_str().unwrap();
        let escaped = words
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        assert!(html.contains(&format!("<li>{escaped}</li>")), "{html}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs aiosmtpd from PyPI: .ci/run mail"]
async fn what_a_relay_of_others_says_is_understood() {
    let mut relay = Others::start();
    let mailer = relay.mailer();
    for (wish, permanent, said) in [
        ("450", false, "450 4.1.1"),
        ("550", true, "550 5.1.1"),
        ("data-451", false, "451 4.7.1"),
        ("data-554", true, "554 5.7.1"),
        ("hang", false, "did not answer within 2 s"),
        ("drop", false, "broke off"),
    ] {
        let mut mail = plain();
        mail.to.address = format!("{wish}+ada@example.com");
        let error = mailer.send(&mail).await.unwrap_err();
        assert_eq!(error.is_permanent(), permanent, "{wish}: {error}");
        assert!(error.to_string().ends_with(said), "{wish}: {error}");
        mailer.send(&plain()).await.unwrap();
        assert_eq!(relay.taken()["to"], json!(["ada@example.com"]));
    }
    fs::write(relay.folder.path().join("password"), "wrong").unwrap();
    let error = relay.mailer().send(&plain()).await.unwrap_err();
    assert!(
        matches!(&error, MailError::NoRelay(why) if why.starts_with("535")),
        "{error}"
    );
}
