//! Content lines (RFC 5545, section 3.1): unfolded, and parted into name, parameters and value.

/// Something wrong, and the line of the file where it stands, from 1.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) reason: String,
}

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

    /// A complaint about this line.
    pub(super) fn fault(&self, reason: impl Into<String>) -> Fault {
        Fault {
            line: self.number,
            reason: reason.into(),
        }
    }

    /// The value as text for people: escapes resolved, on one line, without control characters; none if nothing is left.
    pub(super) fn text(&self) -> Option<String> {
        let mut resolved = String::with_capacity(self.value.len());
        let mut characters = self.value.chars();
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
        let text: String = words
            .join(" ")
            .chars()
            .filter(|c| !c.is_control())
            .collect();
        (!text.is_empty()).then_some(text)
    }
}

/// The content lines of a file. A fold may part a character of several bytes, so lines are joined before they are read as
/// UTF-8.
pub(super) fn lines(file: &[u8]) -> Result<Vec<Line>, Fault> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let mut unfolded: Vec<(usize, Vec<u8>)> = Vec::new();
    for (index, physical) in file.split(|&byte| byte == b'\n').enumerate() {
        let physical = physical.strip_suffix(b"\r").unwrap_or(physical);
        match (physical.split_first(), unfolded.last_mut()) {
            (Some((b' ' | b'\t', rest)), Some((_, line))) => line.extend_from_slice(rest),
            _ => unfolded.push((index + 1, physical.to_vec())),
        }
    }
    unfolded
        .into_iter()
        .filter(|(_, line)| !line.is_empty())
        .map(|(number, line)| content_line(number, line))
        .collect()
}

fn content_line(number: usize, bytes: Vec<u8>) -> Result<Line, Fault> {
    let fault = |reason: &str| Fault {
        line: number,
        reason: reason.to_owned(),
    };
    let text = String::from_utf8(bytes).map_err(|_| fault("the line is not UTF-8"))?;
    parted(number, &text)
        .ok_or_else(|| fault("a line is written NAME:value, or NAME;PARAMETER=value:value"))
}

fn parted(number: usize, text: &str) -> Option<Line> {
    let (name, mut rest) = text.split_at(text.find([':', ';'])?);
    is_name(name).then_some(())?;
    let mut parameters = Vec::new();
    while let Some(parameter) = rest.strip_prefix(';') {
        let (name, value) = parameter.split_once('=')?;
        is_name(name).then_some(())?;
        let end = value_end(value)?;
        let written = value.get(..end)?;
        parameters.push((name.to_ascii_uppercase(), written.replace('"', "")));
        rest = value.get(end..)?;
    }
    Some(Line {
        number,
        name: name.to_ascii_uppercase(),
        parameters,
        value: rest.strip_prefix(':')?.to_owned(),
    })
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Where a parameter's value ends: at the first `;` or `:` that stands in no quotes.
fn value_end(value: &str) -> Option<usize> {
    let mut quoted = false;
    value.bytes().position(|byte| {
        quoted ^= byte == b'"';
        !quoted && matches!(byte, b';' | b':')
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn folded_lines_are_joined_and_keep_the_number_of_their_first() {
        let file = "BEGIN:VEVENT\r\nSUMMARY:Company \r\n day\r\n\r\nDTSTART;X-A=\"b;c:d\";VALUE=DATE:20261224\r\n";
        let lines = lines(file.as_bytes()).unwrap();
        let told: Vec<_> = lines
            .iter()
            .map(|line| (line.number, line.name.as_str(), line.value.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (1, "BEGIN", "VEVENT"),
                (2, "SUMMARY", "Company day"),
                (5, "DTSTART", "20261224"),
            ]
        );
        assert_eq!(lines[2].parameter("VALUE"), Some("DATE"));
        assert_eq!(lines[2].parameter("X-A"), Some("b;c:d"));
    }

    #[test]
    fn a_fold_may_part_a_character() {
        let mut file = b"SUMMARY:F\xc3".to_vec();
        file.extend_from_slice(b"\r\n \xaate\r\n");
        assert_eq!(lines(&file).unwrap()[0].value, "Fête");
    }

    #[test]
    fn escapes_are_resolved_and_a_text_stays_on_one_line() {
        let text = |value: &str| {
            let file = format!("summary:{value}");
            lines(file.as_bytes()).unwrap()[0].text()
        };
        assert_eq!(
            text(r"Closed\, all day\; see\nC:\\x"),
            Some(r"Closed, all day; see C:\x".to_owned())
        );
        assert_eq!(text("a\u{1b}[31mb\t c"), Some("a[31mb c".to_owned()));
        assert_eq!(text(r" \n "), None);
    }

    #[test]
    fn what_is_no_content_line_is_refused_with_its_number() {
        for (file, number) in [
            ("BEGIN:VCALENDAR\nhello", 2),
            (":x", 1),
            ("A;B:c", 1),
            ("A:b\n\nB C:d", 3),
            ("A;B=\"c:d", 1),
        ] {
            let fault = lines(file.as_bytes()).unwrap_err();
            assert_eq!(fault.line, number, "{file}");
        }
        assert_eq!(lines(b"A:b\nC:\xff").unwrap_err().line, 2);
    }
}
