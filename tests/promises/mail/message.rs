//! A mail says in two forms what was approved, once, and nothing that somebody wrote changes what kind of mail it is.

use redress::{
    dispatch::mail::{Mail, Mailbox, Mailer},
    domain::notice::Language,
};

use super::plain;
use crate::support::relay::{Relay, Taken};

async fn passed_over(mail: &Mail) -> Taken {
    let relay = Relay::start().await;
    let mailer = Mailer::start(relay.settings()).unwrap();
    mailer.send(mail).await.unwrap();
    relay.taken().pop().unwrap()
}

/// What a reader of mail makes of it: the parts, decoded.
fn parts(taken: &Taken) -> (String, String) {
    let message = mail_parser::MessageParser::new().parse(taken.message.as_bytes());
    let message = message.unwrap();
    assert_eq!(
        message.parts.len(),
        3,
        "two forms in one: {}",
        taken.message
    );
    let plain = message.body_text(0).unwrap().into_owned();
    let html = message.body_html(0).unwrap().into_owned();
    (plain, html)
}

#[tokio::test]
async fn a_mail_says_who_writes_to_whom_and_that_a_machine_does() {
    let taken = passed_over(&plain()).await;
    let header = |name| taken.header(name).unwrap_or_default();
    assert_eq!(header("From"), "Jive <complaints@jive.example>");
    assert_eq!(header("To"), "\"Ada Sample\" <ada@example.com>");
    assert_eq!(header("Subject"), plain().subject);
    assert_eq!(header("Date"), "Wed, 03 Jun 2026 14:00:00 +0000");
    assert_eq!(header("Message-ID"), "<rd-dcnnm-y6g1w-7@jive.example>");
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert_eq!(header("Content-Language"), "en");
    assert!(header("Content-Type").starts_with("multipart/alternative;"));
    assert_eq!(taken.header("Reply-To"), None);
    let mut mail = plain();
    mail.reply_to = Some(Mailbox {
        name: None,
        address: "office@jive.example".to_owned(),
    });
    let taken = passed_over(&mail).await;
    assert_eq!(
        taken.header("Reply-To").as_deref(),
        Some("office@jive.example")
    );
}

#[tokio::test]
async fn every_try_is_the_same_message() {
    let relay = Relay::start().await;
    for _ in 0..2 {
        // As after a restart.
        let mailer = Mailer::start(relay.settings()).unwrap();
        mailer.send(&plain()).await.unwrap();
    }
    let taken = relay.taken();
    assert_eq!(taken[0], taken[1]);
}

#[tokio::test]
async fn the_plain_form_and_the_html_say_the_same_in_each_language() {
    for (language, words) in [
        (Language::English, "We’ll look into it – “today”."),
        (Language::French, "À bientôt : « l’œuvre » coûte 3 €."),
        (Language::Spanish, "¿Qué pasó? ¡Mañana!"),
        (Language::German, "Grüße aus Straßburg, „Vorgangsnummer“."),
    ] {
        let mut mail = plain();
        mail.language = language;
        mail.subject = format!("{words} ({language})");
        mail.text = format!("Ada\n\n{words}\n\n- {words}\n\n{}\n", "lang ".repeat(400));
        let taken = passed_over(&mail).await;
        assert!(taken.message.is_ascii(), "{}", taken.message);
        let longest = taken.message.lines().map(str::len).max();
        assert!(longest < Some(999), "RFC 5322, 2.1.1: {longest:?}");
        let (plain, html) = parts(&taken);
        assert_eq!(plain.replace("\r\n", "\n").trim_end(), mail.text.trim_end());
        assert!(
            html.contains(&format!("<html lang=\"{language}\">")),
            "{html}"
        );
        assert!(html.contains(&format!("<p>{words}</p>")), "{html}");
        assert!(html.contains(&format!("<li>{words}</li>")), "{html}");
        assert_eq!(taken.header("Content-Language"), Some(language.to_string()));
        let read = mail_parser::MessageParser::new().parse(taken.message.as_bytes());
        assert_eq!(read.unwrap().subject(), Some(mail.subject.as_str()));
    }
}

#[tokio::test]
async fn no_words_become_headers_commands_or_markup() {
    let usual = passed_over(&plain()).await;
    let names = |taken: &Taken| {
        let head = taken.message.split("\n\n").next().unwrap_or_default();
        let lines = head.lines().filter(|line| !line.starts_with([' ', '\t']));
        let names = lines.map(|line| line.split(':').next().unwrap_or_default().to_owned());
        names.collect::<Vec<_>>()
    };
    for hostile in [
        "Ada\r\nBcc: eve@example.com\r\n\r\nHello",
        "Ada\nBcc: eve@example.com",
        "Ada\rBcc: eve@example.com",
        "Ada\u{85}Bcc: eve\u{2028}Bcc: eve",
        "\"Ada\" <eve@example.com>, \"Eve",
        "Ada, eve@example.com",
        "\r\n.\r\nMAIL FROM:<eve@example.com>\r\n",
        "=?utf-8?q?Ada=0D=0ABcc:_eve@example.com?=",
        "--\r\nContent-Type: text/html\r\n\r\n<script>x</script>",
        "\u{0}\u{7}\u{202e}Ada",
        "<script>alert('x')</script>",
        "",
    ] {
        let mut mail = plain();
        mail.to.name = Some(hostile.to_owned());
        mail.subject = hostile.to_owned();
        mail.text = format!("{hostile}\n\n.\n\n..\n\n{hostile}");
        let taken = passed_over(&mail).await;
        assert_eq!(taken.to, "ada@example.com", "{hostile:?}");
        assert_eq!(
            names(&taken),
            names(&usual),
            "{hostile:?}: {}",
            taken.message
        );
        let read = mail_parser::MessageParser::new().parse(taken.message.as_bytes());
        let read = read.unwrap();
        let to: Vec<_> = read.to().unwrap().iter().collect();
        let [to] = to.as_slice() else {
            panic!("{hostile:?}: {to:?}")
        };
        assert_eq!(to.address(), Some("ada@example.com"), "{hostile:?}");
        let (_, html) = parts(&taken);
        assert!(!html.contains("<script"), "{hostile:?}: {html}");
    }
}
