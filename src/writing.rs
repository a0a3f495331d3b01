//! What people write and others read: the characters that a reader cannot see, and the names that a reader cannot tell
//! apart. The tables are Unicode's own (UAX #15, UAX #24, UTS #39).

use std::{fmt, ops::Range};

use unicode_normalization::{UnicodeNormalization as _, char::canonical_combining_class};
use unicode_properties::{GeneralCategory as Category, UnicodeGeneralCategory as _};
use unicode_script::{Script, UnicodeScript as _};
use unicode_security::{MixedScript as _, confusable_detection};

/// Characters that show nothing, though by their category they should: joiners of graphemes, fillers of Hangul, vowels of
/// Khmer that are not shown, and the empty pattern of Braille.
const BLANK: [char; 8] = [
    '\u{34f}', '\u{115f}', '\u{1160}', '\u{17b4}', '\u{17b5}', '\u{2800}', '\u{3164}', '\u{ffa0}',
];
const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';
/// The combining class of the signs that join the consonants of Indic scripts.
const VIRAMA: u8 = 9;

/// A character that a text must not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfit {
    /// Which.
    pub character: char,
    /// The how many-th it is, from 1.
    pub position: usize,
    /// Where it begins, in bytes.
    pub offset: usize,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = u32::from(self.character);
        write!(f, "U+{code:04X} at position {}", self.position)
    }
}

fn unfit(text: &str, offset: usize, character: char) -> Unfit {
    let before = text.get(..offset).unwrap_or(text);
    Unfit {
        character,
        position: before.chars().count() + 1,
        offset,
    }
}

/// The first character that does not belong in a name or another text of one line: control characters, whatever is
/// invisible or turns the direction of writing, private and unassigned characters. Joiners and variation selectors are taken
/// where scripts need them.
#[must_use]
pub fn unfit_in_line(text: &str) -> Option<Unfit> {
    let mut before = None;
    let mut rest = text.char_indices();
    while let Some((offset, c)) = rest.next() {
        let after = rest.clone().next().map(|(_, after)| after);
        if !fits_line(before, c, after) {
            return Some(unfit(text, offset, c));
        }
        before = Some(c);
    }
    None
}

/// A text of one line without the characters that do not belong in it.
#[must_use]
pub fn seen_alone(text: &str) -> String {
    let mut text = text.to_owned();
    while let Some(unfit) = unfit_in_line(&text) {
        text.retain(|c| c != unfit.character);
    }
    text
}

fn fits_line(before: Option<char>, c: char, after: Option<char>) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    let script = |neighbour: Option<char>| neighbour.map(|c| c.script());
    let virama =
        |neighbour: Option<char>| neighbour.is_some_and(|c| canonical_combining_class(c) == VIRAMA);
    match c {
        NON_JOINER | JOINER if virama(before) || virama(after) => true,
        // As in Persian, where it parts a prefix from its verb.
        NON_JOINER => [before, after].map(script) == [Some(Script::Arabic); 2],
        '\u{e0100}'..='\u{e01ef}' | '\u{fe00}'..='\u{fe0f}' => script(before) == Some(Script::Han),
        '\u{180b}'..='\u{180d}' | '\u{180f}' => script(before) == Some(Script::Mongolian),
        c if BLANK.contains(&c) => false,
        c => !matches!(
            c.general_category(),
            Category::Control
                | Category::Format
                | Category::LineSeparator
                | Category::ParagraphSeparator
                | Category::PrivateUse
                | Category::Surrogate
                | Category::Unassigned
        ),
    }
}

/// The first character that does not belong in a text of several lines: control characters other than line feeds, tabs and
/// the carriage return before a line feed; overrides of direction; and what else turns the direction of writing but is not
/// ended in the same paragraph, so that what is shown after the text would be turned too.
#[must_use]
pub fn unfit_in_lines(text: &str) -> Option<Unfit> {
    let mut rest = text.char_indices().peekable();
    while let Some((offset, c)) = rest.next() {
        let fits = match c {
            '\n' | '\t' => true,
            '\r' => matches!(rest.peek(), Some((_, '\n'))),
            // No language needs to have its letters shown in another order than theirs.
            '\u{202d}' | '\u{202e}' => false,
            c => !c.is_control(),
        };
        if !fits {
            return Some(unfit(text, offset, c));
        }
    }
    unbalanced(text).map(|(offset, c)| unfit(text, offset, c))
}

/// The first control of direction that is not ended in its paragraph, or ends nothing (UAX #9).
fn unbalanced(text: &str) -> Option<(usize, char)> {
    let mut open: Vec<(usize, char)> = Vec::new();
    for (offset, c) in text.char_indices() {
        let ends: &[char] = match c {
            '\u{202a}' | '\u{202b}' | '\u{202d}' | '\u{202e}' | '\u{2066}'..='\u{2068}' => {
                open.push((offset, c));
                continue;
            }
            '\u{202c}' => &['\u{202a}', '\u{202b}', '\u{202d}', '\u{202e}'],
            '\u{2069}' => &['\u{2066}', '\u{2067}', '\u{2068}'],
            '\n' | '\u{2029}' if !open.is_empty() => break,
            _ => continue,
        };
        match open.pop() {
            Some((_, opened)) if ends.contains(&opened) => {}
            Some(opened) => return Some(opened),
            None => return Some((offset, c)),
        }
    }
    open.first().copied()
}

/// The first character of a file that its reader cannot see, as it stands there or as an escape of TOML, and where.
#[must_use]
pub fn unfit_in_file(text: &str) -> Option<(Range<usize>, char)> {
    let mut rest = text.char_indices();
    let mut before = None;
    while let Some((offset, c)) = rest.next() {
        let left = rest.as_str();
        let after = left.chars().next();
        if c == '\\' {
            if let Some((escaped, length)) = escaped(left)
                && !fits_line(before, escaped, left[length..].chars().next())
                && !matches!(escaped, '\n' | '\t')
            {
                return Some((offset..offset + 1 + length, escaped));
            }
            // What follows a backslash begins no escape of its own.
            before = rest.next().map(|(_, c)| c);
            continue;
        }
        let line_end = matches!(c, '\n' | '\t') || (c == '\r' && after == Some('\n'));
        // Some editors write it at the beginning of a file, where TOML allows it.
        let mark = c == '\u{feff}' && offset == 0;
        if !line_end && !mark && !fits_line(before, c, after) {
            return Some((offset..offset + c.len_utf8(), c));
        }
        before = Some(c);
    }
    None
}

/// What an escape stands for, and how many bytes it takes after its backslash.
fn escaped(text: &str) -> Option<(char, usize)> {
    let digits = match text.chars().next()? {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        'b' => return Some(('\u{8}', 1)),
        'f' => return Some(('\u{c}', 1)),
        'e' => return Some(('\u{1b}', 1)),
        _ => return None,
    };
    let code = u32::from_str_radix(text.get(1..=digits)?, 16).ok()?;
    Some((char::from_u32(code)?, digits + 1))
}

/// The first character of a text in which there is nothing to see, white space apart; `None`: there is.
#[must_use]
pub fn invisible(text: &str) -> Option<Unfit> {
    let is_seen = |c: char| !c.is_whitespace() && fits_line(None, c, None);
    if text.chars().any(is_seen) {
        return None;
    }
    let (offset, first) = text.char_indices().find(|(_, c)| !c.is_whitespace())?;
    Some(unfit(text, offset, first))
}

/// A name as it is kept, so that a name which looks the same is the same: composed (NFC), with plain spaces, and none at
/// either end.
#[must_use]
pub fn plain(name: &str) -> String {
    let name = name.trim();
    if name.is_ascii() {
        return name.to_owned();
    }
    let spaces = |c: char| match c.general_category() {
        Category::SpaceSeparator => ' ',
        _ => c,
    };
    name.chars().map(spaces).nfc().collect()
}

/// A name in the one form by which people are told apart: who is written in other letter cases, other forms of the same
/// characters or with other spaces is the same person.
#[must_use]
pub fn identity(name: &str) -> String {
    // By way of the upper case, so that letters fold that have several lower-case ones; from the lower case, because a capital
    // sharp s is its own upper case.
    let folded = name.nfkc().flat_map(char::to_lowercase);
    let folded = folded.flat_map(char::to_uppercase);
    let folded: String = folded.flat_map(char::to_lowercase).nfkc().collect();
    let words: Vec<&str> = folded.split_whitespace().collect();
    words.join(" ")
}

/// Whether people may take one name for the other: by letters of other scripts or widths, digits in place of letters, upper
/// and lower case, accents, spaces or punctuation.
#[must_use]
pub fn look_alike(one: &str, other: &str) -> bool {
    one == other || {
        let other = seen(other);
        let mut seen = seen(one).into_iter();
        seen.any(|seen| !seen.is_empty() && other.contains(&seen))
    }
}

/// What a reader makes of a name. Twice, because some letters have their double among the upper-case ones, others among the
/// lower-case ones.
fn seen(name: &str) -> [String; 2] {
    let wide: String = name.nfkc().collect();
    let skeleton = |text: &str| confusable_detection::skeleton(text).collect::<String>();
    let letters = |text: String| -> String {
        let letters = text.nfd().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    [
        letters(skeleton(&wide.to_lowercase())),
        letters(skeleton(&skeleton(&wide).to_lowercase())),
    ]
}

/// Whether a word of a name is written in letters of scripts that no language writes together, as one is that imitates
/// another word.
#[must_use]
pub fn mixes_scripts(name: &str) -> bool {
    !name.is_ascii() && !name.split(' ').all(|word| word.is_single_script())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_takes_what_people_and_places_are_called() {
        for name in [
            "Siobhán O’Neill-D'Arcy",
            "Jose\u{301} Nuñez",
            "Nguyễn Thị Hồng",
            "Łukasz Żółć",
            "Иван Петров",
            "Ελένη Παπαδοπούλου",
            "محمد علي",
            // A Persian word with its non-joiner, and a name that needs joiners in Devanagari, Bengali and Sinhala.
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "র\u{200d}\u{9cd}যাচেল",
            "ශ්\u{200d}රී",
            "葛\u{e0100}西",
            "王小明",
            "김민준",
            "たなか さくら",
            "שָׁלוֹם",
            "queue #7 (billing) & co. — №3",
            "",
        ] {
            assert_eq!(unfit_in_line(name), None, "{name}");
        }
    }

    #[test]
    fn a_name_takes_nothing_that_cannot_be_seen() {
        for (name, code) in [
            ("ab\u{0}", "U+0000 at position 3"),
            ("ab\tc", "U+0009 at position 3"),
            ("é\u{85}", "U+0085 at position 2"),
            ("a\u{ad}b", "U+00AD at position 2"),
            ("re\u{200b}dress", "U+200B at position 3"),
            ("a\u{200d}b", "U+200D at position 2"),
            ("a\u{200c}b", "U+200C at position 2"),
            ("\u{202e}sserder", "U+202E at position 1"),
            ("a\u{2028}b", "U+2028 at position 2"),
            ("a\u{2066}b\u{2069}", "U+2066 at position 2"),
            ("\u{feff}a", "U+FEFF at position 1"),
            ("a\u{fe0f}", "U+FE0F at position 2"),
            ("a\u{34f}b", "U+034F at position 2"),
            ("\u{3164}", "U+3164 at position 1"),
            ("\u{2800}", "U+2800 at position 1"),
            ("a\u{e000}", "U+E000 at position 2"),
            ("a\u{e0061}", "U+E0061 at position 2"),
            ("a\u{ffff}", "U+FFFF at position 2"),
        ] {
            let found = unfit_in_line(name).map(|unfit| unfit.to_string());
            assert_eq!(found.as_deref(), Some(code), "{name:?}");
        }
    }

    #[test]
    fn a_person_is_one_in_every_spelling_of_the_same_name() {
        for (one, other) in [
            ("Ana Silva", "ana  SILVA"),
            ("Ａｎａ Silva", " Ana\u{a0}Silva "),
            ("Jose\u{301}", "JOSÉ"),
            ("Weiß", "WEISS"),
            ("Οδυσσεύς", "ΟΔΥΣΣΕΎΣ"),
            ("ﬁona", "FIONA"),
        ] {
            assert_eq!(identity(one), identity(other), "{one} {other}");
        }
        for (one, other) in [("Ana", "Aña"), ("Ana", "An a"), ("bill", "b1ll")] {
            assert_ne!(identity(one), identity(other), "{one} {other}");
        }
    }

    /// Columns hold this form, and are compared as if they held a name.
    #[test]
    fn the_one_form_of_a_name_is_its_own() {
        for c in '\0'..=char::MAX {
            let once = identity(&format!("a{c}b"));
            assert_eq!(identity(&once), once, "{c:?}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_taken_out() {
        let text = "🎄\u{fe0f} Heilig\u{ad}abend\u{202e} 👨\u{200d}👩";
        assert_eq!(seen_alone(text), "🎄 Heiligabend 👨👩");
    }

    #[test]
    fn a_text_takes_lines_and_turns_its_direction_within_a_paragraph_alone() {
        for text in [
            "a\nb\tc\r\nd",
            "👨\u{200d}👩\u{200d}👧 ❤\u{fe0f}",
            "x \u{202b}שלום\u{202c} y\n\u{2067}a \u{202a}b\u{202c}\u{2069}",
            "a\u{200f}b",
        ] {
            assert_eq!(unfit_in_lines(text), None, "{text:?}");
        }
        for (text, code) in [
            ("a\rb", "U+000D at position 2"),
            ("a\r", "U+000D at position 2"),
            ("a\u{1b}[2J", "U+001B at position 2"),
            ("a\u{202e}b", "U+202E at position 2"),
            ("a\u{202e}b\nc\u{202c}", "U+202E at position 2"),
            ("a\u{2067}b\u{2029}\u{2069}", "U+2067 at position 2"),
            ("a\u{202c}", "U+202C at position 2"),
            ("a\u{202e}b\u{202c}", "U+202E at position 2"),
            ("a\u{202d}b\u{202c}", "U+202D at position 2"),
            ("\u{2067}a\u{202c}\u{2069}", "U+2067 at position 1"),
            ("\u{2066}\u{202e}\u{2069}\u{202c}", "U+202E at position 2"),
        ] {
            let found = unfit_in_lines(text).map(|unfit| unfit.to_string());
            assert_eq!(found.as_deref(), Some(code), "{text:?}");
        }
    }

    #[test]
    fn a_file_hides_nothing_in_its_text_or_behind_an_escape() {
        for file in [
            "\u{feff}title = \"É\" # 王\r\n\t[x]\n",
            r#"a = "\u00e9\n\t\"\\u202e""#,
            r#"a = "\U0001F600""#,
            r#"a = '\\'"#,
        ] {
            assert_eq!(unfit_in_file(file), None, "{file}");
        }
        for (file, place, c) in [
            ("a = \"\u{202e}\"", 5..8, '\u{202e}'),
            ("# \u{200b}", 2..5, '\u{200b}'),
            ("a\r", 1..2, '\r'),
            (r#"a = "\u202e""#, 5..11, '\u{202e}'),
            (r#"a = "\U000E0061""#, 5..15, '\u{e0061}'),
            (r#"a = "\x00""#, 5..9, '\0'),
            (r#"a = "\e""#, 5..7, '\u{1b}'),
            (r#"a = "\\\u200b""#, 7..13, '\u{200b}'),
        ] {
            assert_eq!(unfit_in_file(file), Some((place, c)), "{file}");
        }
    }

    #[test]
    fn a_name_is_kept_in_one_spelling() {
        assert_eq!(plain(" Jose\u{301}\u{a0}Ruiz\u{3000}"), "José Ruiz");
        assert_eq!(plain("\tada "), "ada");
    }

    #[test]
    fn a_name_is_known_however_it_is_disguised() {
        for disguised in [
            "redress",
            "Redress",
            "REDRESS",
            "redr\u{435}ss",
            "r\u{435}dr\u{435}\u{455}\u{455}",
            "REDR\u{395}SS",
            "R\u{415}DRESS",
            "Ｒｅｄｒｅｓｓ",
            "𝓻𝓮𝓭𝓻𝓮𝓼𝓼",
            "ⓡⓔⓓⓡⓔⓢⓢ",
            "r e d r e s s",
            "red-ress.",
            "(redress)",
            "rédrèss",
            "re\u{200b}dress",
            "r\u{435}dr\u{395}ss",
        ] {
            assert!(look_alike(disguised, "redress"), "{disguised}");
        }
        for other in [
            "",
            "-",
            "red",
            "redressed",
            "redress bot",
            "address",
            "ada",
            "王",
        ] {
            assert!(!look_alike(other, "redress"), "{other}");
        }
        assert!(look_alike("bi11", "bill") && look_alike("b0b", "Bob"));
    }

    #[test]
    fn what_only_cannot_be_seen_is_no_text() {
        for (text, first) in [
            ("\u{200b}", "U+200B at position 1"),
            (" \n\u{2060}\u{200d}\t", "U+2060 at position 3"),
            ("\u{feff}\u{ad}\u{fe0f}", "U+FEFF at position 1"),
        ] {
            let found = invisible(text).map(|unfit| unfit.to_string());
            assert_eq!(found.as_deref(), Some(first));
        }
        for text in ["", " \n", "a\u{200b}", "👨\u{200d}👩", "-"] {
            assert_eq!(invisible(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_word_is_written_in_one_script_or_in_those_that_a_language_mixes() {
        for name in [
            "ada",
            "Иван Petrov",
            "agent-7",
            "東京タワー",
            "김 Lee 王",
            "Ελένη",
            "O’Neill",
        ] {
            assert!(!mixes_scripts(name), "{name}");
        }
        for name in ["\u{430}da", "Adα", "ada \u{430}da"] {
            assert!(mixes_scripts(name), "{name}");
        }
    }
}
