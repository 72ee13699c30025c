//! Answers on the standard output: tables for people, JSON for programs.

use std::io::Write as _;

use serde_json::Value;

const GAP: &str = "  ";

/// Prints columns as wide as they must be; the last one runs to the end of its line.
///
/// # Errors
/// When the standard output cannot be written.
pub fn print<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in layout(head, rows) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// Prints names and what they stand for, one a line.
///
/// # Errors
/// When the standard output cannot be written.
pub fn print_pairs(pairs: &[(&str, String)]) -> anyhow::Result<()> {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut out = std::io::stdout().lock();
    for (name, value) in pairs {
        // What has more lines than one begins on its own.
        if value.contains('\n') {
            writeln!(out, "{name}\n{value}")?;
        } else {
            writeln!(out, "{name:width$}{GAP}{value}")?;
        }
    }
    Ok(())
}

/// Prints an empty line between two tables.
///
/// # Errors
/// When the standard output cannot be written.
pub fn blank() -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock())?;
    Ok(())
}

/// Prints JSON on one line.
///
/// # Errors
/// When the standard output cannot be written.
pub fn print_json(value: &Value) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{value}")?;
    Ok(())
}

/// A cell of a table: text as it is, anything else as JSON; null is a dash.
#[must_use]
pub fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The text on one line, and cut where it is longer than this.
#[must_use]
pub fn short(text: &str, characters_max: usize) -> String {
    let mut line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > characters_max {
        line = line
            .chars()
            .take(characters_max.saturating_sub(1))
            .collect();
        line.push('…');
    }
    line
}

fn layout<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> Vec<String> {
    let mut widths = head.map(|title| title.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &[String; N]| {
        let cells = cells.iter().zip(widths);
        let padded: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        padded.join(GAP).trim_end().to_owned()
    };
    let head = head.map(ToOwned::to_owned);
    std::iter::once(&head).chain(rows).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_must_be() {
        let rows = [["1", "a käse"], ["20000", "b"]].map(|row| row.map(ToOwned::to_owned));
        let expected = ["ID     WHAT", "1      a käse", "20000  b"];
        assert_eq!(layout(["ID", "WHAT"], &rows), expected);
    }

    #[test]
    fn what_is_long_is_cut() {
        for (text, expected) in [
            ("short", "short"),
            ("a\nb", "a b"),
            ("0123456789", "012345…"),
        ] {
            assert_eq!(short(text, 7), expected);
        }
    }
}
