//! What is added to a calendar, as the text of its file.

use std::fmt::Write as _;

use super::outcome::{Added, When};

/// The tables of a calendar file for all that is added.
pub(super) fn tables(added: &[Added]) -> String {
    let mut text = String::new();
    for addition in added {
        // Writing into a string cannot fail.
        let _ = write_table(&mut text, addition);
    }
    text
}

fn write_table(text: &mut String, added: &Added) -> std::fmt::Result {
    match &added.when {
        When::Date(date) => {
            let windows: Vec<String> = added.windows.iter().map(|w| format!("\"{w}\"")).collect();
            writeln!(text, "\n[[override]]")?;
            writeln!(text, "date = \"{date}\"")?;
            writeln!(text, "windows = [{}]", windows.join(", "))?;
            if let Some(name) = &added.name {
                writeln!(text, "name = {}", quoted(name))?;
            }
            writeln!(text, "source = {}", quoted(&added.source))
        }
        When::Yearly {
            on,
            from_year,
            to_year,
        } => {
            // A rule has no source of its own. The text has no control characters, so it stays in the comment.
            writeln!(text, "\n# From {}", added.source)?;
            writeln!(text, "[[holiday]]")?;
            let name = added.name.as_deref().unwrap_or(UNNAMED);
            writeln!(text, "name = {}", quoted(name))?;
            writeln!(text, "on = {}", quoted(on))?;
            writeln!(text, "from_year = {from_year}")?;
            match to_year {
                Some(to_year) => writeln!(text, "to_year = {to_year}"),
                None => Ok(()),
            }
        }
    }
}

/// A holiday must have a name; an event may have none.
pub(super) const UNNAMED: &str = "Closed";

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn any_text_survives_its_quotes() {
        for text in ["plain", r#"a "b" \c\ # d"#, "é—\u{7f}\u{85}\t'''", ""] {
            let file = format!("x = {}", quoted(text));
            let read: toml::Table = toml::from_str(&file).unwrap();
            assert_eq!(read["x"].as_str(), Some(text), "{file}");
        }
    }
}
