//! A mail is passed to a relay or into a folder, and whoever sent it is told whether that was so, and if not, whether another try
//! makes sense.

use std::{fs, sync::Arc, time::Duration};

use redress::dispatch::mail::{MailError, MailSettings, Mailbox, Mailer, MailerError, Means};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

use super::plain;
use crate::support::{
    certificates::{Authority, Pair},
    relay::{Answer, Relay},
};

fn mailer(settings: MailSettings) -> Mailer {
    Mailer::start(settings).unwrap()
}

async fn sent(mailer: &Mailer) -> Result<(), MailError> {
    mailer.send(&plain()).await
}

#[tokio::test]
async fn a_mail_that_the_relay_takes_is_sent_to_its_addressee_and_returns_to_its_own_address() {
    let relay = Relay::start().await;
    sent(&mailer(relay.settings())).await.unwrap();
    let taken = relay.taken();
    let [taken] = taken.as_slice() else {
        panic!("{taken:?}")
    };
    assert_eq!(taken.from, format!("<{}>", plain().return_path));
    assert_eq!(taken.to, "ada@example.com");
}

#[tokio::test]
async fn a_refusal_tells_whether_another_try_makes_sense_and_never_repeats_an_address() {
    let relay = Relay::start().await;
    let mailer = mailer(relay.settings());
    for (answer, permanent, said) in [
        (
            Answer::Refuse("450 4.2.1 <ada@example.com> busy"),
            false,
            "450 4.2.1",
        ),
        (
            Answer::Refuse("550 5.1.1 <ada@example.com> unknown"),
            true,
            "550 5.1.1",
        ),
        (Answer::Refuse("550 no ada@example.com"), true, "550"),
        (
            Answer::RefuseMessage("452 4.3.1 full: ada@example.com"),
            false,
            "452 4.3.1",
        ),
        (
            Answer::RefuseMessage("554 5.7.1 spam to ada@example.com"),
            true,
            "554 5.7.1",
        ),
        (
            Answer::Refuse("530 5.7.0 sign in, ada@example.com"),
            false,
            "530 5.7.0",
        ),
        (Answer::Drop, false, "broke off"),
        (Answer::TakeAndDrop, false, "broke off"),
        (Answer::Refuse("what? ada@example.com"), false, "broke off"),
        (Answer::Hang, false, "did not answer"),
    ] {
        relay.does([answer]);
        let error = sent(&mailer).await.unwrap_err();
        assert_eq!(error.is_permanent(), permanent, "{answer:?}: {error}");
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(said), "{answer:?}: {shown}");
        assert!(!shown.contains("ada@example.com"), "{answer:?}: {shown}");
        // Whatever went wrong, the next one is not taken for it.
        sent(&mailer).await.unwrap();
    }
    assert_eq!(relay.taken().len(), 11);
}

#[tokio::test]
async fn a_relay_that_lets_nobody_in_is_not_the_fault_of_a_mail() {
    let relay = Relay::start().await;
    let mut settings = relay.settings_by(&format!("smtp://redress@{}", relay.address));
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    fs::write(&password, "old\n").unwrap();
    if let Means::Relay(relay) = &mut settings.means {
        relay.password_file = Some(password.clone());
    }
    relay.lets_in("redress", "new");
    let mailer = mailer(settings);
    let error = sent(&mailer).await.unwrap_err();
    assert_eq!(error, MailError::NoRelay("535 5.7.8".to_owned()));
    // A new password needs no restart.
    fs::write(&password, "new\n").unwrap();
    sent(&mailer).await.unwrap();

    let closed = Relay::start().await;
    closed.greets("554 5.3.2 no service here");
    let error = sent(&mailer_of(&closed)).await.unwrap_err();
    assert_eq!(error, MailError::NoRelay("554 5.3.2".to_owned()));

    let settings = relay.settings();
    drop(relay);
    let error = sent(&self::mailer(settings)).await.unwrap_err();
    assert!(!error.is_permanent(), "{error}");
}

fn mailer_of(relay: &Relay) -> Mailer {
    mailer(relay.settings())
}

#[tokio::test]
async fn a_line_is_used_again_and_there_are_never_more_than_four() {
    let relay = Relay::start().await;
    let mailer = mailer_of(&relay);
    for _ in 0..10 {
        sent(&mailer).await.unwrap();
    }
    assert_eq!(relay.lines(), (1, 1));
    let many = (0..40).map(|_| sent(&mailer));
    for outcome in futures_util::future::join_all(many).await {
        outcome.unwrap();
    }
    let (at_once, in_all) = relay.lines();
    assert_eq!((at_once, in_all), (4, 4));
    assert_eq!(relay.taken().len(), 50);
}

#[tokio::test]
async fn a_mail_that_nobody_waits_for_any_more_leaves_no_line_behind_that_answers_for_it() {
    let relay = Relay::start().await;
    let mailer = mailer_of(&relay);
    sent(&mailer).await.unwrap();
    relay.does([Answer::Hang]);
    let given_up = tokio::time::timeout(Duration::from_millis(100), sent(&mailer));
    given_up.await.unwrap_err();
    relay.does([Answer::Refuse("550 5.1.1 unknown")]);
    assert!(sent(&mailer).await.unwrap_err().is_permanent());
    sent(&mailer).await.unwrap();
    assert_eq!(relay.taken().len(), 2);
}

#[tokio::test]
async fn an_address_beyond_ascii_goes_only_where_it_is_understood() {
    let relay = Relay::start().await;
    let mut mail = plain();
    // A domain has another form, which every relay knows.
    mail.to.address = "ada@bücher.example".to_owned();
    mailer_of(&relay).send(&mail).await.unwrap();
    assert_eq!(relay.taken()[0].to, "ada@xn--bcher-kva.example");

    mail.to.address = "jürgen@bücher.example".to_owned();
    let error = mailer_of(&relay).send(&mail).await.unwrap_err();
    assert!(error.is_permanent(), "{error}");
    relay.offers(&["8BITMIME", "SMTPUTF8"]);
    mailer_of(&relay).send(&mail).await.unwrap();
    let taken = relay.taken();
    assert_eq!(taken[1].to, "jürgen@xn--bcher-kva.example");
    assert!(
        taken[1].from.ends_with("> SMTPUTF8 BODY=8BITMIME"),
        "{:?}",
        taken[1]
    );
}

#[tokio::test]
async fn an_address_that_is_none_is_never_tried() {
    let relay = Relay::start().await;
    for address in [
        "ada",
        "ada@",
        "@example.com",
        "a b@example.com",
        "ada@example.com\r\nRCPT TO:<eve@example.com>",
    ] {
        let mut mail = plain();
        mail.to = Mailbox {
            name: None,
            address: address.to_owned(),
        };
        let error = mailer_of(&relay).send(&mail).await.unwrap_err();
        assert!(error.is_permanent(), "{address}: {error}");
    }
    assert_eq!(relay.tried(), 0);
}

fn acceptor(of: &Pair) -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_slice(of.certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(of.key.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

#[tokio::test]
async fn mail_goes_only_to_a_relay_that_proves_who_it_is() {
    let (authority, other) = (Authority::new(), Authority::new());
    let relay = Relay::start_behind(Some(acceptor(&authority.server()))).await;
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.crt");
    let trusting = |pem: &str| {
        fs::write(&ca_file, pem).unwrap();
        let mut settings = relay.settings_by(&format!("smtps://{}", relay.address));
        if let Means::Relay(relay) = &mut settings.means {
            relay.ca_file = Some(ca_file.clone());
        }
        mailer(settings)
    };
    sent(&trusting(&authority.pem)).await.unwrap();
    let error = sent(&trusting(&other.pem)).await.unwrap_err();
    assert!(matches!(&error, MailError::NoRelay(_)), "{error}");
    // One that cannot speak TLS gets nothing, whatever it says.
    let plain_relay = Relay::start().await;
    for scheme in ["smtps", "smtp+starttls"] {
        let url = format!("{scheme}://{}", plain_relay.address);
        let error = sent(&mailer(plain_relay.settings_by(&url)))
            .await
            .unwrap_err();
        assert!(!error.is_permanent(), "{scheme}: {error}");
    }
    assert_eq!(plain_relay.tried(), 0);
    assert_eq!(relay.taken().len(), 1);
}

#[tokio::test]
async fn a_folder_has_each_mail_once_however_often_it_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/mail");
    let settings = MailSettings {
        means: Means::Folder(path.clone()),
        per_second: 1_000.try_into().unwrap(),
    };
    let mailer = mailer(settings);
    for id in ["one", "two", "one"] {
        let mut mail = plain();
        mail.id = id.to_owned();
        mailer.send(&mail).await.unwrap();
    }
    let names = fs::read_dir(&path).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["one.eml", "two.eml"]);
    let text = fs::read_to_string(path.join("one.eml")).unwrap();
    let returns = format!("Return-Path: <{}>\r\n", plain().return_path);
    assert!(text.starts_with(&returns), "{text}");
    assert!(
        text.contains("Message-ID: <one@jive.example>\r\n"),
        "{text}"
    );
    let mut outside = plain();
    outside.id = "../outside".to_owned();
    assert!(mailer.send(&outside).await.unwrap_err().is_permanent());
    fs::remove_dir_all(&path).unwrap();
    let error = sent(&mailer).await.unwrap_err();
    assert!(!error.is_permanent(), "{error}");
}

#[tokio::test]
async fn a_mailer_that_lacks_what_it_needs_does_not_start() {
    let relay = Relay::start().await;
    for missing in 0..2 {
        let mut settings = relay.settings_by("smtps://redress@127.0.0.1:1");
        if let Means::Relay(relay) = &mut settings.means {
            let nowhere = Some("/nowhere/at/all".into());
            match missing {
                0 => relay.password_file = nowhere,
                _ => relay.ca_file = nowhere,
            }
        }
        let error = Mailer::start(settings).unwrap_err();
        assert!(matches!(error, MailerError::Relay(_)), "{error}");
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = Mailer::start(MailSettings {
        means: Means::Folder(file.path().to_path_buf()),
        per_second: 1.try_into().unwrap(),
    });
    assert!(matches!(error.unwrap_err(), MailerError::Folder(_)));
}
