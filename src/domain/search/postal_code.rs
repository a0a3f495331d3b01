//! Postal codes, read out of addresses as they are written on envelopes.

use crate::writing;

/// As many are kept of one address: a house number may look like a code, too.
const MOST: usize = 4;
/// The longest part of an address that is looked at. Nothing longer is part of a code.
const LONGEST_PART: usize = 9;

/// A code without blanks and hyphens, in one case.
pub(super) fn compact(code: &str) -> String {
    let code = writing::identity(code);
    code.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// What may be the postal code of an address, the last first: that is where codes stand. Without knowing the country, it is told by its
/// form, and whatever else has such a form does no harm.
pub(super) fn codes(address: &str) -> Vec<String> {
    let address = writing::identity(address);
    let words: Vec<&str> = address
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let mut codes: Vec<String> = Vec::new();
    let mut note = |code: String| {
        if is_code(&code) && codes.len() < MOST && !codes.contains(&code) {
            codes.push(code);
        }
    };
    for last in (0..words.len()).rev() {
        let Some(word) = words.get(last).filter(|word| word.len() <= LONGEST_PART) else {
            continue;
        };
        let before = last.checked_sub(1).and_then(|before| words.get(before));
        if let Some(before) = before.filter(|before| before.len() <= LONGEST_PART) {
            let parted = (shape(before), shape(word));
            if is_parted(&parted.0, &parted.1) {
                note(format!("{before}{word}"));
            }
            // A ZIP code is found with and without what was added to it.
            if (parted.0.as_str(), parted.1.as_str()) == ("ddddd", "dddd") {
                note((*before).to_owned());
            }
        }
        note((*word).to_owned());
    }
    codes
}

/// Letters as `l`, digits as `d`.
fn shape(text: &str) -> String {
    let shapes = text.chars().map(|c| match c {
        '0'..='9' => 'd',
        'a'..='z' => 'l',
        _ => '?',
    });
    shapes.collect()
}

/// Whether two words make one code: `K1A 0B1`, `SW1A 1AA`, `D02 X285`, `1012 AB`, `123 45`, `1234-567`, `12345-678`, `12345-6789`.
fn is_parted(first: &str, second: &str) -> bool {
    match (first, second) {
        ("ldl", "dld")
        | ("ld" | "ldd" | "lld" | "lldd" | "ldl" | "lldl", "dll")
        | ("dddd", "ll" | "ddd")
        | ("ddd", "dd" | "ddd" | "dddd")
        | ("dd", "ddd")
        | ("ddddd", "ddd" | "dddd") => true,
        // In Ireland the second half is a letter and three of either.
        ("ldd" | "ldl", rest) => rest.len() == 4 && rest.starts_with('l') && rest.contains('d'),
        _ => false,
    }
}

/// Whether a text without blanks has the form of a code.
fn is_code(text: &str) -> bool {
    let shape = shape(text);
    let digits = shape.bytes().all(|shape| shape == b'd');
    match digits {
        true => (4..=9).contains(&shape.len()),
        false => (1..shape.len()).any(|at| {
            let (first, second) = shape.split_at(at);
            is_parted(first, second)
        }),
    }
}
