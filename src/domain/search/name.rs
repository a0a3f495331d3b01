//! Names as they are looked for: by any of their parts, in any order, in capitals or not, with or without accents.
//!
//! Of each name its parts are stored and every pair of them, so that two parts which are common each, but not together, cost what
//! they find. A letter that some languages write as two, such as ü, stands for either of its spellings: *Müller* is found as *Muller*
//! and as *Mueller*, and whoever types *Müller* finds all three.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory as _};
use unicode_script::{Script, UnicodeScript as _};

use crate::writing;

/// Of a name with more parts, only so many of the longest are considered.
const MOST_PARTS: usize = 8;

/// Between letters of one part, as in O'Neill, which is as often written ONeill.
const APOSTROPHES: [char; 7] = ['\'', '’', '‘', 'ʼ', '`', '´', '\u{2b9}'];

/// A part of a name, in each of its spellings: one or two.
type Part = BTreeSet<String>;

/// What is stored of a name: its parts, and the pairs of them.
pub(super) fn stored(name: &str) -> BTreeSet<String> {
    let parts = parts(name);
    let mut values: BTreeSet<String> = parts.iter().flatten().cloned().collect();
    for (place, one) in parts.iter().enumerate() {
        for other in parts.iter().skip(place + 1) {
            values.extend(pairs(one, other));
        }
    }
    values
}

/// What is wanted of a stored name, where this was typed: one of each list.
pub(super) fn wanted(text: &str) -> Vec<BTreeSet<String>> {
    let parts = parts(text);
    match parts.as_slice() {
        [only] => vec![only.clone()],
        // Each part is in one pair at least.
        several => {
            let neighbours = several.windows(2).map(|pair| match pair {
                [one, other] => pairs(one, other),
                _ => BTreeSet::new(),
            });
            neighbours.collect()
        }
    }
}

/// Two parts in the one order of all pairs.
fn pairs(one: &Part, other: &Part) -> BTreeSet<String> {
    let pair = |one: &String, other: &String| match one <= other {
        true => format!("{one} {other}"),
        false => format!("{other} {one}"),
    };
    let of_one = one.iter();
    of_one
        .flat_map(|one| other.iter().map(move |other| pair(one, other)))
        .collect()
}

/// The parts of a name, each once.
fn parts(name: &str) -> Vec<Part> {
    let joined = name.replace(APOSTROPHES, "");
    let folded = writing::identity(&joined);
    let words = folded.split(|c: char| !is_of_word(c));
    let mut parts: Vec<Part> = Vec::new();
    for word in words {
        let part: Part = [plain(word), spelled_out(word)].into();
        if part.iter().all(|spelling| !spelling.is_empty()) && !parts.contains(&part) {
            parts.push(part);
        }
    }
    if parts.len() > MOST_PARTS {
        // Which parts are kept must not depend on their order: a search may give them in another one.
        parts.sort_by_key(|part| {
            let first = part.first().cloned().unwrap_or_default();
            (std::cmp::Reverse(first.chars().count()), first)
        });
        parts.truncate(MOST_PARTS);
    }
    parts
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c.general_category_group() == GeneralCategoryGroup::Mark
}

/// Without accents, each letter by the one or two that are typed where it is not at hand.
fn plain(word: &str) -> String {
    let letters = word.nfkd().filter(|c| !is_accent(*c));
    let mut plain = String::with_capacity(word.len());
    for letter in letters {
        match unaccented(letter) {
            Some(typed) => plain.push_str(typed),
            None => plain.push(letter),
        }
    }
    plain.nfc().collect()
}

/// As [`plain`], with the second letter that languages write in place of an umlaut.
fn spelled_out(word: &str) -> String {
    let mut spelled = String::with_capacity(word.len());
    for letter in word.nfc() {
        match letter {
            'ä' => spelled.push_str("ae"),
            'ö' | 'ø' => spelled.push_str("oe"),
            'ü' => spelled.push_str("ue"),
            'å' => spelled.push_str("aa"),
            other => spelled.push(other),
        }
    }
    plain(&spelled)
}

/// Letters that no accent is taken off from, and which have no capitals here.
fn unaccented(letter: char) -> Option<&'static str> {
    Some(match letter {
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ħ' => "h",
        'ı' => "i",
        'ŋ' => "n",
        'ŧ' => "t",
        'ə' => "e",
        _ => return None,
    })
}

/// Marks that may be left out in writing. Others are vowels of their script.
fn is_accent(c: char) -> bool {
    let left_out = matches!(
        c.script(),
        Script::Inherited | Script::Common | Script::Hebrew | Script::Arabic
    );
    left_out && c.general_category_group() == GeneralCategoryGroup::Mark
}
