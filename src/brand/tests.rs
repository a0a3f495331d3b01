//! What a brand file may say, and what it makes of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use super::{Brand, BrandBook, BrandConflict, BrandError};
use crate::domain::notice::{Language, NoticeKind, sample::full_facts};

pub(super) const JIVE: &str = include_str!("../../brands/jive.toml");
pub(super) const HARBOUR: &str = include_str!("../../brands/harbour.toml");

fn parse(text: &str) -> Result<Brand, BrandError> {
    crate::watchdog::watch();
    Brand::parse("brand.toml", text)
}

/// Harbour with one thing changed.
fn changed(from: &str, to: &str) -> Result<Brand, BrandError> {
    assert!(HARBOUR.contains(from), "{from}");
    parse(&HARBOUR.replacen(from, to, 1))
}

/// The line of the changed file in which this stands, and what is said of it.
#[track_caller]
fn refused(from: &str, to: &str, at: &str, because: &str) {
    let error = changed(from, to).unwrap_err();
    let text = HARBOUR.replacen(from, to, 1);
    let line = text.lines().position(|line| line.contains(at)).unwrap() + 1;
    assert!(error.reason.contains(because), "{to}: {error}");
    assert_eq!(error.line, line, "{to}: {error}");
}

#[test]
fn the_built_in_brand_is_whole_and_its_version_is_that_of_its_text() {
    let book = BrandBook::builtin().unwrap();
    let jive = book.only().unwrap();
    assert_eq!((jive.name(), jive.title.as_str()), ("jive", "Jive"));
    assert_eq!(jive.text, JIVE);
    assert_eq!(jive.languages, Language::ALL);
    assert_eq!(parse(JIVE).unwrap().reference, jive.reference);
    let other = parse(&format!("{JIVE}# A remark.\n")).unwrap();
    assert_ne!(other.version(), jive.version());
}

#[test]
fn a_brand_writes_in_its_languages_alone_and_in_its_own_name() {
    let harbour = parse(HARBOUR).unwrap();
    for kind in NoticeKind::ALL {
        let told = harbour.texts.render(kind, Language::English, &full_facts());
        let text = told.unwrap().text;
        assert!(text.contains("Harbour Mobile"), "{kind}:\n{text}");
        for other in [Language::French, Language::Spanish, Language::German] {
            assert!(harbour.texts.render(kind, other, &full_facts()).is_err());
            assert_eq!(harbour.texts.version(kind, other), None);
        }
    }
    let german = Language::German;
    assert_eq!(harbour.texts.language_for(german), Language::English);
    assert_eq!(parse(JIVE).unwrap().texts.language_for(german), german);
}

#[test]
fn a_text_of_its_own_takes_the_place_of_the_built_in_one_and_is_another_version() {
    let added = "\n[texts.en]\nreopened = \"\"\"\n[[head]]\n\nYour complaint is open again.\n\n\
                 {% if reason %}\nWhy: {{ reason }}\n{% endif %}\n\"\"\"\n";
    let (before, after) = (parse(HARBOUR), parse(&format!("{HARBOUR}{added}")));
    let (before, after) = (before.unwrap(), after.unwrap());
    let (kind, language) = (NoticeKind::Reopened, Language::English);
    let told = after.texts.render(kind, language, &full_facts()).unwrap();
    assert!(
        told.text.contains("Your complaint is open again."),
        "{}",
        told.text
    );
    for kind in NoticeKind::ALL {
        let same = before.texts.version(kind, language) == after.texts.version(kind, language);
        assert_eq!(same, kind != NoticeKind::Reopened, "{kind}");
    }
}

#[test]
fn a_means_that_is_not_offered_is_named_by_no_text_of_its_own_either() {
    let silent = HARBOUR.replacen("\"phone\", ", "", 1);
    let silent = silent.replacen("phone = \"020 7946 0123\"\n", "", 1);
    assert!(parse(&silent).is_ok());
    let own = "\n[fragments.en]\nsignature = \"Call us: [[phone]]\"\n";
    let refused = parse(&format!("{silent}{own}")).unwrap_err();
    assert!(refused.reason.contains("marks `[[phone]]`"), "{refused}");
    assert!(refused.reason.contains("means that the brand"), "{refused}");
}

#[test]
fn a_fragment_of_its_own_stands_in_every_text_that_marks_it() {
    let added = "\n[fragments.en]\nsignature = \"Yours, the crew of [[name]]\"\n";
    // Whatever fragments the file has already are in one table.
    let text = match HARBOUR.contains("[fragments.en]") {
        true => HARBOUR.replacen("[fragments.en]", &added[1..], 1),
        false => format!("{HARBOUR}{added}"),
    };
    let brand = parse(&text).unwrap();
    for kind in NoticeKind::ALL {
        let told = brand.texts.render(kind, Language::English, &full_facts());
        let text = told.unwrap().text;
        assert!(
            text.ends_with("Yours, the crew of Harbour Mobile"),
            "{text}"
        );
    }
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    refused(
        "name = \"harbour\"",
        "name = \"Harbour!\"",
        "name = ",
        "a name is 1 to 40",
    );
    refused(
        "title = \"Harbour Mobile\"",
        "title = \" \"",
        "title = ",
        "is empty",
    );
    refused(
        "title = \"Harbour Mobile\"",
        "title = \"A\\nB\"",
        "title = ",
        "U+000A",
    );
    refused("\"HM\"", "\"H\"", "tracking_prefix", "two to four letters");
    refused(
        "\"HM\"",
        "\"H-M\"",
        "tracking_prefix",
        "two to four letters",
    );
    refused("\"GB\"", "\"XX\"", "home_region", "ISO 3166");
    refused("\"GB\"", "\"gb\"", "home_region", "ISO 3166");
    refused(
        "languages = [\"en\"]",
        "languages = []",
        "languages = ",
        "at least one",
    );
    refused(
        "languages = [\"en\"]",
        "languages = [\"en\", \"en\"]",
        "languages = ",
        "already",
    );
    refused(
        "languages = [\"en\"]",
        "languages = [\"en\", \"fr\"]",
        "languages = ",
        "[contact.fr]",
    );
    refused(
        "languages = [\"en\"]",
        "languages = [\"it\"]",
        "languages = ",
        "unknown variant",
    );
    refused(
        "default_language = \"en\"",
        "default_language = \"de\"",
        "default_language",
        "not among languages",
    );
    refused(
        "means = [",
        "means = [\"pigeon\", ",
        "means = ",
        "unknown variant",
    );
    refused(
        "complaints@",
        "complaints at ",
        "mail_sender",
        "a mail address",
    );
    let web = "web = \"www";
    refused(
        web,
        "reply_to = \"answers at example\"\nweb = \"www",
        "[contact.en]",
        "`reply_to`: expected a mail address",
    );
    let sender = "mail_sender = \"complaints@harbour-mobile.example\"\n";
    let unsent = HARBOUR.replacen(sender, "", 1);
    let unsent = unsent.replacen(web, "reply_to = \"answers@example.com\"\nweb = \"www", 1);
    let error = parse(&unsent).unwrap_err();
    assert!(error.reason.contains("needs a `mail_sender`"), "{error}");
    refused(
        "020 7946 0123",
        "020 7946",
        "[contact.en]",
        "no telephone number",
    );
    refused(
        "phone = \"020 7946 0123\"\n",
        "",
        "[contact.en]",
        "`phone` is among means",
    );
    refused(
        "means = [\"form\", \"phone\", \"mail\"]",
        "means = [\"form\", \"mail\"]",
        "[contact.en]",
        "`phone` is not among means",
    );
    refused(
        "[contact.en]",
        "colour = \"blue\"\n[contact.en]",
        "colour",
        "unknown field",
    );
    refused(
        "[contact.en]",
        "[contact.fr]\n[contact.en]",
        "[contact.fr]",
        "not among languages",
    );
}

#[test]
fn a_text_that_could_not_be_told_is_refused_at_its_line() {
    let with = |texts: &str| format!("{HARBOUR}\n[texts.en]\n{texts}\n");
    for (text, at, because) in [
        ("paused = \"[[head]]\"", "paused", "does not use `reason`"),
        (
            "paused = \"[[head]] {{ raison }}\"",
            "paused",
            "`raison`, which is not a fact",
        ),
        ("paused = \"[[fax]]\"", "paused", "marks `[[fax]]`"),
        ("paused = \"\"", "paused", "the text is empty"),
        ("pawsed = \"x\"", "pawsed", "unknown variant"),
        (
            "paused = \"\"\"\nOne\nTwo {{ reason }}\nThree {{ 6 * 7 }}\n\"\"\"",
            "Three",
            "and nothing else",
        ),
        (
            "paused = \"[[head]] {% if reason %}{{ reason }}\"",
            "paused",
            "does not parse",
        ),
        (
            "paused = \"[[head]] {{ reason }} {{ message }}\"",
            "paused",
            "{% if message %}",
        ),
    ] {
        let text = with(text);
        let error = parse(&text).unwrap_err();
        assert!(error.reason.contains(because), "{error}");
        let line = text
            .lines()
            .collect::<Vec<_>>()
            .iter()
            .rposition(|line| line.contains(at))
            .unwrap()
            + 1;
        assert_eq!(error.line, line, "{error}");
    }
    let long = with(&format!("paused = \"{}\"", "x".repeat(10_001)));
    let reason = parse(&long).unwrap_err().reason;
    assert!(reason.contains("more than 10000 characters"), "{reason}");
}

#[test]
fn a_file_that_costs_too_much_to_read_is_refused_before_it_is_read() {
    let large = format!("{HARBOUR}#{}\n", "x".repeat(256 << 10));
    assert!(
        parse(&large)
            .unwrap_err()
            .reason
            .contains("limit of 262144")
    );
    let deep = format!("{HARBOUR}{}x = 1\n", "a.".repeat(10_000));
    assert!(parse(&deep).unwrap_err().reason.contains("at most 4 parts"));
    let nested = format!(
        "{HARBOUR}x = {}{}\n",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    assert!(parse(&nested).is_err());
    let hidden = format!("{HARBOUR}# a\u{202e}b\n");
    assert!(parse(&hidden).unwrap_err().reason.contains("U+202E"));
    let many: String = (0..51).map(|n| format!("f{n} = \"x\"\n")).collect();
    let many = format!("{HARBOUR}\n[fragments.en]\n{many}");
    let many = many.replacen(
        "\n[fragments.en]\n",
        "\n",
        many.matches("[fragments.en]").count() - 1,
    );
    assert!(parse(&many).is_err());
}

/// Cuts, doubled parts and swapped signs of good files: each is refused with a place in the file, or is a brand.
#[test]
fn no_mangled_file_panics() {
    for good in [JIVE, HARBOUR] {
        let ends = good.char_indices().map(|(at, _)| at);
        for at in ends.step_by(7) {
            let (head, tail) = good.split_at(at);
            let rest: String = tail.chars().skip(1).collect();
            for text in [
                head.to_owned(),
                format!("{head}{rest}"),
                format!("{head}\"{rest}"),
                format!("{head}{{%{tail}"),
                format!("{head}{{{{ x }}}}{tail}"),
                format!("{head}[[{tail}"),
                format!("{head}\u{0}{tail}"),
            ] {
                if let Err(error) = parse(&text) {
                    assert!(error.line <= text.lines().count() + 1, "{error}");
                    assert!(!error.reason.is_empty());
                }
            }
        }
    }
}

#[test]
fn a_filing_goes_to_the_brand_that_it_names_or_to_the_only_one() {
    let mut book = BrandBook::builtin().unwrap();
    assert_eq!(book.of_filing(None).unwrap().name(), "jive");
    book.insert(parse(HARBOUR).unwrap());
    assert_eq!(book.of_filing(Some("harbour")).unwrap().name(), "harbour");
    let unknown = book.of_filing(Some("harbor")).unwrap_err();
    assert!(
        unknown.to_string().ends_with("did you mean harbour?"),
        "{unknown}"
    );
    let none = book.of_filing(None).unwrap_err();
    assert_eq!(none.to_string(), "must be one of harbour, jive");
}

#[test]
fn a_brand_that_is_no_longer_in_use_stays_for_its_complaints() {
    let mut book = BrandBook::default();
    book.insert(parse(HARBOUR).unwrap());
    book.insert_former(parse(JIVE).unwrap());
    assert_eq!(book.only().unwrap().name(), "harbour");
    assert!(book.get("jive").is_some() && !book.is_in_use("jive"));
    assert!(book.of_filing(Some("jive")).is_err());
    assert_eq!(book.names().collect::<Vec<_>>(), ["harbour", "jive"]);
}

#[test]
fn the_latest_version_is_used_and_every_version_can_be_read() {
    let mut book = BrandBook::default();
    let (old, new) = (parse(HARBOUR), changed("020 7946 0123", "020 7946 0124"));
    let (old, new) = (old.unwrap(), new.unwrap());
    book.insert(old.clone());
    book.insert(new.clone());
    assert_eq!(book.get("harbour").unwrap().reference, new.reference);
    assert!(book.version(&old.reference).is_some());
    book.insert_former(old);
    assert_eq!(book.get("harbour").unwrap().reference, new.reference);
    assert_eq!(book.versions().count(), 2);
}

#[test]
fn a_brand_goes_with_the_others_and_with_a_policy_that_there_is() {
    let book = BrandBook::builtin().unwrap();
    let policies = ["ca-jive", "uk-ofcom"];
    assert_eq!(book.accepts(&parse(HARBOUR).unwrap(), policies), Ok(()));
    let same = changed("\"HM\"", "\"RD\"").unwrap();
    let taken = book.accepts(&same, policies).unwrap_err();
    assert!(matches!(taken, BrandConflict::Prefix { other, .. } if other == "jive"));
    let lawless = changed("uk-ofcom", "uk-ofcon").unwrap();
    let unknown = book.accepts(&lawless, policies).unwrap_err();
    assert!(
        unknown.to_string().ends_with("did you mean uk-ofcom?"),
        "{unknown}"
    );
    // A version may keep the prefix of the one that it replaces.
    let next = parse(&format!("{JIVE}# Later.\n")).unwrap();
    assert_eq!(book.accepts(&next, policies), Ok(()));
}

#[test]
fn a_number_is_read_as_one_of_the_home_region() {
    let (jive, harbour) = (parse(JIVE).unwrap(), parse(HARBOUR).unwrap());
    assert_eq!(
        harbour.e164("020 7946 0958").as_deref(),
        Some("+442079460958")
    );
    assert_eq!(jive.e164("020 7946 0958"), None);
    assert_eq!(jive.e164("(514) 555-0142").as_deref(), Some("+15145550142"));
    assert_eq!(
        harbour.e164("+1 514 555 0142").as_deref(),
        Some("+15145550142")
    );
    assert_eq!(jive.e164("+1 514 555 0142 ext. 5"), None);
}
