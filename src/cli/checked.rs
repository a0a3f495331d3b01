//! What a check of several files tells.

use std::{fmt::Display, io};

use crate::terminal::{Terminal, Tone};

/// Tells of every file, the good ones too, with a line for each: what it holds, or what is wrong with it. Returns how many
/// are wrong.
pub(super) fn tell<Good: Display, Wrong: Display>(
    checked: impl IntoIterator<Item = Result<Good, Wrong>>,
    terminal: &mut Terminal,
) -> io::Result<usize> {
    let mut wrong = 0;
    for file in checked {
        match file {
            Ok(holds) => {
                let ok = terminal.paint(Tone::Good, "ok");
                terminal.line(format_args!("{ok} {holds}"))?;
            }
            Err(reason) => {
                wrong += 1;
                terminal.toned(Tone::Bad, reason)?;
            }
        }
    }
    Ok(wrong)
}
