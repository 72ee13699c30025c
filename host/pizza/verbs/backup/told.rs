//! What is told of a backup, and while it is worked on.

use std::path::Path;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use jiff::Timestamp;
use pizza_silo::BackupSummary;

/// How far it is, on a terminal: bytes, and how many a second.
pub(super) fn progress(doing: &'static str) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{prefix}: {bytes}, {bytes_per_sec}")?;
    let bar = ProgressBar::no_length().with_style(style);
    Ok(bar.with_prefix(doing).with_finish(ProgressFinish::AndClear))
}

/// # Errors
/// When nobody reads the standard output.
pub(super) fn tell(file: &Path, summary: &BackupSummary) -> anyhow::Result<()> {
    let BackupSummary {
        created_ms,
        sequence,
        actors,
        rows,
        bytes,
    } = *summary;
    let taken = i64::try_from(created_ms).unwrap_or(i64::MAX);
    let taken = Timestamp::from_millisecond(taken)?;
    pizza_cli::table::print_pairs(&[
        ("backup", file.display().to_string()),
        ("taken", taken.to_string()),
        (
            "size",
            format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20)),
        ),
        ("actors", actors.to_string()),
        ("rows", rows.to_string()),
        ("up to batch", sequence.to_string()),
    ])
}
