//! Notes on a file, line by line.

use std::collections::BTreeSet;

use crate::writing;

/// Something about a file that the user should know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The line of the file, from 1.
    pub line: usize,
    /// What the event is called, where the note is about one.
    pub event: Option<String>,
    /// What there is to say, as a sentence without its full stop.
    pub text: String,
    /// Whether the file was not, or may not have been, read as it was meant: a strict reading refuses it then.
    pub doubtful: bool,
}

/// Something wrong, and the line where it stands.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) reason: String,
}

/// The notes on a file while it is being read.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Each once, in the order of their lines.
    all: BTreeSet<Note>,
    /// How many are not kept, and whether any of them is doubtful.
    beyond: (usize, bool),
    event: Option<String>,
}

/// A text that may be long, for a message.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 60;
    let mut shown = writing::seen_alone(&text.chars().take(MOST).collect::<String>());
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

/// Nobody reads more.
const MOST: usize = 1_000;

impl Notes {
    /// What follows is about this event, or about none.
    pub(super) fn about(&mut self, event: Option<&str>) {
        self.event = event.map(str::to_owned);
    }

    /// Was read as it is meant, but may be surprising.
    pub(super) fn tell(&mut self, line: usize, text: impl Into<String>) {
        self.push(line, text.into(), false);
    }

    /// Was read by its meaning, left out, or had no effect.
    pub(super) fn doubt(&mut self, line: usize, text: impl Into<String>) {
        self.push(line, text.into(), true);
    }

    /// The event was left out.
    pub(super) fn left_out(&mut self, fault: Fault) {
        self.doubt(fault.line, format!("left out: {}", fault.reason));
    }

    fn push(&mut self, line: usize, text: String, doubtful: bool) {
        let note = Note {
            line,
            event: self.event.clone(),
            text,
            doubtful,
        };
        if self.all.len() < MOST {
            self.all.insert(note);
        } else if !self.all.contains(&note) {
            self.beyond = (self.beyond.0 + 1, self.beyond.1 || doubtful);
        }
    }

    /// All of them, in the order of their lines.
    pub(super) fn into_list(self) -> Vec<Note> {
        let mut list: Vec<_> = self.all.into_iter().collect();
        if let ((beyond @ 1.., doubtful), Some(last)) = (self.beyond, list.last()) {
            list.push(Note {
                line: last.line,
                event: None,
                text: format!("{beyond} further notes on this file are not shown"),
                doubtful,
            });
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_notes_are_kept_and_of_the_rest_their_number_and_whether_any_is_doubtful() {
        for (beyond, doubtful_at) in [(0, None), (1, None), (3, Some(0)), (3, Some(2))] {
            let mut notes = Notes::default();
            for line in 1..=MOST {
                notes.tell(line, "x");
            }
            // What is known already is not told again.
            notes.tell(1, "x");
            for more in 0..beyond {
                match doubtful_at {
                    Some(at) if at == more => notes.doubt(MOST, format!("{more}")),
                    _ => notes.tell(MOST, format!("{more}")),
                }
            }
            let mut list = notes.into_list();
            let last = list.split_off(MOST);
            assert_eq!(list.len(), MOST);
            let told: Vec<_> = last
                .iter()
                .map(|note| (&*note.text, note.doubtful))
                .collect();
            let text = format!("{beyond} further notes on this file are not shown");
            let expected: Vec<_> = (beyond > 0)
                .then_some((text.as_str(), doubtful_at.is_some()))
                .into_iter()
                .collect();
            assert_eq!(told, expected);
        }
    }

    #[test]
    fn a_text_of_sixty_characters_is_shown_whole_and_a_longer_one_is_cut() {
        let whole = "x".repeat(60);
        assert_eq!(shown(&whole), whole);
        assert_eq!(shown(&format!("{whole}y")), format!("{whole}…"));
    }
}
