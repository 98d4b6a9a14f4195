//! The only place that writes to the terminal.

use std::io::{ErrorKind, Write};

/// Writes a result to stdout. A reader that went away (`cenote list | head`) is no error.
pub(crate) fn print(text: &str) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Writes a line about the work to stderr.
pub(crate) fn say(line: &str) {
    // Whoever closed stderr does not want to read it.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A table of text under a line of heads: words to the left, numbers to the right.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cells = |i: usize| rows.iter().filter_map(move |row| row.get(i));
    let width = |i: usize| cells(i).map(|cell| cell.chars().count()).max().unwrap_or(0);
    // The first column names the rows, whatever the names look like.
    let worded =
        |i: usize| i == 0 || cells(i).skip(1).any(|cell| cell.starts_with(char::is_alphabetic));
    let layout: Vec<(usize, bool)> = (0..columns).map(|i| (width(i), worded(i))).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&layout).map(|(cell, &(width, worded))| {
            if worded { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_up_its_columns() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let text = table(&[row(["layer", "MACs", "kind"]), row(["1", "12,345", "relu"])]);
        assert_eq!(text, "layer    MACs  kind\n1      12,345  relu\n");
    }
}
