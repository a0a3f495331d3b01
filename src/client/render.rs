//! Tables.

use comfy_table::{ContentArrangement, Row, Table, presets};

/// A table whose rows stand close together, and which fits the terminal.
#[must_use]
pub fn table<const N: usize>(
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(Row::from(header));
    table.add_rows(rows.into_iter().map(Row::from));
    table.trim_fmt()
}
