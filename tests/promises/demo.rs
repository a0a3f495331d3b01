//! The demonstration as a newcomer runs it: one command, and everything in it arrives as it really would.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::{Command, Stdio},
};

use mail_parser::{HeaderValue, MessageParser};

use crate::support::watchdog::watch_hard_work;

/// What customers of one brand do not read, nor its staff.
const FOREIGN: [(&str, &[&str]); 2] = [
    (
        "harbour-mobile.example",
        &[
            "jive", "goto", "boston", "canad", "ccts", "cprst", "crtc", "toronto", "ottawa", "rd-",
            "866-",
        ],
    ),
    (
        "jive.example",
        &[
            "harbour",
            "hm-",
            "ofcom",
            "bristol",
            "britain",
            "british",
            "kingdom",
            "commsombudsman",
            "7946",
        ],
    ),
];

/// A mail of the folder.
struct Mail {
    file: String,
    /// Of the sender where it is for a customer, of the addressee where it is for staff.
    brand: String,
    to: String,
    language: String,
    subject: String,
    text: String,
    html: String,
}

impl Mail {
    fn is_to_staff(&self) -> bool {
        self.file.starts_with("staff.")
    }
}

fn mails(folder: &Path) -> Vec<Mail> {
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files = files.filter(|file| file.extension().is_some_and(|it| it == "eml"));
    files
        .map(|path| {
            let bytes = fs::read(&path).unwrap();
            let message = MessageParser::new().parse(&bytes).unwrap();
            let file = path.file_name().unwrap().to_str().unwrap().to_owned();
            let address = |of: Option<&mail_parser::Address<'_>>| {
                let first = of.and_then(|of| of.first()).unwrap();
                first.address().unwrap().to_owned()
            };
            let (from, to) = (address(message.from()), address(message.to()));
            let of_brand = if file.starts_with("staff.") {
                &to
            } else {
                &from
            };
            let language = match message.header("Content-Language") {
                Some(HeaderValue::Text(text)) => text.to_string(),
                Some(HeaderValue::TextList(texts)) => texts[0].to_string(),
                other => panic!("{file}: {other:?}"),
            };
            Mail {
                brand: of_brand.rsplit('@').next().unwrap().to_owned(),
                to,
                language,
                subject: message.subject().unwrap().to_owned(),
                text: message.body_text(0).unwrap().into_owned(),
                html: message.body_html(0).unwrap().into_owned(),
                file,
            }
        })
        .collect()
}

/// What was printed, each entry on a line of its own.
fn entries(printed: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for line in printed.lines() {
        match (line.strip_prefix(&" ".repeat(26)), entries.last_mut()) {
            (Some(rest), Some(entry)) => {
                entry.push(' ');
                entry.push_str(rest);
            }
            _ => entries.push(line.to_owned()),
        }
    }
    entries
}

/// The numbers behind the last colon.
fn numbers(entry: &str) -> Vec<i64> {
    let (_, numbers) = entry.rsplit_once(": ").unwrap();
    let numbers = numbers.split(", ").map(|number| number.parse().unwrap());
    numbers.collect()
}

#[test]
fn the_demo_shows_how_mail_webhooks_bounces_and_digests_arrive() {
    watch_hard_work();
    let folder = tempfile::tempdir().unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_redress"))
        .args(["demo", "--mail-dir"])
        .arg(folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let printed = String::from_utf8(run.stdout).unwrap();
    let complained = String::from_utf8(run.stderr).unwrap();
    assert!(run.status.success(), "{printed}\n{complained}");
    for line in printed
        .lines()
        .skip_while(|line| !line.starts_with("Monday"))
    {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let entries = entries(&printed);
    let place = |words: &[&str]| {
        let has_all = |entry: &String| words.iter().all(|word| entry.contains(word));
        let found = entries.iter().position(has_all);
        found.unwrap_or_else(|| panic!("{words:?} in\n{printed}"))
    };

    it_fills_a_folder_in_four_languages(&mails(folder.path()));

    assert!(place(&["contact centre", "webhook verified: RD-", "closed"]) > 0);
    let down = place(&["CRM", "goes down"]);
    let second = place(&["CRM", "answers 503", "attempt 2"]);
    let looks = place(&["$ redress deliveries list ", " --unfinished"]);
    let back = place(&["CRM", "is back"]);
    let caught_up = place(&["CRM", "everything of HM-", "in order"]);
    assert!(down < second && second < looks && looks < back && back < caught_up);
    let late = numbers(&entries[caught_up]);
    assert!(late.len() > 1, "{late:?}");
    assert!(
        late.windows(2).all(|pair| pair[1] == pair[0] + 1),
        "{late:?}"
    );

    let returned = place(&["mail system", "no such mailbox"]);
    let read = place(&["redress bounce", "did not arrive: reported"]);
    let failed = place(&["did not reach the customer by email: bounced"]);
    let reminded = place(&["reminder to the handler: undelivered notice"]);
    let again = place(&["is sent again by letter"]);
    let posted = place(&["posted by letter"]);
    assert!(returned < read && read < reminded && failed < reminded);
    assert!(reminded < again && again < posted);
    let kept = fs::read_dir(folder.path().join("returned")).unwrap();
    assert_eq!(kept.count(), 1);

    assert!(place(&["staff", "digest for noor"]) < caught_up);
    assert!(place(&["1 posted, 1 failed, 1 sent again."]) > posted);
}

fn it_fills_a_folder_in_four_languages(mails: &[Mail]) {
    let mut languages: BTreeMap<&str, usize> = BTreeMap::new();
    for mail in mails {
        let Mail {
            file, text, html, ..
        } = mail;
        assert!(!mail.subject.trim().is_empty(), "{file}");
        assert!(
            text.trim().len() > 40 && html.contains("<html"),
            "{file}: {text}"
        );
        let (_, foreign) = FOREIGN
            .iter()
            .find(|(brand, _)| *brand == mail.brand)
            .unwrap_or_else(|| panic!("{file} is of {}", mail.brand));
        let read = format!("{}\n{}\n{text}\n{html}", mail.subject, mail.to).to_lowercase();
        // What lies within a day's times is told by the addressee's own zone.
        let read = read.replace("times of america/toronto", "");
        let found = foreign.iter().find(|word| read.contains(**word));
        assert_eq!(found, None, "{file}:\n{text}");
        if !mail.is_to_staff() {
            *languages.entry(&mail.language).or_default() += 1;
        }
    }
    let spoken: BTreeSet<&str> = languages.keys().copied().collect();
    assert_eq!(spoken, BTreeSet::from(["de", "en", "es", "fr"]));
    let brands: BTreeSet<&str> = mails.iter().map(|mail| mail.brand.as_str()).collect();
    assert_eq!(brands.len(), 2);
    let digest = |mail: &Mail| mail.is_to_staff() && mail.subject.starts_with("Complaints: ");
    let digests = mails.iter().filter(|mail| digest(mail));
    let digests: Vec<&Mail> = digests.collect();
    assert!(!digests.is_empty());
    for digest in digests {
        assert_eq!(digest.to, "noor@jive.example");
        assert!(digest.text.contains("RD-"), "{}", digest.text);
    }
    let about_bounce = |words: &str| {
        let mut staff = mails.iter().filter(|mail| mail.is_to_staff());
        let mail = staff.find(|mail| mail.subject.contains(words)).unwrap();
        assert_eq!(mail.to, "alex@jive.example");
    };
    about_bounce("could not be told");
    about_bounce("undelivered notice");
}
