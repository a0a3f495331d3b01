//! What a person sees: lines on standard output, coloured where a terminal shows them.

use std::{
    env,
    fmt::Display,
    io::{self, IsTerminal as _, Write},
};

use anstyle::{AnsiColor, Style};
use comfy_table::{ColumnConstraint, ContentArrangement, Row, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};

/// The colour of a line, by what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing in particular.
    Plain,
    /// In the background.
    Quiet,
    /// A heading, or what to look at first.
    Strong,
    /// Something good.
    Good,
    /// The customer heard from us.
    Told,
    /// Somebody has to act soon.
    Warning,
    /// A promise was not kept.
    Bad,
    /// A complaint may go up a level.
    Flag,
    /// A complaint went up a level, or out of the house.
    Raised,
}

impl Tone {
    const fn style(self) -> Style {
        let plain = Style::new();
        match self {
            Tone::Plain => plain,
            Tone::Quiet => plain.dimmed(),
            Tone::Strong => plain.bold(),
            Tone::Good => AnsiColor::Green.on_default(),
            Tone::Told => AnsiColor::Cyan.on_default(),
            Tone::Warning => AnsiColor::Yellow.on_default(),
            Tone::Bad => AnsiColor::Red.on_default().bold(),
            Tone::Flag => AnsiColor::Magenta.on_default(),
            Tone::Raised => AnsiColor::Blue.on_default().bold(),
        }
    }
}

/// Standard output, or what stands in for it in a test.
pub struct Terminal {
    out: Box<dyn Write + Send>,
    interactive: bool,
    coloured: bool,
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terminal")
            .field("interactive", &self.interactive)
            .field("coloured", &self.coloured)
            .finish_non_exhaustive()
    }
}

impl Terminal {
    /// Standard output. Coloured on a terminal, unless `NO_COLOR` is set to anything.
    #[must_use]
    pub fn stdout() -> Self {
        let is_terminal = io::stdout().is_terminal();
        let no_colour = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        Terminal {
            out: Box::new(io::stdout()),
            interactive: is_terminal && !no_colour && !dumb,
            coloured: is_terminal && !no_colour && !dumb,
        }
    }

    /// Plain lines into anything that can be written to.
    #[must_use]
    pub fn plain(out: impl Write + Send + 'static) -> Self {
        Terminal {
            out: Box::new(out),
            interactive: false,
            coloured: false,
        }
    }

    /// Whether lines may be drawn over again, as a progress bar does.
    #[must_use]
    pub fn is_interactive(&self) -> bool {
        self.interactive
    }

    /// Writes a line.
    ///
    /// # Errors
    /// When the output is gone; a closed pipe is [`io::ErrorKind::BrokenPipe`].
    pub fn line(&mut self, text: impl Display) -> io::Result<()> {
        writeln!(self.out, "{text}")?;
        self.out.flush()
    }

    /// Writes a text as it is, which is meant for a file or another program.
    ///
    /// # Errors
    /// As [`Terminal::line`].
    pub fn verbatim(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    /// Writes a line in a colour.
    ///
    /// # Errors
    /// As [`Terminal::line`].
    pub fn toned(&mut self, tone: Tone, text: impl Display) -> io::Result<()> {
        let text = self.paint(tone, text);
        self.line(text)
    }

    /// The text in a colour, where there are colours.
    #[must_use]
    pub fn paint(&self, tone: Tone, text: impl Display) -> String {
        let style = if self.coloured {
            tone.style()
        } else {
            Style::new()
        };
        format!("{style}{text}{style:#}")
    }
}

/// A bar that says how much of so much is done; nothing where lines go to no terminal.
#[must_use]
pub fn bar(terminal: &Terminal, total: u64) -> ProgressBar {
    if !terminal.is_interactive() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(total);
    match ProgressStyle::with_template("{bar:50}  {pos} of {len}  {msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Says on standard error what went wrong. That nobody reads it is no reason to fail again.
pub fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// A text from outside, safe to show: a terminal would act on control characters, and a line stays one line.
#[must_use]
pub fn one_line(text: &str) -> String {
    let spaced = text.split_whitespace().collect::<Vec<_>>().join(" ");
    spaced.chars().filter(|c| !c.is_control()).collect()
}

/// The first characters of a line, with an ellipsis where something was left out.
#[must_use]
pub fn shortened(text: &str, characters: usize) -> String {
    let line = one_line(text);
    if line.chars().count() <= characters {
        return line;
    }
    let kept: String = line.chars().take(characters.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// How many characters a line for people has at most, wherever it goes.
const WIDTH: usize = 80;

/// A text in lines of at most 80 characters, the first of which begins with one indent, and the others with another. Lines break at
/// spaces alone, so a number stays in one piece even if it is longer than a line.
#[must_use]
pub fn folded(text: &str, first: &str, others: &str) -> String {
    let length = |text: &str| text.chars().count();
    let (mut folded, mut used) = (first.to_owned(), length(first));
    for (place, word) in text.split_whitespace().enumerate() {
        if place > 0 && used + 1 + length(word) > WIDTH {
            folded.push('\n');
            folded.push_str(others);
            used = length(others);
        } else if place > 0 {
            folded.push(' ');
            used += 1;
        }
        folded.push_str(word);
        used += length(word);
    }
    folded
}

/// What was written to a terminal, for a test to read.
#[cfg(test)]
#[derive(Debug, Clone, Default)]
pub(crate) struct Page(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

#[cfg(test)]
impl Page {
    pub(crate) fn text(&self) -> String {
        let bytes = self.0.lock().map(|bytes| bytes.clone()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut page = self.0.lock().map_err(|_| io::ErrorKind::Other)?;
        page.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A table whose rows stand close together, and which fits the terminal.
#[must_use]
pub fn table<const N: usize>(
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    table_of(Row::from(header), rows.into_iter().map(Row::from))
}

/// As [`table`], where what is shown decides how many columns there are.
#[must_use]
pub fn wide_table(header: Vec<String>, rows: Vec<Vec<String>>) -> String {
    table_of(Row::from(header), rows.into_iter().map(Row::from))
}

fn table_of(header: Row, rows: impl Iterator<Item = Row>) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header);
    table.add_rows(rows);
    table.trim_fmt()
}

/// As [`table`], where the first column is a name that is never broken, so that it can be copied.
#[must_use]
pub fn table_by_name<const N: usize>(
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    by_name(header, rows).trim_fmt()
}

fn by_name<const N: usize>(
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(Row::from(header));
    table.add_rows(rows.into_iter().map(Row::from));
    if let Some(first) = table.column_mut(0) {
        first.set_constraint(ColumnConstraint::ContentWidth);
    }
    table
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn lines_that_go_to_no_terminal_carry_no_colour_codes() {
        let terminal = Terminal::plain(io::sink());
        assert_eq!(terminal.paint(Tone::Bad, "late"), "late");
        assert!(!terminal.is_interactive());
    }

    #[test]
    fn a_name_is_never_broken_and_what_stands_beside_it_fits_a_narrow_terminal() {
        let row = [
            "RD-DCNNM-Y6G1W",
            "in review",
            "Équipe Facturation",
            "customer update 2 d 1 h late (Wed  3 Jun 2026 17:00 EDT)",
            "may be escalated: update overdue, outcome refused",
        ];
        let mut table = by_name(
            ["number", "state", "handler", "next due", "flags"],
            [row.map(str::to_owned)],
        );
        table.set_width(80);
        let shown = table.trim_fmt();
        assert!(shown.contains("RD-DCNNM-Y6G1W"), "{shown}");
        let widest = shown.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(80), "{shown}");
    }

    #[test]
    fn a_coloured_text_ends_its_colour() {
        let mut terminal = Terminal::plain(io::sink());
        terminal.coloured = true;
        assert_eq!(
            terminal.paint(Tone::Bad, "late"),
            "\u{1b}[1m\u{1b}[31mlate\u{1b}[0m"
        );
        assert_eq!(terminal.paint(Tone::Plain, "fine"), "fine");
    }

    #[test]
    fn a_customers_words_cannot_steer_the_terminal_or_break_the_line() {
        assert_eq!(
            one_line("two\nlines,\t\u{1b}[31mred\u{7}"),
            "two lines, [31mred"
        );
    }

    #[test]
    fn a_long_text_is_cut_by_characters_not_bytes() {
        assert_eq!(shortened("Störung behoben", 8), "Störung…");
        assert_eq!(shortened("Störung", 7), "Störung");
    }

    #[test]
    fn a_text_is_folded_at_spaces_and_keeps_its_numbers_whole() {
        let text = format!("{} RD-DCNNM-Y6G1W", ["word"; 14].join(" "));
        let folded = folded(&text, "  ", "    ");
        assert_eq!(
            folded,
            format!("  {}\n    RD-DCNNM-Y6G1W", ["word"; 14].join(" "))
        );
        let long = "x".repeat(90);
        assert_eq!(super::folded(&long, "  ", "    "), format!("  {long}"));
        assert_eq!(super::folded("due  next", "  ", ""), "  due next");
    }

    #[test]
    fn a_closed_pipe_is_told_as_such() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let error = Terminal::plain(Closed).line("x").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
