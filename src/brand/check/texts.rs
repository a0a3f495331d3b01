//! A brand's own wording, and the texts that it makes with the built-in one.

use std::{collections::BTreeMap, ops::Range};

use toml::Spanned;

use super::{
    super::{file::BrandFile, pack::Contact},
    fault::{Fault, name, offered},
};
use crate::{
    domain::notice::{Language, NoticeTextError, NoticeTexts, Sources, placeholders},
    policy::Channel,
};

/// The longest text or fragment, in characters. A notice is read on a page or two.
const LONGEST_TEXT: usize = 10_000;
/// The most fragments of one language.
const MOST_FRAGMENTS: usize = 50;

/// Reads the texts that a customer of this brand is told. They name the means that it offers, and no others.
pub(super) fn load(
    written: &BrandFile,
    text: &str,
    languages: &[Language],
    means: &[Channel],
    contact: &BTreeMap<Language, Contact>,
) -> Result<NoticeTexts, Fault> {
    let own = own(written, text, languages)?;
    let mut sources = Sources::builtin(written.home_region.get_ref());
    sources.offer(means);
    for (language, contact) in contact {
        sources.name(*language, "name", written.title.get_ref());
        for (mark, value) in contact.given() {
            sources.name(*language, mark, value);
        }
    }
    for (path, place) in &own {
        sources.replace(path.clone(), place.get_ref().clone());
    }
    NoticeTexts::load(&sources, languages, *written.default_language.get_ref()).map_err(|error| {
        Fault {
            span: place_of(&error, &own).unwrap_or_else(|| written.name.span()),
            reason: error.to_string(),
        }
    })
}

/// What the brand words itself, by the path of the wording that it replaces.
fn own<'f>(
    written: &'f BrandFile,
    text: &str,
    languages: &[Language],
) -> Result<BTreeMap<String, &'f Spanned<String>>, Fault> {
    let mut own = BTreeMap::new();
    for (language, texts) in &written.texts {
        offered(language, languages)?;
        for (kind, place) in texts {
            wording(place, text)?;
            own.insert(format!("{}/{kind}", language.get_ref()), place);
        }
    }
    for (language, fragments) in &written.fragments {
        offered(language, languages)?;
        if fragments.len() > MOST_FRAGMENTS {
            let reason = format!("there are more than {MOST_FRAGMENTS} fragments");
            return Err(Fault::at(language, reason));
        }
        for (fragment, place) in fragments {
            name(fragment)?;
            wording(place, text)?;
            let path = format!("{}/shared/{}", language.get_ref(), fragment.get_ref());
            own.insert(path, place);
        }
    }
    Ok(own)
}

fn wording(place: &Spanned<String>, text: &str) -> Result<(), Fault> {
    let wording = place.get_ref();
    if wording.trim().is_empty() {
        return Err(Fault::at(place, "the text is empty"));
    }
    if wording.chars().count() > LONGEST_TEXT {
        let reason = format!("the text has more than {LONGEST_TEXT} characters");
        return Err(Fault::at(place, reason));
    }
    placeholders::check(wording).map_err(|wrong| Fault {
        span: line_within(place, text, wrong.offset),
        reason: wrong.reason,
    })
}

/// The beginning of the line of the file in which a byte of a text stands, as well as that can be told.
fn line_within(place: &Spanned<String>, text: &str, offset: usize) -> Range<usize> {
    let span = place.span();
    let before = place.get_ref().get(..offset).unwrap_or_default();
    let written = text.get(span.clone()).unwrap_or_default();
    // TOML drops a newline right after the opening quotes.
    let dropped = ["\"\"\"\n", "'''\n", "\"\"\"\r\n", "'''\r\n"];
    let dropped = usize::from(dropped.iter().any(|quotes| written.starts_with(quotes)));
    let line = before.matches('\n').count() + dropped;
    let mut newlines = written.match_indices('\n').map(|(at, _)| at + 1);
    let within = match line.checked_sub(1) {
        None => 0,
        Some(nth) => newlines.nth(nth).unwrap_or(0),
    };
    let start = span.start + within;
    start..start
}

/// Where the wording stands that does not go with the rest; `None`: it is all built in.
fn place_of(
    error: &NoticeTextError,
    own: &BTreeMap<String, &Spanned<String>>,
) -> Option<Range<usize>> {
    let path = error.text()?;
    let (language, _) = path.split_once('/')?;
    let shared = format!("{language}/shared/");
    // A text that is built in is spoiled by a fragment that is not.
    let fragment = || own.iter().find(|(own, _)| own.starts_with(&shared));
    let place = own.get(path).copied();
    place
        .or_else(|| fragment().map(|(_, place)| *place))
        .map(Spanned::span)
}
