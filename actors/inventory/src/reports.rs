//! The daily reports, as they are kept.

use silo_sdk::entries::Table;

use crate::bindings::types::DayReport;

/// The reports, by the number of the day.
const REPORTS: Table<DayReport> = Table::new("d");
/// How many daily reports are kept.
pub(crate) const DAYS_KEPT: u32 = 90;
/// More names than there are reports, so that one page has all of them.
const PAGE: u32 = 1_000;

/// The name of a day's report. Names are in the order of their bytes, so the numbers have leading
/// zeros.
fn name(day: u32) -> String {
    format!("{day:010}")
}

/// Keeps the report of its day, and forgets those that are too old.
pub(crate) fn keep(report: &DayReport) {
    REPORTS.insert(&name(report.day), report);
    let oldest = name(report.day.saturating_sub(DAYS_KEPT - 1));
    for old in REPORTS.keys(None, PAGE) {
        if old < oldest {
            REPORTS.remove(&old);
        }
    }
}

pub(crate) fn last() -> Option<DayReport> {
    let name = REPORTS.keys(None, PAGE).pop()?;
    REPORTS.get(&name)
}

/// The reports of the last days, the newest first.
pub(crate) fn history(days: u32) -> Vec<DayReport> {
    let mut names = REPORTS.keys(None, PAGE);
    names.reverse();
    names.truncate(days.min(DAYS_KEPT) as usize);
    names.iter().filter_map(|name| REPORTS.get(name)).collect()
}
