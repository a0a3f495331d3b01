//! What loading and rendering promise, whatever the texts say.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{path::Path, sync::Arc};

use super::facts::{Variable, needs};
use super::sample::{bare_facts, every_text, full_facts, load, recourse, sources, texts, without};
use super::sources::Sources;
use super::{Facts, Language, NoticeKind, NoticeTextError};

#[test]
fn a_missing_fact_is_named_and_leaves_no_hole() {
    let texts = texts();
    let number: &[Variable] = &[Variable::TrackingNumber];
    for (kind, language) in every_text() {
        for group in needs(kind).iter().chain([&number]) {
            let facts = group
                .iter()
                .fold(full_facts(), |facts, fact| without(facts, *fact));
            let names: Vec<_> = group.iter().map(|fact| fact.as_str()).collect();
            match texts.render(kind, language, &facts) {
                Err(NoticeTextError::MissingFact { kind: named, fact }) => {
                    assert_eq!((named, fact), (kind, names.join(" or ")));
                }
                other => panic!("{language}/{kind} without {names:?}: {other:?}"),
            }
        }
    }
}

#[test]
fn blank_words_count_as_missing() {
    let facts = Facts {
        message: Some(" \n\t ".to_owned()),
        ..bare_facts()
    };
    let refused = texts().render(NoticeKind::Update, Language::German, &facts);
    assert_eq!(
        refused.unwrap_err().to_string(),
        "a notice of kind update cannot be sent without message; give it in the facts"
    );
}

#[test]
fn a_recourse_that_cannot_be_reached_counts_as_missing() {
    let mut unreachable = recourse();
    for body in unreachable.body.values_mut() {
        body.website.clear();
    }
    let facts = Facts {
        recourse: Some(Arc::new(unreachable)),
        ..bare_facts()
    };
    let refused = texts().render(NoticeKind::Recourse, Language::English, &facts);
    assert!(
        matches!(refused, Err(NoticeTextError::MissingFact { fact, .. }) if fact == "recourse")
    );
}

#[test]
fn words_of_an_adviser_that_look_like_a_template_are_told_as_they_are() {
    let message = "Use {{ tracking_number }}, {% if x %} or [[phone]] & <b>\"quotes\"</b>.";
    let facts = Facts {
        message: Some(message.to_owned()),
        ..bare_facts()
    };
    for language in Language::ALL {
        let notice = texts()
            .render(NoticeKind::Update, language, &facts)
            .unwrap();
        assert!(notice.text.contains(message), "{}", notice.text);
    }
}

#[test]
fn words_typed_on_another_system_end_their_lines_as_the_text_does() {
    let facts = Facts {
        message: Some("\r\nFirst line \r\n\r\nSecond line\r\n".to_owned()),
        ..bare_facts()
    };
    let notice = texts()
        .render(NoticeKind::Update, Language::English, &facts)
        .unwrap();
    assert!(
        notice
            .text
            .contains("stands.\n\nFirst line\n\nSecond line\n\nHow to reach us")
    );
}

#[test]
fn each_text_has_its_own_version_and_the_notice_carries_it() {
    let texts = texts();
    let mut versions = std::collections::BTreeSet::new();
    for (kind, language) in every_text() {
        let notice = texts.render(kind, language, &full_facts()).unwrap();
        let version = texts.version(kind, language).unwrap();
        assert_eq!(notice.text_version, version);
        assert_eq!((notice.kind, notice.language), (kind, language));
        assert!(version.len() == 12 && version.bytes().all(|b| b.is_ascii_hexdigit()));
        assert!(
            versions.insert(version),
            "{language}/{kind} repeats {version}"
        );
    }
}

fn changed_versions(change: impl FnOnce(&mut Sources)) -> Vec<(NoticeKind, Language)> {
    let mut sources = sources();
    let before = load(&sources).unwrap();
    change(&mut sources);
    let after = load(&sources).unwrap();
    every_text()
        .filter(|(kind, language)| {
            before.version(*kind, *language) != after.version(*kind, *language)
        })
        .collect()
}

#[test]
fn a_version_changes_with_its_text_and_with_nothing_else() {
    let changed = changed_versions(|sources| {
        sources
            .wording
            .get_mut("fr/update")
            .unwrap()
            .push_str("\nP.-S.");
    });
    assert_eq!(changed, [(NoticeKind::Update, Language::French)]);
    assert_eq!(changed_versions(|_| ()), []);
}

#[test]
fn a_version_changes_with_shared_wording_and_with_the_contact_facts() {
    let escalation = changed_versions(|sources| {
        sources
            .wording
            .get_mut("de/shared/escalation")
            .unwrap()
            .insert(0, '–');
    });
    assert!(escalation.contains(&(NoticeKind::Acknowledgement, Language::German)));
    assert!(
        escalation
            .iter()
            .all(|(_, language)| *language == Language::German)
    );
    assert!(!escalation.contains(&(NoticeKind::Update, Language::German)));

    let phone = changed_versions(|sources| {
        for language in Language::ALL {
            sources.name(language, "phone", "000");
        }
    });
    for language in Language::ALL {
        assert!(phone.contains(&(NoticeKind::Acknowledgement, language)));
        assert!(!phone.contains(&(NoticeKind::Recourse, language)));
    }
}

#[track_caller]
fn is_refused(path: &str, text: &str, because: &str) {
    let mut sources = sources();
    sources.wording.insert(path.to_owned(), text.to_owned());
    let refused = load(&sources).unwrap_err().to_string();
    assert!(
        refused.contains(path) && refused.contains(because),
        "{refused}"
    );
}

#[test]
fn a_bad_text_is_refused_when_it_is_loaded_and_named() {
    is_refused("en/paused", "[[head]] {{ reason", "does not parse");
    is_refused(
        "en/paused",
        "[[head]] {{ raison }}",
        "`raison`, which is not a fact",
    );
    is_refused("en/paused", "[[head]]", "does not use `reason`");
    is_refused(
        "en/paused",
        "{{ reason }}",
        "does not use `tracking_number`",
    );
    is_refused("en/paused", "[[fax]]", "marks `[[fax]]`");
    is_refused(
        "en/paused",
        "[[head]] {{ reason }} {{ message }}",
        "{% if message %}",
    );
    is_refused("en/paused", "[[fax", "marks `[[fax]]`");
    is_refused(
        "es/shared/contact",
        "[[escalation]]",
        "marks `[[escalation]]`",
    );
}

#[test]
fn the_languages_of_a_kind_tell_the_same_facts() {
    is_refused(
        "fr/paused",
        "[[head]] {{ reason }}",
        "uses other facts than the one in en",
    );
}

#[test]
fn a_kind_without_a_text_is_refused() {
    let mut sources = sources();
    sources.wording.remove("de/withdrawn");
    let refused = load(&sources);
    assert!(matches!(refused, Err(NoticeTextError::NoSuchText { text }) if text == "de/withdrawn"));
}

/// British English differs by these words alone, so that no text of it is left behind when the others change.
#[test]
fn british_english_says_the_same_in_its_own_words() {
    let [american, british] = ["CA", "GB"].map(|home| Sources::builtin(home).wording);
    let words = [
        ("Toll-free phone", "Freephone"),
        ("Mail: ", "Post: "),
        ("by mail: ", "by post: "),
        ("an inquiry", "an enquiry"),
        ("our inquiry", "our enquiry"),
    ];
    for (path, text) in &american {
        let mut text = text.clone();
        if path.starts_with("en/") {
            text = words
                .iter()
                .fold(text, |text, (from, to)| text.replace(from, to));
        }
        assert_eq!(text, british[path], "{path}");
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("notices/en-GB");
    let differing = american
        .iter()
        .filter(|(path, text)| british[*path] != **text);
    for (path, _) in differing.clone() {
        let file = path.replacen("en/", "", 1);
        assert!(folder.join(format!("{file}.txt")).exists(), "{file}");
    }
    let files = |folder: &Path| {
        let entries = folder.read_dir().unwrap();
        entries
            .filter(|entry| entry.as_ref().unwrap().path().is_file())
            .count()
    };
    assert_eq!(
        differing.count(),
        files(&folder) + files(&folder.join("shared"))
    );
}

#[test]
fn every_approved_file_is_in_use() {
    let sources = sources();
    let notices = Path::new(env!("CARGO_MANIFEST_DIR")).join("notices");
    let mut found = Vec::new();
    for language in Language::ALL {
        for folder in [language.code().to_owned(), format!("{language}/shared")] {
            for entry in notices.join(&folder).read_dir().unwrap() {
                let path = entry.unwrap().path();
                if let Some(stem) = path
                    .file_name()
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .strip_suffix(".txt")
                {
                    found.push(format!("{folder}/{stem}"));
                }
            }
        }
    }
    found.sort();
    assert!(sources.wording.keys().eq(&found));
    for language in Language::ALL {
        let shared = format!("{language}/shared/");
        for name in found.iter().filter_map(|path| path.strip_prefix(&shared)) {
            // What there is for one means alone stands among all of them.
            let mark = match name.starts_with("by_") {
                true => "[[means]]".to_owned(),
                false => format!("[[{name}]]"),
            };
            let used = |(path, text): (&String, &String)| {
                path.starts_with(language.code()) && text.contains(&mark)
            };
            assert!(sources.wording.iter().any(used), "{language}: {mark}");
        }
    }
}
