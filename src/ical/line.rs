//! Content lines (RFC 5545, section 3.1): unfolded, and parted into name, parameters and value.

use std::borrow::Cow;

use super::notes::{Fault, Notes, shown};
use crate::writing;

/// One content line.
#[derive(Debug)]
pub(super) struct Line {
    /// Where it begins in the file, from 1.
    pub(super) number: usize,
    /// In capitals.
    pub(super) name: String,
    /// Names in capitals; values without their quotes.
    parameters: Vec<(String, String)>,
    /// As it is written.
    pub(super) value: String,
}

impl Line {
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// What is wrong with this line.
    pub(super) fn fault(&self, reason: impl Into<String>) -> Fault {
        Fault {
            line: self.number,
            reason: reason.into(),
        }
    }

    /// Whether the value is this word, in upper or lower case.
    pub(super) fn says(&self, word: &str) -> bool {
        self.value.trim().eq_ignore_ascii_case(word)
    }

    /// The value as text for people: escapes resolved, on one line, without what nobody can see; none if nothing is left.
    pub(super) fn text(&self) -> Option<String> {
        /// Enough for people to read.
        const MOST: usize = 1_000;
        let mut resolved = String::new();
        let mut characters = self.value.chars().take(MOST);
        while let Some(c) = characters.next() {
            match c {
                '\\' => match characters.next() {
                    Some('n' | 'N') => resolved.push(' '),
                    Some(escaped) => resolved.push(escaped),
                    None => resolved.push('\\'),
                },
                c => resolved.push(c),
            }
        }
        let words: Vec<&str> = resolved.split_whitespace().collect();
        let text = writing::seen_alone(&words.join(" "));
        (!text.is_empty()).then_some(text)
    }
}

/// The content lines of a file. Lines end with CR LF, LF or CR; empty ones count for their numbers alone. A fold may part a
/// character of several bytes, so lines are joined before they are read as UTF-8.
pub(super) fn lines(file: &[u8], notes: &mut Notes) -> Vec<Line> {
    let file = in_utf8(file);
    if file.contains(&b'\r') && !file.contains(&b'\n') {
        notes.tell(
            1,
            "lines end with CR alone, which the standard does not allow",
        );
    }
    let mut unfolded: Vec<(usize, Vec<u8>)> = Vec::new();
    for (number, physical) in physical_lines(&file) {
        match (physical.split_first(), unfolded.last_mut()) {
            (None, _) => {}
            (Some((b' ' | b'\t', rest)), Some((_, line))) => line.extend_from_slice(rest),
            _ => unfolded.push((number, physical.to_vec())),
        }
    }
    let mut lines = Vec::with_capacity(unfolded.len());
    let mut odd_name = false;
    for (number, bytes) in unfolded {
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                notes.doubt(number, "not UTF-8; read as Latin-1");
                error.as_bytes().iter().copied().map(char::from).collect()
            }
        };
        match parted(number, &text, notes) {
            Some(line) => {
                // Once is enough: a program that writes such a name writes it in every event.
                if !odd_name && !is_standard_name(&line.name) {
                    odd_name = true;
                    let name = shown(&line.name);
                    notes.tell(
                        number,
                        format!("ignored: the standard allows no property name \"{name}\""),
                    );
                }
                lines.push(line);
            }
            None if text.trim().is_empty() => {}
            None => notes.doubt(number, "ignored: this is not a line of the form NAME:value"),
        }
    }
    lines
}

/// The text without its byte order mark, from UTF-16 where the mark says so.
fn in_utf8(file: &[u8]) -> Cow<'_, [u8]> {
    let from_units = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes
            .as_chunks::<2>()
            .0
            .iter()
            .map(|pair| unit(*pair))
            .collect();
        Cow::Owned(String::from_utf16_lossy(&units).into_bytes())
    };
    match file {
        [0xef, 0xbb, 0xbf, rest @ ..] => Cow::Borrowed(rest),
        [0xff, 0xfe, rest @ ..] => from_units(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => from_units(rest, u16::from_be_bytes),
        rest => Cow::Borrowed(rest),
    }
}

/// The lines of a text with their numbers.
fn physical_lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut rest = Some(text);
    let lines = std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.iter().position(|byte| matches!(byte, b'\r' | b'\n')) else {
            rest = None;
            return Some(text);
        };
        let (line, ending) = text.split_at(end);
        rest = Some(match ending {
            [b'\r', b'\n', rest @ ..] | [_, rest @ ..] => rest,
            [] => ending,
        });
        Some(line)
    });
    lines.enumerate().map(|(index, line)| (index + 1, line))
}

/// Whether a property may be called this. No name that is read here may not.
fn is_standard_name(name: &str) -> bool {
    name.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn parted(number: usize, text: &str, notes: &mut Notes) -> Option<Line> {
    let (name, mut rest) = text.split_at(text.find([':', ';'])?);
    let name = name.trim();
    (!name.is_empty() && !name.contains(char::is_whitespace)).then_some(())?;
    let mut parameters = Vec::new();
    while let Some(parameter) = rest.strip_prefix(';') {
        let mut end = value_end(parameter)?;
        if let Some(later) = unquoted_zone_end(parameter).filter(|later| *later != end) {
            notes.doubt(
                number,
                "the TZID has a colon but no quotes; read as if it were quoted",
            );
            end = later;
        }
        let (written, after) = parameter.split_at(end);
        // A parameter without a value says nothing.
        if let Some((name, value)) = written.split_once('=') {
            parameters.push((
                name.trim().to_ascii_uppercase(),
                value.trim().replace('"', ""),
            ));
        }
        rest = after;
    }
    Some(Line {
        number,
        name: name.to_ascii_uppercase(),
        parameters,
        value: rest.strip_prefix(':')?.to_owned(),
    })
}

/// Where a parameter ends: at the first `;` or `:` that stands in no quotes.
fn value_end(parameter: &str) -> Option<usize> {
    let mut quoted = false;
    parameter.bytes().position(|byte| {
        quoted ^= byte == b'"';
        !quoted && matches!(byte, b';' | b':')
    })
}

/// Where a `TZID` without quotes ends, if that is the last parameter. Its name may hold a colon, as in
/// `(UTC-05:00) Eastern Time`. The dates and times after it hold none, so the last colon is where they begin.
fn unquoted_zone_end(parameter: &str) -> Option<usize> {
    let (name, value) = parameter.split_once('=')?;
    let zone = name.trim().eq_ignore_ascii_case("TZID") && !value.contains(['"', ';']);
    zone.then(|| parameter.rfind(':')).flatten()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn read(file: &[u8]) -> (Vec<Line>, Vec<usize>) {
        crate::watchdog::watch();
        let mut notes = Notes::default();
        let lines = lines(file, &mut notes);
        let told = notes.into_list().iter().map(|note| note.line).collect();
        (lines, told)
    }

    #[test]
    fn folded_lines_are_joined_and_keep_the_number_of_their_first() {
        let file = "BEGIN:VEVENT\r\nSUMMARY:Company \r\n day\r\n\r\nDTSTART;X-A=\"b;c:d\";VALUE=DATE:20261224\r\n";
        let expected = [
            (1, "BEGIN", "VEVENT"),
            (2, "SUMMARY", "Company day"),
            (5, "DTSTART", "20261224"),
        ];
        for file in [
            file.to_owned(),
            file.replace("\r\n", "\n"),
            file.replace("\r\n", "\r"),
        ] {
            let (lines, told) = read(file.as_bytes());
            let found: Vec<_> = lines
                .iter()
                .map(|line| (line.number, line.name.as_str(), line.value.as_str()))
                .collect();
            assert_eq!(found, expected);
            assert_eq!(lines[2].parameter("VALUE"), Some("DATE"));
            assert_eq!(lines[2].parameter("X-A"), Some("b;c:d"));
            let cr_alone = !file.contains('\n');
            assert_eq!(told, [1][..usize::from(cr_alone)]);
        }
    }

    #[test]
    fn a_fold_may_part_a_character() {
        let mut file = b"SUMMARY:F\xc3".to_vec();
        file.extend_from_slice(b"\r\n \xaate\r\n");
        assert_eq!(read(&file).0[0].value, "Fête");
    }

    #[test]
    fn a_text_in_another_encoding_is_read_and_a_guess_is_reported() {
        let mut utf16 = vec![0xff, 0xfe];
        utf16.extend("SUMMARY:Fête".encode_utf16().flat_map(u16::to_le_bytes));
        for (file, guessed) in [
            (b"\xef\xbb\xbfSUMMARY:F\xc3\xaate".to_vec(), vec![]),
            (utf16, vec![]),
            (b"SUMMARY:F\xeate".to_vec(), vec![1]),
        ] {
            let (lines, told) = read(&file);
            assert_eq!(lines[0].value, "Fête");
            assert_eq!(told, guessed);
        }
    }

    #[test]
    fn escapes_are_resolved_and_a_text_stays_on_one_line() {
        let text = |value: &str| {
            let file = format!("summary:{value}");
            read(file.as_bytes()).0[0].text()
        };
        assert_eq!(
            text(r"Closed\, all day\; see\nC:\\x"),
            Some(r"Closed, all day; see C:\x".to_owned())
        );
        assert_eq!(text("a\u{1b}[31mb\t c"), Some("a[31mb c".to_owned()));
        assert_eq!(text(r" \n "), None);
    }

    #[test]
    fn what_is_not_a_content_line_is_skipped_and_reported() {
        for (file, expected) in [
            ("BEGIN:VCALENDAR\nhello", vec![2]),
            (":x", vec![1]),
            ("A;B:c", vec![]),
            ("A:b\n\nB C:d", vec![3]),
            ("A;B=\"c:d", vec![1]),
            ("X-A_B.c:d\n   \nX-A_B:e", vec![1]),
            ("A:b\rC:d", vec![1]),
        ] {
            assert_eq!(read(file.as_bytes()).1, expected, "{file}");
        }
    }
}
